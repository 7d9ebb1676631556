//! What is published: events, articles and what was set aside, as JSON records with a schema.
//!
//! Within `/1` keys are only added. Every key is always written: null when unknown, lists never null.
//! `start` and `end` count Unicode scalar values of the article's `text`; `text[start..end]` is the span.

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The schema name of an event record.
pub const EVENT_SCHEMA: &str = "dateline.event/1";
/// The schema name of an article record.
pub const ARTICLE_SCHEMA: &str = "dateline.article/1";
/// The schema name of a set-aside record.
pub const SET_ASIDE_SCHEMA: &str = "dateline.set_aside/1";

/// One event in one article; its mentions are merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// `dateline.event/1`.
    pub schema: String,
    /// Computed from content: article, type, actors, recipients, place, day, complement head.
    pub id: String,
    /// The event's own revision, from 1; a reader keeps the highest of each id.
    pub revision: u32,
    /// `coded`, `revised` or `retracted`.
    pub status: String,
    /// The instant of the commit.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub recorded: Timestamp,
    /// `live`, later `replay:…`.
    pub run: String,
    /// One of PLOVER's 16 types (2021 manual).
    pub r#type: String,
    /// PLOVER mode of the type, where the text tells one.
    pub mode: Option<String>,
    /// PLOVER contexts.
    pub contexts: Vec<String>,
    /// CAMEO 1.1b3 code, from the lexicon.
    pub cameo: Option<String>,
    /// 1 verbal cooperation, 2 material cooperation, 3 verbal conflict, 4 material conflict.
    pub quad: u8,
    /// PLOVER's score of type and mode, -10 to 10.
    pub plover_score: f64,
    /// Goldstein's (1992) scale by CAMEO code, -10 to 10.
    pub goldstein: Option<f64>,
    /// `asserted`, `negated`, `future`, `hypothetical`, `historical` or `generic`.
    pub modality: String,
    /// Who is said to have said so, where the text reports it.
    pub attribution: Option<Attribution>,
    /// Who did it; several when they did it together.
    pub actors: Vec<Actor>,
    /// To whom.
    pub recipients: Vec<Actor>,
    /// The word or words read as the act.
    pub trigger: Span,
    /// When.
    pub date: EventDate,
    /// Where; null is better than a guess.
    pub location: Option<Location>,
    /// Casualties, arrests and crowd.
    pub size: Size,
    /// The words quoted that carry the act.
    pub quote: Option<Span>,
    /// Calibrated probabilities, 0 to 1.
    pub confidence: Confidence,
    /// The sentence that tells it best.
    pub sentence: SentenceSpan,
    /// Other sentences of the article that tell it again.
    pub mentions: Vec<Mention>,
    /// Joins the same happening across articles and outlets; `d1:` and a hash.
    pub dedup_key: String,
    /// The article it was read in.
    pub article: ArticleRef,
    /// Where the article came from.
    pub source: Source,
    /// What coded it.
    pub coder: Coder,
}

/// A stretch of the article's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// The words as written.
    pub text: String,
    /// First scalar value.
    pub start: usize,
    /// One past the last scalar value.
    pub end: usize,
}

/// Reported speech.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attribution {
    /// `reported`, `claimed` or `quoted`.
    pub kind: String,
    /// Who says so.
    pub speaker: Option<Span>,
}

/// A party of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// As written; null when implied.
    pub text: Option<String>,
    /// First scalar value of `text`.
    pub start: Option<usize>,
    /// One past the last.
    pub end: Option<usize>,
    /// Nobody is named, but the act needs somebody.
    pub implied: bool,
    /// English name, where the actor is known.
    pub name: Option<String>,
    /// Where in the article the name was read, when it is not in `text`.
    pub name_at: Option<Span>,
    /// ISO 3166-1 alpha-3, or XKX.
    pub country: Option<String>,
    /// PLOVER group: IGO, UNO, EUR, NGO, ISM, IMG or MNC.
    pub group: Option<String>,
    /// A territory that PLOVER folds into a state.
    pub territory: Option<String>,
    /// PLOVER sector codes, sorted.
    pub sectors: Vec<String>,
    /// Wikidata id.
    pub wikidata: Option<String>,
    /// `syntax`, `nearest` or `inherited`.
    pub role_from: String,
    /// `text`, `name`, `article`, `place` or `dateline`; null without a country.
    pub country_from: Option<String>,
}

