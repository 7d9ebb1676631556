//! What becomes of an entry: the rules that every ledger keeps, without a clock and without a store.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Batch, Excess, LedgerError, MAX_FEEDS_AN_ENTRY, MAX_RECORD_BYTES, MAX_WAITING_A_SITE,
    MAX_WAITING_AGE, Post, SEEN_KEPT, SEEN_REFRESHED, Seen, Settled, Waiting, Why,
};
use crate::{
    feed::limits::{MAX_FEED_TEXT_BYTES, cut_text},
    id::FeedId,
    record::Record,
};

/// What becomes of an entry now.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one at a time, taken apart at once"
)]
pub(crate) enum EntryVerdict {
    /// It is settled and not to be read again: clear it, and write this mark where its own is too old.
    Drop(Option<Box<Seen>>),
    /// It waits for its next try.
    Later(Timestamp),
    /// It is its turn.
    Go(Standing),
}

/// What is known of an entry whose turn it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Standing {
    /// Tries so far.
    pub(crate) attempt: u32,
    /// Tries alone that did not come back.
    pub(crate) kills: u32,
    /// The first try.
    pub(crate) first_at: Option<Timestamp>,
    /// How it was settled before.
    pub(crate) before: Option<Settled>,
}

/// Judges an entry by what is known of its address; one in excess does not wait for its next try.
pub(crate) fn judge_entry(
    waiting: &Waiting,
    seen: Option<&Seen>,
    excess: Option<Excess>,
    now: Timestamp,
) -> EntryVerdict {
    match seen.filter(|seen| !is_forgotten(seen, now)) {
        None => EntryVerdict::Go(Standing::default()),
        Some(Seen::Retry { due, .. }) if *due > now && excess.is_none() => {
            EntryVerdict::Later(*due)
        }
        Some(Seen::Retry {
            attempt,
            kills,
            first_at,
            before,
            ..
        }) => EntryVerdict::Go(Standing {
            attempt: *attempt,
            kills: *kills,
            first_at: Some(*first_at),
            before: before.as_deref().cloned(),
        }),
        Some(Seen::Settled(settled)) if waiting.why.reads_again() => EntryVerdict::Go(Standing {
            before: Some(settled.clone()),
            ..Standing::default()
        }),
        // What an alias stands for lives on with it: the owner writes both marks again.
        Some(Seen::Settled(settled)) if settled.same_as.is_some() && is_worn(settled, now) => {
            EntryVerdict::Go(Standing {
                before: Some(settled.clone()),
                ..Standing::default()
            })
        }
        Some(Seen::Settled(settled)) => EntryVerdict::Drop(refresh_mark(settled, now)),
    }
}

/// Whether an entry of this mark only keeps the mark, and that of the article it stands for, alive.
pub(crate) fn only_refreshes(waiting: &Waiting, before: Option<&Settled>) -> bool {
    !waiting.why.reads_again() && before.is_some_and(|before| before.same_as.is_some())
}

/// Whether a mark is old enough to be written again.
fn is_worn(settled: &Settled, now: Timestamp) -> bool {
    now.duration_since(settled.when) > SEEN_REFRESHED
}

/// Whether a mark no longer counts: 90 days after a feed listed it last.
pub(crate) fn is_forgotten(seen: &Seen, now: Timestamp) -> bool {
    match seen {
        // From when it is due: what waits for a late recheck must not be forgotten before it.
        Seen::Retry { due, .. } => now.duration_since(*due) > SEEN_KEPT,
        Seen::Settled(settled) => now.duration_since(settled.when) > SEEN_KEPT,
    }
}

/// The mark of a settled article that a feed still lists, when its own is a week old.
fn refresh_mark(settled: &Settled, now: Timestamp) -> Option<Box<Seen>> {
    is_worn(settled, now).then(|| {
        Box::new(Seen::Settled(Settled {
            when: now,
            ..settled.clone()
        }))
    })
}

/// When an entry's turn comes: fresh ones when they were posted, failed ones when they are due. Entries of a site are
/// handed out in this order.
pub(crate) fn turn_time(waiting: &Waiting, seen: Option<&Seen>) -> Timestamp {
    match seen {
        Some(Seen::Retry { due, .. }) => *due,
        _ => waiting.posted,
    }
}

/// Whether an entry is not fetched any more; `younger` others were posted to its site after it and wait too.
pub(crate) fn find_excess(posted: Timestamp, younger: usize, now: Timestamp) -> Option<Excess> {
    if now.duration_since(posted) > MAX_WAITING_AGE {
        return Some(Excess::Expired);
    }
    (younger >= MAX_WAITING_A_SITE).then_some(Excess::Backlog)
}

