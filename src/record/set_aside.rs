//! The record of an entry that was not published.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SET_ASIDE_SCHEMA;
use crate::{id::ArticleId, set_aside::SetAsideCause};

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

/// How often an entry was taken up, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetAsideTries {
    /// How often.
    pub attempts: u32,
    /// First.
    pub first_at: Timestamp,
    /// Last.
    pub last_at: Timestamp,
}

impl SetAside {
    /// The record of an entry; the ledger stamps when it was recorded.
    pub fn of_entry(
        id: ArticleId,
        cause: SetAsideCause,
        url: String,
        feed: Option<String>,
        tries: SetAsideTries,
    ) -> Self {
        Self {
            schema: SET_ASIDE_SCHEMA.to_owned(),
            id: id.to_string(),
            recorded: tries.last_at,
            stage: cause.stage.as_str().to_owned(),
            reason: cause.reason.as_str().to_owned(),
            detail: cause.detail,
            url,
            feed,
            attempts: tries.attempts,
            first_at: tries.first_at,
            last_at: tries.last_at,
            retry_at: None,
        }
    }
}
