//! When a feed is due next: the feed's own rhythm, the server's hints, back-off and jitter.
//!
//! Every number is a named constant; hints only ever lengthen an interval, and nothing disables a feed for good.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::{
    Feed,
    state::{Failure, FeedState, Moving},
};
use crate::config::PollConfig;

/// Factor of the interval after a poll without news.
const UNCHANGED: f64 = 1.5;
/// Factor of the interval after a poll with news.
const CHANGED: f64 = 0.7;
/// The interval aims at this share of the median gap between items.
const RHYTHM_SHARE: f64 = 0.5;
/// Floor for servers that never gave a validator: each poll costs them the whole feed.
const NO_VALIDATORS_FLOOR: Duration = Duration::from_secs(3_600);
/// Floor for servers without validators whose feed is larger than [`LARGE_BYTES`].
const LARGE_FLOOR: Duration = Duration::from_secs(86_400);
/// A feed that should not be fetched whole more than once a day.
const LARGE_BYTES: u64 = 1024 * 1024;
/// Hints of a server lengthen an interval at most to this.
const HINT_CEILING: Duration = Duration::from_secs(6 * 3_600);
/// Back-off ends here.
const BACK_OFF_CEILING: Duration = Duration::from_secs(24 * 3_600);
/// A disabled feed is tried again this often, so that it recovers by itself.
const DISABLED_INTERVAL: Duration = Duration::from_secs(7 * 86_400);
/// Validators are left out this often, to survive servers that answer 304 for ever.
const UNCONDITIONAL_EVERY: Duration = Duration::from_secs(7 * 86_400);
/// A permanent redirect is believed after this many polls …
const MOVED_POLLS: u32 = 5;
/// … over at least this long.
const MOVED_FOR: SignedDuration = SignedDuration::from_hours(48);
/// `410 Gone` disables a feed after this many in a row …
const GONE_POLLS: u32 = 3;
/// … over at least this long.
const GONE_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Any other failure disables a feed only after this long without a success.
const FAILING_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What a server says about when to come again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// The longest of `max-age`, `Expires`, `ttl` and `sy:updatePeriod`/`updateFrequency`.
    pub at_least: Option<Duration>,
    /// Hours of the day (GMT) in which the feed asks not to be polled.
    pub skip_hours: Vec<u8>,
    /// Days of the week (0 = Monday) on which the feed asks not to be polled.
    pub skip_days: Vec<u8>,
}

/// How a poll ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// 304, or the body of last time.
    Unchanged,
    /// A feed that was parsed.
    Parsed {
        /// Entries that were not listed before.
        new: usize,
        /// Median seconds between its newest items.
        rhythm_s: Option<f64>,
        /// Size of the body in bytes.
        bytes: u64,
    },
    /// No feed came of it.
    Failed {
        /// A reason of a fixed set, `gone` and `not_found` among them.
        reason: &'static str,
        /// The error in words.
        detail: String,
        /// The server asks to wait; the site's pace sees to it, and the failure is not held against the feed.
        asked_to_wait: Option<Duration>,
    },
}

/// Whether the next poll goes without validators.
pub fn unconditional(feed: &Feed, state: &FeedState, now: Timestamp) -> bool {
    let Some(last) = state.unconditional else {
        return true;
    };
    let spread = 0.8 + 0.4 * fraction(feed, state.polls);
    now.duration_since(last).as_secs_f64() > UNCONDITIONAL_EVERY.as_secs_f64() * spread
}

/// Enters the outcome of a poll into the state: interval, failures and when it is due next.
pub fn settle(
    feed: &Feed,
    state: &mut FeedState,
    outcome: &Outcome,
    hints: &Hints,
    config: &PollConfig,
    now: Timestamp,
) {
    state.v = 1;
    state.polls += 1;
    state.counting_since.get_or_insert(now);
    match outcome {
        Outcome::Failed {
            reason,
            detail,
            asked_to_wait,
        } => {
            failed(feed, state, (reason, detail), *asked_to_wait, config, now);
        }
        _ => succeeded(feed, state, outcome, hints, config, now),
    }
}

