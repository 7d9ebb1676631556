//! Whether a link leads to a feed: by its type in any spelling, by its relation, by its address.

use url::Url;

/// Words in media types of feeds: `application/rss+xml`, `text/rss`, `application/x-atom+xml`, `application/rdf+xml`.
const FEED_TYPES: [&str; 4] = ["rss", "atom", "rdf", "feed"];
/// Media types that feeds are often given, and other documents too.
const VAGUE_TYPES: [&str; 5] = [
    "",
    "application/xml",
    "text/xml",
    "application/json",
    "text/plain",
];
/// Relations of links to what is no feed, whatever its type.
const OTHER_RELATIONS: [&str; 6] = [
    "stylesheet",
    "edituri",
    "search",
    "icon",
    "canonical",
    "manifest",
];
/// Words in the addresses of feeds.
const FEED_WORDS: [&str; 5] = ["rss", "atom", "feed", "feeds", "rdf"];

/// How sure it is that a link leads to a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkKind {
    /// Its type or its relation says so.
    Feed,
    /// Its address says so, or its type allows it.
    Vague,
}

/// What a link leads to by its relation, type and address; none where that is no feed.
pub(super) fn kind_of(rel: Option<&str>, kind: Option<&str>, href: &str) -> Option<LinkKind> {
    let rel = rel.unwrap_or_default().to_ascii_lowercase();
    let relations: Vec<&str> = rel.split_whitespace().collect();
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if relations.iter().any(|word| OTHER_RELATIONS.contains(word)) || kind.contains("oembed") {
        return None;
    }
    if words_of(kind).any(|word| FEED_TYPES.contains(&word)) {
        return Some(LinkKind::Feed);
    }
    if !VAGUE_TYPES.contains(&kind) {
        return None;
    }
    if relations.contains(&"feed") {
        return Some(LinkKind::Feed);
    }
    let is_document = !kind.is_empty() && kind != "text/plain";
    let is_named_so = |word: &str| is_feed_word(word) || word == "xml";
    let may_be = is_document || words_of(&href.to_ascii_lowercase()).any(is_named_so);
    (relations.contains(&"alternate") && may_be).then_some(LinkKind::Vague)
}

/// Whether an address looks like that of a feed: `/feed/`, `news.rss`, `/feeds/all.xml`, `?feed=atom`.
pub(super) fn is_feed_path(url: &Url) -> bool {
    let mut segments = url.path_segments().into_iter().flatten().rev();
    let last = segments.find(|segment| !segment.is_empty());
    let last = last.unwrap_or_default().to_ascii_lowercase();
    let query = url.query().unwrap_or_default().to_ascii_lowercase();
    let in_query = query.split('&').any(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        is_feed_word(key) || (["format", "output", "type"].contains(&key) && is_feed_word(value))
    });
    let is_page = [".html", ".php"].iter().any(|end| last.ends_with(end));
    let in_folder =
        last.ends_with(".xml") && segments.any(|folder| words_of(folder).any(is_feed_word));
    (!is_page && words_of(&last).any(is_feed_word)) || in_folder || in_query
}

fn is_feed_word(word: &str) -> bool {
    FEED_WORDS.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit()))
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}
