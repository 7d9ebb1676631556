//! What one GET may cost, and what it asks for.

use std::time::Duration;

/// What one GET may cost. The bound on connecting is the fetcher's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of the body, as sent and as decoded.
    pub max_bytes: usize,
    /// Whether a longer body is cut there instead of refused.
    pub cut: bool,
    /// From asking to the head of the answer, connecting included.
    pub first_byte: Duration,
    /// Between two pieces of the body.
    pub between_chunks: Duration,
    /// The whole request: a drip of a byte now and then never ends without it.
    pub total: Duration,
}

impl Budget {
    /// A feed: 10 MiB, 30 s.
    // feedbin reads 10 MiB of a feed, miniflux 15; without a bound 200 MB of items took 1.8 GB of memory.
    pub const FEED: Self = Self::of(10 * 1024 * 1024, 30);
    /// An article: 5 MiB, 45 s.
    // A page takes eight times its bytes as a tree: 72 MB for 9.6 MB of plain paragraphs, as measured.
    pub const ARTICLE: Self = Self::of(5 * 1024 * 1024, 45);
    /// robots.txt: the first 500 KiB count (RFC 9309 section 2.5), 30 s.
    pub const ROBOTS: Self = Self {
        cut: true,
        ..Self::of(500 * 1024, 30)
    };

    const fn of(max_bytes: usize, total_seconds: u64) -> Self {
        Self {
            max_bytes,
            cut: false,
            first_byte: Duration::from_secs(15),
            // A drip of a byte each 100 ms never meets a bound between pieces, as measured: only `total` ends it.
            between_chunks: Duration::from_secs(10),
            total: Duration::from_secs(total_seconds),
        }
    }
}

/// What is asked for: the value of `Accept`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accept {
    /// A feed of any kind.
    Feed,
    /// A web page.
    Page,
    /// Plain text, as robots.txt is.
    Text,
    /// Whatever there is, as browsers ask: some servers answer 406 to all else.
    Anything,
}

impl Accept {
    pub(super) fn value(self) -> &'static str {
        match self {
            Self::Feed => {
                "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, \
                 application/xml;q=0.9, text/xml;q=0.9, text/html;q=0.5, */*;q=0.4"
            }
            Self::Page => "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.1",
            Self::Text => "text/plain, */*;q=0.1",
            Self::Anything => "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8",
        }
    }
}
