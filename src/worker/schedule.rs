//! Which site is visited when: one visit a site at a time, none before it is due.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use tokio::time::Instant;

use crate::site::Site;

/// The sites that have something to do, by the instant at which they may be visited.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    due: BinaryHeap<Reverse<(Instant, Site)>>,
    sites: HashMap<Site, VisitPlan>,
}

/// What is planned for a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum VisitPlan {
    /// Waiting in the heap for this instant; other rows of the site in the heap are stale.
    At(Instant),
    /// Being visited; to be visited again at this instant at the latest.
    Busy { again: Option<Instant> },
}

impl Schedule {
    /// Plans a visit at `at`, unless an earlier one is planned.
    pub(super) fn wake_at(&mut self, site: &Site, at: Instant) {
        match self.sites.get_mut(site) {
            Some(VisitPlan::Busy { again }) => {
                *again = Some(again.map_or(at, |other| other.min(at)));
            }
            Some(VisitPlan::At(planned)) if *planned <= at => {}
            _ => {
                self.sites.insert(site.clone(), VisitPlan::At(at));
                self.due.push(Reverse((at, site.clone())));
            }
        }
    }

    /// The instant of the next visit.
    pub(super) fn next(&mut self) -> Option<Instant> {
        while let Some(Reverse((at, site))) = self.due.peek() {
            if self.sites.get(site) == Some(&VisitPlan::At(*at)) {
                return Some(*at);
            }
            self.due.pop();
        }
        None
    }

    /// Takes the site that is due by `now`; it stays busy until [`Self::end_visit`].
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Site> {
        if self.next()? > now {
            return None;
        }
        let Reverse((_, site)) = self.due.pop()?;
        self.sites
            .insert(site.clone(), VisitPlan::Busy { again: None });
        Some(site)
    }

    /// Ends a visit. The site is visited again at `next`, or when it was woken meanwhile, but not before `allowed`.
    pub(super) fn end_visit(&mut self, site: &Site, next: Option<Instant>, allowed: Instant) {
        let Some(VisitPlan::Busy { again }) = self.sites.remove(site) else {
            return;
        };
        let earliest = [next, again].into_iter().flatten().min();
        if let Some(at) = earliest {
            self.wake_at(site, at.max(allowed));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn site(name: &str) -> Site {
        Site::of_host(name)
    }

    #[test]
    fn a_site_is_visited_once_at_a_time() {
        let (mut schedule, now) = (Schedule::default(), Instant::now());
        schedule.wake_at(&site("a.org"), now);
        assert_eq!(schedule.take_due(now), Some(site("a.org")));
        schedule.wake_at(&site("a.org"), now);
        assert_eq!(schedule.take_due(now), None);
        let allowed = now + Duration::from_secs(2);
        schedule.end_visit(&site("a.org"), None, allowed);
        assert_eq!(
            (schedule.take_due(now), schedule.next()),
            (None, Some(allowed))
        );
        assert_eq!(schedule.take_due(allowed), Some(site("a.org")));
    }

    #[test]
    fn an_earlier_wake_moves_a_visit_forward_and_a_later_one_does_not_move_it() {
        let (mut schedule, now) = (Schedule::default(), Instant::now());
        let at = |s| now + Duration::from_secs(s);
        schedule.wake_at(&site("a.org"), at(10));
        schedule.wake_at(&site("a.org"), at(5));
        schedule.wake_at(&site("a.org"), at(20));
        assert_eq!(schedule.next(), Some(at(5)));
        assert_eq!(schedule.take_due(at(5)), Some(site("a.org")));
        schedule.end_visit(&site("a.org"), None, at(5));
        assert_eq!((schedule.next(), schedule.sites.len()), (None, 0));
    }

    #[test]
    fn sites_come_in_the_order_they_are_due() {
        let (mut schedule, now) = (Schedule::default(), Instant::now());
        for (name, s) in [("c.org", 3), ("a.org", 1), ("b.org", 2)] {
            schedule.wake_at(&site(name), now + Duration::from_secs(s));
        }
        let late = now + Duration::from_secs(9);
        let order: Vec<_> = std::iter::from_fn(|| schedule.take_due(late)).collect();
        assert_eq!(order, [site("a.org"), site("b.org"), site("c.org")]);
    }
}
