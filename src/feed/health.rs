//! The health of a feed as a person reads it: on the status page and in `dateline feeds`.

use jiff::Timestamp;
use serde::Serialize;

use super::{Feed, memory::FeedMemory};
use crate::id::FeedId;

/// A feed that has been silent for this many times its own rhythm is called silent …
const SILENT_TIMES: f64 = 20.0;
/// … once it has been silent for two days at least.
// Weekends are no fault.
const SILENT_SECONDS: f64 = 2.0 * 86_400.0;

/// One feed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedHealth {
    /// Its id.
    pub id: FeedId,
    /// Its name as configured, else its own title.
    pub name: Option<String>,
    /// Its address.
    pub url: String,
    /// `new` until a first success or failure, then `ok`, `silent`, `held` (the server asks to wait), `failing` or
    /// `disabled` (polled once a week).
    pub state: &'static str,
    /// Polls so far.
    pub polls: u64,
    /// The last poll that worked.
    pub last_success: Option<Timestamp>,
    /// The last poll that listed something new.
    pub last_new: Option<Timestamp>,
    /// The last poll that failed.
    pub last_failure: Option<Timestamp>,
    /// Why it failed; null once a poll has worked since.
    pub failure: Option<String>,
    /// Failures in a row.
    pub failures: u32,
    /// Those of them in which a body came that is no feed.
    pub unreadable: u32,
    /// The server asks to be left alone until then; null once that has passed.
    pub held_until: Option<Timestamp>,
    /// Seconds between polls before hints and back-off.
    pub interval_s: f64,
    /// When it is due next.
    pub next_poll: Option<Timestamp>,
    /// Why then.
    pub next_why: String,
    /// New entries a day.
    pub new_a_day: Option<f64>,
    /// Silent for how many times its own rhythm.
    pub silence: Option<f64>,
    /// The new address at which it is asked: permanent redirects led there, or the feed names it.
    pub moved_to: Option<String>,
    /// Items that the first poll, or a flood, left out.
    pub skipped: u64,
    /// Items of the last listing without an address that can be read.
    pub without_link: u64,
    /// Items of the last listing past the number that is read of one.
    pub past_the_cap: u64,
}

impl FeedHealth {
    /// The health of a feed at an instant; a feed that was never polled has no state.
    pub fn of_state(feed: &Feed, state: Option<&FeedMemory>, now: Timestamp) -> Self {
        let blank = FeedMemory::default();
        let remembered = state.unwrap_or(&blank);
        let held_until = remembered.held_until.filter(|until| *until > now);
        let failing =
            remembered.failures > 0 || held_until.is_some() || remembered.last_success.is_none();
        let failure = remembered.last_failure.as_ref();
        Self {
            id: feed.id.clone(),
            name: feed.name.clone().or_else(|| remembered.title.clone()),
            url: feed.url.to_string(),
            state: health_word(remembered, now),
            polls: remembered.polls,
            last_success: remembered.last_success,
            last_new: remembered.last_new,
            last_failure: failure.map(|failure| failure.at),
            failure: failure
                .filter(|_| failing)
                .map(|failure| format!("{}: {}", failure.reason, failure.detail)),
            failures: remembered.failures,
            unreadable: remembered.unreadable,
            held_until,
            interval_s: remembered.interval_s,
            // What is overdue, its site being asked or held, is due now.
            next_poll: remembered.next_poll.map(|due| due.max(now)),
            next_why: remembered.next_why.clone(),
            new_a_day: remembered.new_a_day(now),
            silence: remembered.silence(now),
            moved_to: remembered.moved_to.clone(),
            skipped: remembered.skipped,
            without_link: remembered.without_link,
            past_the_cap: remembered.past_the_cap,
        }
    }
}

fn health_word(state: &FeedMemory, now: Timestamp) -> &'static str {
    let silent_for = state
        .last_new
        .map_or(0.0, |last| now.duration_since(last).as_secs_f64());
    let silent =
        silent_for > SILENT_SECONDS && state.silence(now).is_some_and(|times| times > SILENT_TIMES);
    match state {
        _ if state.polls == 0 => "new",
        _ if state.disabled.is_some() => "disabled",
        _ if state.held_until.is_some_and(|until| until > now) => "held",
        _ if state.failures > 0 => "failing",
        _ if state.last_success.is_none() && state.last_failure.is_some() => "failing",
        _ if state.last_success.is_none() => "new",
        _ if silent => "silent",
        _ => "ok",
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use url::Url;

    use super::*;
    use crate::site::Site;

    #[test]
    fn a_feed_is_silent_against_its_own_rhythm() {
        let url = Url::parse("https://example.org/feed").expect("an address");
        let site = Site::of_url(&url).expect("a host");
        let id = FeedId::of_address(url.as_str());
        let feed = Feed {
            id,
            url,
            site,
            name: None,
            interval: None,
            language: None,
            country: None,
            tags: Vec::new(),
        };
        let now: Timestamp = "2026-03-02T10:30:00Z".parse().expect("an instant");
        let last_new = Some(now - SignedDuration::from_hours(72));
        let state = |rhythm: f64| FeedMemory {
            polls: 9,
            last_success: last_new,
            last_new,
            rhythm_s: Some(rhythm),
            ..FeedMemory::default()
        };
        assert_eq!(
            FeedHealth::of_state(&feed, Some(&state(3_600.0)), now).state,
            "silent"
        );
        assert_eq!(
            FeedHealth::of_state(&feed, Some(&state(86_400.0)), now).state,
            "ok"
        );
        assert_eq!(FeedHealth::of_state(&feed, None, now).state, "new");
    }

    #[test]
    fn a_feed_whose_first_poll_failed_is_not_new_and_is_never_due_in_the_past() {
        let now: Timestamp = "2026-03-02T10:30:00Z".parse().expect("an instant");
        let state = FeedMemory {
            polls: 1,
            next_poll: Some(now - SignedDuration::from_mins(5)),
            last_failure: Some(crate::feed::memory::PollFailure {
                at: now,
                reason: "server_error".to_owned(),
                detail: "the server answered 503".to_owned(),
            }),
            ..FeedMemory::default()
        };
        let health = FeedHealth::of_state(&crate::feed::poll::samples::feed(), Some(&state), now);
        assert_eq!((health.state, health.next_poll), ("failing", Some(now)));
        assert!(health.failure.is_some_and(|why| why.contains("503")));
    }

    #[test]
    fn a_feed_is_held_while_its_server_asks_to_wait_and_never_ok_without_a_success() {
        let now: Timestamp = "2026-03-02T10:30:00Z".parse().expect("an instant");
        let word = |held: i64, success: bool, failures: u32| {
            let state = FeedMemory {
                polls: 1,
                failures,
                held_until: Some(now + SignedDuration::from_mins(held)),
                last_success: success.then_some(now),
                ..FeedMemory::default()
            };
            super::health_word(&state, now)
        };
        assert_eq!(word(5, true, 0), "held");
        assert_eq!(word(-5, false, 0), "new");
        assert_eq!(word(-5, false, 1), "failing");
        assert_eq!(word(-5, true, 0), "ok");
    }
}
