//! From the bytes of a response to a feed. The only file that names `feed_rs`.
//!
//! Our own reader comes first, since it loses no feed for one bad item, name or byte; where it finds nothing in a
//! document that does hold items, feed-rs is asked for a second opinion.

use jiff::Timestamp;
use thiserror::Error;
use url::Url;

use super::{
    Entry, ParsedFeed,
    decode::decode,
    json, markup,
    text::plain,
    xml::{Reader, Token},
};

/// Entries taken from one feed; the rest of the document is not read.
pub const MAX_ENTRIES: usize = 2_000;
/// Elements in one another that the second opinion may see: it recurses, and 692 of them end the process.
const MAX_DEPTH: usize = 64;

/// A document that holds no feed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FeedError {
    /// Nothing in it is a feed of any kind.
    #[error("the document holds no feed")]
    NoFeed,
    /// It has items, but none of them could be read.
    #[error("the document has items, and none of them can be read")]
    Unreadable,
}

/// Reads a feed of any kind out of the decoded body of a response.
///
/// `address` is where it was found, the base of relative links; `content_type` is the header as sent.
pub fn parse(
    bytes: &[u8],
    address: &Url,
    content_type: Option<&str>,
) -> Result<ParsedFeed, FeedError> {
    let text = decode(bytes, content_type);
    let text =
        text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    let own = match text.as_bytes().first() {
        Some(b'{' | b'[') => json::read(text, address),
        _ => markup::read(text, address),
    };
    if let Some(feed) = own.as_ref().filter(|feed| !feed.entries.is_empty()) {
        return Ok(feed.clone());
    }
    let items = ["<item", "<entry", ":item", ":entry"]
        .iter()
        .any(|tag| text.contains(tag));
    match (own, items) {
        (Some(feed), false) => Ok(feed),
        (None, false) => Err(FeedError::NoFeed),
        (_, true) => second_opinion(text, address).ok_or(FeedError::Unreadable),
    }
}

/// What feed-rs makes of a document that is not too deep for it.
fn second_opinion(text: &str, address: &Url) -> Option<ParsedFeed> {
    if depth(text) > MAX_DEPTH {
        return None;
    }
    let parser = feed_rs::parser::Builder::new()
        .base_uri(Some(address.as_str()))
        .build();
    let feed = parser
        .parse(text.as_bytes())
        .ok()
        .filter(|feed| !feed.entries.is_empty())?;
    let entries = feed
        .entries
        .into_iter()
        .take(MAX_ENTRIES)
        .map(|entry| Entry {
            id: entry.id,
            title: entry.title.map(|title| plain(&title.content)),
            link: entry
                .links
                .first()
                .and_then(|link| address.join(&link.href).ok()),
            original_link: None,
            published: entry
                .published
                .and_then(|at| Timestamp::from_second(at.timestamp()).ok()),
            updated: entry
                .updated
                .and_then(|at| Timestamp::from_second(at.timestamp()).ok()),
            authors: entry
                .authors
                .into_iter()
                .filter_map(|author| author.name)
                .collect(),
            text: entry
                .content
                .and_then(|content| content.body)
                .or(entry.summary.map(|summary| summary.content)),
        });
    Some(ParsedFeed {
        title: feed.title.map(|title| plain(&title.content)),
        language: feed.language,
        entries: entries.collect(),
        ..ParsedFeed::default()
    })
}

/// How deep the elements of a document are nested, counted without recursion.
fn depth(text: &str) -> usize {
    let mut reader = Reader::new(text);
    let (mut depth, mut deepest) = (0_usize, 0);
    while let Some(token) = reader.next() {
        match token {
            Token::Start { empty: false, .. } => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            Token::End { .. } => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
