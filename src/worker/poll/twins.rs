//! Where feeds end after all redirects: two that end at one address are one feed, and only the first is polled.
//!
//! The other one is merged: it rests for as long as the first is listed, is this worker's, and is polled with success at
//! that address. As soon as it is not, the merged feed is freed and due at once. Since all that may change while the
//! other is being merged into it, a feed is entered as merged before the list, the owner and the state of the first are
//! looked at, and a freed one stays marked until a visit to its own site finds the mark.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    mem,
    sync::Arc,
};

use parking_lot::{Mutex, MutexGuard};

use crate::{
    feed::{Feed, poll::PollOutcome, state::FeedState},
    id::FeedId,
    ledger::Ledger,
    worker::newsroom::{Broken, Newsroom},
};

/// The feeds that were seen to end somewhere since the start.
#[derive(Debug, Default)]
pub(in crate::worker) struct FeedEnds(Mutex<HeldEnds>);

#[derive(Debug, Default)]
struct HeldEnds {
    /// By a hash of the address: who ended there. What a holder says now is asked of its state.
    holders: HashMap<u64, FeedId>,
    /// The hash of the address that a feed holds.
    ends: HashMap<FeedId, u64>,
    /// Feeds that are not polled, with the one that is instead, and the hash of the address of both.
    merged: HashMap<FeedId, (FeedId, u64)>,
    /// Feeds that were freed, and are due at once.
    freed: HashSet<FeedId>,
    /// Those of them whose sites are still to be woken.
    to_wake: Vec<FeedId>,
}

impl FeedEnds {
    /// Another feed that was seen to end at an address.
    fn other_holder(&self, feed: &FeedId, end: &str) -> Option<FeedId> {
        let held = self.lock_held();
        let holder = held.holders.get(&hash_of(end));
        holder.filter(|holder| *holder != feed).cloned()
    }

    /// A feed ends at an address and is polled there.
    pub(in crate::worker) fn hold_address(&self, feed: &FeedId, end: &str) {
        let (mut held, end) = (self.lock_held(), hash_of(end));
        held.let_go(feed);
        held.holders.insert(end, feed.clone());
        held.ends.insert(feed.clone(), end);
    }

    /// A feed is not polled, another one that ends at the same address is.
    fn merge_behind(&self, feed: &FeedId, into: &FeedId, end: &str) {
        let behind = (into.clone(), hash_of(end));
        self.lock_held().merged.insert(feed.clone(), behind);
    }

    /// A feed is polled for itself.
    pub(in crate::worker) fn part_feed(&self, feed: &FeedId) {
        let mut held = self.lock_held();
        held.merged.remove(feed);
        held.freed.remove(feed);
    }

    /// A poll has shown where a feed ends, `None` for nowhere: those behind it that end elsewhere are freed.
    pub(in crate::worker) fn note_end(&self, feed: &FeedId, end: Option<&str>) {
        let (mut held, end) = (self.lock_held(), end.map(hash_of));
        if end.is_none() {
            held.let_go(feed);
        }
        held.free_where(|into, of| into == feed && Some(of) != end);
    }

    /// Forgets the feeds that are not this worker's any more, and frees those behind them.
    pub(in crate::worker) fn keep_ours(&self, ours: impl Fn(&FeedId) -> bool) {
        let mut held = self.lock_held();
        held.holders.retain(|_, feed| ours(feed));
        held.ends.retain(|feed, _| ours(feed));
        held.merged.retain(|feed, _| ours(feed));
        held.freed.retain(|feed| ours(feed));
        held.free_where(|into, _| !ours(into));
    }

    /// Takes the mark of a freed feed.
    pub(in crate::worker) fn take_freed(&self, feed: &FeedId) -> bool {
        self.lock_held().freed.remove(feed)
    }

    /// Takes out the feeds whose sites are to be visited.
    pub(in crate::worker) fn to_wake(&self) -> Vec<FeedId> {
        // Each once: the mark of a freed feed stays until a visit to its site takes it.
        mem::take(&mut self.lock_held().to_wake)
    }

    fn lock_held(&self) -> MutexGuard<'_, HeldEnds> {
        self.0.lock()
    }
}

impl HeldEnds {
    /// A feed holds no address any more.
    fn let_go(&mut self, feed: &FeedId) {
        if let Some(end) = self.ends.remove(feed)
            && self.holders.get(&end) == Some(feed)
        {
            self.holders.remove(&end);
        }
    }

    /// Frees the merged feeds whose other feed and address are such.
    fn free_where(&mut self, such: impl Fn(&FeedId, u64) -> bool) {
        let freed = self.merged.extract_if(|_, (into, end)| such(into, *end));
        for (feed, _) in freed {
            self.to_wake.push(feed.clone());
            self.freed.insert(feed);
        }
    }
}

