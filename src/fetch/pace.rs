//! The pace of one site: one request in flight, a gap between two, and what the site itself asks for.
//! A state machine without a clock: each call is told the time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::site::Site;

use super::{
    error::FetchError,
    reply::{Outcome, Response},
};

/// Sites that are known to want a slower pace.
const KNOWN: &str = include_str!("../../config/pace.tsv");

/// `Retry-After` is taken within these bounds.
// Sooner, the next request would meet the same limit; a wait past a day is taken for a mistake.
const MIN_BELIEVED_WAIT: Duration = Duration::from_secs(60);
const MAX_BELIEVED_WAIT: Duration = Duration::from_secs(24 * 3600);
/// The first wait after 429 or 503 without `Retry-After`; it doubles each time in a row.
// Limits count requests a minute, or a quarter of an hour.
const FIRST_WAIT: Duration = Duration::from_secs(15 * 60);
/// The first wait at a challenge page, doubling up to the second.
// Walls against robots judge an address by how soon it asks again.
const FIRST_BLOCK: Duration = Duration::from_secs(6 * 3600);
const MAX_BLOCK: Duration = Duration::from_secs(7 * 24 * 3600);
/// The rate that the configured gap stands for, and the least that halving leaves: a 64th.
const FULL_RATE: u32 = 1000;
const MIN_RATE: u32 = FULL_RATE / 64;
/// A rate that was halved recovers by a tenth each hour without a complaint.
const QUIET: Duration = Duration::from_secs(3600);
/// Gaps are cut to this, so that a rate that was halved often does not stop a site.
const MAX_GAP: Duration = Duration::from_secs(3600);

/// The time, by both clocks: waits are counted by the first, remembered by the second.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Never goes back; stands still when the tests pause it.
    pub instant: Instant,
    /// For what outlives the process.
    pub wall: Timestamp,
}

impl Now {
    /// The time now.
    pub fn read() -> Self {
        Self {
            instant: Instant::now(),
            wall: Timestamp::now(),
        }
    }
}

/// What of a pace outlives the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PaceState {
    /// Thousandths of the configured rate.
    pub rate: u32,
    /// The site asked to be left alone until then.
    pub held_until: Option<Timestamp>,
    /// Answers 429 or 503 in a row.
    pub slow_downs: u32,
    /// Challenge pages in a row.
    pub blocks: u32,
}

impl Default for PaceState {
    fn default() -> Self {
        Self {
            rate: FULL_RATE,
            held_until: None,
            slow_downs: 0,
            blocks: 0,
        }
    }
}

/// What a request did to the pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Felt {
    /// The site answered, whatever it answered.
    Fine,
    /// 429 or 503, with the wait it asked for.
    SlowDown(Option<Duration>),
    /// A challenge page.
    Blocked,
    /// No answer: says nothing of the pace.
    Nothing,
}

impl Felt {
    /// What the result of a GET says to the pace of a site.
    pub fn of(result: &Result<Response, FetchError>, site: &Site) -> Self {
        let Ok(response) = result else {
            return Self::Nothing;
        };
        match response.outcome {
            Outcome::Failed(failure) if failure.challenge => Self::Blocked,
            Outcome::Failed(failure)
                if failure.slow_down() || (failure.status == 403 && limits_by_403(site)) =>
            {
                Self::SlowDown(response.head.retry_after)
            }
            _ => Self::Fine,
        }
    }
}

/// The pace of a site.
#[derive(Debug, Clone)]
pub struct Pace {
    site: Site,
    /// As configured, or as is known of the site.
    configured: Duration,
    /// What robots.txt asks for.
    crawl_delay: Duration,
    state: PaceState,
    next_at: Instant,
    quiet_from: Instant,
    in_flight: bool,
}