fn succeeded(
    feed: &Feed,
    state: &mut FeedState,
    outcome: &Outcome,
    hints: &Hints,
    config: &PollConfig,
    now: Timestamp,
) {
    state.last_success = Some(now);
    state.failures = 0;
    state.failing_since = None;
    state.disabled = None;
    let mut news = false;
    if let Outcome::Parsed {
        new,
        rhythm_s,
        bytes,
    } = outcome
    {
        news = *new > 0;
        state.new_entries += *new as u64;
        state.rhythm_s = rhythm_s.or(state.rhythm_s);
        state.body_bytes = *bytes;
    }
    if news {
        state.last_new = Some(now);
    }
    let interval = adapted(feed, state, news, config);
    state.interval_s = interval.as_secs_f64();
    let (wait, why) = match hints.at_least.map(|hint| hint.min(HINT_CEILING)) {
        Some(hint) if hint > interval => (hint, "the server asks for it"),
        _ if interval <= floor(feed, state, config) => (interval, "the floor of its interval"),
        _ => (interval, "its own rhythm"),
    };
    let jittered = wait.mul_f64(0.9 + 0.2 * fraction(feed, state.polls));
    let due = allowed_hour(now + jittered, hints);
    state.next_poll = Some(due);
    why.clone_into(&mut state.next_why);
}

/// The interval after a success: the old one, longer without news and shorter with, drawn towards the feed's rhythm.
fn adapted(feed: &Feed, state: &FeedState, news: bool, config: &PollConfig) -> Duration {
    let start = feed.interval.unwrap_or(config.interval);
    let last = if state.interval_s > 0.0 {
        state.interval_s
    } else {
        start.as_secs_f64()
    };
    let first = state.polls <= 1;
    let stepped = if first {
        last
    } else {
        last * if news { CHANGED } else { UNCHANGED }
    };
    let aimed = match state.rhythm_s {
        Some(rhythm) if !first => f64::midpoint(stepped, rhythm * RHYTHM_SHARE),
        _ => stepped,
    };
    let floor = floor(feed, state, config);
    Duration::from_secs_f64(aimed.clamp(
        floor.as_secs_f64(),
        config.max_interval.max(floor).as_secs_f64(),
    ))
}

/// The shortest interval of a feed: the operator's for it, else the general one, longer for servers without validators.
fn floor(feed: &Feed, state: &FeedState, config: &PollConfig) -> Duration {
    if let Some(own) = feed.interval {
        return own;
    }
    match &state.validators {
        Some(validators) if !validators.is_empty() => config.min_interval,
        _ if state.body_bytes > LARGE_BYTES => LARGE_FLOOR.max(config.min_interval),
        _ if state.body_bytes > 0 && config.min_interval >= Duration::from_secs(60) => {
            NO_VALIDATORS_FLOOR.max(config.min_interval)
        }
        _ => config.min_interval,
    }
}

