//! Asks for what may be a feed, at the pace of its site.

use tokio::time::sleep;
use url::Url;

use crate::{
    cli::{CommandFailure, wait::await_telling, with_causes},
    config::{Config, SiteRules},
    feed::{
        ParsedFeed,
        limits::FeedLimits,
        list::FeedList,
        parse::{FeedError, parse_within},
    },
    fetch::{Accept, Dial, Fetcher, Outcome, Request, refuses_kinds},
    site::Site,
};

/// What a server answered.
pub(super) enum Fetched {
    /// A body.
    Body(FetchedBody),
    /// That it gives none.
    Refused(String),
}

/// A body with what its answer says of it.
pub(super) struct FetchedBody {
    pub(super) bytes: Vec<u8>,
    /// Where it was found.
    pub(super) url: Url,
    kind: Option<String>,
    /// The `Link` heads.
    pub(super) links: Vec<String>,
    limits: FeedLimits,
}

impl FetchedBody {
    /// The feed that it is.
    pub(super) fn parse(&self) -> Result<ParsedFeed, FeedError> {
        parse_within(&self.bytes, &self.url, self.kind.as_deref(), self.limits)
    }
}

/// Fetches an address and reads it as a feed; the problem in words where it is none.
pub(in crate::cli) async fn probe(
    fetcher: &Fetcher,
    url: &Url,
    dial: Dial,
    limits: FeedLimits,
) -> Result<ParsedFeed, String> {
    match fetch(fetcher, url, dial, limits).await? {
        Fetched::Body(body) => body.parse().map_err(|error| with_causes(&error)),
        Fetched::Refused(problem) => Err(problem),
    }
}

async fn fetch(
    fetcher: &Fetcher,
    url: &Url,
    dial: Dial,
    limits: FeedLimits,
) -> Result<Fetched, String> {
    let request = Request {
        url,
        budget: limits.budget(),
        validators: None,
        accept: Accept::Feed,
        cookies: None,
        dial,
    };
    let response = fetcher
        .get_following(request)
        .await
        .map_err(|error| error.in_words())?;
    let status = response.status;
    match response.outcome {
        Outcome::Page(page) => Ok(Fetched::Body(FetchedBody {
            kind: page.content_type(),
            bytes: page.bytes,
            url: response.url,
            links: response.head.links,
            limits,
        })),
        _ if refuses_kinds(status) => Ok(Fetched::Refused(format!(
            "the server answered {status}, also when asked as browsers ask"
        ))),
        _ => Ok(Fetched::Refused(format!("the server answered {status}"))),
    }
}

/// Asks by the configuration, one request after the other.
pub(super) struct Asker<'a> {
    fetcher: Fetcher,
    config: &'a Config,
    list: &'a FeedList,
}

impl<'a> Asker<'a> {
    pub(super) fn new(config: &'a Config, list: &'a FeedList) -> Result<Self, CommandFailure> {
        let fetcher = Fetcher::new(config.fetch_policy())
            .map_err(|error| CommandFailure::Usage(with_causes(&error)))?;
        Ok(Self {
            fetcher,
            config,
            list,
        })
    }

    fn rules_of(&self, url: &Url) -> SiteRules {
        let site = Site::of_url(url);
        site.map(|site| self.config.fetch.rules_of(&self.list.sites, &site))
            .unwrap_or_default()
    }

    /// Asks for an address at once.
    pub(super) async fn fetch(&self, url: &Url) -> Result<Fetched, String> {
        let dial = Dial {
            unverified: self.rules_of(url).is_unverified(),
            ..Dial::default()
        };
        let asking = format!("asking {url}");
        let answer = fetch(&self.fetcher, url, dial, self.config.poll.limits);
        await_telling(&asking, answer).await
    }

    /// Asks for an address once its site may be asked again.
    pub(super) async fn fetch_paced(&self, url: &Url) -> Result<Fetched, String> {
        let pace = self.rules_of(url).pace.unwrap_or(self.config.fetch.pace);
        sleep(pace).await;
        self.fetch(url).await
    }

    /// The feed at an address, once its site may be asked again; the problem in words where there is none.
    pub(super) async fn probe(&self, url: &Url) -> Result<ParsedFeed, String> {
        match self.fetch_paced(url).await? {
            Fetched::Body(body) => body.parse().map_err(|error| with_causes(&error)),
            Fetched::Refused(problem) => Err(problem),
        }
    }
}
