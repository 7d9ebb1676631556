//! Which connections are kept for the next request: so many at most, however many sites are asked.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// A connection without a request is kept this long.
// The next page of a site follows within its pace, a poll does not.
pub(super) const IDLE: Duration = Duration::from_secs(5);
/// Connections kept at once.
// Each costs some 27 KB, so all together 1.7 MB; ten thousand feeds at a quarter of an hour are eleven polls a
// second, which leave no more behind.
const MAX_IDLE: usize = 64;

/// The hosts whose connections are kept, and until when at the latest.
#[derive(Debug, Clone, Default)]
pub(super) struct Idle(Arc<Mutex<HashMap<String, Instant>>>);

impl Idle {
    /// Whether the connection of a request to a host that starts `now`, and takes `at_most` so long, is kept for the
    /// next one.
    pub(super) fn keeps(&self, host: &str, now: Instant, at_most: Duration) -> bool {
        let until = now + at_most + IDLE;
        let mut kept = self.0.lock();
        if let Some(known) = kept.get_mut(host) {
            *known = until;
            return true;
        }
        if kept.len() >= MAX_IDLE {
            kept.retain(|_, until| *until > now);
        }
        let room = kept.len() < MAX_IDLE;
        if room {
            kept.insert(host.to_owned(), until);
        }
        room
    }

    /// A request to a host is over `now`: its connection is idle from here on.
    pub(super) fn over(&self, host: &str, now: Instant) {
        if let Some(until) = self.0.lock().get_mut(host) {
            *until = now + IDLE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an answer takes at most here.
    const SLOW: Duration = Duration::from_secs(45);

    #[test]
    fn so_many_hosts_are_kept_at_once_and_others_once_those_are_idle_for_long() {
        let (idle, now) = (Idle::default(), Instant::now());
        let hosts = |from: usize| (from..from + 200).map(|n| format!("site{n}.test"));
        let kept = |from: usize, at: Instant| {
            hosts(from)
                .filter(|host| idle.keeps(host, at, SLOW))
                .count()
        };
        assert_eq!(kept(0, now), MAX_IDLE);
        assert_eq!(kept(200, now), 0);
        // Their answers take long, and each connection is kept after its own.
        let answered = now + SLOW;
        assert_eq!(kept(200, answered), 0);
        hosts(0).for_each(|host| idle.over(&host, answered));
        assert_eq!(kept(0, answered + IDLE / 2), MAX_IDLE);
        hosts(0).for_each(|host| idle.over(&host, answered + IDLE / 2));
        assert_eq!(kept(400, answered + IDLE), 0);
        assert_eq!(kept(400, answered + IDLE * 2), MAX_IDLE);
    }
}