impl Pace {
    /// The pace of a site that was just taken over: the first request waits one gap, for the owner before may have
    /// asked a moment ago, and what the site asked for still holds.
    pub fn new(site: &Site, gap: Duration, state: PaceState, now: Now) -> Self {
        let mut pace = Self {
            site: site.clone(),
            configured: gap.max(known_gap(site).unwrap_or_default()),
            crawl_delay: Duration::ZERO,
            next_at: now.instant,
            quiet_from: now.instant,
            in_flight: false,
            state,
        };
        pace.state.rate = pace.state.rate.clamp(MIN_RATE, FULL_RATE);
        let held = pace
            .state
            .held_until
            .map(|until| until.duration_since(now.wall));
        let held = held
            .and_then(|wait| Duration::try_from(wait).ok())
            .unwrap_or_default();
        // No wait of ours is that long: a longer one comes from a clock that was set back since.
        pace.next_at = now.instant + held.min(MAX_BLOCK * 2).max(pace.gap());
        pace
    }

    /// What to remember.
    pub fn state(&self) -> &PaceState {
        &self.state
    }

    /// The gap now: the configured one, longer after complaints.
    pub fn gap(&self) -> Duration {
        let gap = self.configured.max(self.crawl_delay);
        (gap * FULL_RATE / self.state.rate.max(1))
            .min(MAX_GAP)
            // What the operator or robots.txt asks for holds, even past the cut.
            .max(gap)
    }

    /// Takes over another configured gap; it counts from the end of the next request.
    pub fn configure(&mut self, gap: Duration) {
        self.configured = gap.max(known_gap(&self.site).unwrap_or_default());
    }

    /// Widens the gap to what robots.txt asks for; it is never made shorter.
    pub fn at_least(&mut self, crawl_delay: Duration) {
        self.crawl_delay = self.crawl_delay.max(crawl_delay);
    }

    /// When the next request may start; `None` while one is in flight.
    pub fn free_at(&self) -> Option<Instant> {
        (!self.in_flight).then_some(self.next_at)
    }

    /// Starts a request if its time has come; each start must be followed by [`Self::end`].
    #[must_use]
    pub fn start(&mut self, now: Now) -> bool {
        let free = self.free_at().is_some_and(|at| at <= now.instant);
        self.in_flight |= free;
        free
    }

    /// Ends the request in flight; the gap counts from here.
    pub fn end(&mut self, felt: Felt, now: Now) {
        self.in_flight = false;
        match felt {
            Felt::Fine => self.recover(now),
            Felt::Nothing => {}
            Felt::SlowDown(asked) => {
                let wait = asked.unwrap_or_else(|| doubled(FIRST_WAIT, self.state.slow_downs));
                self.state.slow_downs = self.state.slow_downs.saturating_add(1);
                self.hold(bound_asked_wait(wait), now);
            }
            Felt::Blocked => {
                let wait = doubled(FIRST_BLOCK, self.state.blocks).min(MAX_BLOCK);
                self.state.blocks = self.state.blocks.saturating_add(1);
                self.hold(wait, now);
            }
        }
        self.next_at = self.next_at.max(now.instant + self.gap());
    }

    /// Leaves the whole site alone, and asks half as often after that. Up to a fifth is added, another part for each
    /// site, so that what waits together does not come back together.
    fn hold(&mut self, wait: Duration, now: Now) {
        let wait = wait + wait.mul_f64(0.2 * self.spread());
        self.state.rate = (self.state.rate / 2).max(MIN_RATE);
        self.quiet_from = now.instant + wait;
        self.next_at = self.next_at.max(now.instant + wait);
        self.state.held_until = SignedDuration::try_from(wait)
            .ok()
            .and_then(|wait| now.wall.checked_add(wait).ok());
    }

    fn recover(&mut self, now: Now) {
        self.state.slow_downs = 0;
        self.state.blocks = 0;
        self.state.held_until = None;
        // Several hours may have passed since the last answer.
        while self.state.rate < FULL_RATE && self.quiet_from + QUIET <= now.instant {
            self.quiet_from += QUIET;
            self.state.rate = (self.state.rate + self.state.rate.div_ceil(10)).min(FULL_RATE);
        }
    }

    /// From 0 to 1, the same for the same site and count: nothing is drawn at random.
    fn spread(&self) -> f64 {
        let count = self.state.slow_downs ^ self.state.blocks;
        let digest = Sha256::new()
            .chain_update(self.site.as_str())
            .chain_update(count.to_be_bytes())
            .finalize();
        f64::from(u16::from_be_bytes([digest[0], digest[1]])) / f64::from(u16::MAX)
    }
}