fn failed(
    feed: &Feed,
    state: &mut FeedState,
    (reason, detail): (&str, &str),
    asked_to_wait: Option<Duration>,
    config: &PollConfig,
    now: Timestamp,
) {
    let failure = Failure {
        at: now,
        reason: reason.to_owned(),
        detail: detail.to_owned(),
    };
    let row = state
        .last_failure
        .as_ref()
        .is_some_and(|last| last.reason == reason)
        && state.failures > 0;
    state.last_failure = Some(failure);
    let start = feed.interval.unwrap_or(config.interval);
    let interval = if state.interval_s > 0.0 {
        Duration::from_secs_f64(state.interval_s)
    } else {
        start
    };
    let spread = 1.0 + 0.2 * fraction(feed, state.polls);
    if let Some(wait) = asked_to_wait {
        state.next_poll = Some(now + interval.max(wait).mul_f64(spread));
        "the server asked to wait".clone_into(&mut state.next_why);
        return;
    }
    if reason == "gone" && !row {
        state.failures = 0;
        state.failing_since = None;
    }
    state.failures = state.failures.saturating_add(1);
    let since = *state.failing_since.get_or_insert(now);
    let failing = now.duration_since(since);
    let gone = reason == "gone" && state.failures >= GONE_POLLS && failing >= GONE_FOR;
    if gone || failing >= FAILING_FOR {
        state.disabled = Some(reason.to_owned());
    }
    let back_off = interval
        .mul_f64(f64::from(1_u32 << state.failures.min(16)))
        .min(BACK_OFF_CEILING.max(interval));
    let wait = if state.disabled.is_some() {
        DISABLED_INTERVAL
    } else {
        back_off
    };
    state.next_poll = Some(now + wait.mul_f64(spread));
    state.next_why = format!("failed {} times in a row", state.failures);
}

/// Enters a chain of permanent redirects that led to a feed; `None` where the feed answered at its own address.
/// Returns the new address once it is believed.
pub fn learn_move(state: &mut FeedState, led_to: Option<&str>, now: Timestamp) -> Option<String> {
    let Some(to) = led_to else {
        state.moving = None;
        return None;
    };
    match &mut state.moving {
        Some(moving) if moving.to == to => moving.polls += 1,
        moving => {
            *moving = Some(Moving {
                to: to.to_owned(),
                polls: 1,
                since: now,
            });
        }
    }
    let moving = state.moving.as_ref()?;
    if moving.polls < MOVED_POLLS || now.duration_since(moving.since) < MOVED_FOR {
        return None;
    }
    state.moved_to = Some(to.to_owned());
    state.moving = None;
    state.validators = None;
    state.moved_to.clone()
}

/// Moves an instant on to the next hour that the feed allows; a feed that forbids all of them is not believed.
fn allowed_hour(due: Timestamp, hints: &Hints) -> Timestamp {
    if hints.skip_hours.len() >= 24 || hints.skip_days.len() >= 7 {
        return due;
    }
    let mut at = due.to_zoned_datetime(jiff::tz::TimeZone::UTC);
    for _ in 0..7 * 24 {
        let hour = at.hour().unsigned_abs();
        let day = at.weekday().to_monday_zero_offset().unsigned_abs();
        if !hints.skip_hours.contains(&hour) && !hints.skip_days.contains(&day) {
            return at.timestamp();
        }
        let Ok(start) = at.with().minute(0).second(0).subsec_nanosecond(0).build() else {
            return due;
        };
        at = start.saturating_add(SignedDuration::from_hours(1));
    }
    due
}

/// A number from 0 to 1, the same for the same feed and poll: spreads feeds of one host without drawing lots.
fn fraction(feed: &Feed, poll: u64) -> f64 {
    let digest = Sha256::new()
        .chain_update(feed.id.as_str())
        .chain_update(poll.to_be_bytes())
        .finalize();
    f64::from(u32::from_be_bytes([
        digest[0], digest[1], digest[2], digest[3],
    ])) / f64::from(u32::MAX)
}

