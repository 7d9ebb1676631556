//! One bounded GET.

use serde::{Deserialize, Serialize};

/// What is remembered of a site: its pace, its Retry-After, its robots.txt; at most 16 KiB.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SiteState {
    /// Version of this record, 1.
    pub v: u32,
}

/// Opaque bytes that a server gave and that are sent back verbatim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`.
    pub etag: Option<Vec<u8>>,
    /// `Last-Modified`.
    pub last_modified: Option<Vec<u8>>,
}

impl Validators {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}
