//! Which elements make a feed: its roots, its items, the groups in them, and what it says of itself.

use crate::feed::{
    names::{Family, lower_case},
    tags::split_name,
};

/// Parts of a feed that have titles and links of their own.
const NOT_THE_FEED: &[&str] = &[
    "image",
    "textinput",
    "textinput1",
    "source",
    "author",
    "contributor",
    "cloud",
];

/// Whether a feed begins with the element.
pub(super) fn is_root(local: &str) -> bool {
    matches!(local, "rss" | "rdf" | "feed" | "channel" | "urlset")
}

/// Whether the element is an item by its name; its family is to be one that has items.
pub(super) fn is_item(local: &str) -> bool {
    matches!(local, "item" | "entry" | "url")
}

/// Whether an element begins another item of the kind that is being read.
pub(super) fn is_same_item(name: &str, item: &str) -> bool {
    split_name(name).1.eq_ignore_ascii_case(item)
}

/// Whether an end ends the item that is being read.
pub(super) fn ends_item(name: &str, item: &str) -> bool {
    let local = split_name(name).1;
    local.eq_ignore_ascii_case(item) || is_root(&lower_case(local))
}

/// Whether elements of a family may be items.
pub(super) fn has_items_in(family: Family) -> bool {
    matches!(family, Family::Core | Family::Atom | Family::Rdf)
}

/// Whether a part of a feed has a title and links of its own.
pub(super) fn is_no_feed(local: &str) -> bool {
    NOT_THE_FEED.contains(&local)
}

/// Whether a child of the feed says something of the feed itself.
pub(super) fn says_of_feed(family: Family, local: &str) -> bool {
    matches!(
        (family, local),
        (
            Family::Core | Family::Atom,
            "title" | "language" | "ttl" | "hour" | "day"
        ) | (Family::Syndication, "updateperiod" | "updatefrequency")
            | (Family::Itunes, "new-feed-url")
            | (Family::Dublin, "language")
    )
}

/// Elements of an item whose children are read as the item's own.
pub(super) fn is_group(family: Family, local: &str) -> bool {
    matches!(
        (family, local),
        (Family::Media, "group" | "content") | (Family::News, "news") | (Family::Rdf, _)
    )
}
