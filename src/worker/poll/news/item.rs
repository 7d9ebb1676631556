//! The items of a feed that lead to an article, with what each is known by.

use std::collections::{HashMap, HashSet};

use crate::{
    article::url::ArticleUrl,
    feed::{Entry, ParsedFeed},
    id::{self, ArticleId},
};

/// An item with what identifies it.
pub(super) struct FeedItem<'a> {
    pub(super) entry: &'a Entry,
    pub(super) key: u64,
    pub(super) content: u64,
    pub(super) url: ArticleUrl,
    pub(super) id: ArticleId,
}

/// Where an entry leads, past the feed's own counter.
fn article_address(entry: &Entry) -> Option<ArticleUrl> {
    let address = entry.original_link.as_ref().or(entry.link.as_ref())?;
    ArticleUrl::parse(address.as_str()).ok()
}

/// The items of a feed that lead to an article, each article once. An item is known by its guid where no other has the
/// same, else by its article. Beside them: how many entries lead nowhere.
pub(super) fn collect_items(parsed: &ParsedFeed) -> (Vec<FeedItem<'_>>, u64) {
    let (mut seen, mut without_link) = (HashSet::new(), 0);
    let mut guids: HashMap<&str, usize> = HashMap::new();
    let mut items = Vec::new();
    for entry in &parsed.entries {
        let Some(url) = article_address(entry) else {
            without_link += 1;
            continue;
        };
        let id = url.id();
        if seen.insert(id) {
            *guids.entry(&entry.id).or_default() += 1;
            items.push(FeedItem {
                entry,
                key: 0,
                content: hash_content(entry),
                url,
                id,
            });
        }
    }
    for item in &mut items {
        let own = guids.get(item.entry.id.as_str()) == Some(&1);
        item.key = if own {
            hash(&[&item.entry.id])
        } else {
            hash(&["article", &item.id.to_string()])
        };
    }
    (items, without_link)
}

fn hash_content(entry: &Entry) -> u64 {
    let updated = entry.updated.map(|at| at.to_string()).unwrap_or_default();
    hash(&[
        entry.title.as_deref().unwrap_or_default(),
        entry.text.as_deref().unwrap_or_default(),
        &updated,
    ])
}

fn hash(parts: &[&str]) -> u64 {
    // Six bytes: a number that every JSON reader keeps exactly.
    id::hash(parts)
        .iter()
        .take(6)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}
