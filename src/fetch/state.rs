//! What is remembered of a site between two starts: its pace and its robots.txt.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    error::FetchError,
    pace::PaceState,
    reply::{Outcome, Response},
    robots::{Robots, TOKEN},
};
use crate::site_lines::SiteLines;

/// A copy is used so long (RFC 9309 section 2.4); one that could not be had is asked for again after an hour.
const ROBOTS_KEPT: SignedDuration = SignedDuration::from_hours(24);
const ROBOTS_RETRIED: SignedDuration = SignedDuration::from_hours(1);
/// A file that could not be had for so long forbids nothing any more (RFC 9309 section 2.3.1.4).
const UNREACHABLE_ALLOWS_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A site whose HTTP/2 broke is asked over HTTP/1.1 so long.
// Servers are mended.
const HTTP1_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Hosts of one site whose robots.txt is remembered; the rest is asked for again.
const MAX_HOSTS: usize = 16;
/// Bytes of the whole record as JSON.
// The record is written with each change of what it says.
const MAX_BYTES: usize = 16 * 1024;
/// The version that this program writes.
const VERSION: u32 = 1;

/// What is remembered of a site: its pace, its Retry-After, its robots.txt, the lines in common; at most 16 KiB in the ledger.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SiteState {
    /// Version of this record, 1.
    pub v: u32,
    /// Its pace.
    pub pace: PaceState,
    /// robots.txt of each of its hosts, the last asked first.
    pub robots: Vec<HostRobots>,
    /// Its HTTP/2 broke; it is asked over HTTP/1.1 until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http1_until: Option<Timestamp>,
    /// The lines that its articles have in common.
    #[serde(skip_serializing_if = "SiteLines::is_empty")]
    pub lines: SiteLines,
}

/// robots.txt of one host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostRobots {
    /// Scheme, host and port.
    pub origin: String,
    /// What was had.
    pub state: RobotsState,
}

/// A copy of robots.txt and its age.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RobotsState {
    /// When it was asked for last.
    pub asked: Timestamp,
    /// It could not be had since then.
    pub failing_since: Option<Timestamp>,
    /// What it says; `None` when it never could be had, which forbids everything.
    pub rules: Option<Robots>,
}

/// What asking for robots.txt brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RobotsAnswer<'a> {
    /// Its text.
    Text(&'a [u8]),
    /// There is none: a status from 400 to 499 other than 429, or redirects without end.
    Unavailable,
    /// The server or the way there failed, or asks to slow down.
    Unreachable,
}

impl<'a> RobotsAnswer<'a> {
    /// What the result of [`super::Fetcher::get_following`] says.
    pub fn of(result: &'a Result<Response, FetchError>) -> Self {
        match result {
            Ok(Response {
                outcome: Outcome::Page(page),
                ..
            }) => Self::Text(&page.bytes),
            Ok(Response {
                outcome: Outcome::Failed(failure),
                ..
            }) => match failure.status {
                // RFC 9309 lets every 4xx allow all, but a server that asks for fewer requests invites none.
                429 => Self::Unreachable,
                // A challenge page says nothing of the file behind it.
                400..=499 if !failure.challenge => Self::Unavailable,
                _ => Self::Unreachable,
            },
            // RFC 9309 section 2.3.1.2: after five redirects the file may be taken for missing.
            Err(FetchError::Loop { .. } | FetchError::BadRedirect { .. }) => Self::Unavailable,
            _ => Self::Unreachable,
        }
    }
}

impl RobotsState {
    /// What is known after asking. While the file cannot be had, the copy before stands (RFC 9309 section 2.4).
    pub fn after(before: Option<&Self>, answer: RobotsAnswer<'_>, now: Timestamp) -> Self {
        let (failing_since, rules) = match answer {
            RobotsAnswer::Text(bytes) => (None, Some(Robots::parse(bytes, TOKEN))),
            RobotsAnswer::Unavailable => (None, Some(Robots::default())),
            RobotsAnswer::Unreachable => {
                let since = before
                    .and_then(|before| before.failing_since)
                    .unwrap_or(now)
                    // A time to come, of a clock that was set back since, would put the thirty days off.
                    .min(now);
                (Some(since), before.and_then(|before| before.rules.clone()))
            }
        };
        Self {
            asked: now,
            failing_since,
            rules,
        }
    }

