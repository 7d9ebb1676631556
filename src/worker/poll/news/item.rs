//! The items of a feed that lead to an article, with what each is known by.

use std::collections::{HashMap, HashSet};

use jiff::tz::TimeZone;

use crate::{
    article::identity::ArticleUrl,
    feed::{Entry, ParsedFeed},
    id::{self, ArticleId},
    worker::story_address::stable_part,
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
/// same, one without a guid by its words, else by its article. Beside them: how many entries lead nowhere.
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
    let words: Vec<Option<u64>> = items.iter().map(|item| key_of_words(item.entry)).collect();
    let mut same_words: HashMap<u64, usize> = HashMap::new();
    for key in words.iter().flatten() {
        *same_words.entry(*key).or_default() += 1;
    }
    for (item, words) in items.iter_mut().zip(words) {
        let own = guids.get(item.entry.id.as_str()) == Some(&1);
        let words = words.filter(|key| same_words.get(key) == Some(&1));
        item.key = match words {
            Some(key) if own => key,
            _ if own => hash(&[&item.entry.id]),
            _ => hash(&["article", &item.id.to_string()]),
        };
    }
    (items, without_link)
}

/// What an item without a guid is known by: some servers write another session into its address at every poll. None
/// where it has a guid, or no title.
fn key_of_words(entry: &Entry) -> Option<u64> {
    let link = entry
        .link
        .as_ref()
        .filter(|link| link.as_str() == entry.id)?;
    let title = entry.title.as_deref()?;
    let day = entry.published.map(|at| {
        let day = at.to_zoned_datetime(TimeZone::UTC).date();
        day.to_string()
    });
    Some(hash(&[
        "words",
        title,
        &day.unwrap_or_else(|| stable_part(link).text),
    ]))
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
