//! What the outcome of a poll does to a feed: its interval, its failures, when it is due next.
//!
//! Every number is a named constant; hints only ever lengthen an interval, and nothing disables a feed for good.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{
    Feed,
    due::{self, BACK_OFF_CEILING, DISABLED_INTERVAL, spread_fraction},
    memory::{FeedMemory, PollFailure},
    moves,
};
use crate::{config::PollConfig, fetch::bound_asked_wait};

/// Validators and body hash are left out this often.
// To survive servers that answer 304 for ever, and so that the marks of what is still listed are written again before
// they expire.
const WHOLE_EVERY: Duration = Duration::from_secs(7 * 86_400);
/// … spread by this share to either side.
// Feeds that were added together would be read whole in the same hour each week.
const WHOLE_SPREAD: f64 = 0.2;
/// `410 Gone` disables a feed after this many in a row …
// One 410 may be a mistake of a deployment; three over a day are a decision.
const GONE_POLLS: u32 = 3;
/// … over at least this long.
const GONE_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Any other failure disables a feed only after this long without a success.
const FAILING_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Reasons that mean: a body came, and it is no feed.
const UNREADABLE: [&str; 2] = ["no_feed", "panicked"];
/// Answers 304 that nobody asked for are a failure from this one in a row on.
// The first may come from a cache on the way; in a row nothing can ever be read.
const UNASKED_304: u32 = 2;

