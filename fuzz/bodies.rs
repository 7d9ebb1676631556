//! What each fuzz target does with any bytes: nothing may panic, and what comes out is what it claims.
#![allow(dead_code, reason = "each target has one of them")]

use std::{path::Path, sync::LazyLock};

use dateline::{
    article::{self, Extracted, Page, Rules},
    config::{Config, SiteRules},
    event::{Coder, LexiconSource, Story},
    feed::{list::FeedList, parse},
};
use url::Url;

static RULES: LazyLock<Rules> = LazyLock::new(Rules::shipped);
static CODER: LazyLock<Coder> =
    LazyLock::new(|| Coder::new(&LexiconSource::embedded(), &[]).expect("the shipped lexicon"));

/// A feed: read, or refused.
pub(super) fn read_feed(bytes: &[u8]) {
    let address = Url::parse("https://www.example.org/feed.xml").expect("an address");
    if let Ok(feed) = parse::parse(bytes, &address, None) {
        assert!(feed.entries.len() <= parse::MAX_ENTRIES);
    }
}

/// A page: any bytes in any encoding that they name.
pub(super) fn read_tree(bytes: &[u8]) {
    read_page(bytes, None);
}

/// A page whose head is right and whose body is anything.
pub(super) fn read_body(bytes: &[u8]) {
    let mut page =
        b"<!doctype html><html><head><title>The council votes</title></head><body>".to_vec();
    page.extend_from_slice(bytes);
    read_page(&page, Some("text/html; charset=utf-8"));
}

/// A page whose body is right and whose head is anything: tags, or the data of a script where it begins as JSON does.
pub(super) fn read_meta(bytes: &[u8]) {
    let is_data = bytes.first() == Some(&b'{');
    let (open, close): (&[u8], &[u8]) = if is_data {
        (b"<script type=\"application/ld+json\">", b"</script>")
    } else {
        (b"", b"")
    };
    let story = b"</head><body><article><h1>The council votes</h1><p>The council of the island voted on Monday to move \
                  the school, which parents had asked for since the spring.</p></article></body></html>";
    let page = [b"<!doctype html><html><head>", open, bytes, close, story].concat();
    read_page(&page, Some("text/html; charset=utf-8"));
}

fn read_page(bytes: &[u8], content_type: Option<&str>) {
    let page = Page {
        bytes,
        content_type,
        ..Page::default()
    };
    if let Ok(found) = article::read(&page, &RULES, &SiteRules::default()) {
        assert_paragraphs(&found);
    }
}

/// Paragraphs lie within the text, one after the other.
fn assert_paragraphs(found: &Extracted) {
    let (length, mut end) = (found.text.chars().count(), 0);
    for paragraph in &found.paragraphs {
        assert!(
            end <= paragraph.start && paragraph.start <= paragraph.end,
            "{paragraph:?} after {end}"
        );
        end = paragraph.end;
    }
    assert!(end <= length, "{end} of {length}");
}

/// A story: the words of each event's trigger stand where it says.
pub(super) fn code_event(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let scalars: Vec<char> = text.chars().collect();
    for event in CODER.code(&Story::of_text(&text)) {
        let said: String = scalars[event.trigger.start..event.trigger.end]
            .iter()
            .collect();
        assert_eq!(said, event.trigger.text);
    }
}

/// A configuration and a feed list: taken, or refused with faults that name lines of the file.
pub(super) fn read_config(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // The line after the last belongs to it: what is missing at the end is found there.
    let lines = text.split('\n').count();
    let config = Config::parse(Path::new("dateline.toml"), &text).err();
    let list = FeedList::parse(Path::new("feeds.toml"), &text).err();
    for fault in [config, list]
        .into_iter()
        .flatten()
        .flat_map(|refused| refused.0)
    {
        assert!(
            (1..=lines).contains(&fault.line),
            "{fault} of {lines} lines"
        );
    }
}
