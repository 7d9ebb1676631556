//! A tiny news site on loopback: its hosts, feeds and stories, for `dateline demo` and the tests.
use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use self::server::{LoopbackServer, Visit};
pub use self::story::DemoStory;

pub mod feeds;
mod front;
mod page;
pub mod server;
mod sites;
mod story;
mod template;

/// A feed of the demo site, as a feed list would name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoFeed {
    /// Address with the port of this start.
    pub url: String,
    /// Name of the outlet.
    pub name: String,
    /// Language of the stories, BCP 47.
    pub language: String,
    /// Country of the outlet, ISO 3166-1 alpha-3.
    pub country: String,
}

/// The running demo site: several host names behind one loopback port, distinguished by `Host`.
#[derive(Debug)]
pub struct DemoSite {
    server: LoopbackServer,
    hosts: Vec<String>,
    feeds: Vec<DemoFeed>,
    stories: Vec<DemoStory>,
}

impl DemoSite {
    /// Serves the built-in stories on a free port of 127.0.0.1 until stopped or dropped.
    ///
    /// Fails when no port can be had, or with `InvalidData` when an embedded file is malformed.
    pub async fn start() -> io::Result<Self> {
        let desk = sites::NewsDesk::read_desk()?;
        let stories = sites::NewsDesk::read_stories()?;
        let server = LoopbackServer::start(Duration::ZERO, |address| {
            let shelf = desk.render_shelf(&stories, address.port())?;
            Ok(Arc::new(move |asked: &server::AskedPage<'_>| {
                shelf.find_answer(asked)
            }))
        })
        .await?;
        let feeds = desk.list_feeds(server.address().port());
        Ok(Self {
            hosts: desk.list_hosts(),
            feeds,
            stories,
            server,
        })
    }

    /// The address all hosts are served on.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Every host name the site answers to; the fetcher's host map sends them to `address`.
    pub fn hosts(&self) -> Vec<&str> {
        self.hosts.iter().map(String::as_str).collect()
    }

    /// The feeds, one an outlet.
    pub fn feeds(&self) -> Vec<DemoFeed> {
        self.feeds.clone()
    }

    /// All stories with their clean paragraphs: the truth an extractor is held to.
    pub fn stories(&self) -> &[DemoStory] {
        &self.stories
    }

    /// Requests seen so far, in the order they came.
    pub fn visits(&self) -> Vec<Visit> {
        self.server.list_visits()
    }

    /// Lets open answers finish, then gives the port back.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