    /// Whether it must be asked for again before the next article.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        let kept = if self.failing_since.is_some() {
            ROBOTS_RETRIED
        } else {
            ROBOTS_KEPT
        };
        let age = now.duration_since(self.asked);
        // A copy from the future, after a clock was set back, would be kept for as long as that.
        age >= kept || age < SignedDuration::ZERO
    }

    /// The rules that hold: `None` forbids everything.
    pub fn rules(&self, now: Timestamp) -> Option<Robots> {
        let long = self
            .failing_since
            .is_some_and(|since| now.duration_since(since) >= UNREACHABLE_ALLOWS_AFTER);
        if long {
            Some(Robots::default())
        } else {
            self.rules.clone()
        }
    }

    /// Whether an article may be read.
    pub fn allows(&self, url: &Url, now: Timestamp) -> bool {
        self.rules(now).is_some_and(|rules| rules.allows(url))
    }
}

impl SiteState {
    /// What is known of the robots.txt that speaks of an address, unless it must be asked for again.
    pub fn robots(&self, url: &Url, now: Timestamp) -> Option<&RobotsState> {
        self.last_robots(url).filter(|state| !state.is_stale(now))
    }

    /// Takes in what asking for the robots.txt that speaks of an address brought.
    pub fn learn_robots(
        &mut self,
        url: &Url,
        answer: RobotsAnswer<'_>,
        now: Timestamp,
    ) -> &RobotsState {
        let state = RobotsState::after(self.last_robots(url), answer, now);
        let origin = origin(url);
        self.robots.retain(|host| host.origin != origin);
        self.robots.truncate(MAX_HOSTS - 1);
        self.robots.insert(0, HostRobots { origin, state });
        &self.robots[0].state
    }

    /// Whether the site is to be asked over HTTP/1.1 alone.
    pub fn is_http1(&self, now: Timestamp) -> bool {
        self.http1_until.is_some_and(|until| now < until)
    }

    /// Takes in what a request brought: whether HTTP/2 broke on it.
    pub fn learn_http1(&mut self, result: &Result<Response, FetchError>, now: Timestamp) {
        if result.as_ref().is_err_and(FetchError::broke_http2) {
            self.http1_until = now.checked_add(HTTP1_FOR).ok();
        }
    }

    /// The longest `Crawl-delay` that one of its hosts asks for, at most 60 s; for a pace that is taken up again.
    pub fn crawl_delay(&self) -> Option<Duration> {
        let rules = self
            .robots
            .iter()
            .filter_map(|host| host.state.rules.as_ref());
        rules.filter_map(Robots::crawl_delay).max()
    }

    /// The record for the ledger: robots.txt files that do not fit are left out, and asked for again at the next start.
    #[must_use]
    pub fn for_ledger(&self) -> Self {
        let mut record = Self {
            v: VERSION,
            pace: self.pace.clone(),
            robots: Vec::new(),
            http1_until: self.http1_until,
            lines: self.lines.clone(),
        };
        let mut bytes = json_bytes(&record);
        for host in &self.robots {
            let more = json_bytes(host) + 1;
            if bytes + more <= MAX_BYTES {
                bytes += more;
                record.robots.push(host.clone());
            }
        }
        record
    }

