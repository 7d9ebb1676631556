//! Where feeds end after all redirects: two that end at one address are one feed, and only the first is polled.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::id::FeedId;

/// The feeds that were seen to end somewhere since the start.
#[derive(Debug, Default)]
pub(super) struct Ends(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    /// By a hash of the address: who ended there first. What a holder says now is asked of its state.
    holders: HashMap<u64, FeedId>,
    /// Feeds that are not polled, with the one that is instead.
    merged: HashMap<FeedId, FeedId>,
}

impl Ends {
    /// Another feed that was seen to end at an address.
    pub(super) fn holder(&self, feed: &FeedId, end: &str) -> Option<FeedId> {
        let held = self.held();
        let holder = held.holders.get(&hash_of(end));
        holder.filter(|holder| *holder != feed).cloned()
    }

    /// A feed ends at an address and is polled there.
    pub(super) fn hold(&self, feed: &FeedId, end: &str) {
        let mut held = self.held();
        held.holders.insert(hash_of(end), feed.clone());
        held.merged.remove(feed);
    }

    /// A feed is not polled, another one is.
    pub(super) fn merge(&self, feed: &FeedId, into: &FeedId) {
        self.held().merged.insert(feed.clone(), into.clone());
    }

    /// Takes out the feeds that stood behind one that is listed no more: they are to be polled again.
    pub(super) fn freed(&self, listed: impl Fn(&FeedId) -> bool) -> Vec<FeedId> {
        let mut held = self.held();
        let freed = held.merged.extract_if(|_, into| !listed(into));
        freed.map(|(feed, _)| feed).collect()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash_of(address: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    address.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_feed_holds_an_address_until_it_is_listed_no_more() {
        let (ends, [a, b]) = (Ends::default(), ["a", "b"].map(FeedId::configured));
        let end = "https://example.org/feed";
        ends.hold(&a, end);
        assert_eq!(
            (ends.holder(&a, end), ends.holder(&b, end)),
            (None, Some(a.clone()))
        );
        assert_eq!(ends.holder(&b, "https://example.org/other"), None);
        ends.merge(&b, &a);
        assert!(ends.freed(|_| true).is_empty());
        assert_eq!(ends.freed(|id| *id != a), std::slice::from_ref(&b));
        assert!(ends.freed(|_| false).is_empty());
        ends.hold(&b, end);
        assert_eq!(ends.holder(&a, end), Some(b));
    }
}
