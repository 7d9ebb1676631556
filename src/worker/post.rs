//! What of a feed's items is news: posts for the mailboxes of their sites, and the list of what was listed.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::{
    article::url::ArticleUrl,
    feed::{
        Entry, Feed, ParsedFeed,
        state::{Listed, ListedItem},
    },
    id::ArticleId,
    ledger::{MAX_FEED_TEXT_BYTES, Post, SEEN_REFRESHED, Waiting, Why},
};

/// A known feed that lists more new items than this has changed its identity; only the newest so many are taken.
const FLOOD: usize = 200;
/// A changed entry is posted at most this often.
const CHANGED_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// What a poll is to post and to remember.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) posts: Vec<Post>,
    /// What is listed now; `None` where nothing about it changed.
    pub(super) listed: Option<Listed>,
    /// Items not listed before.
    pub(super) new: usize,
    /// Items left out by a first poll or a flood.
    pub(super) skipped: u64,
    /// Whether the feed suddenly listed very many new items.
    pub(super) flood: bool,
}

/// An item with what identifies it.
struct Item<'a> {
    entry: &'a Entry,
    key: u64,
    content: u64,
    url: ArticleUrl,
    id: ArticleId,
}

/// Compares what a feed lists with what it listed last.
pub(super) fn news(
    feed: &Feed,
    parsed: &ParsedFeed,
    before: Option<&Listed>,
    first_poll: usize,
    now: Timestamp,
) -> News {
    let items = items(parsed);
    let known_keys: HashMap<u64, &ListedItem> = before
        .into_iter()
        .flat_map(|listed| &listed.items)
        .map(|item| (item.key, item))
        .collect();
    let known_ids: HashMap<ArticleId, &ListedItem> = before
        .into_iter()
        .flat_map(|listed| &listed.items)
        .map(|item| (item.id, item))
        .collect();
    let bound = if before.is_some() { FLOOD } else { first_poll };
    let mut fresh: Vec<&Item<'_>> = items
        .iter()
        .filter(|item| !known_keys.contains_key(&item.key) && !known_ids.contains_key(&item.id))
        .collect();
    let new = fresh.len();
    fresh.sort_by_key(|item| {
        std::cmp::Reverse(item.entry.published.or(item.entry.updated).unwrap_or(now))
    });
    let taken: HashSet<ArticleId> = fresh.iter().take(bound).map(|item| item.id).collect();
    let mut work = News {
        new,
        skipped: new.saturating_sub(bound) as u64,
        ..News::default()
    };
    work.flood = before.is_some() && new > FLOOD;
    let mut listed = Listed {
        v: 1,
        items: Vec::with_capacity(items.len()),
    };
    for item in &items {
        let known = known_keys
            .get(&item.key)
            .or_else(|| known_ids.get(&item.id))
            .copied();
        let why = why(item, known, &taken, now);
        let (posted, content) = match (why, known) {
            (Some(_), _) => (Some(now), item.content),
            (None, Some(known)) => (known.posted, known.content),
            (None, None) => (None, item.content),
        };
        listed.items.push(ListedItem {
            key: item.key,
            content,
            id: item.id,
            posted,
        });
        work.posts.extend(why.map(|why| post(feed, item, why, now)));
    }
    if before != Some(&listed) {
        work.listed = Some(listed);
    }
    work
}

/// Why an item is posted now, if it is.
fn why(
    item: &Item<'_>,
    known: Option<&ListedItem>,
    taken: &HashSet<ArticleId>,
    now: Timestamp,
) -> Option<Why> {
    let Some(known) = known else {
        return taken.contains(&item.id).then_some(Why::New);
    };
    let posted = known.posted?;
    let since = now.duration_since(posted);
    if known.id != item.id {
        return Some(Why::New);
    }
    if known.content != item.content && since >= CHANGED_EVERY {
        return Some(Why::Changed);
    }
    (since >= SEEN_REFRESHED).then_some(Why::StillListed)
}

/// The items of a feed that lead to an article, each article once.
fn items(parsed: &ParsedFeed) -> Vec<Item<'_>> {
    let mut seen = HashSet::new();
    let mut items = Vec::new();
    for entry in &parsed.entries {
        let address = entry.original_link.as_ref().or(entry.link.as_ref());
        let Some(url) = address.and_then(|url| ArticleUrl::parse(url.as_str()).ok()) else {
            continue;
        };
        let id = url.id();
        if seen.insert(id) {
            items.push(Item {
                entry,
                key: hash(&[&entry.id]),
                content: content(entry),
                url,
                id,
            });
        }
    }
    items
}

fn content(entry: &Entry) -> u64 {
    let updated = entry.updated.map(|at| at.to_string()).unwrap_or_default();
    hash(&[
        entry.title.as_deref().unwrap_or_default(),
        entry.text.as_deref().unwrap_or_default(),
        &updated,
    ])
}

fn hash(parts: &[&str]) -> u64 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0xff]);
    }
    let digest = hasher.finalize();
    // Seven bytes: a number that every JSON reader keeps exactly.
    digest
        .iter()
        .take(6)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn post(feed: &Feed, item: &Item<'_>, why: Why, now: Timestamp) -> Post {
    let entry = item.entry;
    let waiting = Waiting {
        v: 1,
        url: item.url.as_str().to_owned(),
        why,
        posted: now,
        first_seen: now,
        feed: Some(feed.id.clone()),
        also: Vec::new(),
        title: entry.title.clone(),
        authors: entry.authors.clone(),
        published: entry.published.or(entry.updated),
        text: entry
            .text
            .as_deref()
            .map(|text| cut(text, MAX_FEED_TEXT_BYTES).to_owned()),
        visited: Vec::new(),
    };
    Post {
        id: item.id,
        site: item.url.site(),
        waiting,
    }
}

/// At most `max_bytes` of a text, cut at a character.
fn cut(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}
