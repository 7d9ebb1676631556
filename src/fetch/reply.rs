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
    pub etag: Option<Vec<u8>>,
    /// `Last-Modified`, not read as a date.
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

    /// The reason under which an entry is set aside; one of [`crate::set_aside::REASONS`].
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
