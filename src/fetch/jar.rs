//! Cookies on the way to one page: what a host sets is told to that host on the next hop, and forgotten with the way.

use jiff::Timestamp;
use url::Url;

use super::head::http_date;

/// Cookies of one way, and bytes of all of them together (a browser takes 50 a host of 4096 bytes each, RFC 6265
/// section 6.1).
// A page that wants more can do without.
const MAX_COOKIES: usize = 16;
const MAX_BYTES: usize = 4_096;

/// What the hosts of one way have set so far.
#[derive(Debug, Default)]
pub(super) struct Jar {
    cookies: Vec<Cookie>,
    changes: u32,
}

#[derive(Debug, PartialEq, Eq)]
struct Cookie {
    host: String,
    name: String,
    value: String,
    /// Told over TLS alone (RFC 6265 section 5.4).
    secure: bool,
}

impl Cookie {
    fn bytes(&self) -> usize {
        self.name.len() + self.value.len()
    }
}

impl Jar {
    /// Takes what an answer of an address sets: for its own host alone, whatever domain and path it names.
    pub(super) fn take(&mut self, url: &Url, set: &[String], now: Timestamp) {
        // A cookie for a whole domain needs a list of public suffixes to be safe (RFC 6265 section 5.3).
        let host = url.host_str().unwrap_or_default();
        for line in set {
            let Some((name, value)) = pair(line) else {
                continue;
            };
            let cookie = Cookie {
                host: host.to_owned(),
                name: name.to_owned(),
                value: value.to_owned(),
                secure: is_secure(line),
            };
            self.enter(cookie, is_over(line, now));
        }
    }

    /// The value of `Cookie` for a request to an address; `None` where its host has set none.
    pub(super) fn told(&self, url: &Url) -> Option<String> {
        let host = url.host_str().unwrap_or_default();
        let safe = url.scheme() == "https";
        let own = self
            .cookies
            .iter()
            .filter(|cookie| cookie.host == host && (safe || !cookie.secure));
        let pairs: Vec<String> = own
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// How often its content has changed: an address that comes round again is another one with other cookies.
    pub(super) fn changes(&self) -> u32 {
        self.changes
    }

    fn enter(&mut self, cookie: Cookie, over: bool) {
        if !over && self.cookies.contains(&cookie) {
            return;
        }
        let before = self.cookies.len();
        self.cookies
            .retain(|known| known.host != cookie.host || known.name != cookie.name);
        let held: usize = self.cookies.iter().map(Cookie::bytes).sum();
        let fits = self.cookies.len() < MAX_COOKIES && held + cookie.bytes() <= MAX_BYTES;
        let changed = self.cookies.len() < before || (fits && !over);
        if fits && !over {
            self.cookies.push(cookie);
        }
        self.changes += u32::from(changed);
    }
}

/// Name and value of a `Set-Cookie` line; none where they hold what cannot be sent back.
fn pair(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split(';').next()?.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    let sendable = |text: &str| text.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    (!name.is_empty() && sendable(name) && sendable(value)).then_some((name, value))
}

/// Whether a `Set-Cookie` line has the attribute `Secure`.
fn is_secure(line: &str) -> bool {
    let mut attributes = line.split(';').skip(1);
    attributes.any(|attribute| attribute.trim().eq_ignore_ascii_case("secure"))
}

/// Whether a `Set-Cookie` line takes its cookie back: `Max-Age` that is over, else such an `Expires`.
fn is_over(line: &str, now: Timestamp) -> bool {
    let attribute = |name: &str| {
        let mut attributes = line.split(';').skip(1);
        attributes.find_map(|attribute| {
            let (key, value) = attribute.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    // `Max-Age` goes before `Expires` (RFC 6265 section 4.1.2.2).
    match attribute("max-age").and_then(|seconds| seconds.parse::<i64>().ok()) {
        Some(seconds) => seconds <= 0,
        None => attribute("expires")
            .and_then(http_date)
            .is_some_and(|at| at <= now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(host: &str) -> Url {
        Url::parse(&format!("https://{host}/")).expect("an address of the test")
    }

    fn jar(lines: &[(&str, &str)]) -> Jar {
        let mut jar = Jar::default();
        for (host, line) in lines {
            jar.take(&url(host), &[(*line).to_owned()], Timestamp::now());
        }
        jar
    }

    #[test]
    fn a_cookie_goes_back_to_the_host_that_set_it_and_to_no_other() {
        let jar = jar(&[
            ("a.test", "id=1; Domain=test; Path=/; Secure"),
            ("a.test", " lang = en ;HttpOnly"),
            ("b.test", "id=2"),
        ]);
        assert_eq!(jar.told(&url("a.test")).as_deref(), Some("id=1; lang=en"));
        assert_eq!(jar.told(&url("b.test")).as_deref(), Some("id=2"));
        assert_eq!((jar.told(&url("test")), jar.changes()), (None, 3));
    }

    #[test]
    fn a_secure_cookie_is_not_told_in_clear() {
        let jar = jar(&[
            ("a.test", "id=1; secure"),
            ("a.test", "lang=en; Path=/secure"),
        ]);
        let clear = Url::parse("http://a.test/").expect("an address of the test");
        assert_eq!(jar.told(&clear).as_deref(), Some("lang=en"));
        assert_eq!(jar.told(&url("a.test")).as_deref(), Some("id=1; lang=en"));
    }

    #[test]
    fn a_cookie_is_replaced_and_taken_back() {
        let mut lines = vec![("a.test", "id=1"), ("a.test", "id=1"), ("a.test", "id=2")];
        assert_eq!(jar(&lines).told(&url("a.test")).as_deref(), Some("id=2"));
        assert_eq!(jar(&lines).changes(), 2);
        lines.push(("a.test", "id=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT"));
        assert_eq!(jar(&lines).told(&url("a.test")), None);
        lines.push((
            "a.test",
            "id=3; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        ));
        assert_eq!(jar(&lines).told(&url("a.test")).as_deref(), Some("id=3"));
        lines.push(("a.test", "id=; max-age=0"));
        assert_eq!(jar(&lines).told(&url("a.test")), None);
    }

    #[test]
    fn what_cannot_be_sent_back_and_what_is_too_much_is_left() {
        let long = format!("long={}", "x".repeat(MAX_BYTES));
        let lines = ["", "novalue", "=1", "a=b c", "a=\u{e9}", "a\rb=1", &long];
        for line in lines {
            assert_eq!(
                jar(&[("a.test", line)]).told(&url("a.test")),
                None,
                "{line}"
            );
        }
        let many: Vec<String> = (0..40).map(|n| format!("n{n}={n}")).collect();
        let mut jar = Jar::default();
        jar.take(&url("a.test"), &many, Timestamp::now());
        assert_eq!(jar.cookies.len(), MAX_COOKIES);
    }
}
