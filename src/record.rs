//! What is published: events, articles and what was set aside, as JSON records with a schema.
//!
//! Within `/1` keys are only added. Every key is always written: null when unknown, lists never null.
//! `start` and `end` count Unicode scalar values of the article's `text`; `text[start..end]` is the span.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod article;
mod columns;
mod event;
mod set_aside;

pub(crate) use article::FETCHED;
pub use article::{
    Access, Article, Coding, Dateline, Language, Paragraph, Published, Removed, Rights, Standfirst,
};
pub use columns::{ARTICLE_COLUMNS, Cell, Column, ColumnKind, EVENT_COLUMNS, SET_ASIDE_COLUMNS};
pub use event::{
    Actor, ArticleRef, Attribution, Coder, Confidence, Count, Event, EventDate, Location, Mention,
    SentenceSpan, Size, Span,
};
pub use set_aside::{SetAside, SetAsideTries};

/// The schema name of an event record.
pub const EVENT_SCHEMA: &str = "dateline.event/1";
/// The schema name of an article record.
pub const ARTICLE_SCHEMA: &str = "dateline.article/1";
/// The schema name of a set-aside record.
pub const SET_ASIDE_SCHEMA: &str = "dateline.set_aside/1";

/// Where an article came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The feed that named it first.
    pub feed: Option<FeedRef>,
    /// Ids of all feeds that named it so far.
    pub feeds: Vec<String>,
    /// The publisher's name.
    pub publisher: Option<String>,
    /// Host name of the address.
    pub host: Option<String>,
    /// The site that owns the host.
    pub site: Option<String>,
    /// The feed's country as configured, ISO 3166-1 alpha-3.
    pub country: Option<String>,
    /// The feed's tags as configured.
    pub tags: Vec<String>,
    /// The news agency credited.
    pub agency: Option<String>,
}

/// A feed, as far as records name it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedRef {
    /// The feed's id.
    pub id: String,
    /// The feed's name.
    pub name: Option<String>,
    /// The feed's address.
    pub url: String,
}

/// A record on its way out.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// To the outlet `articles`.
    Article(Box<Article>),
    /// To the outlet `events`.
    Event(Box<Event>),
    /// To the outlet `set-aside`.
    SetAside(Box<SetAside>),
}

impl Record {
    /// The record's id, which is its key.
    pub fn id(&self) -> &str {
        match self {
            Self::Article(r) => &r.id,
            Self::Event(r) => &r.id,
            Self::SetAside(r) => &r.id,
        }
    }

    /// Revision of an article or event; attempts of what was set aside.
    pub fn revision(&self) -> u32 {
        match self {
            Self::Article(r) => r.revision,
            Self::Event(r) => r.revision,
            Self::SetAside(r) => r.attempts,
        }
    }

    /// Stamps the instant of the commit, cut to the second.
    pub fn stamp_recorded(&mut self, recorded: Timestamp) {
        match self {
            Self::Article(r) => r.recorded = recorded,
            Self::Event(r) => r.recorded = recorded,
            Self::SetAside(r) => r.recorded = recorded,
        }
    }

    /// The record as one line of JSON.
    pub fn to_json(&self) -> String {
        match self {
            Self::Article(r) => serde_json::to_string(r),
            Self::Event(r) => serde_json::to_string(r),
            Self::SetAside(r) => serde_json::to_string(r),
        }
        .expect("records hold only strings, numbers and lists, which serialise")
    }

    /// CloudEvents type of the record, e.g. `dateline.event.coded`.
    pub fn ce_type(&self) -> String {
        match self {
            Self::Article(r) => format!("dateline.article.{}", r.status),
            Self::Event(r) => format!("dateline.event.{}", r.status),
            Self::SetAside(_) => "dateline.set_aside".to_owned(),
        }
    }

    /// The schema name of the record.
    pub fn schema_name(&self) -> &'static str {
        match self {
            Self::Article(_) => ARTICLE_SCHEMA,
            Self::Event(_) => EVENT_SCHEMA,
            Self::SetAside(_) => SET_ASIDE_SCHEMA,
        }
    }
}