/// How a poll ended.
#[derive(Debug, Clone, PartialEq)]
pub enum PollOutcome {
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

impl PollOutcome {
    /// The same with the number of entries that were not listed before.
    #[must_use]
    pub fn with_new(mut self, entries: usize) -> Self {
        if let Self::Parsed { new, .. } = &mut self {
            *new = entries;
        }
        self
    }
}

/// Whether the next poll reads the listing whole: without validators, and without regard to the body hash.
pub(super) fn is_whole_due(feed: &Feed, state: &FeedMemory, now: Timestamp) -> bool {
    let Some(last) = state.unconditional else {
        return true;
    };
    let spread = 1.0 - WHOLE_SPREAD + 2.0 * WHOLE_SPREAD * spread_fraction(feed, state.polls);
    let age = now.duration_since(last);
    let waits = state.whole_from.is_some_and(|from| from <= now);
    // A time ahead is of a clock that was set back since.
    waits || age < SignedDuration::ZERO || age.as_secs_f64() > WHOLE_EVERY.as_secs_f64() * spread
}

/// What a 304 says that was not asked for: once it is let pass, in a row it is a failure.
pub(super) fn unasked_304(state: &mut FeedMemory) -> PollOutcome {
    state.unasked_304 = state.unasked_304.saturating_add(1);
    if state.unasked_304 < UNASKED_304 {
        return PollOutcome::Unchanged;
    }
    PollOutcome::Failed {
        reason: "not_modified",
        detail: "the server answers 304 though nothing was said to be known".to_owned(),
        asked_to_wait: None,
    }
}

/// Enters the outcome of a poll into the state: interval, failures and when it is due next. `fresh_for` is what the
/// heads of the answer say; what the feed itself asks for is in the state.
pub fn settle_poll(
    feed: &Feed,
    state: &mut FeedMemory,
    outcome: &PollOutcome,
    fresh_for: Option<Duration>,
    config: &PollConfig,
    now: Timestamp,
) {
    state.v = 1;
    state.polls += 1;
    state.part_from_twin();
    state.counting_since.get_or_insert(now);
    match outcome {
        PollOutcome::Failed {
            reason,
            detail,
            asked_to_wait,
        } => {
            state.last_failure = Some(PollFailure {
                at: now,
                reason: (*reason).to_owned(),
                detail: detail.clone(),
            });
            match asked_to_wait {
                Some(wait) => note_held(feed, state, *wait, config, now),
                None => note_failure(feed, state, reason, config, now),
            }
        }
        _ => note_success(feed, state, outcome, fresh_for, config, now),
    }
    state.cut_words();
}

fn note_success(
    feed: &Feed,
    state: &mut FeedMemory,
    outcome: &PollOutcome,
    fresh_for: Option<Duration>,
    config: &PollConfig,
    now: Timestamp,
) {
    state.last_success = Some(now);
    state.failures = 0;
    state.unreadable = 0;
    (state.gone, state.gone_since) = (0, None);
    (state.held_until, state.held_since) = (None, None);
    state.failing_since = None;
    state.disabled = None;
    let mut news = false;
    if let PollOutcome::Parsed {
        new,
        rhythm_s,
        bytes,
    } = outcome
    {
        news = *new > 0;
        state.new_entries += *new as u64;
        state.rhythm_s = rhythm_s.or(state.rhythm_s);
        // 0 says that no listing was posted whole yet.
        state.body_bytes = (*bytes).max(1);
    }
    if news {
        state.last_new = Some(now);
    }
    state.interval_s = due::adapted_interval(feed, state, news, config).as_secs_f64();
    state.start_s = due::start_interval(feed, config).as_secs_f64();
    let (next, why) = due::after_success(feed, state, fresh_for, config, now);
    state.next_poll = Some(next);
    why.clone_into(&mut state.next_why);
}

/// The feed ends where another one does: that one is polled, and this one is looked at once a week whether it still
/// does. Then it is read whole, for nothing of it was posted.
pub(super) fn merge_with_twin(feed: &Feed, state: &mut FeedMemory, twin: &Feed, now: Timestamp) {
    let was = state.is_merged();
    let end = state.validators_of.take().unwrap_or_default();
    state.v = 1;
    state.polls += 1;
    state.last_success = Some(now);
    (state.failures, state.unreadable) = (0, 0);
    (state.held_until, state.held_since) = (None, None);
    (state.gone, state.gone_since, state.failing_since) = (0, None, None);
    state.forget_body();
    state.next_poll = Some(now + due::lengthened_wait(feed, state, DISABLED_INTERVAL));
    state.next_why = format!("it ends where {} does: {end}", twin.id);
    if !was {
        tracing::warn!(feed.id = %feed.id, same.id = %twin.id, url = end, "feed is another one by its end, that one is polled");
    }
    state.merge_into(twin.id.clone(), end);
}

fn interval_of(feed: &Feed, state: &FeedMemory, config: &PollConfig) -> Duration {
    let known = Duration::try_from_secs_f64(state.interval_s).unwrap_or_default();
    if known.is_zero() {
        due::start_interval(feed, config)
    } else {
        known
    }
}

/// The server asked to wait: no failure of the feed.
fn note_held(
    feed: &Feed,
    state: &mut FeedMemory,
    wait: Duration,
    config: &PollConfig,
    now: Timestamp,
) {
    let wait = bound_asked_wait(wait);
    state.held_until = Some(now + wait);
    moves::put_off(state, now);
    let wait = interval_of(feed, state, config).max(wait);
    state.next_poll = Some(now + due::lengthened_wait(feed, state, wait));
    "the server asked to wait".clone_into(&mut state.next_why);
}

fn note_failure(
    feed: &Feed,
    state: &mut FeedMemory,
    reason: &str,
    config: &PollConfig,
    now: Timestamp,
) {
    (state.held_until, state.held_since) = (None, None);
    state.failures = state.failures.saturating_add(1);
    if UNREADABLE.contains(&reason) {
        state.unreadable = state.unreadable.saturating_add(1);
    }
    let gone = reason == "gone" && counted_gone(state, now);
    if reason != "gone" {
        (state.gone, state.gone_since) = (0, None);
    }
    let since = *state.failing_since.get_or_insert(now);
    if gone || now.duration_since(since) >= FAILING_FOR {
        state.disabled = Some(reason.to_owned());
    }
    moves::note_failure(state, reason, now);
    let interval = interval_of(feed, state, config);
    let back_off = interval
        .saturating_mul(1_u32 << state.failures.min(16))
        .min(BACK_OFF_CEILING.max(interval));
    let wait = if state.disabled.is_some() {
        DISABLED_INTERVAL
    } else {
        back_off
    };
    let next = now + due::lengthened_wait(feed, state, wait);
    let share = spread_fraction(feed, state.polls);
    state.next_poll = Some(due::allowed_hour(next, &state.asks, share));
    state.next_why = format!("failed {} times in a row", state.failures);
}

/// Counts an answer `410 Gone`; whether it has been said often and for long enough to be believed.
fn counted_gone(state: &mut FeedMemory, now: Timestamp) -> bool {
    state.gone = state.gone.saturating_add(1);
    let since = *state.gone_since.get_or_insert(now);
    state.gone >= GONE_POLLS && now.duration_since(since) >= GONE_FOR
}

/// Median seconds between items, the newest 20 of them; `None` below three items.
pub(super) fn median_rhythm(mut published: Vec<Timestamp>) -> Option<f64> {
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

/// A feed and its settings as the tests of this stage use them.
#[cfg(test)]
pub(super) mod samples {
    use url::Url;

    use super::*;
    use crate::{feed::limits::FeedLimits, fetch::Validators, id::FeedId, site::Site};

    pub(in crate::feed) fn feed() -> Feed {
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

    pub(in crate::feed) fn config() -> PollConfig {
        let minute = Duration::from_secs(60);
        PollConfig {
            interval: 15 * minute,
            min_interval: 15 * minute,
            max_interval: 1_440 * minute,
            no_validators_floor: 60 * minute,
            first_poll: 20,
            limits: FeedLimits::default(),
        }
    }

    pub(in crate::feed) fn now() -> Timestamp {
        "2026-03-02T10:30:00Z".parse().expect("an instant")
    }

    pub(in crate::feed) fn with_validators() -> FeedMemory {
        let validators = Validators {
            etag: Some(b"\"a\"".to_vec()),
            last_modified: None,
        };
        FeedMemory {
            validators: Some(validators),
            ..FeedMemory::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        samples::{config, feed, now, with_validators},
        *,
    };
    use crate::feed::memory::Asks;

    fn parsed(new: usize) -> PollOutcome {
        PollOutcome::Parsed {
            new,
            rhythm_s: None,
            bytes: 10_000,
        }
    }

    fn failure(reason: &'static str) -> PollOutcome {
        PollOutcome::Failed {
            reason,
            detail: String::new(),
            asked_to_wait: None,
        }
    }

    fn minutes(state: &FeedMemory) -> f64 {
        state
            .next_poll
            .expect("a poll is due")
            .duration_since(now())
            .as_secs_f64()
            / 60.0
    }

    /// Enters an outcome at `now`.
    fn at(state: &mut FeedMemory, outcome: &PollOutcome, now: Timestamp) {
        settle_poll(&feed(), state, outcome, None, &config(), now);
    }

    #[test]
    fn the_interval_grows_without_news_and_shrinks_with_news() {
        let mut state = FeedMemory {
            interval_s: 3_600.0,
            polls: 5,
            ..with_validators()
        };
        at(&mut state, &PollOutcome::Unchanged, now());
        assert!((state.interval_s - 5_400.0).abs() < 1.0);
        at(&mut state, &parsed(3), now());
        assert!((state.interval_s - 3_780.0).abs() < 1.0);
    }

    #[test]
    fn a_server_without_validators_is_polled_hourly_at_most_and_a_large_feed_daily() {
        let mut state = FeedMemory::default();
        at(&mut state, &parsed(1), now());
        assert!(minutes(&state) >= 60.0);
        let large = PollOutcome::Parsed {
            new: 1,
            rhythm_s: None,
            bytes: 2_000_000,
        };
        at(&mut state, &large, now());
        assert!(minutes(&state) >= 1_440.0);
    }

    #[test]
    fn hints_lengthen_up_to_six_hours_and_never_shorten() {
        for (hint, least, most) in [
            (60, 15.0, 17.0),
            (7_200, 120.0, 132.0),
            (900_000, 360.0, 396.0),
        ] {
            let mut state = with_validators();
            let fresh = Some(Duration::from_secs(hint));
            settle_poll(&feed(), &mut state, &parsed(1), fresh, &config(), now());
            assert!(
                (least..=most).contains(&minutes(&state)),
                "{hint}: {}",
                minutes(&state)
            );
        }
    }

    #[test]
    fn what_a_feed_asks_for_holds_also_when_it_answers_304() {
        let mut state = with_validators();
        state.asks.at_least_s = Some(7_200);
        at(&mut state, &parsed(1), now());
        at(&mut state, &PollOutcome::Unchanged, now());
        assert!(minutes(&state) >= 120.0, "{}", minutes(&state));
    }

    #[test]
    fn skipped_hours_move_a_poll_into_the_next_hour_allowed() {
        let mut state = with_validators();
        state.asks.skip_hours = vec![10, 11, 12];
        at(&mut state, &parsed(1), now());
        assert!((150.0..210.0).contains(&minutes(&state)));
        state.asks.skip_hours = (0..24).collect();
        at(&mut state, &parsed(1), now());
        assert!(minutes(&state) < 20.0);
    }

    #[test]
    fn an_hour_that_is_named_again_and_again_is_one_hour() {
        let hints = crate::feed::FeedHints {
            skip_hours: vec![10; 30],
            skip_days: vec![9, 3, 3],
            ..crate::feed::FeedHints::default()
        };
        let asks = Asks::from_hints(&hints);
        assert_eq!((asks.skip_hours, asks.skip_days), (vec![10], vec![3]));
    }

    #[test]
    fn failures_back_off_to_a_day_and_one_success_resets() {
        let mut state = with_validators();
        let mut waits = Vec::new();
        for _ in 0..12 {
            at(&mut state, &failure("unreachable"), now());
            waits.push(minutes(&state));
        }
        assert!((30.0..=36.0).contains(&waits[0]) && waits[11] <= 1_728.0 && waits[11] >= 1_440.0);
        assert!(state.disabled.is_none() && state.unreadable == 0);
        at(&mut state, &failure("no_feed"), now());
        assert_eq!((state.failures, state.unreadable), (13, 1));
        at(&mut state, &PollOutcome::Unchanged, now());
        assert!(state.failures == 0 && state.unreadable == 0 && minutes(&state) < 30.0);
    }

    #[test]
    fn gone_disables_only_after_three_in_a_row_over_a_day_and_a_success_revives() {
        let mut state = with_validators();
        let hour = |hours| now() + SignedDuration::from_hours(hours);
        for hours in [0, 1, 2] {
            at(&mut state, &failure("gone"), hour(hours));
            assert!(state.disabled.is_none());
        }
        at(&mut state, &failure("unreachable"), hour(3));
        at(&mut state, &failure("gone"), hour(25));
        assert!(state.disabled.is_none(), "the row was broken");
        for hours in [30, 50] {
            at(&mut state, &failure("gone"), hour(hours));
        }
        assert_eq!(state.disabled.as_deref(), Some("gone"));
        at(&mut state, &parsed(1), hour(51));
        assert!(state.disabled.is_none());
    }

    #[test]
    fn being_asked_to_wait_is_no_failure_and_counts_between_a_minute_and_a_day() {
        for (asked, least, most) in [
            (0, 15.0, 18.0),
            (7_200, 120.0, 144.0),
            (u64::MAX, 1_440.0, 1_728.0),
        ] {
            let mut state = with_validators();
            let outcome = PollOutcome::Failed {
                reason: "server_error",
                detail: String::new(),
                asked_to_wait: Some(Duration::from_secs(asked)),
            };
            at(&mut state, &outcome, now());
            assert!(state.failures == 0 && state.held_until.is_some());
            assert!((least..=most).contains(&minutes(&state)), "{asked}");
        }
    }

    #[test]
    fn a_304_that_nobody_asked_for_is_let_pass_once() {
        let mut state = FeedMemory::default();
        assert_eq!(unasked_304(&mut state), PollOutcome::Unchanged);
        assert!(matches!(
            unasked_304(&mut state),
            PollOutcome::Failed { .. }
        ));
    }

    #[test]
    fn a_merged_feed_whose_next_look_at_its_end_fails_backs_off_like_any_other() {
        let end = "https://example.org/end";
        let mut state = FeedMemory {
            validators_of: Some(end.to_owned()),
            ..with_validators()
        };
        merge_with_twin(&feed(), &mut state, &feed(), now());
        let same = state.same_as.as_ref().map(|same| same.end.as_str());
        assert_eq!((same, state.polled_end()), (Some(end), None));
        assert!(state.is_merged() && minutes(&state) >= 10_080.0);
        at(&mut state, &failure("unreachable"), now());
        assert_eq!((&state.disabled, &state.same_as), (&None, &None));
        assert!(minutes(&state) < 60.0, "{}", minutes(&state));
    }

    #[test]
    fn words_from_outside_are_cut() {
        let mut state = FeedMemory {
            title: Some("é".repeat(2_000_000)),
            ..FeedMemory::default()
        };
        let outcome = PollOutcome::Failed {
            reason: "no_feed",
            detail: "x".repeat(2_000_000),
            asked_to_wait: None,
        };
        at(&mut state, &outcome, now());
        let json = serde_json::to_string(&state).expect("plain values");
        assert!(json.len() < 10_000, "{}", json.len());
    }

    #[test]
    fn a_listing_is_read_whole_about_once_a_week_and_when_an_edit_waits() {
        let days = |days: i64| now() + SignedDuration::from_hours(days * 24);
        let mut state = FeedMemory {
            unconditional: Some(now()),
            ..with_validators()
        };
        assert!(!is_whole_due(&feed(), &state, days(5)) && is_whole_due(&feed(), &state, days(9)));
        assert!(
            is_whole_due(&feed(), &state, days(-1)),
            "the clock went back"
        );
        state.whole_from = Some(days(2));
        assert!(!is_whole_due(&feed(), &state, days(1)) && is_whole_due(&feed(), &state, days(2)));
        state.unconditional = None;
        assert!(is_whole_due(&feed(), &state, now()));
    }

    #[test]
    fn rhythm_is_the_median_gap_of_the_newest_items() {
        let at = |minutes: i64| now() + SignedDuration::from_mins(minutes);
        assert_eq!(
            median_rhythm(vec![at(0), at(10), at(20), at(500)]),
            Some(600.0)
        );
        assert_eq!(median_rhythm(vec![at(0), at(10)]), None);
    }
}
