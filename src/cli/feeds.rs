//! `dateline feeds`: the feed list with its health; feeds added by discovery; OPML in and out.

use std::{
    collections::HashSet,
    fs::OpenOptions,
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use opml::{Body, Head as OpmlHead, OPML, Outline};
use tokio::time::sleep;
use url::Url;

use super::{ConfigArgs, Failure, print, run::load, runtime, with_causes};
use crate::{
    config::Config,
    feed::{
        Feed, ParsedFeed, discover,
        health::FeedHealth,
        list::{self, FeedList},
        parse,
    },
    fetch::{Accept, Budget, Dial, Fetcher, Outcome, Request},
    site::Site,
};

/// The last column: a reason with the address that it names.
const WHY_CHARS: usize = 400;

/// Arguments of `feeds`.
#[derive(Debug, Args)]
pub(super) struct FeedsArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the feeds with their health (default)
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Find the feeds of an address and add them to the list
    Add {
        /// The address of a feed, or of a site that has feeds
        url: String,
        /// Add all feeds found, not only the first
        #[arg(long)]
        all: bool,
    },
    /// Add the feeds of an OPML file to the list
    Import {
        /// The OPML file
        file: PathBuf,
    },
    /// Write the list as OPML to stdout
    Export,
}

pub(super) fn feeds(args: &FeedsArgs) -> Result<(), Failure> {
    match &args.action {
        None => listed(&args.config.config, false),
        Some(Action::List { json }) => listed(&args.config.config, *json),
        Some(Action::Add { url, all }) => add(&args.config.config, url, *all),
        Some(Action::Import { file }) => import(&args.config.config, file),
        Some(Action::Export) => export(&args.config.config),
    }
}

fn listed(path: &Path, json: bool) -> Result<(), Failure> {
    let (config, feeds) = load(path)?;
    let states = super::tail::feed_states(&config)?;
    let now = Timestamp::now();
    let health: Vec<FeedHealth> = feeds
        .feeds
        .iter()
        .map(|feed| FeedHealth::of(feed, states.get(feed.id.as_str()), now))
        .collect();
    let mut out = io::stdout().lock();
    if json {
        for feed in &health {
            let line =
                serde_json::to_string(feed).map_err(|error| Failure::Fault(error.to_string()))?;
            writeln!(out, "{line}")?;
        }
        return Ok(());
    }
    let rows: Vec<Vec<String>> = health.iter().map(|feed| row(feed, now)).collect();
    let heading = [
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
    print::table(&mut out, &heading, &rows)?;
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
        print::plain(feed.name.as_deref().unwrap_or(&feed.url), 40),
        feed.state.to_owned(),
        feed.last_success
            .map_or_else(|| "never".to_owned(), |at| ago(at, now)),
        feed.last_failure
            .map_or_else(|| "never".to_owned(), |at| ago(at, now)),
        interval(feed.interval_s),
        feed.next_poll
            .map_or_else(|| "at once".to_owned(), |at| ago(at, now)),
        feed.new_a_day
            .map(|new| format!("{new:.1}"))
            .unwrap_or_default(),
        format!("{silent}{times}"),
        print::plain(&why, WHY_CHARS),
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

/// Fetches an address and reads it as a feed; the problem in words where it is none.
pub(super) async fn probe(fetcher: &Fetcher, url: &Url, dial: Dial) -> Result<ParsedFeed, String> {
    match fetched(fetcher, url, dial).await? {
        Fetched::Body(bytes, address, kind) => {
            parse::parse(&bytes, &address, kind.as_deref()).map_err(|error| with_causes(&error))
        }
        Fetched::Refused(problem) => Err(problem),
    }
}

/// What a server answered.
enum Fetched {
    /// A body, where it was found, and its content type.
    Body(Vec<u8>, Url, Option<String>),
    /// That it gives none.
    Refused(String),
}

async fn fetched(fetcher: &Fetcher, url: &Url, dial: Dial) -> Result<Fetched, String> {
    let request = Request {
        url,
        budget: Budget::FEED,
        validators: None,
        accept: Accept::Feed,
        cookies: None,
        dial,
    };
    let response = fetcher
        .get_following(request)
        .await
        .map_err(|error| with_causes(&error))?;
    let status = response.status;
    match response.outcome {
        Outcome::Page(page) => {
            let kind = page.content_type();
            Ok(Fetched::Body(page.bytes, response.url, kind))
        }
        _ => Ok(Fetched::Refused(format!("the server answered {status}"))),
    }
}

fn add(path: &Path, text: &str, all: bool) -> Result<(), Failure> {
    let (config, feeds) = load(path)?;
    let text = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let url = list::address(&text).map_err(Failure::Usage)?;
    let fetcher =
        Fetcher::new(config.policy()).map_err(|error| Failure::Usage(with_causes(&error)))?;
    let found = runtime()?
        .block_on(found(&fetcher, &config, &feeds, &url, all))
        .map_err(Failure::Unavailable)?;
    let known: HashSet<String> = feeds
        .feeds
        .iter()
        .map(|feed| feed.url.to_string())
        .collect();
    let mut out = io::stdout().lock();
    let mut entries = String::new();
    for (url, parsed) in found {
        if known.contains(url.as_str()) {
            writeln!(out, "listed already: {url}")?;
            continue;
        }
        entries.push_str(&list::entry(&url, parsed.title.as_deref()));
        let title = print::plain(parsed.title.as_deref().unwrap_or("untitled"), 60);
        writeln!(
            out,
            "added: {url} ({title}, {} entries)",
            parsed.entries.len()
        )?;
    }
    append(&config, &entries)
}

/// The feed at an address, or the feeds of the site there.
async fn found(
    fetcher: &Fetcher,
    config: &Config,
    list: &FeedList,
    url: &Url,
    all: bool,
) -> Result<Vec<(Url, ParsedFeed)>, String> {
    let dial = |url: &Url| Dial {
        unverified: Site::of_url(url)
            .is_some_and(|site| config.fetch.rules_of(&list.sites, &site).is_unverified()),
        ..Dial::default()
    };
    let (candidates, problem) = match fetched(fetcher, url, dial(url)).await? {
        Fetched::Body(bytes, address, kind) => {
            match parse::parse(&bytes, &address, kind.as_deref()) {
                Ok(parsed) => return Ok(vec![(url.clone(), parsed)]),
                Err(problem) => (discover::discover(&bytes, &address), with_causes(&problem)),
            }
        }
        // Sites that refuse their front page to programs often serve their feeds.
        Fetched::Refused(problem) => (discover::usual(url), problem),
    };
    let mut feeds = Vec::new();
    for candidate in candidates {
        sleep(config.fetch.pace).await;
        if let Ok(parsed) = probe(fetcher, &candidate.url, dial(&candidate.url)).await {
            feeds.push((candidate.url, parsed));
            if !all {
                break;
            }
        }
    }
    if feeds.is_empty() {
        Err(format!("no feed was found at {url}: {problem}"))
    } else {
        Ok(feeds)
    }
}

fn append(config: &Config, entries: &str) -> Result<(), Failure> {
    if entries.is_empty() {
        return Ok(());
    }
    let failed = |error: io::Error| {
        Failure::Disk(format!("cannot write {}: {error}", config.feeds.display()))
    };
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&config.feeds)
        .map_err(failed)?;
    file.write_all(entries.as_bytes()).map_err(failed)
}

fn import(path: &Path, file: &Path) -> Result<(), Failure> {
    let (config, feeds) = load(path)?;
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::Usage(format!("{} cannot be read: {error}", file.display())))?;
    let opml = OPML::from_str(&text)
        .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    let mut known: HashSet<String> = feeds
        .feeds
        .iter()
        .map(|feed| feed.url.to_string())
        .collect();
    let mut out = io::stdout().lock();
    let (mut entries, mut added) = (String::new(), 0);
    let mut outlines: Vec<&Outline> = opml.body.outlines.iter().rev().collect();
    while let Some(outline) = outlines.pop() {
        outlines.extend(outline.outlines.iter().rev());
        let Some(address) = outline.xml_url.as_deref() else {
            continue;
        };
        match list::address(address) {
            Ok(url) if known.insert(url.to_string()) => {
                let name = outline.title.as_deref().unwrap_or(&outline.text);
                entries.push_str(&list::entry(
                    &url,
                    Some(name).filter(|name| !name.is_empty()),
                ));
                added += 1;
            }
            Ok(url) => writeln!(out, "listed already: {url}")?,
            Err(problem) => writeln!(out, "left out: {problem}")?,
        }
    }
    append(&config, &entries)?;
    writeln!(out, "added {added} feeds to {}", config.feeds.display())?;
    Ok(())
}

