//! Which part of an address tells a story, and which is made anew for every visitor.

use url::Url;

/// Parameters that hold a session, a signature, or a number that only keeps caches out.
const MADE_ANEW: [&str; 22] = [
    "sid",
    "s",
    "sess",
    "session",
    "sessionid",
    "session_id",
    "jsessionid",
    "phpsessid",
    "aspsessionid",
    "cfid",
    "cftoken",
    "token",
    "sig",
    "signature",
    "hash",
    "expires",
    "nocache",
    "cb",
    "rnd",
    "rand",
    "ts",
    "_",
];
/// A value of letters and digits mixed is drawn, not chosen, from this length on.
const DRAWN: usize = 10;

/// What of an address is the same for every visitor.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::worker) struct StablePart {
    pub(in crate::worker) text: String,
    /// Whether something of the address was left out.
    pub(in crate::worker) is_shorter: bool,
}

/// Host and path of an address, with the parameters that are the same for every visitor.
pub(in crate::worker) fn stable_part(url: &Url) -> StablePart {
    let mut part = url.host_str().unwrap_or_default().to_owned();
    let mut is_shorter = false;
    for segment in url.path_segments().into_iter().flatten() {
        let whole = segment;
        let segment = whole.split(';').next().unwrap_or_default();
        is_shorter |= segment.len() < whole.len();
        // ASP.NET writes the session as a folder: `/(S(lit3py55t21z5v55vlm25s55))/story`.
        if segment.starts_with("(S(") || is_drawn(segment) {
            is_shorter = true;
        } else {
            part.push('/');
            part.push_str(segment);
        }
    }
    for (key, value) in url.query_pairs() {
        let is_anew = MADE_ANEW.iter().any(|name| name.eq_ignore_ascii_case(&key));
        if is_anew || is_drawn(&value) {
            is_shorter = true;
        } else {
            part.extend(["&", &key, "=", &value]);
        }
    }
    StablePart {
        text: part,
        is_shorter,
    }
}

/// Whether a text was drawn at random: no words, but letters and digits in no order.
fn is_drawn(text: &str) -> bool {
    let changes = text
        .as_bytes()
        .windows(2)
        .filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit());
    text.len() >= DRAWN
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && changes.count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> String {
        stable_part(&Url::parse(text).expect("an address of the test")).text
    }

    #[test]
    fn what_is_made_anew_for_every_visitor_is_no_part_of_a_story() {
        for (one, other) in [
            ("https://a.test/s/1?sid=abc", "https://a.test/s/1?sid=def"),
            (
                "https://a.test/s;jsessionid=1A",
                "https://a.test/s;jsessionid=2B",
            ),
            (
                "https://a.test/(S(lit3py55))/s",
                "https://a.test/(S(x9y8z7))/s",
            ),
            (
                "https://a.test/s?id=1&x=a1b2c3d4e5f6",
                "https://a.test/s?id=1&x=f6e5d4c3b2a1",
            ),
            (
                "https://a.test/s?_=1700000000",
                "https://a.test/s?_=1700000999",
            ),
        ] {
            assert_eq!(part(one), part(other));
        }
    }

    #[test]
    fn what_names_a_story_is() {
        for (one, other) in [
            ("https://a.test/s?id=1", "https://a.test/s?id=2"),
            (
                "https://a.test/2024/05/01/talks",
                "https://a.test/2024/05/02/talks",
            ),
            (
                "https://a.test/article-100234567",
                "https://a.test/article-100234568",
            ),
            ("https://a.test/s/1234567890", "https://a.test/s/1234567891"),
        ] {
            assert_ne!(part(one), part(other));
        }
    }
}
