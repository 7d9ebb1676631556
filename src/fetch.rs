//! One bounded GET: asks an address, reads the answer within a budget, and goes nowhere it must not.
//!
//! The guard has three parts. The text of an address is judged before anything is sent (`policy`); a name is looked
//! up by a resolver that hands over only addresses that may be dialled (`resolve`); and redirects are answers, not
//! followed, so that each hop is judged anew and waits its turn at its own site (`redirect`).

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Semaphore, time::timeout};
use url::Url;

mod address;
mod body;
mod budget;
mod error;
mod head;
mod pace;
mod policy;
mod redirect;
mod reply;
mod resolve;
mod robots;
mod state;
mod unpack;
mod wire;

pub use address::{BadRange, Range};
pub use budget::{Accept, Budget};
pub use error::{Again, BoxedError, Fault, FetchError, Phase, Refusal};
pub use pace::{Felt, Now, Pace, PaceState};
pub use policy::{Lookup, MAX_URL_BYTES, Policy, WEB_PORTS};
pub use redirect::{MAX_HOPS, Way};
pub use reply::{Failure, Head, Hop, MAX_VALIDATOR_BYTES, Outcome, Page, Response, Validators};
pub use robots::{Robots, TOKEN, robots_url};
pub use state::{HostRobots, RobotsAnswer, RobotsState, SiteState};

use policy::{Verdict, forbidden, host_of};
use resolve::{Resolver, Unresolved};
use wire::Wire;

/// One GET, one hop.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The address; its fragment is not sent.
    pub url: &'a Url,
    /// What it may cost.
    pub budget: Budget,
    /// What the last answer gave to ask again with.
    pub validators: Option<&'a Validators>,
    /// What is asked for.
    pub accept: Accept,
}

/// Asks web servers, within its policy; clones share connections and bounds.
#[derive(Debug, Clone)]
pub struct Fetcher {
    wire: Wire,
    policy: Arc<Policy>,
    resolver: Resolver,
    in_flight: Arc<Semaphore>,
}

impl Fetcher {
    /// A fetcher under a policy; fails when its proxy or its certificates cannot be used.
    pub fn new(policy: Policy) -> Result<Self, FetchError> {
        let policy = Arc::new(policy);
        let resolver = Resolver::new(Arc::clone(&policy));
        let wire = Wire::new(&policy, &resolver)?;
        let in_flight = Arc::new(Semaphore::new(policy.concurrency));
        Ok(Self {
            wire,
            policy,
            resolver,
            in_flight,
        })
    }

    /// Asks once; a redirect is an outcome.
    pub async fn get(&self, request: Request<'_>) -> Result<Response, FetchError> {
        self.admit(request.url).await?;
        let _permit = self
            .in_flight
            .acquire()
            .await
            .expect("the semaphore is never closed");
        within(
            request.url,
            Phase::Whole,
            request.budget.total,
            self.wire.ask(request),
        )
        .await?
    }

    /// Asks and follows up to [`MAX_HOPS`] redirects, each checked; for one-shot commands and for robots.txt.
    /// The validators go with the first request only. All hops share the time of one request.
    pub async fn get_following(&self, request: Request<'_>) -> Result<Response, FetchError> {
        let mut way = Way::from(request.url);
        let began = Instant::now();
        let mut response = self.get(request).await?;
        while let Outcome::Moved(hop) = &response.outcome {
            let url = hop.location.clone();
            way.go(url.clone())?;
            let left = request.budget.total.saturating_sub(began.elapsed());
            let budget = Budget {
                total: left,
                ..request.budget
            };
            response = self
                .get(Request {
                    url: &url,
                    budget,
                    validators: None,
                    ..request
                })
                .await?;
        }
        Ok(response)
    }

    /// Judges an address before anything is sent.
    async fn admit(&self, url: &Url) -> Result<(), FetchError> {
        let Verdict::AskIfPrivate(name) = self.policy.judge(url)? else {
            return Ok(());
        };
        let looking = self.resolver.addresses(&name);
        let found = within(url, Phase::Connect, self.policy.connect, looking).await?;
        let found = found.map_err(|error| unresolved(url, error))?;
        let opened = |address| address::is_private_by(address, &self.policy.private);
        if found.iter().all(|found| opened(found.ip())) {
            Ok(())
        } else {
            Err(forbidden(url, Refusal::Port))
        }
    }
}

async fn within<T>(
    url: &Url,
    phase: Phase,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Result<T, FetchError> {
    timeout(limit, work).await.map_err(|_| FetchError::Timeout {
        host: host_of(url),
        phase,
        limit,
    })
}

fn unresolved(url: &Url, error: Unresolved) -> FetchError {
    match error {
        Unresolved::Private => forbidden(url, Refusal::Private),
        Unresolved::None(_) => FetchError::NoAddress {
            host: host_of(url),
            source: Box::new(error),
        },
    }
}
