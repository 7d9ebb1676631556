//! Redirects: where a hop leads, and the way of several.

pub(super) mod journey;

use std::{borrow::Cow, fmt::Write as _};

use url::Url;

use super::{
    error::{FetchError, Refusal},
    policy::{MAX_URL_BYTES, forbidden, host_of},
    reply::Hop,
};

/// Where an answer with this status and `Location` leads; the fragment is dropped.
/// A hop from https to http is asked over https instead: many sites redirect so by mistake. Where that leads back
/// to the address itself, or names another port, it is refused.
pub(super) fn hop(from: &Url, status: u16, location: Option<&[u8]>) -> Result<Hop, FetchError> {
    let bad = || FetchError::BadRedirect {
        host: host_of(from),
    };
    let text = text_of(location.ok_or_else(bad)?);
    if text.len() > MAX_URL_BYTES {
        return Err(bad());
    }
    let mut location = from.join(text.trim()).map_err(|_| bad())?;
    location.set_fragment(None);
    if from.scheme() == "https" && location.scheme() == "http" {
        location = secured(from, location)?;
    }
    Ok(Hop {
        location,
        permanent: matches!(status, 301 | 308),
    })
}

/// The text of a `Location`. Bytes that are no UTF-8 are asked as they are, escaped, as browsers do.
fn text_of(location: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(location) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(location.len() + 16);
    for &byte in location {
        if byte.is_ascii() {
            text.push(char::from(byte));
        } else {
            // A string takes all that is written to it.
            write!(text, "%{byte:02X}").expect("a string grows");
        }
    }
    Cow::Owned(text)
}

fn secured(from: &Url, mut location: Url) -> Result<Url, FetchError> {
    let refused = forbidden(&location, Refusal::Downgrade);
    // A port that is named for http speaks no TLS.
    if location.port().is_some() || location.set_scheme("https").is_err() {
        return Err(refused);
    }
    let mut asked = from.clone();
    asked.set_fragment(None);
    // The same request again: it would be answered with the same redirect for ever.
    if location == asked {
        Err(refused)
    } else {
        Ok(location)
    }
}

/// Whether a status is a redirect that a GET follows.
pub(super) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(from: &str, location: &str) -> Result<String, FetchError> {
        let from = Url::parse(from).expect("an address of the test");
        hop(&from, 302, Some(location.as_bytes())).map(|hop| hop.location.to_string())
    }

    #[test]
    fn a_location_is_read_against_the_address_that_sent_it() {
        let from = "https://a.example/news/1?x=y#top";
        assert_eq!(to(from, "/2").ok().as_deref(), Some("https://a.example/2"));
        assert_eq!(
            to(from, "2#part").ok().as_deref(),
            Some("https://a.example/news/2")
        );
        assert_eq!(
            to(from, "//b.example/").ok().as_deref(),
            Some("https://b.example/")
        );
        assert_eq!(
            to(from, " ?page=2 ").ok().as_deref(),
            Some("https://a.example/news/1?page=2")
        );
    }

    #[test]
    fn a_redirect_without_a_usable_location_is_an_error() {
        let from = Url::parse("https://a.example/").expect("an address of the test");
        for location in [None, Some(&b"http://[::1"[..]), Some(b"http://")] {
            assert!(
                matches!(
                    hop(&from, 301, location),
                    Err(FetchError::BadRedirect { .. })
                ),
                "{location:?}"
            );
        }
    }

    #[test]
    fn a_location_beyond_ascii_is_asked_as_it_is_written() {
        let from = Url::parse("https://a.example/").expect("an address of the test");
        let to =
            |location: &[u8]| hop(&from, 301, Some(location)).map(|hop| hop.location.to_string());
        let utf8 = to("/actualit\u{e9}s".as_bytes());
        assert_eq!(
            utf8.ok().as_deref(),
            Some("https://a.example/actualit%C3%A9s")
        );
        let latin = to(b"/actualit\xe9s");
        assert_eq!(
            latin.ok().as_deref(),
            Some("https://a.example/actualit%E9s")
        );
    }

    #[test]
    fn a_hop_from_https_to_http_is_asked_over_https() {
        assert_eq!(
            to("https://a.example/x", "http://b.example/y")
                .ok()
                .as_deref(),
            Some("https://b.example/y")
        );
        for refused in ["http://a.example/x", "http://a.example:8080/x"] {
            let hop = to("https://a.example/x#here", refused);
            assert!(
                matches!(
                    hop,
                    Err(FetchError::Forbidden {
                        why: Refusal::Downgrade,
                        ..
                    })
                ),
                "{hop:?}"
            );
        }
        assert_eq!(
            to("http://a.example/x", "http://b.example/y")
                .ok()
                .as_deref(),
            Some("http://b.example/y")
        );
    }
}
