//! The record of an entry that was not published.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An entry that was not published, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetAside {
    /// `dateline.set_aside/1`.
    pub schema: String,
    /// The entry's article id.
    pub id: String,
    /// The instant of the commit.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub recorded: Timestamp,
    /// `post`, `fetch`, `article`, `code` or `publish`.
    pub stage: String,
    /// One of the reasons of [`crate::set_aside`].
    pub reason: String,
    /// The error in words.
    pub detail: String,
    /// Address of the entry.
    pub url: String,
    /// Id of the feed that named it.
    pub feed: Option<String>,
    /// How often it was taken up, tries that ended the process among them; goes on counting when it is asked for again.
    pub attempts: u32,
    /// First try.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub first_at: Timestamp,
    /// Last try.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub last_at: Timestamp,
    /// When it is tried again by itself; null when never.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub retry_at: Option<Timestamp>,
}
