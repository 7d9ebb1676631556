//! When a feed may be asked again: the floor of its interval, what it and its server ask for, jitter, forbidden hours.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use sha2::{Digest, Sha256};

use super::{
    Feed,
    memory::{Asks, FeedMemory},
};
use crate::config::PollConfig;

/// Factor of the interval after a poll without news.
// Grows as StormCrawler's adaptive scheduler does (by a half), shrinks a little quicker than it: news come in bursts.
const UNCHANGED: f64 = 1.5;
/// Factor of the interval after a poll with news.
const CHANGED: f64 = 0.7;
/// The interval aims at this share of the median gap between items.
// So an item waits a quarter of the gap on average, and one poll in two is in vain.
const RHYTHM_SHARE: f64 = 0.5;
/// A wait is spread by this share of itself to either side, but not below what floor and hints allow.
// Feeds of one host would fall into step without it, and be refused together (CommaFeed#2181).
const JITTER: f64 = 0.1;
/// Back-off and waits that were asked for are lengthened by up to this share, never shortened.
// What was refused together must not come back together.
const LONGER: f64 = 0.2;
/// Floor for servers without validators whose feed is larger than [`LARGE_BYTES`].
// Without validators each poll costs the publisher the whole body.
const LARGE_FLOOR: Duration = Duration::from_secs(86_400);
/// A feed that should not be fetched whole more than once a day.
const LARGE_BYTES: u64 = 1024 * 1024;
/// Hints of a server lengthen an interval at most to this.
// News are of today: a `max-age` of days is a server's default, not an editor's wish.
const HINT_CEILING: Duration = Duration::from_secs(6 * 3_600);
/// Back-off ends here.
// Once a day still finds what was mended, and costs its server nothing.
pub(super) const BACK_OFF_CEILING: Duration = Duration::from_secs(24 * 3_600);
/// A disabled feed is tried again this often, so that it recovers by itself.
pub(super) const DISABLED_INTERVAL: Duration = Duration::from_secs(7 * 86_400);
/// Hours and days that a feed forbids put a poll off by at most a day, or a week.
const DAY: Duration = Duration::from_secs(86_400);
const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// What a wait is, and why, for people.
pub(super) type Wait = (Duration, &'static str);

/// The interval that a feed starts with.
pub(super) fn start_interval(feed: &Feed, config: &PollConfig) -> Duration {
    feed.interval.unwrap_or(config.interval)
}

/// The interval after a success: the old one, longer without news and shorter with, drawn towards the feed's rhythm.
/// Where the configured start value is another one by now, it starts anew.
pub(super) fn adapted_interval(
    feed: &Feed,
    state: &FeedMemory,
    news: bool,
    config: &PollConfig,
) -> Duration {
    let first = state.polls <= 1 || is_restarted(feed, state, config);
    let last = if state.interval_s > 0.0 && !first {
        state.interval_s
    } else {
        start_interval(feed, config).as_secs_f64()
    };
    let stepped = if first {
        last
    } else {
        last * if news { CHANGED } else { UNCHANGED }
    };
    let aimed = match state.rhythm_s {
        Some(rhythm) if !first => f64::midpoint(stepped, rhythm * RHYTHM_SHARE),
        _ => stepped,
    };
    let floor = interval_floor(feed, state, config);
    Duration::from_secs_f64(aimed.clamp(
        floor.as_secs_f64(),
        config.max_interval.max(floor).as_secs_f64(),
    ))
}

/// Whether the operator has set another start value since the interval was reckoned.
fn is_restarted(feed: &Feed, state: &FeedMemory, config: &PollConfig) -> bool {
    state.start_s > 0.0 && (state.start_s - start_interval(feed, config).as_secs_f64()).abs() > 1e-3
}

/// The shortest interval of a feed: the operator's for it, else the general one, longer for servers without validators.
pub(super) fn interval_floor(feed: &Feed, state: &FeedMemory, config: &PollConfig) -> Duration {
    if let Some(own) = feed.interval {
        return own;
    }
    match &state.validators {
        Some(validators) if !validators.is_empty() => config.min_interval,
        _ if state.body_bytes > LARGE_BYTES => LARGE_FLOOR.max(config.min_interval),
        _ if state.body_bytes > 0 => config.no_validators_floor.max(config.min_interval),
        _ => config.min_interval,
    }
}

/// The next poll after a success: the interval or what is asked for, whichever is longer, spread, at an allowed hour.
pub(super) fn after_success(
    feed: &Feed,
    state: &FeedMemory,
    fresh_for: Option<Duration>,
    config: &PollConfig,
    now: Timestamp,
) -> (Timestamp, &'static str) {
    let interval = Duration::try_from_secs_f64(state.interval_s).unwrap_or(config.max_interval);
    let floor = interval_floor(feed, state, config);
    let asked = [fresh_for, state.asks.at_least_s.map(Duration::from_secs)];
    let asked = asked.into_iter().flatten().max().unwrap_or_default();
    let asked = asked.min(HINT_CEILING);
    let (wait, why): Wait = if asked > interval {
        (asked, "the server asks for it")
    } else if interval <= floor {
        (interval, "the floor of its interval")
    } else {
        (interval, "its own rhythm")
    };
    let share = spread_fraction(feed, state.polls);
    let due = now + jittered_wait(wait, floor.max(asked), share);
    (allowed_hour(due, &state.asks, share), why)
}

/// A wait that may only grow: back-off, and what a server asked for.
pub(super) fn lengthened_wait(feed: &Feed, state: &FeedMemory, wait: Duration) -> Duration {
    wait.mul_f64(1.0 + LONGER * spread_fraction(feed, state.polls))
}

/// A wait spread by a tenth to either side, never below `least`, which itself is spread upwards only.
fn jittered_wait(wait: Duration, least: Duration, share: f64) -> Duration {
    let low = wait.mul_f64(1.0 - JITTER).max(least);
    let high = wait.max(least).mul_f64(1.0 + JITTER);
    low + high.saturating_sub(low).mul_f64(share)
}

/// When a feed is due by what is remembered of it. A time further ahead than any rule leads to was written under a
/// wrong clock and is brought near; where the operator has set another interval, it counts from the last poll; where
/// another address, it is due at once.
pub fn due_time(feed: &Feed, state: &FeedMemory, config: &PollConfig, now: Timestamp) -> Timestamp {
    let Some(planned) = state.next_poll else {
        return now;
    };
    let polled_at = state.address.as_deref();
    if polled_at.is_some_and(|address| address != feed.url.as_str()) {
        return now;
    }
    let quiet = state.failures == 0 && state.held_until.is_none();
    if quiet && is_restarted(feed, state, config) {
        let anew = FeedMemory {
            interval_s: start_interval(feed, config)
                .max(interval_floor(feed, state, config))
                .as_secs_f64(),
            ..state.clone()
        };
        let from = state.last_success.unwrap_or(now).min(now);
        return after_success(feed, &anew, None, config, from).0;
    }
    planned.min(now + farthest_wait(feed, state, config))
}

/// The longest wait that the rules lead to.
fn farthest_wait(feed: &Feed, state: &FeedMemory, config: &PollConfig) -> Duration {
    let ends = if state.disabled.is_some() {
        DISABLED_INTERVAL
    } else {
        BACK_OFF_CEILING
    };
    let put_off = if !state.asks.skip_days.is_empty() {
        WEEK
    } else if !state.asks.skip_hours.is_empty() {
        DAY
    } else {
        Duration::ZERO
    };
    let ends = ends
        .max(config.max_interval)
        .max(start_interval(feed, config))
        .max(interval_floor(feed, state, config));
    ends.mul_f64(1.0 + LONGER) + put_off
}

/// Moves an instant on into the next hour that the feed allows, to a minute of the feed's own; a feed that forbids all
/// of them is not believed.
pub(super) fn allowed_hour(due: Timestamp, asks: &Asks, share: f64) -> Timestamp {
    // A second short of the hour, since the next one may be forbidden again.
    const HOUR_S: f64 = 3_599.0;
    if asks.skip_hours.len() >= 24 || asks.skip_days.len() >= 7 {
        return due;
    }
    let mut at = due.to_zoned_datetime(TimeZone::UTC);
    for hours in 0..=7 * 24 {
        let hour = at.hour().unsigned_abs();
        let day = at.weekday().to_monday_zero_offset().unsigned_abs();
        if !asks.skip_hours.contains(&hour) && !asks.skip_days.contains(&day) {
            // Spread, for all that a forbidden hour has put off would come in the first second after it.
            let into = if hours == 0 { 0.0 } else { HOUR_S * share };
            return at.timestamp() + Duration::from_secs_f64(into);
        }
        let Ok(start) = at.with().minute(0).second(0).subsec_nanosecond(0).build() else {
            return due;
        };
        at = start.saturating_add(SignedDuration::from_hours(1));
    }
    due
}

/// A number from 0 to 1, the same for the same feed and poll: spreads feeds of one host without drawing lots.
pub fn spread_fraction(feed: &Feed, poll: u64) -> f64 {
    let digest = Sha256::new()
        .chain_update(feed.id.as_str())
        .chain_update(poll.to_be_bytes())
        .finalize();
    f64::from(u32::from_be_bytes([
        digest[0], digest[1], digest[2], digest[3],
    ])) / f64::from(u32::MAX)
}

/// When a feed that is to be asked for the whole may be asked: it costs its server what one without validators costs.
pub fn whole_due_time(state: &FeedMemory, config: &PollConfig, now: Timestamp) -> Timestamp {
    let last = state.last_asked();
    last.map_or(now, |last| now.max(last + config.no_validators_floor))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::feed::poll::samples::{config, feed, now, with_validators};

    fn minutes(due: Timestamp) -> f64 {
        due.duration_since(now()).as_secs_f64() / 60.0
    }

    proptest! {
        #[test]
        fn no_poll_comes_sooner_than_the_floor_and_what_the_server_asks_for(
            interval_s in 1.0..200_000.0_f64, polls: u64, own in proptest::option::of(1_u64..90_000),
            fresh in proptest::option::of(0_u64..100_000), ttl in proptest::option::of(0_u64..100_000),
        ) {
            let feed = Feed { interval: own.map(Duration::from_secs), ..feed() };
            let mut state = FeedMemory { polls, interval_s, body_bytes: 9, ..FeedMemory::default() };
            state.asks.at_least_s = ttl;
            state.interval_s = interval_s.max(interval_floor(&feed, &state, &config()).as_secs_f64());
            let (due, _) = after_success(&feed, &state, fresh.map(Duration::from_secs), &config(), now());
            let least = fresh.max(ttl).map_or(Duration::ZERO, Duration::from_secs).min(HINT_CEILING);
            let waited = Duration::try_from(due.duration_since(now())).expect("a poll lies ahead");
            prop_assert!(waited >= least.max(interval_floor(&feed, &state, &config())), "{waited:?} {least:?}");
        }

        #[test]
        fn a_poll_comes_only_in_hours_and_days_that_the_feed_allows(
            hours in proptest::collection::btree_set(0_u8..24, 0..24),
            days in proptest::collection::btree_set(0_u8..7, 0..7), after_s in 0_i64..1_000_000, share in 0.0..=1.0_f64,
        ) {
            let asks = Asks {
                skip_hours: hours.into_iter().collect(), skip_days: days.into_iter().collect(), ..Asks::default()
            };
            let due = now() + SignedDuration::from_secs(after_s);
            let at = allowed_hour(due, &asks, share);
            let civil = at.to_zoned_datetime(TimeZone::UTC);
            prop_assert!(at >= due);
            prop_assert!(!asks.skip_hours.contains(&civil.hour().unsigned_abs()));
            prop_assert!(!asks.skip_days.contains(&civil.weekday().to_monday_zero_offset().unsigned_abs()));
        }
    }

    #[test]
    fn a_time_written_under_a_wrong_clock_is_brought_near() {
        let far = now() + SignedDuration::from_hours(24 * 900);
        let state = FeedMemory {
            next_poll: Some(far),
            ..with_validators()
        };
        let at = due_time(&feed(), &state, &config(), now());
        assert!(minutes(at) <= 1_440.0 * 1.2 + 1.0, "{}", minutes(at));
        let disabled = FeedMemory {
            disabled: Some("gone".to_owned()),
            ..state
        };
        assert!(minutes(due_time(&feed(), &disabled, &config(), now())) > 6.0 * 1_440.0);
    }

    #[test]
    fn another_interval_of_the_operator_counts_from_the_last_poll() {
        let state = FeedMemory {
            next_poll: Some(now() + SignedDuration::from_hours(20)),
            last_success: Some(now() - SignedDuration::from_mins(2)),
            interval_s: 72_000.0,
            start_s: 900.0,
            ..with_validators()
        };
        let hasty = Feed {
            interval: Some(Duration::from_secs(300)),
            ..feed()
        };
        let at = due_time(&hasty, &state, &config(), now());
        assert!((3.0..=3.5).contains(&minutes(at)), "{}", minutes(at));
        assert!(minutes(due_time(&feed(), &state, &config(), now())) > 1_100.0);
        let adapted = adapted_interval(&hasty, &FeedMemory { polls: 9, ..state }, false, &config());
        assert_eq!(adapted, Duration::from_secs(300));
    }

    #[test]
    fn a_feed_that_waits_is_due_at_once_when_the_operator_gives_it_another_address() {
        let state = |address: &str| FeedMemory {
            next_poll: Some(now() + SignedDuration::from_hours(160)),
            disabled: Some("gone".to_owned()),
            address: Some(address.to_owned()),
            ..with_validators()
        };
        let at = |address: &str| minutes(due_time(&feed(), &state(address), &config(), now()));
        assert!(at(feed().url.as_str()) > 9_000.0);
        assert!(at("https://example.org/old") < 1.0);
    }

    #[test]
    fn a_feed_is_not_asked_for_the_whole_again_before_the_floor_of_those_without_validators() {
        let asked = |minutes: i64| FeedMemory {
            last_success: Some(now() - SignedDuration::from_mins(minutes)),
            ..FeedMemory::default()
        };
        let floor = config().no_validators_floor.as_secs_f64() / 60.0;
        let wait = |state: &FeedMemory| minutes(whole_due_time(state, &config(), now()));
        assert!(
            (wait(&asked(1)) - (floor - 1.0)).abs() < 0.1,
            "{}",
            wait(&asked(1))
        );
        assert!(wait(&asked(7 * 24 * 60)) < 0.1 && wait(&FeedMemory::default()) < 0.1);
    }

    #[test]
    fn feeds_that_skip_the_same_hours_do_not_come_back_at_the_same_minute() {
        let asks = Asks {
            skip_hours: vec![10, 11],
            ..Asks::default()
        };
        let minutes: Vec<i8> = [0.1, 0.5, 0.9]
            .map(|share| allowed_hour(now(), &asks, share))
            .map(|at| at.to_zoned_datetime(TimeZone::UTC).minute())
            .to_vec();
        assert_eq!(minutes, [5, 29, 53]);
    }
}
