//! What of a feed's items is news: posts for the mailboxes of their sites, and the list of what was listed.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::{
    feed::{
        Feed, ParsedFeed,
        limits::{MAX_FEED_TEXT_BYTES, cut_text},
        state::{Listed, ListedItem},
    },
    id::ArticleId,
    ledger::{Post, SEEN_REFRESHED, Waiting, Why},
};

mod item;

use self::item::{FeedItem, collect_items};

/// A known feed that lists more new items than this has changed its identity; only the newest so many are taken.
// Feeds list some tens of items; one whose guids have all changed lists all of them anew.
const FLOOD: usize = 200;
/// A changed entry is posted at most this often.
// Editors save a story several times while they write it.
const CHANGED_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// What a poll is to post and to remember.
#[derive(Debug, Default)]
pub(in crate::worker) struct News {
    pub(in crate::worker) posts: Vec<Post>,
    /// What is listed now; `None` where nothing about it changed.
    pub(in crate::worker) listed: Option<Listed>,
    /// Items not listed before.
    pub(in crate::worker) new: usize,
    /// Items left out by a first poll or a flood.
    pub(in crate::worker) skipped: u64,
    /// Whether the feed suddenly listed very many new items.
    pub(in crate::worker) flood: bool,
    /// An edit came too soon after its item was posted; the listing is to be read whole from then on.
    pub(in crate::worker) whole_from: Option<Timestamp>,
    /// Items without an address that can be read.
    pub(in crate::worker) without_link: u64,
}

/// What is known of a feed before a poll.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::worker) struct KnownListing<'a> {
    /// What it listed last, or what of its first listing was posted before the process ended.
    pub(in crate::worker) listed: Option<&'a Listed>,
    /// Whether a listing was ever posted whole.
    pub(in crate::worker) whole: bool,
}

impl KnownListing<'_> {
    /// How many items not listed before are taken: the newest so many.
    fn most_new(self, first_poll: usize) -> usize {
        match (self.whole, self.listed) {
            (true, Some(_)) => FLOOD,
            // A first poll that was cut short goes on, and what came meanwhile is no flood.
            (false, Some(_)) => FLOOD.max(first_poll),
            (_, None) => first_poll,
        }
    }
}

/// The items listed last, found by key or by article.
struct ListedBefore<'a> {
    by_key: HashMap<u64, &'a ListedItem>,
    by_id: HashMap<ArticleId, &'a ListedItem>,
}

impl<'a> ListedBefore<'a> {
    fn index_listed(listed: Option<&'a Listed>) -> Self {
        let items = || listed.into_iter().flat_map(|listed| &listed.items);
        let mut by_key = HashMap::new();
        let mut shared = HashSet::new();
        for item in items() {
            if by_key.insert(item.key, item).is_some() {
                shared.insert(item.key);
            }
        }
        // A key of several items finds the wrong one: some feeds have one guid for all.
        by_key.retain(|key, _| !shared.contains(key));
        Self {
            by_key,
            by_id: items().map(|item| (item.id, item)).collect(),
        }
    }

    /// The item as it was listed last. A guid that leads to another article, in other words, is another item: some
    /// feeds have one guid for all. In the same words only its address has changed.
    fn find_item(&self, item: &FeedItem<'_>) -> Option<&'a ListedItem> {
        if let Some(known) = self.by_id.get(&item.id) {
            return Some(known);
        }
        let known = self.by_key.get(&item.key)?;
        let same = item.entry.title.is_some() && known.content == item.content;
        same.then_some(known)
    }
}

/// Compares what a feed lists with what it listed last.
pub(in crate::worker) fn find_news(
    feed: &Feed,
    parsed: &ParsedFeed,
    known: KnownListing<'_>,
    first_poll: usize,
    now: Timestamp,
) -> News {
    let (items, without_link) = collect_items(parsed);
    let before = ListedBefore::index_listed(known.listed);
    let most = known.most_new(first_poll);
    let fresh = fresh_items(&items, &before, now);
    let new = fresh.len();
    let taken: HashSet<ArticleId> = fresh.iter().take(most).map(|item| item.id).collect();
    let mut work = News {
        new,
        skipped: new.saturating_sub(most) as u64,
        flood: known.whole && known.listed.is_some() && new > most,
        without_link,
        ..News::default()
    };
    let mut rows = Vec::with_capacity(items.len());
    for item in &items {
        let known = before.find_item(item);
        let turn = judge_item(item, known, &taken, now);
        rows.push(listed_row(item, known, turn, now));
        match turn {
            ItemVerdict::Post(why) => work.posts.push(build_post(feed, item, why, now)),
            ItemVerdict::NotBefore(at) => {
                work.whole_from = Some(work.whole_from.map_or(at, |other| other.min(at)));
            }
            ItemVerdict::Nothing => {}
        }
    }
    let listed = Listed { v: 1, items: rows };
    if known.listed != Some(&listed) {
        work.listed = Some(listed);
    }
    work
}

/// The row of an item in what is listed now: of one that is not posted as it was.
fn listed_row(
    item: &FeedItem<'_>,
    known: Option<&ListedItem>,
    turn: ItemVerdict,
    now: Timestamp,
) -> ListedItem {
    let (id, posted, content) = match (turn, known) {
        (ItemVerdict::Post(_), _) => (item.id, Some(now), item.content),
        (_, Some(known)) => (known.id, known.posted, known.content),
        (_, None) => (item.id, None, item.content),
    };
    ListedItem {
        key: item.key,
        content,
        id,
        posted,
    }
}

/// The items not listed before, the newest first.
fn fresh_items<'i, 'e>(
    items: &'i [FeedItem<'e>],
    before: &ListedBefore<'_>,
    now: Timestamp,
) -> Vec<&'i FeedItem<'e>> {
    let unlisted = items.iter().filter(|item| before.find_item(item).is_none());
    let mut fresh: Vec<&FeedItem<'_>> = unlisted.collect();
    fresh.sort_by_key(|item| {
        let told = item.entry.published.or(item.entry.updated);
        // What is dated ahead is no newer than now.
        std::cmp::Reverse(told.unwrap_or(now).min(now))
    });
    fresh
}