/// One entry of two for the same address: the later one's words, the earlier one's place in the queue, the stronger
/// reason, and the feeds of both.
pub(crate) fn merge_entries(older: &Waiting, newer: Waiting) -> Waiting {
    let mut feeds: Vec<FeedId> = Vec::new();
    for feed in [&older.feed, &newer.feed].into_iter().flatten() {
        feeds.push(feed.clone());
    }
    feeds.extend(older.also.iter().chain(&newer.also).cloned());
    let mut known = HashSet::new();
    feeds.retain(|feed| known.insert(feed.clone()));
    feeds.truncate(MAX_FEEDS_AN_ENTRY);
    let mut feeds = feeds.into_iter();
    Waiting {
        why: stronger_reason(older.why, newer.why),
        posted: older.posted.min(newer.posted),
        first_seen: older.first_seen.min(newer.first_seen),
        feed: feeds.next(),
        also: feeds.collect(),
        ..newer
    }
}

fn stronger_reason(a: Why, b: Why) -> Why {
    let rank = |why| match why {
        Why::StillListed => 0,
        Why::New | Why::Moved => 1,
        Why::Recheck => 2,
        Why::Changed => 3,
        Why::Asked => 4,
    };
    if rank(a) > rank(b) { a } else { b }
}

/// Brings a batch into the shape that is committed: texts cut to their bound, records and marks of events stamped with
/// the instant of the commit.
pub(crate) fn finish_batch(batch: &mut Batch, recorded: Timestamp) {
    for post in &mut batch.posts {
        cut_post(post);
    }
    for record in &mut batch.records {
        record.stamp_recorded(recorded);
    }
    let published = |id: &str, revision: u32| {
        batch.records.iter().any(|record| {
            matches!(record, Record::Event(_)) && record.id() == id && record.revision() == revision
        })
    };
    for (_, seen) in &mut batch.seen {
        let Seen::Settled(settled) = seen else {
            continue;
        };
        for mark in &mut settled.events {
            if published(&mark.id, mark.revision) {
                mark.recorded = recorded;
            }
        }
    }
}

/// The instant a commit is stamped with: whole seconds, UTC.
pub(crate) fn whole_second(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

fn cut_post(post: &mut Post) {
    let text = post.waiting.text.take();
    post.waiting.text = text.map(|text| cut_text(text, MAX_FEED_TEXT_BYTES));
}

/// Refuses what no outlet can take.
pub(crate) fn refuse_oversized(json: String, limit: usize) -> Result<String, LedgerError> {
    let bytes = json.len();
    if bytes > limit {
        return Err(LedgerError::TooLarge { bytes, limit });
    }
    Ok(json)
}

/// A state or record as JSON, refused when no outlet can take it.
pub(crate) fn state_json<T: Serialize>(state: &T, limit: usize) -> Result<String, LedgerError> {
    let json = serde_json::to_string(state).map_err(|error| LedgerError::Fault {
        detail: format!("state that cannot be written as JSON: {error}"),
    })?;
    refuse_oversized(json, limit)
}

/// Version of state records; the next one is readable too.
const VERSION: u32 = 1;

/// The version of a state record; records from before there was one have none.
#[derive(Debug, Deserialize)]
struct VersionedState {
    #[serde(default)]
    v: u32,
}

/// A state from its JSON; one that a much newer version wrote is refused.
pub(crate) fn read_state<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let known = VERSION + 1;
    let VersionedState { v } = serde_json::from_str(json).map_err(|error| error.to_string())?;
    if v > known {
        return Err(format!(
            "it is of version {v}, which a newer dateline wrote; this one reads versions up to {known}"
        ));
    }
    serde_json::from_str(json).map_err(|error| error.to_string())
}

/// A mark as JSON, with its version.
pub(crate) fn seen_json(seen: &Seen) -> Result<String, LedgerError> {
    #[derive(Serialize)]
    struct Row<'a> {
        v: u32,
        #[serde(flatten)]
        seen: &'a Seen,
    }
    state_json(&Row { v: VERSION, seen }, MAX_RECORD_BYTES)
}

