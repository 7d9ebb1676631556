//! What an outlet gives back to a reader, with its CloudEvents attributes.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where records are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outlet {
    /// Clean articles.
    Articles,
    /// Coded events.
    Events,
    /// What was not published, and why.
    SetAside,
}

impl Outlet {
    /// Its name on the command line, in configuration and in topics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Articles => "articles",
            Self::Events => "events",
            Self::SetAside => "set-aside",
        }
    }
}

impl fmt::Display for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Outlet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Articles, Self::Events, Self::SetAside]
            .into_iter()
            .find(|outlet| outlet.name() == text)
            .ok_or_else(|| format!("`{text}` is none of articles, events, set-aside"))
    }
}

/// A place in commit order; a reader goes on after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position(pub u64);

/// A record as published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRecord {
    /// Its place in commit order.
    pub position: Position,
    /// Where it was published.
    pub outlet: Outlet,
    /// The record's id, which is its key.
    pub id: String,
    /// Revision of an article or event; attempts of what was set aside.
    pub revision: u32,
    /// The instant of the commit; CloudEvents `time`.
    pub recorded: Timestamp,
    /// CloudEvents `type`, e.g. `dateline.event.coded`.
    pub ce_type: String,
    /// CloudEvents `source`.
    pub ce_source: String,
    /// The record as one line of JSON.
    pub json: String,
}

impl PublishedRecord {
    /// CloudEvents `id`.
    pub fn ce_id(&self) -> String {
        ce_id(self.outlet, &self.id, self.revision)
    }
}

/// CloudEvents `id`: of one source, two with one id are the same event. The number follows the last dot. What was
/// set aside and is published later has one id with its article, and attempts beside its revisions.
pub(crate) fn ce_id(outlet: Outlet, id: &str, revision: u32) -> String {
    match outlet {
        Outlet::Articles | Outlet::Events => format!("{id}.{revision}"),
        Outlet::SetAside => format!("{id}.set_aside.{revision}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_that_was_set_aside_before_is_another_cloud_event() {
        let of = |outlet| ce_id(outlet, "a1", 1);
        assert_eq!(of(Outlet::Articles), "a1.1");
        assert_eq!(of(Outlet::SetAside), "a1.set_aside.1");
    }
}