/// What is done with an item now.
#[derive(Debug, Clone, Copy)]
enum ItemVerdict {
    Post(Why),
    /// It has changed, too soon after it was posted.
    NotBefore(Timestamp),
    Nothing,
}

fn judge_item(
    item: &FeedItem<'_>,
    known: Option<&ListedItem>,
    taken: &HashSet<ArticleId>,
    now: Timestamp,
) -> ItemVerdict {
    let Some(known) = known else {
        return if taken.contains(&item.id) {
            ItemVerdict::Post(Why::New)
        } else {
            ItemVerdict::Nothing
        };
    };
    let Some(posted) = known.posted else {
        return ItemVerdict::Nothing;
    };
    let since = now.duration_since(posted);
    if known.content != item.content {
        return if since >= CHANGED_EVERY {
            ItemVerdict::Post(Why::Changed)
        } else {
            ItemVerdict::NotBefore(posted + CHANGED_EVERY)
        };
    }
    if since >= SEEN_REFRESHED && known.id == item.id {
        ItemVerdict::Post(Why::StillListed)
    } else {
        ItemVerdict::Nothing
    }
}

fn build_post(feed: &Feed, item: &FeedItem<'_>, why: Why, now: Timestamp) -> Post {
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
        date_refused: entry.date_refused,
        text: entry
            .text
            .clone()
            .map(|text| cut_text(text, MAX_FEED_TEXT_BYTES)),
        visited: Vec::new(),
    };
    Post {
        id: item.id,
        site: item.url.site(),
        waiting,
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::{feed::Entry, id::FeedId, site::Site};

    fn feed() -> Feed {
        let url = Url::parse("https://paper.test/feed").expect("an address");
        Feed {
            id: FeedId::of_address(url.as_str()),
            site: Site::of_url(&url).expect("a host"),
            url,
            name: None,
            interval: None,
            language: None,
            country: None,
            tags: Vec::new(),
        }
    }

    fn now() -> Timestamp {
        "2026-03-02T10:30:00Z".parse().expect("an instant")
    }

    /// Items of guid, path and title.
    fn listing(items: &[(&str, &str, &str)]) -> ParsedFeed {
        let entry = |(guid, path, title): &(&str, &str, &str)| Entry {
            id: (*guid).to_owned(),
            title: Some((*title).to_owned()),
            link: Url::parse(&format!("https://paper.test{path}")).ok(),
            ..Entry::default()
        };
        ParsedFeed {
            entries: items.iter().map(entry).collect(),
            ..ParsedFeed::default()
        }
    }

    fn numbered(count: usize) -> ParsedFeed {
        let entry = |n: usize| Entry {
            id: format!("g{n}"),
            title: Some(format!("Story {n}")),
            link: Url::parse(&format!("https://paper.test/{n}")).ok(),
            ..Entry::default()
        };
        ParsedFeed {
            entries: (0..count).map(entry).collect(),
            ..ParsedFeed::default()
        }
    }

    /// A poll of a feed whose last listing was posted whole.
    fn again(parsed: &ParsedFeed, listed: &Listed, now: Timestamp) -> News {
        let known = KnownListing {
            listed: Some(listed),
            whole: true,
        };
        find_news(&feed(), parsed, known, 20, now)
    }

    fn first(parsed: &ParsedFeed, first_poll: usize) -> News {
        find_news(&feed(), parsed, KnownListing::default(), first_poll, now())
    }

    fn paths(news: &News) -> Vec<&str> {
        let path = |post: &'_ Post| post.waiting.url.rfind('/').unwrap_or(0);
        news.posts
            .iter()
            .map(|post| &post.waiting.url[path(post)..])
            .collect()
    }

    #[test]
    fn a_first_poll_that_was_cut_short_goes_on_to_its_end() {
        let whole = first(&numbered(1_000), 1_000);
        assert_eq!(whole.posts.len(), 1_000);
        let mut half = whole.listed.expect("a listing");
        half.items.truncate(100);
        let known = KnownListing {
            listed: Some(&half),
            whole: false,
        };
        let rest = find_news(&feed(), &numbered(1_000), known, 1_000, now());
        assert_eq!(
            (rest.posts.len(), rest.skipped, rest.flood),
            (900, 0, false)
        );
    }

    #[test]
    fn items_that_share_a_guid_are_told_apart_by_their_links() {
        let before = listing(&[("x", "/a", "A"), ("x", "/b", "B")]);
        let listed = first(&before, 20).listed.expect("a listing");
        let next = listing(&[("x", "/c", "C"), ("x", "/a", "A"), ("x", "/b", "B")]);
        let found = again(&next, &listed, now());
        assert_eq!(paths(&found), ["/c"]);
        let listed = found.listed.expect("it changed");
        assert!(again(&next, &listed, now()).posts.is_empty());
    }

    #[test]
    fn a_guid_that_the_first_poll_left_out_hides_no_later_item() {
        let listed = first(&listing(&[("x", "/a", "A")]), 0).listed;
        let listed = listed.expect("a listing");
        let found = again(&listing(&[("x", "/b", "B")]), &listed, now());
        assert_eq!(paths(&found), ["/b"]);
        let moved = again(&listing(&[("x", "/b", "A")]), &listed, now());
        assert!(moved.posts.is_empty(), "the same words at another address");
    }

    #[test]
    fn an_edit_that_comes_too_soon_is_posted_once_its_time_has_come() {
        let listed = first(&listing(&[("x", "/a", "A")]), 20).listed;
        let listed = listed.expect("a listing");
        let edited = listing(&[("x", "/a", "A, edited")]);
        let soon = again(&edited, &listed, now() + SignedDuration::from_mins(2));
        assert!(soon.posts.is_empty());
        let from = soon.whole_from.expect("the edit waits");
        assert_eq!(from, now() + CHANGED_EVERY);
        let listed = soon.listed.unwrap_or(listed);
        let late = again(&edited, &listed, from);
        assert_eq!(late.posts[0].waiting.why, Why::Changed);
        assert_eq!(late.whole_from, None);
    }

    #[test]
    fn what_is_still_listed_after_a_week_is_posted_so_that_its_mark_is_written_again() {
        let items = listing(&[("x", "/a", "A")]);
        let listed = first(&items, 20).listed.expect("a listing");
        let week = now() + SEEN_REFRESHED;
        assert_eq!(
            again(&items, &listed, week).posts[0].waiting.why,
            Why::StillListed
        );
    }

    /// Items without a guid: path and title, and the day it was published.
    fn without_guid(items: &[(&str, &str)], day: Option<&str>) -> ParsedFeed {
        let mut parsed = listing(&[]);
        for (path, title) in items {
            let link = Url::parse(&format!("https://paper.test{path}")).expect("an address");
            parsed.entries.push(Entry {
                id: link.to_string(),
                title: Some((*title).to_owned()),
                link: Some(link),
                published: day.map(|day| day.parse().expect("an instant")),
                ..Entry::default()
            });
        }
        parsed
    }

    #[test]
    fn a_session_in_the_address_makes_no_new_item_of_one_without_a_guid() {
        for day in [None, Some("2026-03-01T08:00:00Z")] {
            let before = without_guid(&[("/s?n=1&sid=a", "A"), ("/s?n=2&sid=a", "B")], day);
            let mut listed = first(&before, 20).listed.expect("a listing");
            for sid in ["b", "c", "d"] {
                let (one, two) = (format!("/s?n=1&sid={sid}"), format!("/s?n=2&sid={sid}"));
                let next = without_guid(&[(&one, "A"), (&two, "B")], day);
                let found = again(&next, &listed, now());
                assert_eq!(paths(&found), Vec::<&str>::new());
                listed = found.listed.unwrap_or(listed);
            }
            let other = without_guid(&[("/s?n=3&sid=z", "C")], day);
            assert_eq!(paths(&again(&other, &listed, now())).len(), 1);
        }
    }

    #[test]
    fn a_title_that_comes_every_day_is_another_item_every_day() {
        let before = without_guid(&[("/weather/1", "Weather")], Some("2026-03-01T08:00:00Z"));
        let listed = first(&before, 20).listed.expect("a listing");
        let next = without_guid(&[("/weather/2", "Weather")], Some("2026-03-02T08:00:00Z"));
        assert_eq!(paths(&again(&next, &listed, now())), ["/2"]);
        let undated = without_guid(&[("/weather/1", "Weather")], None);
        let listed = first(&undated, 20).listed.expect("a listing");
        let next = without_guid(&[("/weather/2", "Weather")], None);
        assert_eq!(paths(&again(&next, &listed, now())), ["/2"]);
    }

    #[test]
    fn items_without_an_address_are_counted() {
        let mut items = listing(&[("x", "/a", "A"), ("y", "/b", "B")]);
        items.entries[1].link = None;
        let found = first(&items, 20);
        assert_eq!((found.without_link, found.posts.len()), (1, 1));
    }
}
