//! What one GET brought: the outcome, and the heads of the answer that matter.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::error::Again;

/// Longest validator that is kept, bytes; longer ones are as good as none.
pub const MAX_VALIDATOR_BYTES: usize = 1024;

/// What a server gave to ask again with: opaque bytes, sent back as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Validators {
    /// `ETag`, with its quotes and its `W/`.
    #[serde(with = "bytes_as_text")]
    pub etag: Option<Vec<u8>>,
    /// `Last-Modified`, not read as a date.
    #[serde(with = "bytes_as_text")]
    pub last_modified: Option<Vec<u8>>,
}

impl Validators {
    /// Whether there is nothing to ask with.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// What is known after an answer 304: only what it sends is replaced (RFC 9110 section 15.4.5).
    #[must_use]
    pub fn updated_by(&self, not_modified: &Self) -> Self {
        Self {
            etag: not_modified.etag.clone().or_else(|| self.etag.clone()),
            last_modified: not_modified
                .last_modified
                .clone()
                .or_else(|| self.last_modified.clone()),
        }
    }
}

/// One answer to one GET.
#[derive(Debug, Clone)]
pub struct Response {
    /// The address that was asked.
    pub url: Url,
    /// The status code.
    pub status: u16,
    /// Heads of the answer.
    pub head: Head,
    /// When the answer began.
    pub at: Timestamp,
    /// From asking to the last byte.
    pub elapsed: Duration,
    /// What it means.
    pub outcome: Outcome,
}

/// What an answer means.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// 304: nothing new since the validators.
    NotModified,
    /// A redirect: the next address is checked only when it is asked.
    Moved(Hop),
    /// 2xx with its body.
    Page(Page),
    /// Everything else; the body is not read.
    Failed(Failure),
}

/// Where a redirect leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The next address, without a fragment.
    pub location: Url,
    /// 301 or 308: meant to be remembered.
    pub permanent: bool,
}

/// A body and what it is said to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The decoded body.
    pub bytes: Vec<u8>,
    /// Whether the body was cut at the budget; only where the budget says so.
    pub cut: bool,
    /// Media type in lower case without parameters, e.g. `text/html`.
    pub media_type: Option<String>,
    /// The `charset` parameter as sent.
    pub charset: Option<String>,
}

impl Page {
    /// Media type and charset as one value, as `Content-Type` would say them.
    pub fn content_type(&self) -> Option<String> {
        let kind = self.media_type.as_deref()?;
        let charset = self
            .charset
            .as_deref()
            .map(|charset| format!("; charset={charset}"));
        Some(format!("{kind}{}", charset.unwrap_or_default()))
    }
}

/// Heads of an answer that matter to a poller or a reader; each text is cut to a bound.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// `ETag` and `Last-Modified`.
    pub validators: Validators,
    /// How long to stay away, from `Retry-After`, else from `X-RateLimit-Reset` where no request remains.
    pub retry_after: Option<Duration>,
    /// How long the answer stays fresh, from `Cache-Control: max-age`, else from `Expires` and `Date`.
    pub fresh_for: Option<Duration>,
    /// Directives of `X-Robots-Tag` as sent, in lower case.
    pub robots: Vec<String>,
    /// `Link` lines as sent.
    pub links: Vec<String>,
    /// `Set-Cookie` lines as sent.
    pub cookies: Vec<String>,
    /// `TDM-Reservation`: 1 reserves, 0 allows.
    pub tdm_reservation: Option<bool>,
    /// `CF-Mitigated: challenge`: a challenge page stands before the page.
    pub challenge: bool,
}

/// An answer that is neither a page nor a redirect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// The status code.
    pub status: u16,
    /// Whether a challenge page was shown.
    pub challenge: bool,
}

impl Failure {
    /// Whether the site asks to be left alone for a while: 429, or 503.
    pub fn slow_down(self) -> bool {
        matches!(self.status, 429 | 503)
    }

    /// Whether to try again.
    pub fn again(self) -> Again {
        match self.status {
            _ if self.challenge => Again::Later,
            408 | 425 | 429 | 500..=599 => Again::Later,
            _ => Again::Never,
        }
    }

    /// The reason under which an entry is set aside; one of [`crate::set_aside::SetAsideReason`].
    pub fn reason(self) -> &'static str {
        match self.status {
            _ if self.challenge => "blocked",
            404 | 410 => "gone",
            408 | 425 | 429 => "server_error",
            400..=499 => "refused",
            _ => "server_error",
        }
    }
}

/// Bytes in JSON: each is the character of its number, so that the usual ones read as they are.
mod bytes_as_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    #[allow(clippy::ref_option, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(
        bytes: &Option<Vec<u8>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = |bytes: &Vec<u8>| {
            bytes
                .iter()
                .map(|&byte| char::from(byte))
                .collect::<String>()
        };
        bytes.as_ref().map(text).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        let bytes = text.map(|text| text.chars().map(u8::try_from).collect::<Result<_, _>>());
        bytes.transpose().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn validators_read_back_from_json_byte_for_byte(etag: Option<Vec<u8>>, last_modified: Option<Vec<u8>>) {
            let validators = Validators { etag, last_modified };
            let json = serde_json::to_string(&validators)?;
            prop_assert_eq!(serde_json::from_str::<Validators>(&json)?, validators);
        }
    }

    #[test]
    fn validators_stand_in_json_as_they_were_sent() {
        let validators = Validators {
            etag: Some(b"W/\"1\"".to_vec()),
            last_modified: None,
        };
        let json = serde_json::to_string(&validators).expect("plain values");
        assert_eq!(json, r#"{"etag":"W/\"1\"","last_modified":null}"#);
    }
}
