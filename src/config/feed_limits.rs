//! How much of a feed is read.

use crate::fetch::Budget;

/// Entries taken from one feed unless `[poll] max_items` says so; older ones are only counted. The longest news feeds
/// list a few hundred.
pub const MAX_ENTRIES: usize = 2_000;

/// How much of a feed is read: keys of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedLimits {
    /// Bytes of the document, as sent and unpacked.
    pub max_bytes: usize,
    /// Entries: of more the newest.
    pub max_entries: usize,
}

impl Default for FeedLimits {
    fn default() -> Self {
        Self {
            max_bytes: Budget::FEED.max_bytes,
            max_entries: MAX_ENTRIES,
        }
    }
}

impl FeedLimits {
    /// What one request for a feed may cost.
    pub fn budget(self) -> Budget {
        Budget {
            max_bytes: self.max_bytes,
            ..Budget::FEED
        }
    }
}
