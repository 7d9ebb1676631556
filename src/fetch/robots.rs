//! robots.txt (RFC 9309): what a site lets us read. Rules are matched without regular expressions, in one pass
//! over the path each, and are bounded in number and size.

use std::{fmt::Write as _, time::Duration};

use serde::{Deserialize, Serialize};
use url::Url;

/// The name by which robots.txt speaks to us.
pub const TOKEN: &str = "dateline";
/// Rules that are kept; real files have a few hundred.
const MAX_RULES: usize = 5000;
/// Bytes and stars of one pattern. A longer `Disallow` is cut, which forbids more; a longer `Allow` is dropped.
// Each address is matched against each pattern: both bounds keep a hostile file from costing time.
const MAX_PATTERN_BYTES: usize = 512;
const MAX_STARS: usize = 32;
/// The largest `Crawl-delay` that is followed; a site that asks for more is not read.
const MAX_CRAWL_DELAY: Duration = Duration::from_secs(60);

/// What robots.txt says to one token: the group that names it, else the one for all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Robots {
    /// Whether a group names the token.
    named: bool,
    /// Seconds between two requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    crawl_delay: Option<f64>,
    /// `+` allows, `-` disallows, and the pattern.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<String>,
}

impl Robots {
    /// Reads a file as far as it speaks to a token. Any bytes are a file; what cannot be read is passed over.
    pub fn parse(bytes: &[u8], token: &str) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (mut named, mut for_all) = (
            Self {
                named: true,
                ..Self::default()
            },
            Self::default(),
        );
        let (mut ours, mut all, mut in_rules, mut found) = (false, false, true, false);
        for (key, value) in text
            .trim_start_matches('\u{feff}')
            // A carriage return alone ends a line too (RFC 9309 section 2.2).
            .split(['\r', '\n'])
            .filter_map(field)
        {
            if key == "user-agent" {
                // User-agents in a row share the rules that follow (RFC 9309 section 2.2.1).
                if in_rules {
                    (ours, all, in_rules) = (false, false, false);
                }
                ours |= product(value).eq_ignore_ascii_case(token);
                all |= value.starts_with('*');
                found |= ours;
            } else if matches!(key.as_str(), "allow" | "disallow" | "crawl-delay") {
                // Other lines, such as `Sitemap`, end no row of user-agents (RFC 9309 section 2.2.4).
                in_rules = true;
                if ours {
                    named.add(&key, value);
                }
                if all {
                    for_all.add(&key, value);
                }
            }
        }
        if found { named } else { for_all }
    }

    /// Whether an article may be read.
    pub fn allows(&self, url: &Url) -> bool {
        self.is_not_too_slow() && self.allows_path(&path_of(url))
    }

    /// Whether a feed may be polled: an operator chose it, so only a group that names us forbids it.
    pub fn allows_feed(&self, url: &Url) -> bool {
        !self.named || self.allows_path(&path_of(url))
    }

    /// Seconds between two requests, at most 60.
    pub fn crawl_delay(&self) -> Option<Duration> {
        self.asked_delay().map(|delay| delay.min(MAX_CRAWL_DELAY))
    }

    fn asked_delay(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.crawl_delay?).ok()
    }

    fn is_not_too_slow(&self) -> bool {
        self.asked_delay()
            .is_none_or(|delay| delay <= MAX_CRAWL_DELAY)
    }

    /// The longest pattern decides; of equal ones the one that allows (RFC 9309 section 2.2.2).
    fn allows_path(&self, path: &str) -> bool {
        // The file itself may always be asked for (RFC 9309 section 2.2.2).
        if path == "/robots.txt" {
            return true;
        }
        let matching = self.rules.iter().filter_map(|rule| {
            let (sign, pattern) = rule.split_at_checked(1)?;
            matches_path(pattern, path).then_some((pattern.len(), sign == "+"))
        });
        matching.max().is_none_or(|(_, allows)| allows)
    }

    fn add(&mut self, key: &str, value: &str) {
        match key {
            "crawl-delay" => {
                let delay = value
                    .parse::<f64>()
                    .ok()
                    .filter(|delay| delay.is_finite() && *delay >= 0.0);
                self.crawl_delay = self.crawl_delay.or(delay);
            }
            // `Disallow:` without a path forbids nothing.
            _ if value.is_empty() || self.rules.len() >= MAX_RULES => {}
            "allow" => self
                .rules
                .extend(pattern(value, false).map(|pattern| format!("+{pattern}"))),
            _ => self
                .rules
                .extend(pattern(value, true).map(|pattern| format!("-{pattern}"))),
        }
    }
}

