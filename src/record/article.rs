//! The record of an article: the story, and what was stripped from it.

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Source;

/// A clean article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Article {
    /// `dateline.article/1`.
    pub schema: String,
    /// Computed from the canonical address, or from the text where there is none.
    pub id: String,
    /// From 1; a changed text gives the next.
    pub revision: u32,
    /// `published` or `revised`.
    pub status: String,
    /// The instant of the commit.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub recorded: Timestamp,
    /// `live`, later `replay:…`.
    pub run: String,
    /// The canonical address.
    pub url: Option<String>,
    /// Every address it answered to.
    pub urls: Vec<String>,
    /// Headline as plain text.
    pub title: Option<String>,
    /// The sentence or two below the headline, where the page sets them apart.
    #[serde(default)]
    pub standfirst: Option<Standfirst>,
    /// The story: paragraphs joined by a line feed.
    pub text: String,
    /// The paragraphs as spans of `text`.
    pub paragraphs: Vec<Paragraph>,
    /// What was stripped and by which rule; empty unless `keep_removed`.
    pub removed: Vec<Removed>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// When it was published.
    pub published: Published,
    /// When it was changed last, as the page says.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub modified: Option<Timestamp>,
    /// When a feed first listed it here.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub first_seen: Option<Timestamp>,
    /// When the page was fetched.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub fetched: Option<Timestamp>,
    /// Its language.
    pub language: Language,
    /// Section of the publisher.
    pub section: Option<String>,
    /// The publisher's tags.
    pub tags: Vec<String>,
    /// Address of its main image.
    pub image: Option<String>,
    /// The publisher's name.
    pub publisher: Option<String>,
    /// Whether it can be read freely.
    pub access: Access,
    /// What the publisher allows.
    pub rights: Rights,
    /// `QUETTA, June 28`, parsed and taken out of the text.
    pub dateline: Option<Dateline>,
    /// The news agency credited.
    pub agency: Option<String>,
    /// How the text was found on the page.
    pub method: String,
    /// `page` or `feed`.
    pub body_source: String,
    /// SHA-256 of the UTF-8 of `text`, hexadecimal.
    pub text_sha256: String,
    /// SHA-256 of the page's bytes, hexadecimal.
    pub page_sha256: Option<String>,
    /// 64-bit SimHash over three-word shingles, hexadecimal.
    pub simhash: String,
    /// Its four bands of 16 bits, to join near-duplicates by.
    pub simhash_bands: Vec<String>,
    /// The article of the same site that this one repeats in nearly the same words, or under another title. Such a copy
    /// tells only the events that the other does not. Of the same words and title there is one article.
    pub copy_of: Option<String>,
    /// Where it came from.
    pub source: Source,
    /// What became of it in the coder.
    pub coding: Coding,
}

/// A standfirst, and where it stands in the article's text when it is part of the story as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Standfirst {
    /// As the page shows it.
    pub text: String,
    /// First scalar value.
    pub start: Option<usize>,
    /// One past the last.
    pub end: Option<usize>,
}

/// A paragraph as a span of the article's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Paragraph {
    /// `paragraph`, `standfirst`, `heading`, `quote`, `list`, `table` or `caption`.
    pub kind: String,
    /// First scalar value.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

/// A block that was stripped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Removed {
    /// The rule that stripped it.
    pub rule: String,
    /// The block.
    pub text: String,
}

/// The source of a [`Published`] that is the time of the fetch.
pub(crate) const FETCHED: &str = "fetched";

/// When an article was published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Published {
    /// The instant, where one is known.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub at: Option<Timestamp>,
    /// The day as written (publisher's zone).
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub day: Option<Date>,
    /// `second`, `minute`, `day` or `month`.
    pub precision: Option<String>,
    /// `json-ld`, `meta`, `microdata`, `url`, `time`, `text`, `feed`, …; `fetched` where page or feed name a time that is
    /// still to come, or one before 1990, and the time of the fetch stands in.
    pub source: Option<String>,
}

/// The language of an article, BCP 47.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Language {
    /// As the page or the feed says.
    pub declared: Option<String>,
    /// As read from the text.
    pub detected: Option<String>,
    /// The one coded with.
    pub used: Option<String>,
}

impl Language {
    /// The same, coded with as read from the text, else as declared.
    #[must_use]
    pub fn with_decision(self) -> Self {
        let told = [&self.used, &self.detected, &self.declared];
        let used = told.into_iter().flatten().next().cloned();
        Self { used, ..self }
    }
}

/// Whether an article can be read freely.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Access {
    /// `free`, `metered`, `paywalled` or `unknown`.
    pub state: String,
    /// What says so.
    pub evidence: Option<String>,
}

/// What a publisher allows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rights {
    /// Robots directives of page and headers, e.g. `noarchive`; those for one robot with its name, e.g.
    /// `googlebot: noindex`.
    pub robots: Vec<String>,
    /// `reserved`, `allowed` or null: text and data mining.
    pub tdm: Option<String>,
}

impl Rights {
    /// Whether they say a directive to every robot, or to us by name; `none` says `noindex` too.
    pub fn say(&self, directive: &str) -> bool {
        let robots = |word: &str| self.robots.iter().any(|said| said == word);
        match directive {
            "tdm-reservation" => self.tdm.as_deref() == Some("reserved"),
            "noindex" => robots("noindex") || robots("none"),
            _ => robots(directive),
        }
    }
}

/// The place and day a story opens with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dateline {
    /// Place as written.
    pub place: Option<String>,
    /// Day as written.
    pub date: Option<String>,
}

/// What became of an article in the coder: no event and not coded are told apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coding {
    /// `coded`, `no_model` (of its language), `not_asked` (by `dateline article`, which does not code), `failed`,
    /// `not_news` or `metadata_only` (the publisher does not want the text kept).
    pub status: String,
    /// Events published.
    pub events: u32,
    /// Events found and held back by modality or confidence, or because the article it repeats tells them.
    pub withheld: u32,
    /// Version of the coder.
    pub coder: String,
}
