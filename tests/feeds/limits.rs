//! What a feed says is bounded, and what is left out is counted.

use dateline::feed::limits::{
    MAX_AUTHOR_CHARS, MAX_AUTHORS, MAX_ENTRIES, MAX_FEED_TITLE_BYTES, MAX_ID_BYTES, MAX_TITLE_BYTES,
};

use super::read;

#[test]
fn names_and_ids_are_cut_and_an_entry_stays_the_same_one() {
    let long = "\u{1}\u{e9}<b>x</b> ".repeat(100_000);
    let authors: String = (0..50)
        .map(|n| format!("<author>{n} {long}</author>"))
        .collect();
    let document = |id: &str| {
        format!(
            "<rss xml:lang='{id}'><channel><title>{long}</title><item><title>{long}</title>{authors}\
             <guid>{id}</guid><link>https://a.example.org/{id}</link></item></channel></rss>"
        )
    };
    let (one, two) = (document(&"i".repeat(3_000)), document(&"i".repeat(3_001)));
    let (first, again, other) = (read(&one), read(&one), read(&two));
    let entry = &first.entries[0];
    let bytes = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    assert!((1..=MAX_FEED_TITLE_BYTES).contains(&bytes(&first.title)));
    assert!((1..=MAX_TITLE_BYTES).contains(&bytes(&entry.title)));
    assert_eq!(entry.authors.len(), MAX_AUTHORS);
    assert!(
        entry
            .authors
            .iter()
            .all(|name| name.chars().count() <= MAX_AUTHOR_CHARS)
    );
    assert!(!format!("{:?}{:?}{:?}", first.title, entry.title, entry.authors).contains("\\u{1}"));
    assert!(entry.id.len() <= MAX_ID_BYTES);
    assert_eq!(entry.id, again.entries[0].id);
    assert_ne!(entry.id, other.entries[0].id);
    // An address too long to be asked is none.
    assert_eq!((&entry.link, first.unusable), (&None, 1));
    assert_eq!(first.language, None);
}

#[test]
fn a_text_loses_its_controls_and_keeps_its_lines() {
    let feed = read(
        "<rss><channel><item><description>a\u{0}b\r\nc\td&#27;[2J</description></item></channel></rss>",
    );
    assert_eq!(feed.entries[0].text.as_deref(), Some("ab\nc\td[2J"));
}

#[test]
fn items_past_the_cap_and_items_that_lead_nowhere_are_counted() {
    let item = |link: &str| format!("<item><title>t</title>{link}<x><y></x></item>");
    let markup = format!(
        "<rss><channel>{}{}{}</channel></rss>",
        item("").repeat(5),
        item("<link>https://a.example.org/</link>").repeat(MAX_ENTRIES),
        "<item/><item><title>t</item>"
    );
    let list: Vec<String> = (0..MAX_ENTRIES + 9)
        .map(|n| {
            if n < 5 {
                "{}".to_owned()
            } else {
                format!("{{\"url\":\"/{n}\"}}")
            }
        })
        .collect();
    let json = format!("{{\"title\":\"f\",\"items\":[{}]}}", list.join(","));
    for (document, past) in [(markup, 7), (json, 9)] {
        let feed = read(&document);
        assert_eq!(feed.entries.len(), MAX_ENTRIES);
        assert_eq!((feed.unusable, feed.past_the_cap), (5, past));
    }
}
