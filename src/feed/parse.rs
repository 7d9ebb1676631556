//! From the bytes of a response to a feed. The only file that names `feed_rs`.
//!
//! Our own reader comes first, since it loses no feed for one bad item, name or byte; where it finds nothing in a
//! document that does hold items, feed-rs is asked for a second opinion.

use std::{borrow::Cow, io::Read as _};

use jiff::Timestamp;
use thiserror::Error;
use url::Url;

pub use super::limits::MAX_ENTRIES;
use super::{
    Entry, ParsedFeed,
    item::choose_id,
    json,
    limits::{self, FeedLimits},
    links::resolve_href,
    markup, sitemaps,
    text::strip_markup,
};
use crate::{date::believe_dates, decode::decode_text};

/// How a file packed with gzip begins (RFC 1952, section 2.3.1).
const GZIP: [u8; 3] = [0x1f, 0x8b, 8];
/// Elements that the second opinion may see.
// It recurses over elements in one another, and some 700 end the process. All of them are counted as if each stood in
// the one before: no comment, instruction or declaration that is read one way here and another way there can hide
// any.
const MAX_ELEMENTS: usize = 128;
/// Longest document for the second opinion; so few elements seldom fill it.
const MAX_SECOND_BYTES: usize = 256 * 1024;

/// A document that holds no feed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FeedError {
    /// Nothing in it is a feed of any kind.
    #[error("the document holds no feed")]
    NoFeed,
    /// It has items, but none of them could be read.
    #[error("the document has items, and none of them can be read")]
    Unreadable,
    /// It lists documents that may be feeds.
    #[error("the document is an index; each of its news sitemaps is a feed: {}", join_addresses(.sitemaps))]
    Index {
        /// Some of the sitemaps that it lists.
        sitemaps: Vec<Url>,
    },
}

fn join_addresses(sitemaps: &[Url]) -> String {
    let all: Vec<&str> = sitemaps.iter().map(Url::as_str).collect();
    all.join(" ")
}

/// Reads a feed of any kind out of the decoded body of a response, in time and memory that grow with its length.
///
/// `address` is where it was found, the base of relative links; `content_type` is the header as sent.
pub fn parse(
    bytes: &[u8],
    address: &Url,
    content_type: Option<&str>,
) -> Result<ParsedFeed, FeedError> {
    parse_within(bytes, address, content_type, FeedLimits::default())
}

/// The same within the limits that the operator set.
pub fn parse_within(
    bytes: &[u8],
    address: &Url,
    content_type: Option<&str>,
    within: FeedLimits,
) -> Result<ParsedFeed, FeedError> {
    let bytes = unpack(bytes, within);
    let text = decode_text(&bytes, content_type);
    let text =
        text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    let own = read_text(text, address, within);
    match own {
        Some(feed) if !feed.entries.is_empty() => Ok(limits::keep_within_limits(feed)),
        Some(feed) if feed.unusable > 0 && !markup::has_items(text) => Err(FeedError::Unreadable),
        own if markup::has_items(text) => ask_second_opinion(text, address)
            .map(limits::keep_within_limits)
            .ok_or(match own {
                Some(_) => FeedError::Unreadable,
                None => FeedError::NoFeed,
            }),
        Some(feed) => Ok(limits::keep_within_limits(feed)),
        None => match sitemaps::list_sitemaps(text, address) {
            sitemaps if sitemaps.is_empty() => Err(FeedError::NoFeed),
            sitemaps => Err(FeedError::Index { sitemaps }),
        },
    }
}

/// A document as what it begins like; a message of a server may stand in front of it, in brackets too.
fn read_text(text: &str, address: &Url, within: FeedLimits) -> Option<ParsedFeed> {
    let json = text
        .starts_with(['{', '['])
        .then(|| json::read_json(text, address, within.max_entries));
    json.flatten()
        .or_else(|| markup::read_markup(text, address, within.max_entries))
}

/// The document inside a file packed with gzip, as sitemaps are served; of one larger than a feed may be, the start.
fn unpack(bytes: &[u8], within: FeedLimits) -> Cow<'_, [u8]> {
    if !bytes.starts_with(&GZIP) {
        return Cow::Borrowed(bytes);
    }
    let mut plain = Vec::new();
    // A second layer of packing, which the bound of the fetch has not seen unpacked.
    let mut packed = flate2::read::MultiGzDecoder::new(bytes).take(within.max_bytes as u64);
    match packed.read_to_end(&mut plain) {
        // What was unpacked before an error is read like any document that is cut short.
        Ok(_) | Err(_) => Cow::Owned(plain),
    }
}

