//! Which connections are kept for the next request: so many at most, however many sites are asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A connection without a request is kept this long: the next page of a site follows within its pace, a poll does not.
pub(super) const IDLE: Duration = Duration::from_secs(5);
/// Connections kept at once. Each costs some 27 KB, so all together 1.7 MB; ten thousand feeds at a quarter of an hour
/// are eleven polls a second, which leave no more behind.
const MAX_IDLE: usize = 64;

/// The hosts asked lately whose connections are kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Idle(Arc<Mutex<HashMap<String, Instant>>>);

impl Idle {
    /// Whether the connection of a request to a host that starts `now` is kept for the next one.
    pub(super) fn keeps(&self, host: &str, now: Instant) -> bool {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = kept.get_mut(host) {
            *last = now;
            return true;
        }
        if kept.len() >= MAX_IDLE {
            kept.retain(|_, last| now.saturating_duration_since(*last) < IDLE);
        }
        let room = kept.len() < MAX_IDLE;
        if room {
            kept.insert(host.to_owned(), now);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_hosts_are_kept_at_once_and_others_once_those_are_idle_for_long() {
        let (idle, now) = (Idle::default(), Instant::now());
        let kept = |from: usize, at: Instant| {
            let hosts = (from..from + 200).map(|n| format!("site{n}.test"));
            hosts.filter(|host| idle.keeps(host, at)).count()
        };
        assert_eq!(kept(0, now), MAX_IDLE);
        assert_eq!(kept(200, now), 0);
        assert_eq!(kept(0, now + IDLE / 2), MAX_IDLE);
        assert_eq!(kept(400, now + IDLE), 0);
        assert_eq!(kept(400, now + IDLE * 2), MAX_IDLE);
    }
}