fn hash_of(address: &str) -> u64 {
    // Eight bytes a feed instead of its address. Where two fall together, the holder's own state still decides.
    let mut hasher = DefaultHasher::new();
    address.hash(&mut hasher);
    hasher.finish()
}

/// Another listed feed that is polled at the address at which this one ended: of the two it was there first.
pub(in crate::worker) async fn find_twin<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    state: &FeedState,
    outcome: &PollOutcome,
) -> Result<Option<Arc<Feed>>, Broken> {
    let end = state.validators_of.as_deref();
    let Some(end) = end.filter(|_| !matches!(outcome, PollOutcome::Failed { .. })) else {
        return Ok(None);
    };
    if let Some(holder) = room.ends.other_holder(&feed.id, end)
        && let Some(twin) = polled_at(room, feed, &holder, end).await?
    {
        return Ok(Some(twin));
    }
    room.ends.hold_address(&feed.id, end);
    Ok(None)
}

/// Whether a feed that was merged when its state was written is to be polled again by now; no other feed is.
pub(in crate::worker) async fn is_freed<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    state: &FeedState,
) -> Result<bool, Broken> {
    let Some(same) = state.same_as.as_ref().filter(|_| state.is_merged()) else {
        // A version before this one wrote down only for people which feed is polled instead.
        return Ok(state.is_merged());
    };
    let twin = polled_at(room, feed, &same.feed, &same.end).await?;
    Ok(twin.is_none())
}

/// Another feed, if it is polled with success at an address; then this one waits behind it.
async fn polled_at<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    other: &FeedId,
    end: &str,
) -> Result<Option<Arc<Feed>>, Broken> {
    room.ends.merge_behind(&feed.id, other, end);
    let other = room.find_feed(other);
    if let Some(other) = &other {
        let said = room
            .ask_ledger(|| room.ledger.read_feed(&other.site, &other.id))
            .await;
        let said = match said {
            // Its state cannot be read, or it is not this worker's any more: it is not polled here.
            Err(Broken::Stale) => None,
            said => said?,
        };
        if said.as_ref().and_then(|said| said.polled_end()) == Some(end) {
            return Ok(Some(Arc::clone(other)));
        }
    }
    room.ends.part_feed(&feed.id);
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: &str = "https://example.org/feed";
    const OTHER: &str = "https://example.org/other";

    fn ends() -> (FeedEnds, [FeedId; 2]) {
        (FeedEnds::default(), ["a", "b"].map(FeedId::configured))
    }

    #[test]
    fn the_feed_that_ends_at_an_address_holds_it_until_it_ends_elsewhere() {
        let (ends, [a, b]) = ends();
        ends.hold_address(&a, END);
        assert_eq!(ends.other_holder(&a, END), None);
        assert_eq!(ends.other_holder(&b, END), Some(a.clone()));
        assert_eq!(ends.other_holder(&b, OTHER), None);
        ends.hold_address(&a, OTHER);
        assert_eq!(ends.other_holder(&b, END), None);
        assert_eq!(ends.other_holder(&b, OTHER), Some(a));
    }

    #[test]
    fn a_merged_feed_is_freed_when_the_other_fails_or_ends_elsewhere_and_not_while_it_does_not() {
        let (ends, [a, b]) = ends();
        for (end, freed) in [(Some(END), false), (Some(OTHER), true), (None, true)] {
            ends.merge_behind(&b, &a, END);
            ends.note_end(&a, end);
            assert_eq!(ends.take_freed(&b), freed, "{end:?}");
            assert!(!ends.take_freed(&b));
            assert_eq!(ends.to_wake().len(), usize::from(freed));
        }
        ends.merge_behind(&b, &a, END);
        ends.part_feed(&b);
        ends.note_end(&a, None);
        assert!(!ends.take_freed(&b), "it is polled for itself");
    }

    #[test]
    fn a_feed_that_is_not_ours_any_more_frees_those_behind_it_and_leaves_nothing_behind() {
        let (ends, [a, b]) = ends();
        ends.hold_address(&a, END);
        ends.merge_behind(&b, &a, END);
        ends.keep_ours(|_| true);
        assert!(!ends.take_freed(&b));
        ends.keep_ours(|id| *id != a);
        assert_eq!(ends.to_wake(), std::slice::from_ref(&b));
        assert!(ends.take_freed(&b));
        assert_eq!(ends.other_holder(&b, END), None);
        ends.merge_behind(&b, &a, END);
        ends.keep_ours(|_| false);
        assert!(ends.to_wake().is_empty());
    }

    #[test]
    fn a_feed_whose_end_is_another_one_at_each_poll_takes_no_more_room_than_one() {
        let (ends, [a, b]) = ends();
        ends.hold_address(&b, OTHER);
        for poll in 0..1_000 {
            ends.hold_address(&a, &format!("{END}?poll={poll}"));
            ends.note_end(&a, Some(END));
        }
        let held = ends.lock_held();
        assert_eq!((held.holders.len(), held.ends.len()), (2, 2));
    }
}
