//! What is remembered of a site between two starts: its pace and its robots.txt.

use serde::{Deserialize, Serialize};

/// What is remembered of a site: its pace, its Retry-After, its robots.txt; at most 16 KiB.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SiteState {
    /// Version of this record, 1.
    pub v: u32,
}
