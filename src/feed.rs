//! Feeds: what is configured, what is remembered, what they list.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;

use crate::{id::FeedId, site::Site};

pub mod answer;
pub mod discover;
pub mod due;
pub mod health;
mod hints;
mod item;
mod json;
pub mod limits;
mod links;
pub mod list;
mod markup;
pub mod memory;
pub mod moves;
mod names;
mod newest;
pub mod outline;
pub mod parse;
pub mod poll;
mod sitemaps;
pub mod state;
mod tags;
mod text;
mod values;
mod xml;

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

/// What a feed's document says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParsedFeed {
    /// Title, plain text.
    pub title: Option<String>,
    /// Language as declared.
    pub language: Option<String>,
    /// What it asks of pollers, and where else it is.
    pub hints: FeedHints,
    /// Its items in document order, of too many the newest, each within the limits of [`limits`].
    pub entries: Vec<Entry>,
    /// Items that lead nowhere, having no address that can be asked, and items that cannot be read. The former are among
    /// the entries.
    pub unusable: u64,
    /// Items past the number that is taken, older than those that were.
    pub past_the_cap: u64,
}

/// What a feed asks of pollers, and where else it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedHints {
    /// `ttl`.
    pub ttl: Option<Duration>,
    /// `sy:updatePeriod` divided by `sy:updateFrequency`.
    pub update_every: Option<Duration>,
    /// Hours of the day, GMT, 0 to 23.
    pub skip_hours: Vec<u8>,
    /// Days of the week, 0 is Monday.
    pub skip_days: Vec<u8>,
    /// `rel="self"`.
    pub own_address: Option<Url>,
    /// `itunes:new-feed-url`.
    pub new_address: Option<Url>,
}

impl FeedHints {
    /// The longest wait that the feed asks for.
    pub fn at_least(&self) -> Option<Duration> {
        [self.ttl, self.update_every].into_iter().flatten().max()
    }
}

/// An item of a feed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// `guid`, `id` or `rdf:about` as written, else the address, else a hash of title and time: never drawn.
    pub id: String,
    /// Headline, plain text.
    pub title: Option<String>,
    /// Where the article is.
    pub link: Option<Url>,
    /// Where it is past the feed's own counter (`feedburner:origLink`).
    pub original_link: Option<Url>,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// When it was changed.
    pub updated: Option<Timestamp>,
    /// Whether it names a time that is too old for news and is not believed.
    pub date_refused: bool,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// The feed's own text as HTML.
    pub text: Option<String>,
}
