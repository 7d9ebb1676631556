//! What was read of a page, and the article record made of it.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

use super::{Wall, simhash::simhash};
use crate::{
    id::{ArticleId, to_hex},
    record::{
        ARTICLE_SCHEMA, Access, Article, Coding, Dateline, Language, Paragraph, Published, Removed,
        Rights, Source, Standfirst,
    },
};

/// All of an article record that comes from the page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extracted {
    /// The sentence or two below the headline, where the page sets them apart.
    pub standfirst: Option<Standfirst>,
    /// The story: paragraphs joined by a line feed.
    pub text: String,
    /// The paragraphs as spans of `text`, in scalar values.
    pub paragraphs: Vec<Paragraph>,
    /// What was stripped from the chosen part of the page, and by which rule.
    pub removed: Vec<Removed>,
    /// Headline as plain text.
    pub title: Option<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// When it was published.
    pub published: Published,
    /// When it was changed last, as the page says.
    pub modified: Option<Timestamp>,
    /// Declared and detected; which one is used is the worker's to say.
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
    /// The place and day the story opens with.
    pub dateline: Option<Dateline>,
    /// The news agency credited.
    pub agency: Option<String>,
    /// How the text was found: `weight`, `named`, `unfiltered`, `json-ld`, `template`, `noscript`, `script`, `text`.
    pub method: String,
    /// SHA-256 of the UTF-8 of `text`, hexadecimal.
    pub text_sha256: String,
    /// SHA-256 of the page's bytes, hexadecimal.
    pub page_sha256: Option<String>,
    /// 64-bit SimHash, hexadecimal.
    pub simhash: String,
    /// Its four bands.
    pub simhash_bands: Vec<String>,
    /// The address the page names as its own.
    pub canonical: Option<Url>,
    /// A live blog: its text changes for hours.
    pub live: bool,
    /// Something stands in front of the article.
    pub wall: Option<Wall>,
    /// What other articles of its site may have in common with it; empty where that is not asked for.
    pub line_hashes: Vec<u64>,
}

impl Extracted {
    /// Forgets the text and what is made of it; what is said about the article stays.
    pub(crate) fn drop_text(&mut self) {
        (self.simhash, self.simhash_bands) = simhash("");
        self.text_sha256 = to_hex(&Sha256::digest(""));
        self.text.clear();
        self.standfirst = None;
        self.paragraphs.clear();
        self.removed.clear();
    }

    /// The record of what was read, not coded yet. Addresses, and when it was listed and fetched, are the caller's to say.
    pub(crate) fn record(self, id: ArticleId, source: Source) -> Article {
        Article {
            schema: ARTICLE_SCHEMA.to_owned(),
            id: id.to_string(),
            revision: 1,
            status: "published".to_owned(),
            recorded: Timestamp::now(),
            run: "live".to_owned(),
            url: None,
            urls: Vec::new(),
            title: self.title,
            standfirst: self.standfirst,
            text: self.text,
            paragraphs: self.paragraphs,
            removed: self.removed,
            authors: self.authors,
            published: self.published,
            modified: self.modified,
            first_seen: None,
            fetched: None,
            language: self.language.with_decision(),
            section: self.section,
            tags: self.tags,
            image: self.image,
            publisher: source.publisher.clone(),
            access: self.access,
            rights: self.rights,
            dateline: self.dateline,
            agency: self.agency,
            method: self.method,
            body_source: "page".to_owned(),
            text_sha256: self.text_sha256,
            page_sha256: self.page_sha256,
            simhash: self.simhash,
            simhash_bands: self.simhash_bands,
            copy_of: None,
            source,
            coding: not_asked(),
        }
    }
}

/// The coding of an article that nobody asked to code.
fn not_asked() -> Coding {
    Coding {
        status: "not_asked".to_owned(),
        events: 0,
        withheld: 0,
        coder: String::new(),
    }
}
