//! What can go wrong with one GET: whose fault it is, and whether to try again.

use std::{error::Error as StdError, path::PathBuf, time::Duration};

use thiserror::Error;

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The other side, or the way there.
    Remote,
    /// This program, its configuration or its machine.
    Us,
}

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// It may work later.
    Later,
    /// The same request will fail the same way.
    Never,
}

/// The part of a request that took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for its turn at an address that others ask too.
    Turn,
    /// Name lookup, connection and TLS.
    Connect,
    /// Waiting for the head of the answer, connecting included.
    FirstByte,
    /// Waiting for the next piece of the body.
    Body,
    /// Everything together.
    Whole,
}

/// Why an address is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Neither http nor https.
    #[error("not a web address")]
    Scheme,
    /// `user:password@`.
    #[error("an address with credentials")]
    Credentials,
    /// A port that web sites are not served on.
    #[error("a port that is not allowed")]
    Port,
    /// Not on the public internet, nor in a range the operator opened.
    #[error("not a public address")]
    Private,
    /// From https to http.
    #[error("a redirect from https to http")]
    Downgrade,
    /// No address at all, or one longer than 2048 bytes.
    #[error("not an address")]
    Unreadable,
}

/// Why a GET brought nothing. The text of the other side is in none of the messages.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The address, or where it leads, must not be asked. Nothing was sent.
    #[error("{host} is not asked: {why}")]
    Forbidden {
        /// The host, or the address where there is none.
        host: String,
        /// Which rule.
        why: Refusal,
    },
    /// A redirect that leads nowhere: no `Location`, or an unreadable one.
    #[error("{host} redirects without a usable address")]
    BadRedirect {
        /// Who redirects.
        host: String,
    },
    /// An address came round again, or there was a sixth hop.
    #[error("{host} redirects in a circle, or more than {hops} times")]
    Loop {
        /// Who was asked first.
        host: String,
        /// The bound.
        hops: usize,
    },
    /// The name has no address, or could not be looked up.
    #[error("{host} has no address")]
    NoAddress {
        /// The name.
        host: String,
        /// What the system said.
        #[source]
        source: BoxedError,
    },
    /// It took too long.
    #[error("{host} did not answer in time ({phase:?}, {limit:?})")]
    Timeout {
        /// Who.
        host: String,
        /// In which part of the request.
        phase: Phase,
        /// The bound.
        limit: Duration,
    },
    /// No connection, a broken one, or an answer that is no HTTP.
    #[error("request to {host} failed")]
    Network {
        /// Who, with the port where it is not the usual one.
        host: String,
        /// Host and port of the proxy that it went through.
        proxy: Option<String>,
        /// What broke.
        #[source]
        source: BoxedError,
    },
    /// The body, as sent or decoded, is larger than the budget.
    #[error("body larger than {limit} bytes")]
    TooLarge {
        /// The budget.
        limit: usize,
    },
    /// The body decodes to more than a hundred times its size.
    #[error("body decodes to more than {ratio} times its size")]
    Bomb {
        /// The bound.
        ratio: usize,
    },
    /// A content encoding that was not offered, or several.
    #[error("content encoding {encoding:?} was not offered")]
    UnsupportedEncoding {
        /// As sent, cut to 64 bytes.
        encoding: String,
    },
    /// The body is not what its content encoding says.
    #[error("body is not valid {encoding}")]
    BadEncoding {
        /// gzip, br, zstd or deflate.
        encoding: &'static str,
        /// What the decoder said.
        #[source]
        source: std::io::Error,
    },
    /// The body ends before it is complete.
    #[error("body of {host} is cut short")]
    Truncated {
        /// Who.
        host: String,
        /// What the connection said.
        #[source]
        source: BoxedError,
    },
    /// The client could not be built from its policy.
    #[error("the HTTP client cannot be built: {what}")]
    Client {
        /// The setting at fault.
        what: String,
        /// What the library said.
        #[source]
        source: BoxedError,
    },
    /// The file of certificates cannot be read.
    #[error("{} cannot be read as PEM certificates", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What failed.
        #[source]
        source: BoxedError,
    },
}

/// An error of a library, kept as the cause.
pub type BoxedError = Box<dyn StdError + Send + Sync>;

impl FetchError {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Client { .. } | Self::CaFile { .. } => Fault::Us,
            _ => Fault::Remote,
        }
    }

    /// Whether to try again.
    pub fn again(&self) -> Again {
        match self {
            Self::NoAddress { .. }
            | Self::Timeout { .. }
            | Self::Network { .. }
            | Self::BadEncoding { .. }
            | Self::Truncated { .. } => Again::Later,
            _ => Again::Never,
        }
    }

    /// Whether a second try in a moment may help: no connection came about, or it broke before an answer.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Network { .. }
                | Self::Timeout {
                    phase: Phase::Connect,
                    ..
                }
        )
    }

    /// Whether HTTP/2 itself broke: the server went away (`GOAWAY`) or did not keep to the protocol. Over HTTP/1.1 it
    /// may answer.
    pub fn broke_http2(&self) -> bool {
        let mut next = StdError::source(self);
        while let Some(error) = next {
            // The library does not tell by type. A connection that ends before the request is on its way, as when a
            // `GOAWAY` comes at once, cancels it; over HTTP/1.1 such a site may well be asked too.
            if matches!(
                &*error.to_string(),
                "http2 error" | "operation was canceled"
            ) {
                return true;
            }
            next = error.source();
        }
        false
    }

    /// The reason under which an entry is set aside; one of [`crate::set_aside::SetAsideReason`].
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Forbidden { .. } => "forbidden_address",
            Self::BadRedirect { .. } | Self::Loop { .. } => "redirect_loop",
            Self::TooLarge { .. } | Self::Bomb { .. } => "too_large",
            Self::UnsupportedEncoding { .. }
            | Self::BadEncoding { .. }
            | Self::Truncated { .. } => "bad_encoding",
            Self::NoAddress { .. }
            | Self::Timeout { .. }
            | Self::Network { .. }
            | Self::Client { .. }
            | Self::CaFile { .. } => "unreachable",
        }
    }
}
