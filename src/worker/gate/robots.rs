//! robots.txt at the gates: asked for where it is not known, obeyed by pages and, where it names us, by feeds.

use jiff::Timestamp;
use url::Url;

use super::{
    Gates, NoAnswer,
    pass::{PATIENCE, load_pace},
};
use crate::{
    fetch::{
        Accept, Budget, Dial, FetchError, Journey, Phase, Request, Response, Robots, RobotsAnswer,
        robots_url,
    },
    ledger::Ledger,
    site::Site,
    worker::newsroom::{Broken, Newsroom},
};

/// What robots.txt says to a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::worker) enum Permission {
    Granted,
    Denied,
    /// robots.txt cannot be had, which forbids everything for now (RFC 9309 section 2.3.1.4).
    Unknown,
}

impl Gates {
    /// Whether robots.txt allows a page of the site; it is fetched first where it is not known.
    pub(in crate::worker) async fn may_fetch<L: Ledger>(
        &self,
        room: &Newsroom<L>,
        site: &Site,
        url: &Url,
    ) -> Result<Permission, Broken> {
        Ok(match self.read_rules(room, site, url).await? {
            Some(rules) if rules.allows(url) => Permission::Granted,
            Some(_) => Permission::Denied,
            None => Permission::Unknown,
        })
    }

    /// Whether a feed may be polled: an operator chose it, so only a group of robots.txt that names us forbids it, and
    /// a file that cannot be had does not. Its `Crawl-delay` counts as for pages.
    pub(in crate::worker) async fn may_poll<L: Ledger>(
        &self,
        room: &Newsroom<L>,
        site: &Site,
        url: &Url,
    ) -> Result<Permission, Broken> {
        Ok(match self.read_rules(room, site, url).await? {
            Some(rules) if !rules.allows_feed(url) => Permission::Denied,
            _ => Permission::Granted,
        })
    }

    /// The robots.txt that speaks of an address, asked for again where the copy is too old; `None` where it cannot be
    /// had, now and before.
    async fn read_rules<L: Ledger>(
        &self,
        room: &Newsroom<L>,
        site: &Site,
        url: &Url,
    ) -> Result<Option<Robots>, Broken> {
        let gate = self.gate_of(site);
        // Let go again before the request, which takes the same lock.
        let known = {
            let mut gate = gate.lock().await;
            load_pace(room, site, &mut gate).await?;
            gate.state.robots(url, Timestamp::now()).is_some()
        };
        if !known {
            let answer = match self.fetch_robots(room, site, url).await {
                Ok(response) => Ok(response),
                Err(NoAnswer::Fetch(error)) => Err(error),
                Err(NoAnswer::Broken(broken)) => return Err(broken),
            };
            let mut gate = gate.lock().await;
            let learned = gate
                .state
                .learn_robots(url, RobotsAnswer::of(&answer), Timestamp::now());
            tracing::debug!(
                host = url.host_str(),
                ok = answer.is_ok(),
                "robots.txt asked for"
            );
            let delay = learned
                .rules(Timestamp::now())
                .and_then(|rules| rules.crawl_delay());
            if let (Some(delay), Some(pace)) = (delay, &mut gate.pace) {
                pace.at_least(delay);
            }
        }
        let gate = gate.lock().await;
        let now = Timestamp::now();
        let robots = gate.state.robots(url, now);
        Ok(robots.and_then(|robots| robots.rules(now)))
    }

    /// Asks for robots.txt, each hop at the gate of its own site. One that leads to a site of another worker, whose
    /// gate only that worker passes, counts as none: what redirects so is mostly a whole host that has moved, whose
    /// pages lead to the other site too and are read there, by its rules.
    async fn fetch_robots<L: Ledger>(
        &self,
        room: &Newsroom<L>,
        site: &Site,
        url: &Url,
    ) -> Result<Response, NoAnswer> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let elsewhere = || FetchError::BadRedirect { host: host.clone() };
        let mut journey = Journey::begin(robots_url(url).ok_or_else(elsewhere)?);
        let mut at = site.clone();
        loop {
            journey.set_out()?;
            let request = Request {
                url: journey.url(),
                budget: Budget::ROBOTS,
                validators: None,
                accept: Accept::Text,
                cookies: None,
                dial: Dial::default(),
            };
            let response = match self.send_request(room, &at, request).await {
                // Passed on, the other site's wait would put off all of this one's visits.
                Err(NoAnswer::Broken(Broken::Held(_))) if at != *site => {
                    Err(NoAnswer::Fetch(FetchError::Timeout {
                        host: host.clone(),
                        phase: Phase::Whole,
                        limit: PATIENCE,
                    }))
                }
                answer => answer,
            }?;
            if let Some(response) = journey.arrive(response) {
                return Ok(response);
            }
            at = Site::of_url(journey.url()).unwrap_or(at);
            if room.ledger.find_tenure(&at).is_none() {
                return Err(elsewhere().into());
            }
        }
    }
}