/// The address of the robots.txt that speaks of an address.
pub fn robots_url(url: &Url) -> Option<Url> {
    let mut robots = url.clone();
    robots.set_query(None);
    robots.set_fragment(None);
    robots.set_path("/robots.txt");
    url.has_host().then_some(robots)
}

/// A line `key: value` without its comment.
fn field(line: &str) -> Option<(String, &str)> {
    let line = line.split('#').next()?;
    let (key, value) = line.split_once(':')?;
    Some((key.trim().to_ascii_lowercase(), value.trim()))
}

/// The product token that a `User-agent` line begins with.
fn product(value: &str) -> &str {
    let end = value.find(|c: char| !c.is_ascii_alphabetic() && c != '-' && c != '_');
    &value[..end.unwrap_or(value.len())]
}

fn path_of(url: &Url) -> String {
    let query = url
        .query()
        .map_or(String::new(), |query| format!("?{query}"));
    let mut path = normal(&format!("{}{query}", url.path()));
    // In patterns a bare `$` is an anchor, so a literal one is escaped on both sides.
    if path.contains('$') {
        path = path.replace('$', "%24");
    }
    path
}

/// A pattern in normal form; stars in a row are one, a dollar that is not at the end is itself.
fn pattern(value: &str, may_cut: bool) -> Option<String> {
    let rooted = if value.starts_with(['/', '*']) {
        value.to_owned()
    } else {
        format!("/{value}")
    };
    let (rooted, anchor) = rooted
        .strip_suffix('$')
        .map_or((rooted.as_str(), ""), |rest| (rest, "$"));
    let mut normal = normal(rooted).replace('$', "%24");
    while normal.contains("**") {
        normal = normal.replace("**", "*");
    }
    let stars = normal
        .match_indices('*')
        .nth(MAX_STARS)
        .map_or(normal.len(), |(at, _)| at);
    let end = stars.min(MAX_PATTERN_BYTES);
    if end == normal.len() {
        return Some(normal + anchor);
    }
    may_cut.then(|| normal[..end].to_owned())
}

/// One form for paths that differ only in how they are escaped (RFC 9309 section 2.2.2): unreserved characters bare,
/// all beyond ASCII escaped, digits of escapes in upper case. The result is ASCII.
fn normal(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(hex);
        let byte = escaped.unwrap_or(bytes[at]);
        let bare = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let keep_escape = escaped.is_some() && !bare;
        if keep_escape || !(0x21..0x7f).contains(&byte) {
            write!(out, "%{byte:02X}").expect("a string takes all");
        } else {
            out.push(char::from(byte));
        }
        at += if escaped.is_some() { 3 } else { 1 };
    }
    out
}

fn hex(two: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(two[0])? * 16 + digit(two[1])?).ok()
}

