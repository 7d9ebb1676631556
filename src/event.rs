//! Events: who did what to whom, where and when, read from the sentences of a story.
//!
//! Names, nouns of role and frames come from tables under `config/lexicon`, a network that has learned weighs what the
//! tree of each sentence offers; what cannot be pinned to a clause is marked as inferred or left out.

mod act;
mod act_place;
mod actor;
mod attribution;
mod bond;
mod build;
pub mod cast;
mod compile;
mod confidence;
mod details;
mod enter;
mod explain;
mod forms;
mod frame;
mod grow;
mod holder;
mod identity;
pub mod learned;
mod lexicon;
mod members;
mod modality;
mod nearest;
mod parts;
mod phrase;
mod quote;
mod reach;
mod read;
mod refer;
mod role;
mod saying;
mod size;
mod syntax;
mod table;
mod tell;
mod term;
mod time;
mod told;
mod trigger;
mod verb;
mod words;

use std::sync::Arc;

use sha2::{Digest, Sha256};

pub use explain::{explain, line};
pub use table::{ActorFile, LexiconError, LexiconSource};

use crate::id::to_hex;
use crate::record::{ArticleRef, Dateline, Event, Language, Paragraph, Published, Source};
use learned::file::Learned;
use lexicon::Lexicon;

/// The tables of types, codes and scales that events are coded by.
pub const TABLES: &str = "plover-2021/cameo-1.1b3/goldstein-1992";

/// Of what is less likely to be an event hardly one in thirty is.
const LEAST_CANDIDATE: f64 = 0.1;

/// What the coder reads: a clean article and where it came from.
#[derive(Debug)]
pub struct Story<'a> {
    /// The story: paragraphs joined by line feeds; all offsets count its Unicode scalar values.
    pub text: &'a str,
    /// The paragraphs as spans of `text`; empty when each line is one.
    pub paragraphs: &'a [Paragraph],
    /// The headline.
    pub title: Option<&'a str>,
    /// When it was published: weekdays are counted from there.
    pub published: Published,
    /// Its language; only English is coded.
    pub language: Language,
    /// The place and day it opens with.
    pub dateline: Option<Dateline>,
    /// Copied into each event.
    pub article: ArticleRef,
    /// Copied into each event.
    pub source: Source,
}

impl<'a> Story<'a> {
    /// A story of which nothing but the text is known.
    pub fn of_text(text: &'a str) -> Self {
        Self {
            text,
            paragraphs: &[],
            title: None,
            published: Published::default(),
            language: Language::default(),
            dateline: None,
            article: ArticleRef {
                id: crate::id::ArticleId::of(&["text/1", text]).to_string(),
                revision: 1,
                text_sha256: to_hex(&Sha256::digest(text.as_bytes())),
                ..ArticleRef::default()
            },
            source: Source::default(),
        }
    }
}

/// Reads events by a lexicon; cheap to clone.
#[derive(Debug, Clone)]
pub struct Coder {
    lexicon: Arc<Lexicon>,
    learned: Option<&'static Learned>,
}

impl Coder {
    /// Compiles a lexicon and the user's own actors; all faults at once, each with file and line.
    pub fn new(lexicon: &LexiconSource, actors: &[ActorFile]) -> Result<Self, LexiconError> {
        Ok(Self {
            lexicon: Arc::new(Lexicon::compile(lexicon, actors)?),
            learned: learned::file::english(),
        })
    }

    /// The same coder without what was learned: each line of the lexicon that fits is an event, as sure as the line.
    #[must_use]
    pub fn by_lexicon_alone(self) -> Self {
        Self {
            learned: None,
            ..self
        }
    }

    /// All events of a story, of every modality and confidence, in the order in which they are told.
    pub fn code(&self, story: &Story<'_>) -> Vec<Event> {
        build::code(&self.lexicon, self.learned, story)
    }

    /// The content hash of the lexicon, as records carry it.
    pub fn lexicon_version(&self) -> &str {
        &self.lexicon.version
    }

    /// The examples of the lexicon's frames: rule, sentence, type, and the codes of both sides as `A,B>C`.
    pub fn examples(&self) -> impl Iterator<Item = (&str, &str, &str, &str)> {
        self.lexicon
            .frames
            .iter()
            .map(|frame| (&*frame.rule, &*frame.example, &*frame.r#type, &*frame.want))
    }
}

/// Whether texts of a language are coded; where nothing tells the language, a text is taken for one that can be.
pub fn has_model(language: &Language) -> bool {
    let used = language.used.as_deref();
    used.is_none_or(crate::language::has_model)
}

/// Which events are published.
#[derive(Debug, Clone, PartialEq)]
pub struct Publish {
    /// Least overall confidence.
    pub min_confidence: f64,
    /// Modalities, `asserted` unless told otherwise.
    pub modalities: Vec<String>,
}

impl Default for Publish {
    fn default() -> Self {
        Self {
            min_confidence: 0.5,
            modalities: vec!["asserted".to_owned()],
        }
    }
}

impl Publish {
    /// Whether an event is held back that somebody might miss: what is hardly one is not counted.
    pub fn withholds(&self, event: &Event) -> bool {
        !self.allows(event) && event.confidence.overall >= LEAST_CANDIDATE
    }

    /// Why an event that does not go out is held back: `modality` or `confidence`.
    pub fn reason_held(&self, event: &Event) -> &'static str {
        if self.modalities.contains(&event.modality) {
            "confidence"
        } else {
            "modality"
        }
    }

    /// Whether an event goes out.
    pub fn allows(&self, event: &Event) -> bool {
        event.confidence.overall >= self.min_confidence && self.modalities.contains(&event.modality)
    }
}

/// A hash of what an event says: without revision, status, instant of commit, run, version of the coder, and the feeds
/// that listed its article.
pub fn content_hash(event: &Event) -> String {
    let mut plain = event.clone();
    plain.revision = 0;
    plain.status = String::new();
    plain.run = String::new();
    plain.recorded = jiff::Timestamp::UNIX_EPOCH;
    plain.article.revision = 0;
    plain.article.text_sha256 = String::new();
    plain.source = Source::default();
    plain.coder.version = String::new();
    plain.coder.lexicon = String::new();
    plain.coder.rule = String::new();
    plain.coder.reasons.clear();
    let json = serde_json::to_vec(&plain)
        .expect("an event holds only strings, numbers and lists, which serialise");
    to_hex(&Sha256::digest(&json)[..16])
}