fn export(path: &Path) -> Result<(), Failure> {
    let (_, feeds) = load(path)?;
    let outline = |feed: &std::sync::Arc<Feed>| Outline {
        text: feed.name.clone().unwrap_or_else(|| feed.url.to_string()),
        r#type: Some("rss".to_owned()),
        xml_url: Some(feed.url.to_string()),
        language: feed.language.clone(),
        ..Outline::default()
    };
    let opml = OPML {
        head: Some(OpmlHead {
            title: Some("dateline feeds".to_owned()),
            ..OpmlHead::default()
        }),
        body: Body {
            outlines: feeds.feeds.iter().map(outline).collect(),
        },
        ..OPML::default()
    };
    let text = opml
        .to_string()
        .map_err(|error| Failure::Fault(error.to_string()))?;
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::state::{Failure as Failed, FeedState};

    #[test]
    fn the_table_names_the_whole_address_that_a_feed_moved_to_and_that_to_list_instead() {
        let now = Timestamp::now();
        let far = format!(
            "https://feeds.example.org/{}/rss.xml",
            "section/".repeat(15)
        );
        let file = format!("[[feed]]\nurl = \"{far}\"\n");
        let list = FeedList::parse(Path::new("feeds.toml"), &file).expect("a list of one feed");
        let shown = |state: &FeedState| {
            row(&FeedHealth::of(&list.feeds[0], Some(state), now), now).join(" | ")
        };
        let moved = FeedState {
            moved_to: Some(format!("{far}?new")),
            ..FeedState::default()
        };
        assert!(
            shown(&moved).contains(&format!("{far}?new")),
            "{}",
            shown(&moved)
        );
        let elsewhere = FeedState {
            failures: 1,
            last_failure: Some(Failed {
                at: now,
                reason: "other_site".to_owned(),
                detail: format!("it leads to a site of another worker: list it as {far}"),
            }),
            ..FeedState::default()
        };
        assert!(shown(&elsewhere).contains(&far), "{}", shown(&elsewhere));
    }
}