/// Whether a path begins with what a pattern says: each part between stars is found at its first place after the
/// part before, which is enough as only the end can be anchored.
fn matches_path(pattern: &str, path: &str) -> bool {
    let (pattern, anchored) = pattern
        .strip_suffix('$')
        .map_or((pattern, false), |rest| (rest, true));
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(before) = last.replace(part) {
            let Some(at) = rest.find(before) else {
                return false;
            };
            rest = &rest[at + before.len()..];
        }
    }
    match last {
        Some(part) if anchored => rest.ends_with(part),
        Some(part) => rest.contains(part),
        None => !anchored || rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allows(file: &str, path: &str) -> bool {
        let url = Url::parse("https://example.org/")
            .and_then(|base| base.join(path))
            .expect("a path");
        Robots::parse(file.as_bytes(), TOKEN).allows(&url)
    }

    fn all(rules: &str) -> String {
        format!("User-agent: *\n{rules}")
    }

    #[test]
    fn the_longest_pattern_decides_and_allows_on_a_tie() {
        let file = all("Disallow: /p\nAllow: /p/open\nDisallow: /page\nAllow: /page\n");
        assert!(!allows(&file, "/private"));
        assert!(allows(&file, "/p/open/1"));
        assert!(allows(&file, "/page/1"));
        assert!(allows(&file, "/other"));
    }

    #[test]
    fn stars_and_a_dollar_at_the_end_are_special_and_nothing_else() {
        for (pattern, path, disallowed) in [
            ("/fish", "/fish.html", true),
            ("/fish", "/Fish.asp", false),
            ("/fish", "/catfish", false),
            ("/fish*", "/fishheads/yummy.html", true),
            ("/fish/", "/fish", false),
            ("/*.php", "/folder/any.php.file.html", true),
            ("/*.php", "/windows.PHP", false),
            ("/*.php$", "/filename.php", true),
            ("/*.php$", "/filename.php?parameters", false),
            ("/fish*.php", "/fishheads/catfish.php?parameters", true),
            ("/$", "/", true),
            ("/$", "/a", false),
            ("*", "/anything", true),
            ("*?print", "/a?x=1&print", false),
            ("*?*print", "/a?x=1&print", true),
            ("/a*b*c$", "/a-b-b-c", true),
            ("/a*b*c$", "/a-c-b", false),
            ("/a*a$", "/a", false),
            ("/a.b", "/axb", false),
            ("/a$b", "/a$b", true),
            ("/a%24", "/a$", true),
            ("/a%2A", "/a-", false),
            ("admin", "/admin/x", true),
        ] {
            assert_eq!(
                !allows(&all(&format!("Disallow: {pattern}")), path),
                disallowed,
                "{pattern} {path}"
            );
        }
    }

    #[test]
    fn paths_that_differ_only_in_escapes_are_the_same() {
        for (pattern, path) in [
            ("/foo/bar/\u{30c4}", "/foo/bar/%E3%83%84"),
            ("/foo/bar/%E3%83%84", "/foo/bar/\u{30c4}"),
            ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
            ("/foo/%7ejoe", "/foo/~joe"),
            ("/a%3cd", "/a%3Cd"),
        ] {
            assert!(
                !allows(&all(&format!("Disallow: {pattern}")), path),
                "{pattern} {path}"
            );
        }
        assert!(allows(&all("Disallow: /a%2Fb"), "/a/b"));
    }

    #[test]
    fn the_group_that_names_us_goes_before_the_one_for_all() {
        let file = "User-agent: *\nDisallow: /\n\nUser-Agent: DateLine/1.0 (x)\nDisallow: /no\nCrawl-delay: 2.5\n\n\
                    user-agent: other\nuser-agent: dateline\nDisallow: /neither # why\n";
        assert!(allows(file, "/yes"));
        assert!(!allows(file, "/no"));
        assert!(!allows(file, "/neither"));
        assert!(!allows(
            "User-agent: datelinebot\nAllow: /\nUser-agent: *\nDisallow: /",
            "/x"
        ));
        assert!(allows(
            "User-agent: dateline\nDisallow:\nUser-agent: *\nDisallow: /",
            "/x"
        ));
        let robots = Robots::parse(file.as_bytes(), TOKEN);
        assert_eq!(robots.crawl_delay(), Some(Duration::from_millis(2500)));
    }

    #[test]
    fn a_feed_is_forbidden_only_by_a_group_that_names_us() {
        let url = Url::parse("https://example.org/rss.xml").expect("an address");
        assert!(Robots::parse(b"User-agent: *\nDisallow: /", TOKEN).allows_feed(&url));
        assert!(!Robots::parse(b"User-agent: dateline\nDisallow: /", TOKEN).allows_feed(&url));
    }

    #[test]
    fn files_in_odd_shapes_are_read() {
        for file in [
            "\u{feff}User-agent: *\rDisallow: /x",
            "user-agent:*\r\n\r\nDISALLOW:/x\r\n",
            "Sitemap: https://a/s.xml\nUser-agent: * # all\nNoindex: /y\n  Disallow :  /x  # no",
            "Disallow: /\nUser-agent: *\nUser-agent: other\nDisallow: /x",
        ] {
            assert!(!allows(file, "/x1"), "{file:?}");
            assert!(allows(file, "/y"), "{file:?}");
        }
        assert!(allows("<html><body>not found</body></html>", "/x"));
        assert!(allows(&all("Disallow: /"), "/robots.txt"));
    }

    #[test]
    fn a_crawl_delay_of_more_than_a_minute_means_no_articles() {
        let url = Url::parse("https://example.org/a").expect("an address");
        let robots =
            |delay: &str| Robots::parse(all(&format!("Crawl-delay: {delay}")).as_bytes(), TOKEN);
        assert!(robots("60").allows(&url));
        assert!(!robots("3600").allows(&url));
        assert_eq!(robots("3600").crawl_delay(), Some(MAX_CRAWL_DELAY));
        for none in ["-1", "NaN", "inf", "1e400", "soon"] {
            assert_eq!(robots(none).crawl_delay(), None, "{none}");
        }
        assert!(robots("1e308").crawl_delay().is_none() && robots("1e308").allows(&url));
    }

    #[test]
    fn rules_are_bounded_and_a_cut_one_forbids_more() {
        let long = format!("/{}", "a".repeat(2 * MAX_PATTERN_BYTES));
        assert!(!allows(&all(&format!("Disallow: {long}b$")), &long));
        assert!(!allows(&all(&format!("Disallow: /\nAllow: {long}")), &long));
        let starry = format!("/{}", "*a".repeat(1000));
        assert!(!allows(
            &all(&format!("Disallow: {starry}")),
            &format!("/{}", "a".repeat(40))
        ));
        let many = all(&"Disallow: /x\n".repeat(2 * MAX_RULES));
        assert_eq!(Robots::parse(many.as_bytes(), TOKEN).rules.len(), MAX_RULES);
    }

    #[test]
    fn the_file_of_an_address_is_at_the_root_of_its_own_port() {
        let of = |text: &str| {
            robots_url(&Url::parse(text).expect("an address")).map(|url| url.to_string())
        };
        assert_eq!(
            of("https://a.example:8443/x/y?z#t").as_deref(),
            Some("https://a.example:8443/robots.txt")
        );
        assert_eq!(of("mailto:x@y"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_file_and_read_back_as_written(bytes in any::<Vec<u8>>(), path in "/\\PC{0,40}") {
            let file = [b"User-agent: *\nDisallow: /".to_vec(), bytes].concat();
            let robots = Robots::parse(&file, TOKEN);
            let again: Robots = serde_json::from_str(&serde_json::to_string(&robots)?)?;
            prop_assert_eq!(&again, &robots);
            if let Ok(url) = Url::parse("http://a.example").and_then(|base| base.join(&path)) {
                robots.allows(&url);
            }
        }

        #[test]
        fn a_pattern_matches_as_a_plain_search_over_all_places_does(
            pattern in "/[ab*]{0,8}\\$?", path in "/[ab]{0,10}",
        ) {
            fn slow(pattern: &[u8], path: &[u8]) -> bool {
                match pattern {
                    [] => true,
                    [b'$'] => path.is_empty(),
                    [b'*', rest @ ..] => (0..=path.len()).any(|at| slow(rest, &path[at..])),
                    [first, rest @ ..] => path.first() == Some(first) && slow(rest, &path[1..]),
                }
            }
            prop_assert_eq!(matches_path(&pattern, &path), slow(pattern.as_bytes(), path.as_bytes()));
        }
    }
}
