//! Feeds: what is configured, what is remembered, what they list.

use std::time::Duration;

use url::Url;

use crate::{id::FeedId, site::Site};

pub mod health;
pub mod list;
pub mod poll;
pub mod reload;
pub mod state;

/// A configured feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// As configured, else a hash of the address.
    pub id: FeedId,
    /// Where it is polled.
    pub url: Url,
    /// The site that owns it.
    pub site: Site,
    /// A name for people.
    pub name: Option<String>,
    /// An interval of its own: start value and floor.
    pub interval: Option<Duration>,
    /// The language of its articles, BCP 47.
    pub language: Option<String>,
    /// The publisher's country, ISO 3166-1 alpha-3.
    pub country: Option<String>,
    /// Tags for consumers.
    pub tags: Vec<String>,
}