/// When an event happened, in the publisher's zone as written, else UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventDate {
    /// First day.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub start: Option<Date>,
    /// Last day.
    #[schemars(with = "Option<String>", extend("format" = "date"))]
    pub end: Option<Date>,
    /// `day`, `week`, `month` or `year`.
    pub precision: Option<String>,
    /// `text`, `dateline` or `published`.
    pub source: Option<String>,
    /// The words that tell it.
    pub phrase: Option<Span>,
}

/// Where an event happened. A country or first-level area carries no coordinates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// As written; null when it comes from an actor.
    pub text: Option<String>,
    /// First scalar value of `text`.
    pub start: Option<usize>,
    /// One past the last.
    pub end: Option<usize>,
    /// English name.
    pub name: String,
    /// ISO 3166-1 alpha-3, or XKX.
    pub country: Option<String>,
    /// First-level area, GeoNames code.
    pub admin1: Option<String>,
    /// First-level area, name.
    pub admin1_name: Option<String>,
    /// Degrees north, WGS 84.
    pub lat: Option<f64>,
    /// Degrees east, WGS 84.
    pub lon: Option<f64>,
    /// `site`, `city`, `admin2`, `admin1` or `country`.
    pub level: String,
    /// GeoNames id.
    pub geonameid: Option<u32>,
    /// `clause`, `sentence`, `dateline` or `actor`.
    pub from: String,
}

/// How many were killed, hurt, held or took part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Size {
    /// Killed.
    pub dead: Option<Count>,
    /// Hurt.
    pub injured: Option<Count>,
    /// Arrested.
    pub arrested: Option<Count>,
    /// Took part.
    pub participants: Option<Count>,
}

/// A count read in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    /// At least.
    pub min: u64,
    /// At most; null when open.
    pub max: Option<u64>,
    /// As written.
    pub text: String,
    /// First scalar value.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

/// Probabilities from 0 to 1 that each part is right; null where there is no such part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Confidence {
    /// That the whole event is right.
    pub overall: f64,
    /// Type and mode.
    pub r#type: f64,
    /// Actors.
    pub actor: Option<f64>,
    /// Recipients.
    pub recipient: Option<f64>,
    /// Date.
    pub date: Option<f64>,
    /// Location.
    pub location: Option<f64>,
}

/// A sentence of the article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SentenceSpan {
    /// From 0.
    pub index: usize,
    /// First scalar value.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// The sentence; null in mentions.
    pub text: Option<String>,
}

/// Another sentence that tells the same event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mention {
    /// Which sentence.
    pub sentence: SentenceSpan,
    /// The word read as the act there.
    pub trigger: Span,
}

/// The article an event was read in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleRef {
    /// The article's id.
    pub id: String,
    /// The article's revision.
    pub revision: u32,
    /// Its address; null for text without one.
    pub url: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// RFC 3339 instant, or the day where only that is known.
    pub published: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// SHA-256 of the UTF-8 of its text.
    pub text_sha256: String,
}

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

/// What coded an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coder {
    /// `dateline`.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// Version (content hash) of the lexicon.
    pub lexicon: String,
    /// The tables of types, codes and scales in use.
    pub tables: String,
    /// The line of the lexicon that fired.
    pub rule: String,
}

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
    /// The article this one repeats.
    pub copy_of: Option<String>,
    /// Where it came from.
    pub source: Source,
    /// What became of it in the coder.
    pub coding: Coding,
}

/// A paragraph as a span of the article's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Paragraph {
    /// `paragraph`, `heading`, `quote`, `list`, `table` or `caption`.
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
    /// still to come, and the time of the fetch stands in.
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
    pub fn decided(self) -> Self {
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
    /// Events found and held back by modality or confidence.
    pub withheld: u32,
    /// Version of the coder.
    pub coder: String,
}

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
    pub fn stamp(&mut self, recorded: Timestamp) {
        match self {
            Self::Article(r) => r.recorded = recorded,
            Self::Event(r) => r.recorded = recorded,
            Self::SetAside(r) => r.recorded = recorded,
        }
    }

    /// The record as one line of JSON.
    pub fn json(&self) -> String {
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
    pub fn schema(&self) -> &'static str {
        match self {
            Self::Article(_) => ARTICLE_SCHEMA,
            Self::Event(_) => EVENT_SCHEMA,
            Self::SetAside(_) => SET_ASIDE_SCHEMA,
        }
    }
}
