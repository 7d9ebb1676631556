//! One bounded GET: asks an address, reads the answer within a budget, and goes nowhere it must not.
//!
//! The guard has three parts. The text of an address is judged before anything is sent (`policy`); a name is looked
//! up by a resolver that hands over only addresses that may be dialled (`resolve`); and redirects are answers, not
//! followed, so that each hop is judged anew and waits its turn at its own site (`redirect`).

use std::{
    future::Future,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use url::Url;

use crate::site::Site;

mod address;
mod body;
mod budget;
mod error;
mod head;
mod idle;
mod jar;
mod pace;
mod policy;
mod redirect;
mod reply;
mod resolve;
mod robots;
mod server;
mod state;
mod unpack;
mod wire;
mod words;

pub use address::{BadRange, Range};
pub use budget::{Accept, Budget};
pub use error::{Again, BoxedError, Fault, FetchError, Phase, Refusal};
pub use pace::{Felt, Now, Pace, PaceState, bound_asked_wait};
pub use policy::{Lookup, MAX_URL_BYTES, Policy, WEB_PORTS};
pub use redirect::journey::{Journey, MAX_HOPS};
pub use reply::{Failure, Head, Hop, MAX_VALIDATOR_BYTES, Outcome, Page, Response, Validators};
pub use robots::{Robots, TOKEN, robots_url};
pub use state::{HostRobots, RobotsAnswer, RobotsState, SiteState};
pub use wire::check_certificates;

use policy::{Verdict, forbidden, host_of};
use resolve::{Resolver, Unresolved};
use server::Servers;
use wire::Wire;

/// Whether a status says that there is nothing of the kinds that were asked for; some say so to all but browsers.
/// 415 is about what is sent (RFC 9110 section 15.5.16), and is answered to a GET in the place of 406.
pub fn refuses_kinds(status: u16) -> bool {
    matches!(status, 406 | 415)
}

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
    /// The value of `Cookie`, on the way to a page.
    pub cookies: Option<&'a str>,
    /// How the server is dialled.
    pub dial: Dial,
}

/// What a server's own faults ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dial {
    /// HTTP/1.1 alone: its HTTP/2 is broken.
    pub http1: bool,
    /// Whatever certificate it shows is taken: the operator said so of its site.
    pub unverified: bool,
}

/// Asks web servers, within its policy; clones share connections and bounds.
#[derive(Debug, Clone)]
pub struct Fetcher {
    wire: Wire,
    policy: Arc<Policy>,
    resolver: Resolver,
    servers: Servers,
    in_flight: Arc<Semaphore>,
}

/// A request whose turn has come: it holds its place at the server and among all requests until it is answered.
#[derive(Debug)]
pub struct Turn<'a> {
    fetcher: &'a Fetcher,
    request: Request<'a>,
    _places: (Option<OwnedSemaphorePermit>, OwnedSemaphorePermit),
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
            servers: Servers::default(),
            in_flight,
        })
    }

    /// Asks once; a redirect is an outcome.
    pub async fn get(&self, request: Request<'_>) -> Result<Response, FetchError> {
        let turn = self.turn(request, request.budget.total).await?;
        turn.take().await
    }

    /// Waits for the turn of a request at the address it is sent to, which may serve many sites, for `patience` at
    /// most ([`Phase::Turn`]), and among all requests. Places that the operator opened take as many as come.
    pub async fn turn<'a>(
        &'a self,
        request: Request<'a>,
        patience: Duration,
    ) -> Result<Turn<'a>, FetchError> {
        let at_server = match self.admit(request.url).await? {
            Some(address) => {
                let place = self.servers.place(address);
                Some(within(request.url, Phase::Turn, patience, place).await?)
            }
            None => None,
        };
        // Taken last: a request that waits for one slow server must not hold a place that all servers share.
        let in_flight = Arc::clone(&self.in_flight).acquire_owned().await;
        let in_flight = in_flight.expect("the semaphore is never closed");
        Ok(Turn {
            fetcher: self,
            request,
            _places: (at_server, in_flight),
        })
    }

    /// Asks and follows up to [`MAX_HOPS`] redirects, each checked; for one-shot commands and for robots.txt.
    /// The validators go with the first request only. All hops share the time of one request, and cookies go back to the
    /// hosts that set them; robots.txt is asked without.
    pub async fn get_following(&self, request: Request<'_>) -> Result<Response, FetchError> {
        let mut journey = Journey::begin(request.url.clone());
        let (began, site) = (Instant::now(), Site::of_url(request.url));
        journey.set_out()?;
        let mut response = self.get_acceptable(request).await?;
        loop {
            if let Some(arrived) = journey.arrive(response) {
                return Ok(arrived);
            }
            journey.set_out()?;
            let cookies = journey.cookies();
            let at_home = Site::of_url(journey.url()) == site;
            let next = Request {
                url: journey.url(),
                budget: Budget {
                    total: request.budget.total.saturating_sub(began.elapsed()),
                    ..request.budget
                },
                // A validator belongs to the address that gave it: a 304 from another one is about another document.
                validators: None,
                cookies: cookies
                    .as_deref()
                    .filter(|_| request.accept != Accept::Text),
                // What the operator said of one site holds for no other.
                dial: if at_home {
                    request.dial
                } else {
                    Dial::default()
                },
                ..request
            };
            response = self.get_acceptable(next).await?;
        }
    }

    /// Asks, and once more for anything at all where the server has nothing of what was asked for.
    async fn get_acceptable(&self, request: Request<'_>) -> Result<Response, FetchError> {
        let response = self.get(request).await?;
        if !refuses_kinds(response.status) || request.accept == Accept::Anything {
            return Ok(response);
        }
        let accept = Accept::Anything;
        self.get(Request { accept, ..request }).await
    }

    /// Judges an address before anything is sent. Gives the address of its server: of several the lowest stands for
    /// all, since they come in any order; `None` where the operator opened the place, or behind a proxy.
    async fn admit(&self, url: &Url) -> Result<Option<IpAddr>, FetchError> {
        let (name, web_port) = match self.policy.judge(url)? {
            Verdict::Ask => return Ok(None),
            Verdict::AskAt(address) => return Ok(Some(address)),
            Verdict::AskNamed { name, web_port } => (name, web_port),
        };
        let looking = self.resolver.addresses(&name);
        let found = within(url, Phase::Connect, self.policy.connect, looking).await?;
        let found = found.map_err(|error| unresolved(url, error))?;
        let addresses = found.iter().map(std::net::SocketAddr::ip);
        // All of them: the library chooses which one is dialled, and an opened one must not open ports of the others.
        if addresses.clone().all(|address| self.policy.opens(address)) {
            Ok(None)
        } else if web_port {
            Ok(addresses.min())
        } else {
            Err(forbidden(url, Refusal::Port))
        }
    }
}

impl Turn<'_> {
    /// Asks.
    pub async fn take(self) -> Result<Response, FetchError> {
        let (url, limit) = (self.request.url, self.request.budget.total);
        let asking = self.fetcher.wire.ask(self.request);
        let answer = within(url, Phase::Whole, limit, asking).await;
        let answer = answer.and_then(|answer| answer);
        // A server that moved leaves a dead address behind: the next try asks for the name again.
        if answer.as_ref().is_err_and(FetchError::is_passing) {
            let name = url.host_str().unwrap_or_default();
            self.fetcher.resolver.forget(name);
        }
        answer
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
