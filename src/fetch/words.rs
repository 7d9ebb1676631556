//! What a failed request is told as: the whole chain of causes in one line, and what would mend it where that is known.

use std::error::Error as StdError;

use super::error::{FetchError, Refusal};
use crate::printable::is_unprintable;

/// A line of a log or a cell of a table; certificates name hosts by the hundred.
const MAX_CHARS: usize = 400;
/// What the library says around the cause, and that tells nothing.
const FRAMES: [&str; 2] = ["error sending request", "client error ("];

impl FetchError {
    /// The error with its causes and its remedy in one line.
    pub fn in_words(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let said = error.to_string();
            let is_frame = FRAMES.iter().any(|frame| said.starts_with(frame));
            if !is_frame && !text.contains(&said) {
                text.push_str(": ");
                text.push_str(&said);
            }
            cause = error.source();
        }
        if let Some(remedy) = self.name_remedy(&text) {
            text.push_str("; ");
            text.push_str(&remedy);
        }
        // What a certificate or a resolver says comes from outside.
        let shown = text.chars().filter(|c| !is_unprintable(*c));
        shown.take(MAX_CHARS).collect()
    }

    /// What an operator can do, where it is in their hands.
    fn name_remedy(&self, said: &str) -> Option<String> {
        match self {
            Self::Forbidden { why, .. } => name_key(*why).map(str::to_owned),
            Self::Network {
                proxy: Some(proxy), ..
            } => Some(format!(
                "it was asked through {proxy}, which is [fetch] proxy"
            )),
            // The library of TLS does not tell by type through that of HTTP.
            Self::Network { .. } if said.contains("UnknownIssuer") => {
                Some("[fetch] ca_file names more certificate authorities".to_owned())
            }
            _ => None,
        }
    }
}

fn name_key(why: Refusal) -> Option<&'static str> {
    match why {
        Refusal::Private => {
            Some("[fetch] private names ranges that may be reached, [fetch.hosts] single names")
        }
        Refusal::Port => Some(
            "80, 443, 8080 and 8443 are asked, others only of hosts in [fetch] private or [fetch.hosts]",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] Option<Box<Layer>>);

    fn failed(proxy: Option<&str>, cause: &'static str) -> String {
        let inner = Layer("tcp connect error", Some(Box::new(Layer(cause, None))));
        let frame = Layer("client error (Connect)", Some(Box::new(inner)));
        let outer = Layer("error sending request", Some(Box::new(frame)));
        let error = FetchError::Network {
            host: "a.test:81".to_owned(),
            proxy: proxy.map(str::to_owned),
            source: Box::new(outer),
        };
        error.in_words()
    }

    #[test]
    fn a_failed_request_is_told_with_its_cause_and_without_what_the_library_says_around_it() {
        assert_eq!(
            failed(None, "Connection refused (os error 111)"),
            "request to a.test:81 failed: tcp connect error: Connection refused (os error 111)"
        );
    }

    #[test]
    fn a_proxy_that_is_in_between_is_named_with_its_key() {
        let said = failed(Some("proxy.test:3128"), "Connection refused");
        assert!(
            said.contains("through proxy.test:3128, which is [fetch] proxy"),
            "{said}"
        );
    }

    #[test]
    fn what_a_certificate_says_reaches_no_terminal_as_it_is_and_not_without_end() {
        let said = failed(None, "not valid for \u{202e}\u{1b}[31m");
        assert!(!said.contains(is_unprintable), "{said}");
        let long: &'static str = Box::leak("x".repeat(5_000).into_boxed_str());
        assert_eq!(failed(None, long).chars().count(), MAX_CHARS);
    }

    #[test]
    fn an_address_that_must_not_be_asked_is_told_with_the_key_that_would_open_it() {
        let error = FetchError::Forbidden {
            host: "10.0.0.1".to_owned(),
            why: Refusal::Private,
        };
        let said = error.in_words();
        assert!(said.contains("[fetch] private"), "{said}");
    }
}
