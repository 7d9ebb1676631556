//! The feeds with their health, as a table or as JSON.

use std::{
    io::{self, Write},
    path::Path,
};

use jiff::Timestamp;

use crate::{
    cli::{CommandFailure, load::load_configuration, print, tail::feed_states},
    feed::health::FeedHealth,
};

/// The last column: a reason with the address that it names.
const WHY_CHARS: usize = 400;

/// The table's heads; `row` fills them.
const HEADING: [&str; 9] = [
    "FEED",
    "STATE",
    "LAST SUCCESS",
    "LAST FAILURE",
    "INTERVAL",
    "NEXT POLL",
    "NEW A DAY",
    "SILENT",
    "WHY",
];

pub(super) fn list(path: &Path, json: bool) -> Result<(), CommandFailure> {
    let (config, feeds) = load_configuration(path)?;
    let states = feed_states(&config)?;
    let now = Timestamp::now();
    let health: Vec<FeedHealth> = feeds
        .feeds
        .iter()
        .map(|feed| {
            FeedHealth::of_state(
                feed,
                states.get(feed.id.as_str()).map(|state| &**state),
                now,
            )
        })
        .collect();
    let mut out = io::stdout().lock();
    if health.is_empty() {
        print::tell_of_nothing("no feed is listed; dateline feeds add ADDRESS");
        return Ok(());
    }
    if json {
        for feed in &health {
            let line = serde_json::to_string(feed)
                .map_err(|error| CommandFailure::Fault(error.to_string()))?;
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    let rows: Vec<Vec<String>> = health.iter().map(|feed| row(feed, now)).collect();
    print::print_table(&mut out, &HEADING, &rows)?;
    Ok(())
}

fn row(feed: &FeedHealth, now: Timestamp) -> Vec<String> {
    let mut why = feed
        .failure
        .clone()
        .unwrap_or_else(|| feed.next_why.clone());
    if let Some(to) = &feed.moved_to {
        why = format!("{why}; asked at {to}");
    }
    let silent = feed
        .last_new
        .filter(|_| feed.polls > 0)
        .map(|at| ago(at, now))
        .unwrap_or_default();
    let times = feed
        .silence
        .map(|times| format!(" ({times:.1} x its rhythm)"))
        .unwrap_or_default();
    vec![
        print::plain_text(feed.name.as_deref().unwrap_or(&feed.url), 40),
        feed.state.to_owned(),
        feed.last_success
            .map_or_else(|| "never".to_owned(), |at| ago(at, now)),
        feed.last_failure
            .map_or_else(|| "never".to_owned(), |at| ago(at, now)),
        interval(feed.interval_s),
        feed.next_poll
            .filter(|at| *at > now)
            .map_or_else(|| "at once".to_owned(), |at| ago(at, now)),
        feed.new_a_day
            .map(|new| format!("{new:.1}"))
            .unwrap_or_default(),
        format!("{silent}{times}"),
        print::plain_text(&why, WHY_CHARS),
    ]
}

/// The interval of a feed; nothing before its first poll.
fn interval(seconds: f64) -> String {
    if seconds > 0.0 {
        span(seconds as i64)
    } else {
        String::new()
    }
}

/// Seconds in the unit that reads best.
fn span(seconds: i64) -> String {
    match seconds {
        s @ ..=119 => format!("{s} s"),
        s @ 120..=7_199 => format!("{} min", s / 60),
        s @ 7_200..=172_799 => format!("{} h", s / 3_600),
        s => format!("{} d", s / 86_400),
    }
}

/// How long ago an instant was, or how far ahead it is.
fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs();
    let text = span(seconds.abs());
    if seconds < 0 {
        format!("in {text}")
    } else {
        format!("{text} ago")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{
        list::FeedList,
        memory::{FeedMemory, PollFailure as Failed},
    };

    #[test]
    fn the_table_names_the_whole_address_that_a_feed_moved_to_and_that_to_list_instead() {
        let now = Timestamp::now();
        let far = format!(
            "https://feeds.example.org/{}/rss.xml",
            "section/".repeat(15)
        );
        let file = format!("[[feed]]\nurl = \"{far}\"\n");
        let list = FeedList::parse(Path::new("feeds.toml"), &file).expect("a list of one feed");
        let shown = |state: &FeedMemory| {
            row(&FeedHealth::of_state(&list.feeds[0], Some(state), now), now).join(" | ")
        };
        let moved = FeedMemory {
            moved_to: Some(format!("{far}?new")),
            ..FeedMemory::default()
        };
        assert!(
            shown(&moved).contains(&format!("{far}?new")),
            "{}",
            shown(&moved)
        );
        let elsewhere = FeedMemory {
            failures: 1,
            last_failure: Some(Failed {
                at: now,
                reason: "other_site".to_owned(),
                detail: format!("it leads to a site of another worker: list it as {far}"),
            }),
            ..FeedMemory::default()
        };
        assert!(shown(&elsewhere).contains(&far), "{}", shown(&elsewhere));
    }
}
