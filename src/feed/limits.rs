//! How much of what a feed says is kept, so that no publisher's mistake or malice outgrows a record of the ledger.

use url::Url;

pub use crate::config::{FeedLimits, MAX_ENTRIES};

use super::{Entry, ParsedFeed, values::hash_to_urn};
use crate::fetch::MAX_URL_BYTES;

/// A headline; the longest real ones have some 300 bytes, in scripts of three bytes a character.
pub const MAX_TITLE_BYTES: usize = 1_024;
/// Authors of one entry; more is a list of staff.
pub const MAX_AUTHORS: usize = 20;
/// An author's name, in characters; more is a paragraph about the author.
pub const MAX_AUTHOR_CHARS: usize = 200;
/// The feed's own text of an entry; longer text is cut.
// With it the longest entry stays below [`MAX_ENTRY_BYTES`], escaped characters included.
pub const MAX_FEED_TEXT_BYTES: usize = 256 * 1024;
/// The name of a feed.
pub const MAX_FEED_TITLE_BYTES: usize = 500;
/// An id; most are addresses. A longer one is replaced by its hash, so that the entry stays the same one.
pub const MAX_ID_BYTES: usize = MAX_URL_BYTES;
/// A language: the longest tag that BCP 47 (section 4.4.1) asks to make room for.
const MAX_LANGUAGE_BYTES: usize = 35;
/// An entry as JSON, all its parts at their longest.
// Well below what the ledgers take.
const MAX_ENTRY_BYTES: usize = 900_000;

// Without control characters JSON at most doubles a text: a quote or a backslash a byte.
const _: () = assert!(
    2 * (MAX_FEED_TEXT_BYTES
        + MAX_TITLE_BYTES
        + MAX_AUTHORS * MAX_AUTHOR_CHARS * 4
        + MAX_ID_BYTES
        + 2 * MAX_URL_BYTES)
        < MAX_ENTRY_BYTES
);

/// A feed within its limits, with the number of entries that lead nowhere.
pub(super) fn keep_within_limits(mut feed: ParsedFeed) -> ParsedFeed {
    feed.title = feed
        .title
        .map(|title| cut_text(title, MAX_FEED_TITLE_BYTES));
    feed.language = feed
        .language
        .filter(|language| language.len() <= MAX_LANGUAGE_BYTES);
    for entry in &mut feed.entries {
        limit_entry(entry);
    }
    let leads_nowhere = |entry: &&Entry| entry.link.is_none() && entry.original_link.is_none();
    feed.unusable += feed.entries.iter().filter(leads_nowhere).count() as u64;
    feed
}

fn limit_entry(entry: &mut Entry) {
    if entry.id.len() > MAX_ID_BYTES {
        entry.id = hash_to_urn(&[&entry.id]);
    }
    let short = |url: &Url| url.as_str().len() <= MAX_URL_BYTES;
    entry.link = entry.link.take().filter(short);
    entry.original_link = entry.original_link.take().filter(short);
    entry.title = entry
        .title
        .take()
        .map(|title| cut_text(title, MAX_TITLE_BYTES));
    entry.authors.truncate(MAX_AUTHORS);
    for author in &mut entry.authors {
        if let Some((end, _)) = author.char_indices().nth(MAX_AUTHOR_CHARS) {
            author.truncate(end);
        }
    }
    entry.text = entry
        .text
        .take()
        .map(|text| cut_text(without_controls(text), MAX_FEED_TEXT_BYTES));
}

/// At most so many bytes of a text, cut at a character.
pub(crate) fn cut_text(mut text: String, max_bytes: usize) -> String {
    if text.len() > max_bytes {
        text.truncate(text.floor_char_boundary(max_bytes));
        text.shrink_to_fit();
    }
    text
}

/// A text without control characters but ends of lines and tabs.
fn without_controls(text: String) -> String {
    // All controls begin with these bytes; folded, not searched, so that many are looked at in one step.
    let suspect =
        |byte: u8| (byte < b' ' && byte != b'\n' && byte != b'\t') || byte == 0x7f || byte == 0xc2;
    if !text
        .bytes()
        .fold(false, |found, byte| found | suspect(byte))
    {
        return text;
    }
    let unwanted = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(unwanted) {
        return text;
    }
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace(unwanted, "")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::ledger::{Waiting, Why};

    #[test]
    fn an_entry_at_all_its_limits_is_a_record_that_every_ledger_takes() {
        for filling in ["\"", "\\", "\u{1}\u{2}", "\u{7f}\"", "é", "<p>\\\"\r\n"] {
            let long = filling.repeat(1_500_000);
            let feed = keep_within_limits(ParsedFeed {
                entries: vec![Entry {
                    id: long.clone(),
                    title: Some(long.replace(char::is_control, "")),
                    authors: vec![long.replace(char::is_control, ""); 100],
                    text: Some(long),
                    ..Entry::default()
                }],
                ..ParsedFeed::default()
            });
            let entry = &feed.entries[0];
            let waiting = Waiting {
                v: 1,
                url: "u".repeat(MAX_URL_BYTES),
                why: Why::New,
                posted: Timestamp::UNIX_EPOCH,
                first_seen: Timestamp::UNIX_EPOCH,
                feed: None,
                also: Vec::new(),
                title: entry.title.clone(),
                authors: entry.authors.clone(),
                published: None,
                date_refused: false,
                text: entry.text.clone(),
                visited: Vec::new(),
            };
            let json = serde_json::to_string(&waiting).expect("plain fields");
            assert!(json.len() <= MAX_ENTRY_BYTES, "{filling:?}: {}", json.len());
            assert!(entry.id.len() <= MAX_ID_BYTES);
        }
    }

    #[test]
    fn ends_of_lines_and_tabs_stay_in_a_text_and_other_controls_go() {
        let text = "a\r\nb\rc\td\u{0}\u{1b}[31m\u{85}e".to_owned();
        assert_eq!(without_controls(text), "a\nb\nc\td[31me");
    }

    #[test]
    fn a_cut_text_ends_with_a_whole_character() {
        assert_eq!(cut_text("éé".to_owned(), 3), "é");
    }
}