fn doubled(first: Duration, times: u32) -> Duration {
    // Doubled 16 times each first wait is past its bound, and nothing overflows.
    first.saturating_mul(1_u32.checked_shl(times.min(16)).unwrap_or(1))
}

fn known(site: &Site) -> Option<(&'static str, &'static str)> {
    KNOWN
        .lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| {
            let mut columns = line.split('\t');
            (columns.next()? == site.as_str()).then_some(())?;
            Some((columns.next()?, columns.next()?))
        })
}

fn known_gap(site: &Site) -> Option<Duration> {
    known(site)?.0.parse().ok().map(Duration::from_secs)
}

fn limits_by_403(site: &Site) -> bool {
    known(site).is_some_and(|(_, by_403)| by_403 == "yes")
}

/// A wait that a server asks for, within what is believed of it: at least a minute, at most a day.
pub fn bound_asked_wait(wait: Duration) -> Duration {
    wait.clamp(MIN_BELIEVED_WAIT, MAX_BELIEVED_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: Duration = Duration::from_millis(1500);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A clock that is set by hand.
    struct Clock(Now);

    impl Clock {
        fn new() -> Self {
            Self(Now {
                instant: Instant::now(),
                wall: "2024-06-29T08:00:00Z".parse().expect("an instant"),
            })
        }

        fn pass(&mut self, time: Duration) -> Now {
            self.0.instant += time;
            self.0.wall += SignedDuration::try_from(time).expect("a short time");
            self.0
        }
    }

    fn site() -> Site {
        Site::of_host("example.org")
    }

    fn pace(clock: &Clock) -> Pace {
        Pace::new(&site(), GAP, PaceState::default(), clock.0)
    }

    /// Runs one request at its time; returns how long it waited.
    fn ask(pace: &mut Pace, clock: &mut Clock, felt: Felt) -> Duration {
        let wait = pace
            .free_at()
            .expect("none in flight")
            .saturating_duration_since(clock.0.instant);
        assert!(
            wait.is_zero() || !pace.start(clock.0),
            "started {wait:?} early"
        );
        let now = clock.pass(wait);
        assert!(pace.start(now));
        pace.end(felt, now);
        wait
    }

    #[test]
    fn a_new_owner_waits_one_gap_and_then_one_gap_after_each_answer() {
        let mut clock = Clock::new();
        let mut pace = pace(&clock);
        for _ in 0..3 {
            assert_eq!(ask(&mut pace, &mut clock, Felt::Fine), GAP);
        }
    }

    #[test]
    fn one_request_is_in_flight() {
        let mut clock = Clock::new();
        let mut pace = pace(&clock);
        let now = clock.pass(GAP);
        assert!(pace.start(now));
        let later = clock.pass(seconds(3600));
        assert!(!pace.start(later));
        assert_eq!(pace.free_at(), None);
        pace.end(Felt::Nothing, later);
        assert_eq!(pace.free_at(), Some(later.instant + GAP));
    }

    #[test]
    fn a_wait_that_the_site_asks_for_holds_within_bounds_and_up_to_a_fifth_longer() {
        for (asked, least) in [(1, 60), (600, 600), (10 * 24 * 3600, 24 * 3600)] {
            let mut clock = Clock::new();
            let mut pace = pace(&clock);
            ask(&mut pace, &mut clock, Felt::SlowDown(Some(seconds(asked))));
            let wait = ask(&mut pace, &mut clock, Felt::Fine);
            assert!(
                wait >= seconds(least) && wait <= seconds(least).mul_f64(1.2),
                "{asked}: {wait:?}"
            );
        }
    }

    #[test]
    fn without_a_wait_asked_for_it_doubles_from_a_quarter_of_an_hour_to_a_day() {
        let mut clock = Clock::new();
        let mut pace = pace(&clock);
        ask(&mut pace, &mut clock, Felt::SlowDown(None));
        for n in 0..12 {
            let wait = ask(&mut pace, &mut clock, Felt::SlowDown(None));
            let least = doubled(FIRST_WAIT, n).min(MAX_BELIEVED_WAIT);
            assert!(wait >= least && wait <= least.mul_f64(1.2), "{n}: {wait:?}");
        }
    }

    #[test]
    fn a_complaint_halves_the_rate_and_each_quiet_hour_gives_a_tenth_back() {
        let mut clock = Clock::new();
        let mut pace = pace(&clock);
        ask(
            &mut pace,
            &mut clock,
            Felt::SlowDown(Some(MIN_BELIEVED_WAIT)),
        );
        ask(&mut pace, &mut clock, Felt::Fine);
        assert_eq!(pace.gap(), GAP * 2);
        clock.pass(QUIET);
        ask(&mut pace, &mut clock, Felt::Fine);
        assert_eq!(pace.state().rate, 550);
        clock.pass(QUIET * 10);
        ask(&mut pace, &mut clock, Felt::Fine);
        assert_eq!(pace.gap(), GAP);
    }

    #[test]
    fn challenge_pages_hold_a_site_from_six_hours_to_a_week() {
        let mut clock = Clock::new();
        let mut pace = pace(&clock);
        ask(&mut pace, &mut clock, Felt::Blocked);
        let first = ask(&mut pace, &mut clock, Felt::Blocked);
        assert!(
            first >= FIRST_BLOCK && first <= FIRST_BLOCK.mul_f64(1.2),
            "{first:?}"
        );
        for _ in 0..10 {
            let wait = ask(&mut pace, &mut clock, Felt::Blocked);
            assert!(wait <= MAX_BLOCK.mul_f64(1.2), "{wait:?}");
        }
        ask(&mut pace, &mut clock, Felt::Fine);
        assert_eq!(pace.state().blocks, 0);
    }

    #[test]
    fn what_a_site_asked_for_outlives_the_process() {
        let mut clock = Clock::new();
        let mut first = pace(&clock);
        ask(&mut first, &mut clock, Felt::SlowDown(Some(seconds(7200))));
        let written = serde_json::to_string(first.state()).expect("plain values");
        let state = serde_json::from_str(&written).expect("as written");
        let now = clock.pass(seconds(1200));
        let second = Pace::new(&site(), GAP, state, now);
        let wait = second.free_at().expect("none in flight") - now.instant;
        assert!(
            wait >= seconds(6000) && wait <= seconds(6000) + seconds(1440),
            "{wait:?}"
        );
    }

    #[test]
    fn a_state_that_makes_no_sense_neither_stops_nor_rushes_a_site() {
        let clock = Clock::new();
        let far = Some(Timestamp::MAX);
        let state = PaceState {
            rate: 0,
            held_until: far,
            slow_downs: u32::MAX,
            blocks: u32::MAX,
        };
        let mut pace = Pace::new(&site(), GAP, state, clock.0);
        assert!(pace.free_at().expect("none in flight") - clock.0.instant <= MAX_BLOCK * 2);
        pace.in_flight = true;
        pace.end(Felt::SlowDown(None), clock.0);
        pace.end(Felt::Blocked, clock.0);
        assert!(pace.gap() >= GAP && pace.gap() <= MAX_GAP);
    }

    #[test]
    fn a_crawl_delay_widens_the_gap_and_never_narrows_it() {
        let clock = Clock::new();
        let mut pace = pace(&clock);
        pace.at_least(seconds(10));
        pace.at_least(seconds(1));
        assert_eq!(pace.gap(), seconds(10));
    }

    #[test]
    fn another_configured_gap_counts_but_never_undercuts_a_crawl_delay() {
        let clock = Clock::new();
        let mut pace = pace(&clock);
        pace.configure(seconds(5));
        assert_eq!(pace.gap(), seconds(5));
        pace.at_least(seconds(10));
        pace.configure(seconds(1));
        assert_eq!(pace.gap(), seconds(10));
    }

    #[test]
    fn known_sites_have_a_pace_of_their_own() {
        let clock = Clock::new();
        let pace = Pace::new(
            &Site::of_host("www.reddit.com"),
            GAP,
            PaceState::default(),
            clock.0,
        );
        assert_eq!(pace.gap(), seconds(60));
        assert!(limits_by_403(&Site::of_host("old.reddit.com")));
        assert!(!limits_by_403(&site()));
    }
}
