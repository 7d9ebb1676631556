//! Synthetic news at scale: any number of local sites, feeds and articles, the same for one seed.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test crate includes this module and uses its own part of it"
)]
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use dateline::demo::server::{AskedPage, LoopbackServer, Visit};

pub use plan::Plan;
use plan::{article_url, lister_host, site_host};
use world::World;

#[path = "news/plan.rs"]
mod plan;
#[path = "news/world.rs"]
mod world;

/// The running synthetic world.
#[derive(Debug)]
pub struct News {
    server: LoopbackServer,
    plan: Plan,
    listed: Arc<AtomicUsize>,
}

impl News {
    /// Serves the plan with every article listed.
    pub async fn start(plan: Plan) -> io::Result<Self> {
        let listed = Arc::new(AtomicUsize::new(plan.articles_per_feed));
        let world = (plan.clone(), Arc::clone(&listed));
        let server = LoopbackServer::start(plan.latency, move |address| {
            let (plan, listed) = world;
            let world = World {
                plan,
                listed,
                port: address.port(),
            };
            Ok(Arc::new(move |asked: &AskedPage<'_>| world.answer(asked)))
        })
        .await?;
        Ok(Self {
            server,
            plan,
            listed,
        })
    }

    /// From now on each feed lists only its first `n` articles: news can be let out bit by bit.
    pub fn list(&self, n: usize) {
        self.listed
            .store(n.min(self.plan.articles_per_feed), Ordering::SeqCst);
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Every host name, for the fetcher's host map.
    pub fn hosts(&self) -> Vec<String> {
        let sites = (0..self.plan.sites).map(site_host);
        let listers = (0..self.plan.listers).map(lister_host);
        let odd = ["round.test", "consent.test"].map(str::to_owned);
        sites.chain(listers).chain(odd).collect()
    }

    /// The address of every feed.
    pub fn feeds(&self) -> Vec<String> {
        let (plan, port) = (&self.plan, self.address().port());
        let own = (0..plan.sites).map(|site| (site_host(site), plan.feeds_per_site));
        let listers = (0..plan.listers).map(|lister| (lister_host(lister), plan.feeds_per_lister));
        let all = own.chain(listers);
        all.flat_map(|(host, feeds)| (0..feeds).map(move |f| format!("http://{host}:{port}/f/{f}")))
            .collect()
    }

    /// Marker and own address of every article. The marker stands in the title and, once, in the
    /// text of this article and nowhere else.
    pub fn articles(&self) -> Vec<(String, String)> {
        let port = self.address().port();
        let article = |i| (self.plan.marker(i), article_url(&self.plan, i, port));
        (0..self.plan.articles()).map(article).collect()
    }

    /// Requests seen so far.
    pub fn visits(&self) -> Vec<Visit> {
        self.server.list_visits()
    }

    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// Every breach of manners, as a sentence: a request to a host that began before the one before
/// it was answered, or less than `pace` after that one began. `slack` allows for the way from the
/// client's clock to the server's. Unanswered requests (the client was killed) end nothing.
pub fn breaches(visits: &[Visit], pace: Duration, slack: Duration) -> Vec<String> {
    let mut last: HashMap<&str, &Visit> = HashMap::new();
    let mut found = Vec::new();
    for visit in visits {
        if let Some(before) = last.insert(&visit.host, visit) {
            let gap = visit.started.saturating_duration_since(before.started);
            if before.ended.is_some_and(|ended| ended > visit.started) {
                found.push(format!(
                    "{}: {} during {}",
                    visit.host, visit.path, before.path
                ));
            }
            if gap + slack < pace {
                let (host, path) = (&visit.host, &visit.path);
                found.push(format!("{host}: {path} {gap:?} after {}", before.path));
            }
        }
    }
    found
}