/// Median seconds between items, the newest 20 of them; `None` below three items.
pub fn rhythm(mut published: Vec<Timestamp>) -> Option<f64> {
    published.sort_unstable_by(|a, b| b.cmp(a));
    published.truncate(20);
    let mut gaps: Vec<f64> = published
        .windows(2)
        .map(|pair| pair[0].duration_since(pair[1]).as_secs_f64())
        .collect();
    if gaps.len() < 2 {
        return None;
    }
    gaps.sort_unstable_by(f64::total_cmp);
    Some(gaps[gaps.len() / 2])
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::{fetch::Validators, id::FeedId, site::Site};

    fn feed() -> Feed {
        let url = Url::parse("https://example.org/feed").expect("an address");
        let site = Site::of_url(&url).expect("a host");
        let id = FeedId::of_address(url.as_str());
        Feed {
            id,
            url,
            site,
            name: None,
            interval: None,
            language: None,
            country: None,
            tags: Vec::new(),
        }
    }

    fn config() -> PollConfig {
        let minute = Duration::from_secs(60);
        PollConfig {
            interval: 15 * minute,
            min_interval: 15 * minute,
            max_interval: 1_440 * minute,
            first_poll: 20,
        }
    }

    fn now() -> Timestamp {
        "2026-03-02T10:30:00Z".parse().expect("an instant")
    }

    fn parsed(new: usize) -> Outcome {
        Outcome::Parsed {
            new,
            rhythm_s: None,
            bytes: 10_000,
        }
    }

    fn minutes(state: &FeedState) -> f64 {
        state
            .next_poll
            .expect("a poll is due")
            .duration_since(now())
            .as_secs_f64()
            / 60.0
    }

    fn with_validators() -> FeedState {
        let validators = Validators {
            etag: Some(b"\"a\"".to_vec()),
            last_modified: None,
        };
        FeedState {
            validators: Some(validators),
            ..FeedState::default()
        }
    }

    #[test]
    fn the_interval_grows_without_news_and_shrinks_with_news() {
        let mut state = FeedState {
            interval_s: 3_600.0,
            polls: 5,
            ..with_validators()
        };
        settle(
            &feed(),
            &mut state,
            &Outcome::Unchanged,
            &Hints::default(),
            &config(),
            now(),
        );
        assert!((state.interval_s - 5_400.0).abs() < 1.0);
        settle(
            &feed(),
            &mut state,
            &parsed(3),
            &Hints::default(),
            &config(),
            now(),
        );
        assert!((state.interval_s - 3_780.0).abs() < 1.0);
    }

    #[test]
    fn a_server_without_validators_is_polled_hourly_at_most_and_a_large_feed_daily() {
        let mut state = FeedState::default();
        settle(
            &feed(),
            &mut state,
            &parsed(1),
            &Hints::default(),
            &config(),
            now(),
        );
        assert!(minutes(&state) >= 54.0);
        let large = Outcome::Parsed {
            new: 1,
            rhythm_s: None,
            bytes: 2_000_000,
        };
        settle(
            &feed(),
            &mut state,
            &large,
            &Hints::default(),
            &config(),
            now(),
        );
        assert!(minutes(&state) >= 1_296.0);
    }

    #[test]
    fn hints_lengthen_up_to_six_hours_and_never_shorten() {
        for (hint, least, most) in [
            (60, 13.0, 17.0),
            (7_200, 108.0, 132.0),
            (900_000, 324.0, 396.0),
        ] {
            let mut state = with_validators();
            let hints = Hints {
                at_least: Some(Duration::from_secs(hint)),
                ..Hints::default()
            };
            settle(&feed(), &mut state, &parsed(1), &hints, &config(), now());
            assert!(
                (least..most).contains(&minutes(&state)),
                "{hint}: {}",
                minutes(&state)
            );
        }
    }

    #[test]
    fn skipped_hours_move_a_poll_to_the_next_hour_allowed() {
        let mut state = with_validators();
        let hints = Hints {
            skip_hours: vec![10, 11, 12],
            ..Hints::default()
        };
        settle(&feed(), &mut state, &parsed(1), &hints, &config(), now());
        assert_eq!(state.next_poll, "2026-03-02T13:00:00Z".parse().ok());
        let all = Hints {
            skip_hours: (0..24).collect(),
            ..Hints::default()
        };
        settle(&feed(), &mut state, &parsed(1), &all, &config(), now());
        assert!(minutes(&state) < 20.0);
    }

    #[test]
    fn failures_back_off_to_a_day_and_one_success_resets() {
        let mut state = with_validators();
        let failure = Outcome::Failed {
            reason: "unreachable",
            detail: String::new(),
            asked_to_wait: None,
        };
        let mut waits = Vec::new();
        for _ in 0..12 {
            settle(
                &feed(),
                &mut state,
                &failure,
                &Hints::default(),
                &config(),
                now(),
            );
            waits.push(minutes(&state));
        }
        assert!((30.0..=36.0).contains(&waits[0]) && waits[11] <= 1_728.0 && waits[11] >= 1_440.0);
        assert!(state.disabled.is_none());
        settle(
            &feed(),
            &mut state,
            &Outcome::Unchanged,
            &Hints::default(),
            &config(),
            now(),
        );
        assert!(state.failures == 0 && minutes(&state) < 30.0);
    }

    #[test]
    fn gone_disables_only_after_three_in_a_row_over_a_day_and_a_success_revives() {
        let mut state = with_validators();
        let gone = Outcome::Failed {
            reason: "gone",
            detail: String::new(),
            asked_to_wait: None,
        };
        for hours in [0, 1, 2] {
            let at = now() + SignedDuration::from_hours(hours);
            settle(&feed(), &mut state, &gone, &Hints::default(), &config(), at);
            assert!(state.disabled.is_none());
        }
        let later = now() + SignedDuration::from_hours(25);
        settle(
            &feed(),
            &mut state,
            &gone,
            &Hints::default(),
            &config(),
            later,
        );
        assert_eq!(state.disabled.as_deref(), Some("gone"));
        settle(
            &feed(),
            &mut state,
            &parsed(1),
            &Hints::default(),
            &config(),
            later,
        );
        assert!(state.disabled.is_none());
    }

    #[test]
    fn being_asked_to_wait_is_not_a_failure() {
        let mut state = with_validators();
        let wait = Some(Duration::from_secs(7_200));
        let asked = Outcome::Failed {
            reason: "rate_limited",
            detail: String::new(),
            asked_to_wait: wait,
        };
        settle(
            &feed(),
            &mut state,
            &asked,
            &Hints::default(),
            &config(),
            now(),
        );
        assert!(state.failures == 0 && minutes(&state) >= 120.0);
    }

    #[test]
    fn a_move_is_believed_after_five_polls_over_two_days() {
        let mut state = with_validators();
        for hours in [0, 1, 2, 3, 4, 24, 47] {
            let at = now() + SignedDuration::from_hours(hours);
            assert_eq!(
                learn_move(&mut state, Some("https://new.example.org/feed"), at),
                None
            );
        }
        let at = now() + SignedDuration::from_hours(49);
        assert!(learn_move(&mut state, Some("https://new.example.org/feed"), at).is_some());
        assert!(state.validators.is_none());
    }

    #[test]
    fn a_move_that_flips_back_starts_anew() {
        let mut state = with_validators();
        for hours in 0..60 {
            let at = now() + SignedDuration::from_hours(hours);
            let to = (hours % 4 != 3).then_some("https://new.example.org/feed");
            assert_eq!(learn_move(&mut state, to, at), None);
        }
    }

    #[test]
    fn validators_are_left_out_about_once_a_week() {
        let mut state = FeedState {
            unconditional: Some(now()),
            ..with_validators()
        };
        assert!(!unconditional(
            &feed(),
            &state,
            now() + SignedDuration::from_hours(5 * 24)
        ));
        assert!(unconditional(
            &feed(),
            &state,
            now() + SignedDuration::from_hours(9 * 24)
        ));
        state.unconditional = None;
        assert!(unconditional(&feed(), &state, now()));
    }

    #[test]
    fn rhythm_is_the_median_gap_of_the_newest_items() {
        let at = |minutes: i64| now() + SignedDuration::from_mins(minutes);
        assert_eq!(rhythm(vec![at(0), at(10), at(20), at(500)]), Some(600.0));
        assert_eq!(rhythm(vec![at(0), at(10)]), None);
    }
}