/// What feed-rs makes of a document that is not too much for it. It sees neither the declaration, which may name an
/// encoding that was decoded already, nor a document type.
fn ask_second_opinion(text: &str, base: &Url) -> Option<ParsedFeed> {
    let text = text.get(find_first_element(text)?..)?;
    if text.len() > MAX_SECOND_BYTES
        || count_elements(text) > MAX_ELEMENTS
        // Another declaration further on makes the parser beneath panic (quick-xml 0.42, `set_encoding`).
        || text.contains("<?xml")
    {
        return None;
    }
    let parser = feed_rs::parser::Builder::new()
        .base_uri(Some(base.as_str()))
        // What has no id stays without, and is given one of ours below: theirs may be drawn at random.
        .id_generator(|_, _, _| String::new())
        .build();
    let feed = parser.parse(text.as_bytes()).ok()?;
    if feed.entries.is_empty() {
        return None;
    }
    Some(ParsedFeed {
        title: feed.title.map(|title| strip_markup(&title.content)),
        language: feed.language,
        entries: feed
            .entries
            .into_iter()
            .take(MAX_ENTRIES)
            .map(|entry| translate_entry(entry, base))
            .collect(),
        ..ParsedFeed::default()
    })
}

/// Where the first tag with a name begins.
fn find_first_element(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'<', bytes)
        .find(|at| bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic))
}

/// Everything that any reader may take for the start of an element.
fn count_elements(text: &str) -> usize {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'<', bytes)
        .filter(|at| !matches!(bytes.get(at + 1), Some(b'/' | b'!' | b'?')))
        .count()
}

/// An entry of feed-rs as one of ours.
fn translate_entry(entry: feed_rs::model::Entry, base: &Url) -> Entry {
    let title = entry.title.map(|title| strip_markup(&title.content));
    let text = entry
        .content
        .and_then(|content| content.body)
        .or(entry.summary.map(|summary| summary.content));
    let link = entry
        .links
        .first()
        .and_then(|link| resolve_href(&link.href, base));
    let instant = |seconds: i64| Timestamp::from_second(seconds).ok();
    let dates = believe_dates(
        entry.published.and_then(|at| instant(at.timestamp())),
        entry.updated.and_then(|at| instant(at.timestamp())),
    );
    let published = dates.published;
    let stated = Some(entry.id).filter(|id| !id.is_empty());
    let words = (title.as_deref(), text.as_deref());
    let id = choose_id(stated, link.as_ref(), words, published);
    Entry {
        id,
        title,
        link,
        original_link: None,
        published,
        updated: dates.updated,
        date_refused: dates.refused,
        authors: entry
            .authors
            .iter()
            .filter_map(|author| author.name.as_deref().map(strip_markup))
            .filter(|name| !name.is_empty())
            .collect(),
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("https://news.example.org/feed").expect("a constant address")
    }

    #[test]
    fn the_second_opinion_draws_no_id_at_random() {
        let document = "<?xml version='1.0' encoding='iso-8859-1'?><entry xmlns='http://www.w3.org/2005/Atom'>\
                        <title>caf\u{e9}</title><summary>s</summary></entry>";
        let read = || ask_second_opinion(document, &base()).expect("an entry");
        assert_eq!(read().entries[0].title.as_deref(), Some("caf\u{e9}"));
        assert!(read().entries[0].id.starts_with("urn:sha256:"));
        assert_eq!(read(), read());
    }

    #[test]
    fn the_second_opinion_sees_no_document_that_could_be_deep_in_any_reading() {
        for document in [
            format!("<entry>{}</entry>", "<media:group>".repeat(MAX_ELEMENTS)),
            format!(
                "<entry>{}",
                "<media:group></media:group>".repeat(MAX_ELEMENTS)
            ),
            format!("<entry>{}", "<a:\u{e9}><!--</a>-->".repeat(MAX_ELEMENTS)),
            format!("<entry>{}</entry>", " ".repeat(MAX_SECOND_BYTES)),
        ] {
            assert_eq!(ask_second_opinion(&document, &base()), None);
        }
    }
}
