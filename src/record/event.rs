//! The record of an event: who did what to whom, where and when.

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Source;

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
    /// `reported`, `claimed`, `quoted` or `denied`.
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
    /// The line of the lexicon that fired, or the network and its version.
    pub rule: String,
    /// What spoke for the event and against it, and how much: in the logarithm of its odds.
    #[serde(default)]
    pub reasons: Vec<String>,
}