/// A record as JSON, refused when no outlet can take it.
pub(crate) fn record_json(record: &Record) -> Result<String, LedgerError> {
    refuse_oversized(record.to_json(), MAX_RECORD_BYTES)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn waiting(why: Why) -> Waiting {
        Waiting {
            v: 1,
            url: "https://one.test/a".to_owned(),
            why,
            posted: NOW,
            first_seen: NOW,
            feed: None,
            also: Vec::new(),
            title: None,
            authors: Vec::new(),
            published: None,
            date_refused: false,
            text: None,
            visited: Vec::new(),
        }
    }

    fn settled(when: Timestamp) -> Settled {
        Settled {
            outcome: crate::ledger::SettledAs::Published,
            when,
            settled: when,
            revision: 4,
            ..Settled::default()
        }
    }

    #[test]
    fn an_entry_never_seen_has_its_turn_even_when_it_is_only_still_listed() {
        let verdict = judge_entry(&waiting(Why::StillListed), None, None, NOW);
        assert_eq!(verdict, EntryVerdict::Go(Standing::default()));
    }

    #[test]
    fn a_mark_is_written_again_when_it_is_older_than_a_week() {
        let week = NOW + SEEN_REFRESHED;
        let seen = Seen::Settled(settled(NOW));
        let verdict = judge_entry(&waiting(Why::New), Some(&seen), None, week);
        assert_eq!(verdict, EntryVerdict::Drop(None));
        let later = week + SignedDuration::from_secs(1);
        let EntryVerdict::Drop(Some(mark)) =
            judge_entry(&waiting(Why::New), Some(&seen), None, later)
        else {
            unreachable!("a mark older than a week is written again")
        };
        let again = Settled {
            when: later,
            ..settled(NOW)
        };
        assert_eq!(*mark, Seen::Settled(again));
    }

    #[test]
    fn an_alias_that_is_still_listed_keeps_the_mark_of_its_article_alive_too() {
        let alias = Settled {
            same_as: Some(crate::id::ArticleId::of(&["test"])),
            ..settled(NOW)
        };
        let seen = Seen::Settled(alias.clone());
        let listed = waiting(Why::StillListed);
        assert_eq!(
            judge_entry(&listed, Some(&seen), None, NOW + SEEN_REFRESHED),
            EntryVerdict::Drop(None)
        );
        let later = NOW + SEEN_REFRESHED + SignedDuration::from_secs(1);
        let EntryVerdict::Go(standing) = judge_entry(&listed, Some(&seen), None, later) else {
            unreachable!("the owner is to write both marks")
        };
        assert!(only_refreshes(&listed, standing.before.as_ref()));
        assert!(!only_refreshes(&waiting(Why::Changed), Some(&alias)));
        assert!(!only_refreshes(&listed, Some(&settled(NOW))));
    }

    #[test]
    fn of_two_posts_the_feed_that_named_the_article_first_stays_first() {
        let named = |feed: &str| Waiting {
            feed: Some(FeedId::configured(feed)),
            ..waiting(Why::New)
        };
        let twice = merge_entries(&named("first"), named("second"));
        let all = merge_entries(&twice, merge_entries(&named("first"), named("third")));
        assert_eq!(all.feed, Some(FeedId::configured("first")));
        assert_eq!(
            all.also,
            ["second", "third"].map(FeedId::configured).to_vec()
        );
        let mut many = all;
        for n in 0..100 {
            many = merge_entries(&many, named(&format!("feed{n}")));
        }
        assert_eq!(many.also.len(), MAX_FEEDS_AN_ENTRY - 1);
    }

    #[test]
    fn an_entry_of_an_older_version_knows_of_no_further_feeds() {
        let json = state_json(&waiting(Why::New), 10_000).expect("it is small");
        assert!(!json.contains("also"), "{json}");
        let read: Waiting = serde_json::from_str(&json).expect("an entry as it was written before");
        assert_eq!(read, waiting(Why::New));
    }

    #[test]
    fn a_mark_of_the_next_version_is_read_and_a_later_one_refused_by_name() {
        let mark = Seen::Settled(settled(NOW));
        let json = seen_json(&mark).expect("it is small");
        for (v, readable) in [("1", true), ("2", true), ("3", false)] {
            let read: Result<Seen, String> =
                read_state(&json.replace("\"v\":1", &format!("\"v\":{v}")));
            assert_eq!(read.is_ok(), readable, "{read:?}");
        }
        let unversioned = json.replace("\"v\":1,", "");
        assert_eq!(read_state(&unversioned), Ok(mark));
    }

    #[test]
    fn the_oldest_of_one_too_many_give_way() {
        assert_eq!(
            find_excess(NOW, MAX_WAITING_A_SITE, NOW),
            Some(Excess::Backlog)
        );
        assert_eq!(find_excess(NOW, MAX_WAITING_A_SITE - 1, NOW), None);
        let old = NOW - MAX_WAITING_AGE - SignedDuration::from_secs(1);
        assert_eq!(find_excess(old, 0, NOW), Some(Excess::Expired));
    }

    #[test]
    fn a_text_is_cut_at_a_character() {
        let mut post = Post {
            id: crate::id::ArticleId::of(&["test"]),
            site: crate::site::Site::of_host("one.test"),
            waiting: Waiting {
                text: Some("é".repeat(MAX_FEED_TEXT_BYTES)),
                ..waiting(Why::New)
            },
        };
        cut_post(&mut post);
        assert_eq!(
            post.waiting.text.map(|text| text.len()),
            Some(MAX_FEED_TEXT_BYTES)
        );
    }

    #[test]
    fn what_is_too_large_for_an_outlet_is_named_with_its_size() {
        let refused = refuse_oversized("x".repeat(11), 10);
        assert!(matches!(
            refused,
            Err(LedgerError::TooLarge {
                bytes: 11,
                limit: 10
            })
        ));
    }
}
