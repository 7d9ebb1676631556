//! Reads the heads of an answer that matter; what cannot be read is as good as not sent.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, civil::DateTime, fmt::rfc2822, tz::TimeZone};

use super::reply::{Head, MAX_VALIDATOR_BYTES, Page, Validators};

/// Lines of one name that are kept, and bytes of each.
// The library takes 400 KB of heads: of one name 8 KB may stay.
const MAX_LINES: usize = 8;
const MAX_LINE_BYTES: usize = 1024;
/// A server whose clock is off by more is not believed about `Expires`.
// `Expires` is a time by the server's clock, and clocks that are wrong are mostly wrong by a time zone.
const MAX_SKEW: SignedDuration = SignedDuration::from_hours(1);
/// Waits that a server may ask for are cut to this, so that sums of times cannot overflow.
const MAX_COUNTED_WAIT: Duration = Duration::from_secs(366 * 24 * 3600);

/// All values of a name, as sent.
pub(super) trait Lines {
    /// The values, the first first.
    fn of(&self, name: &str) -> Vec<&[u8]>;
}

impl Head {
    /// Reads the heads of an answer that came at `now`.
    pub(super) fn read(lines: &dyn Lines, now: Timestamp) -> Self {
        let date = first(lines, "date").and_then(|text| http_date(&text));
        Self {
            validators: Validators {
                etag: opaque(lines, "etag"),
                last_modified: opaque(lines, "last-modified"),
            },
            // By the server's own clock: with one that is an hour fast we would wait an hour more.
            retry_after: retry_after(lines, date.unwrap_or(now))
                .or_else(|| rate_limit_reset(lines, now)),
            fresh_for: max_age(lines).or_else(|| expires(lines, date, now)),
            robots: texts(lines, "x-robots-tag")
                .map(|text| text.to_lowercase())
                .collect(),
            links: texts(lines, "link").collect(),
            // A line that was cut would set another value.
            cookies: texts(lines, "set-cookie")
                .filter(|line| line.len() < MAX_LINE_BYTES)
                .collect(),
            tdm_reservation: match first(lines, "tdm-reservation").as_deref() {
                Some("1") => Some(true),
                Some("0") => Some(false),
                _ => None,
            },
            challenge: first(lines, "cf-mitigated")
                .is_some_and(|text| text.eq_ignore_ascii_case("challenge")),
        }
    }
}

/// Fills in what the heads say of a body.
pub(super) fn described(mut page: Page, lines: &dyn Lines) -> Page {
    let Some(text) = first(lines, "content-type") else {
        return page;
    };
    let mut parts = text.split(';').map(str::trim);
    page.media_type = parts
        .next()
        .filter(|kind| !kind.is_empty())
        .map(str::to_lowercase);
    page.charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
    });
    page
}

fn texts(lines: &dyn Lines, name: &str) -> impl Iterator<Item = String> {
    let kept: Vec<String> = lines
        .of(name)
        .into_iter()
        .take(MAX_LINES)
        .map(|line| {
            String::from_utf8_lossy(&line[..line.len().min(MAX_LINE_BYTES)])
                .trim()
                .to_owned()
        })
        .collect();
    kept.into_iter()
}

fn first(lines: &dyn Lines, name: &str) -> Option<String> {
    texts(lines, name).next()
}

fn opaque(lines: &dyn Lines, name: &str) -> Option<Vec<u8>> {
    let value = lines.of(name).into_iter().next()?;
    // A validator that was cut would be sent at each poll and never match.
    (!value.is_empty() && value.len() <= MAX_VALIDATOR_BYTES).then(|| value.to_vec())
}

/// Seconds or a date (RFC 9110 section 10.2.3).
fn retry_after(lines: &dyn Lines, now: Timestamp) -> Option<Duration> {
    let text = first(lines, "retry-after")?;
    seconds(&text).or_else(|| Some(until(http_date(&text)?, now)))
}

/// No standard: seconds to wait, or the instant as seconds since 1970; believed only where nothing remains.
fn rate_limit_reset(lines: &dyn Lines, now: Timestamp) -> Option<Duration> {
    const SECONDS_ARE_AN_INSTANT_FROM: u64 = 1_000_000_000;
    // Some servers count in fractions (`0.0`).
    if first(lines, "x-ratelimit-remaining")?.parse::<f64>().ok()? >= 1.0 {
        return None;
    }
    let reset = first(lines, "x-ratelimit-reset")?
        .parse::<f64>()
        .ok()?
        .max(0.0) as u64;
    if reset < SECONDS_ARE_AN_INSTANT_FROM {
        return Some(Duration::from_secs(reset).min(MAX_COUNTED_WAIT));
    }
    let reset = Timestamp::from_second(i64::try_from(reset).ok()?).ok()?;
    Some(until(reset, now))
}

fn max_age(lines: &dyn Lines) -> Option<Duration> {
    let all = texts(lines, "cache-control")
        .collect::<Vec<_>>()
        .join(",")
        .to_lowercase();
    let age = all
        .split(',')
        .find_map(|part| part.trim().strip_prefix("max-age="))?;
    seconds(age.trim_matches('"'))
}

fn expires(lines: &dyn Lines, date: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    let date = date.filter(|date| date.duration_since(now).abs() <= MAX_SKEW)?;
    Some(until(http_date(&first(lines, "expires")?)?, date))
}

fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = if digits {
        // More digits than fit are a long wait too, not none.
        text.parse().unwrap_or(u64::MAX)
    } else {
        return None;
    };
    Some(Duration::from_secs(seconds).min(MAX_COUNTED_WAIT))
}

fn until(then: Timestamp, now: Timestamp) -> Duration {
    let wait = then.duration_since(now);
    Duration::try_from(wait)
        .unwrap_or(Duration::ZERO)
        .min(MAX_COUNTED_WAIT)
}

/// The three forms of RFC 9110 section 5.6.7; also zones written as offsets, which some servers send.
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    let gmt = |format: &str| {
        TimeZone::UTC
            .to_timestamp(DateTime::strptime(format, text).ok()?)
            .ok()
    };
    let usual = rfc2822::parse(text).ok().map(|zoned| zoned.timestamp());
    usual
        .or_else(|| gmt("%A, %d-%b-%y %H:%M:%S GMT"))
        .or_else(|| gmt("%a %b %e %H:%M:%S %Y"))
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Lines for &[(&str, &str)] {
        fn of(&self, name: &str) -> Vec<&[u8]> {
            self.iter()
                .filter(|(key, _)| *key == name)
                .map(|(_, value)| value.as_bytes())
                .collect()
        }
    }

    fn now() -> Timestamp {
        "2024-06-29T08:00:00Z".parse().expect("an instant")
    }

    fn read(lines: &[(&str, &str)]) -> Head {
        Head::read(&lines, now())
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_in_all_three_forms_of_dates() {
        for (text, expected) in [
            ("120", Some(120)),
            ("Sat, 29 Jun 2024 08:05:00 GMT", Some(300)),
            ("Saturday, 29-Jun-24 08:05:00 GMT", Some(300)),
            ("Sat Jun 29 08:05:00 2024", Some(300)),
            ("Sat, 29 Jun 2024 07:00:00 GMT", Some(0)),
            ("99999999999999999999999", Some(MAX_COUNTED_WAIT.as_secs())),
            ("soon", None),
            ("-5", None),
            ("", None),
        ] {
            let wait = read(&[("retry-after", text)]).retry_after;
            assert_eq!(wait.map(|wait| wait.as_secs()), expected, "{text}");
        }
    }

    #[test]
    fn retry_after_as_a_date_counts_from_the_servers_own_clock() {
        let head = read(&[
            ("date", "Sat, 29 Jun 2024 03:00:00 GMT"),
            ("retry-after", "Sat, 29 Jun 2024 03:02:00 GMT"),
        ]);
        assert_eq!(head.retry_after, Some(Duration::from_secs(120)));
    }

    #[test]
    fn a_rate_limit_counts_only_where_nothing_remains() {
        let wait = |remaining, reset| {
            read(&[
                ("x-ratelimit-remaining", remaining),
                ("x-ratelimit-reset", reset),
            ])
            .retry_after
        };
        assert_eq!(wait("0.0", "90"), Some(Duration::from_secs(90)));
        assert_eq!(wait("12", "90"), None);
        let instant = (now().as_second() + 60).to_string();
        assert_eq!(wait("0", &instant), Some(Duration::from_secs(60)));
    }

    #[test]
    fn max_age_goes_before_expires_and_a_wrong_clock_is_not_believed() {
        let date = ("date", "Sat, 29 Jun 2024 08:00:10 GMT");
        let expires = ("expires", "Sat, 29 Jun 2024 08:10:10 GMT");
        let fresh = |lines: &[(&str, &str)]| read(lines).fresh_for.map(|fresh| fresh.as_secs());
        assert_eq!(fresh(&[date, expires]), Some(600));
        assert_eq!(
            fresh(&[date, expires, ("cache-control", "public, Max-Age=60")]),
            Some(60)
        );
        assert_eq!(fresh(&[expires]), None);
        assert_eq!(
            fresh(&[("date", "Sat, 29 Jun 2024 12:00:00 GMT"), expires]),
            None
        );
        assert_eq!(fresh(&[date, ("expires", "0")]), None);
    }

    #[test]
    fn what_a_body_is_said_to_be_is_read_from_its_type() {
        let of = |text: &str| {
            let lines: &[(&str, &str)] = &[("content-type", text)];
            let page = described(Page::default(), &lines);
            (
                page.media_type.unwrap_or_default(),
                page.charset.unwrap_or_default(),
            )
        };
        assert_eq!(
            of("Text/HTML; Charset=\"UTF-8\""),
            ("text/html".to_owned(), "UTF-8".to_owned())
        );
        assert_eq!(
            of("application/rss+xml"),
            ("application/rss+xml".to_owned(), String::new())
        );
        assert_eq!(of("; charset="), (String::new(), String::new()));
    }

    #[test]
    fn long_lines_are_cut_and_a_long_validator_is_none() {
        let long = "x".repeat(10_000);
        let head = read(&[
            ("etag", &long),
            ("x-robots-tag", &long),
            ("link", "<a>; rel=hub"),
        ]);
        assert_eq!(head.validators.etag, None);
        assert_eq!(head.robots[0].len(), MAX_LINE_BYTES);
        assert_eq!(head.links, ["<a>; rel=hub"]);
    }
}