    fn last_robots(&self, url: &Url) -> Option<&RobotsState> {
        let origin = origin(url);
        self.robots
            .iter()
            .find(|host| host.origin == origin)
            .map(|host| &host.state)
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn json_bytes(value: &impl Serialize) -> usize {
    // Too large for any bound, and no sum with it overflows.
    serde_json::to_vec(value).map_or(usize::MAX / 2, |bytes| bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::reply::{Failure, Head};

    fn at(hours: i64) -> Timestamp {
        let start: Timestamp = "2024-06-29T08:00:00Z".parse().expect("an instant");
        start + SignedDuration::from_hours(hours)
    }

    fn url(text: &str) -> Url {
        Url::parse(text).expect("an address of the test")
    }

    fn page() -> Url {
        url("https://example.org/a")
    }

    fn answered(status: u16) -> Response {
        Response {
            url: page(),
            status,
            head: Head::default(),
            at: at(0),
            elapsed: Duration::ZERO,
            outcome: Outcome::Failed(Failure {
                status,
                challenge: false,
            }),
        }
    }

    const FORBIDS: RobotsAnswer<'_> = RobotsAnswer::Text(b"User-agent: *\nDisallow: /");

    #[test]
    fn a_status_says_whether_there_is_no_file_or_no_answer() {
        for (status, answer) in [
            (404, RobotsAnswer::Unavailable),
            (401, RobotsAnswer::Unavailable),
            (403, RobotsAnswer::Unavailable),
            (410, RobotsAnswer::Unavailable),
            (429, RobotsAnswer::Unreachable),
            (500, RobotsAnswer::Unreachable),
            (503, RobotsAnswer::Unreachable),
        ] {
            assert_eq!(RobotsAnswer::of(&Ok(answered(status))), answer, "{status}");
        }
        let endless = Err(FetchError::Loop {
            host: String::new(),
            hops: 5,
        });
        assert_eq!(RobotsAnswer::of(&endless), RobotsAnswer::Unavailable);
        let cut = Err(FetchError::TooLarge { limit: 1 });
        assert_eq!(RobotsAnswer::of(&cut), RobotsAnswer::Unreachable);
    }

    #[test]
    fn a_site_without_a_file_is_read_and_one_that_fails_is_not() {
        let mut state = SiteState::default();
        assert!(
            state
                .learn_robots(&page(), RobotsAnswer::Unavailable, at(0))
                .allows(&page(), at(0))
        );
        let mut state = SiteState::default();
        assert!(
            !state
                .learn_robots(&page(), RobotsAnswer::Unreachable, at(0))
                .allows(&page(), at(0))
        );
    }

    #[test]
    fn a_copy_is_used_for_a_day_and_a_failure_for_an_hour() {
        let mut state = SiteState::default();
        state.learn_robots(&page(), FORBIDS, at(0));
        assert!(state.robots(&page(), at(23)).is_some());
        assert!(state.robots(&page(), at(24)).is_none());
        assert!(
            state.robots(&page(), at(-1)).is_none(),
            "the clock went back"
        );
        state.learn_robots(&page(), RobotsAnswer::Unreachable, at(24));
        assert!(state.robots(&page(), at(25)).is_none());
    }

    #[test]
    fn while_the_file_cannot_be_had_the_last_copy_stands_for_thirty_days() {
        let open = RobotsAnswer::Text(b"User-agent: *\nDisallow: /no");
        let mut state = SiteState::default();
        state.learn_robots(&page(), open, at(0));
        for hours in [24, 48, 24 * 29] {
            let robots = state.learn_robots(&page(), RobotsAnswer::Unreachable, at(hours));
            assert!(
                robots.allows(&page(), at(hours))
                    && !robots.allows(&url("https://example.org/no"), at(hours))
            );
        }
        let late = state.learn_robots(&page(), RobotsAnswer::Unreachable, at(24 * 31));
        assert!(late.allows(&url("https://example.org/no"), at(24 * 31)));
    }

    #[test]
    fn each_host_of_a_site_has_a_file_of_its_own() {
        let mut state = SiteState::default();
        state.learn_robots(&page(), FORBIDS, at(0));
        assert!(
            state
                .robots(&url("https://www.example.org/a"), at(0))
                .is_none()
        );
        assert!(
            state
                .robots(&url("https://example.org:8443/a"), at(0))
                .is_none()
        );
        for n in 0..40 {
            state.learn_robots(&url(&format!("https://h{n}.example.org/")), FORBIDS, at(0));
        }
        assert_eq!(state.robots.len(), MAX_HOSTS);
    }

    #[test]
    fn the_slowest_host_sets_the_crawl_delay_of_a_site() {
        let mut state = SiteState::default();
        assert_eq!(state.crawl_delay(), None);
        for (host, seconds) in [("a", 2), ("b", 900), ("c", 5)] {
            let file = format!("User-agent: *\nCrawl-delay: {seconds}");
            let url = url(&format!("https://{host}.example.org/"));
            state.learn_robots(&url, RobotsAnswer::Text(file.as_bytes()), at(0));
        }
        assert_eq!(state.crawl_delay(), Some(Duration::from_secs(60)));
    }

    #[test]
    fn a_record_for_the_ledger_is_bounded_and_reads_back() {
        let mut state = SiteState::default();
        let long = "Disallow: /a/long/path/of/a/rule\n".repeat(1000);
        state.learn_robots(&url("https://big.example.org/"), FORBIDS, at(0));
        state.learn_robots(
            &page(),
            RobotsAnswer::Text(format!("User-agent: *\n{long}").as_bytes()),
            at(0),
        );
        let record = state.for_ledger();
        let json = serde_json::to_string(&record).expect("plain values");
        assert!(json.len() <= MAX_BYTES, "{}", json.len());
        assert_eq!(
            serde_json::from_str::<SiteState>(&json).expect("as written"),
            record
        );
        assert!(record.robots(&page(), at(1)).is_none());
        assert!(
            record
                .robots(&url("https://big.example.org/x"), at(1))
                .is_some()
        );
        let before: SiteState = serde_json::from_str("{\"v\":1,\"later\":[1]}")
            .expect("unknown fields are passed over");
        assert_eq!(before.pace, PaceState::default());
    }
}
