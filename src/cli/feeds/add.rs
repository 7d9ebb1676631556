//! Feeds found at an address, added to the list.

use std::{
    io::{self, Write},
    path::Path,
};

use tokio::time::sleep;
use url::Url;

use super::{addresses, append};
use crate::{
    cli::{CommandFailure, build_runtime, print, run::load_configuration, with_causes},
    config::Config,
    feed::{
        ParsedFeed, discover,
        list::{self, FeedList},
        parse,
    },
    fetch::{Accept, Budget, Dial, Fetcher, Outcome, Request},
    site::Site,
};

/// Fetches an address and reads it as a feed; the problem in words where it is none.
pub(in crate::cli) async fn probe(
    fetcher: &Fetcher,
    url: &Url,
    dial: Dial,
) -> Result<ParsedFeed, String> {
    match fetched(fetcher, url, dial).await? {
        Fetched::Body(bytes, address, kind) => {
            parse::parse(&bytes, &address, kind.as_deref()).map_err(|error| with_causes(&error))
        }
        Fetched::Refused(problem) => Err(problem),
    }
}

/// What a server answered.
enum Fetched {
    /// A body, where it was found, and its content type.
    Body(Vec<u8>, Url, Option<String>),
    /// That it gives none.
    Refused(String),
}

async fn fetched(fetcher: &Fetcher, url: &Url, dial: Dial) -> Result<Fetched, String> {
    let request = Request {
        url,
        budget: Budget::FEED,
        validators: None,
        accept: Accept::Feed,
        cookies: None,
        dial,
    };
    let response = fetcher
        .get_following(request)
        .await
        .map_err(|error| with_causes(&error))?;
    let status = response.status;
    match response.outcome {
        Outcome::Page(page) => {
            let kind = page.content_type();
            Ok(Fetched::Body(page.bytes, response.url, kind))
        }
        _ => Ok(Fetched::Refused(format!("the server answered {status}"))),
    }
}

pub(super) fn add(path: &Path, text: &str, all: bool) -> Result<(), CommandFailure> {
    let (config, feeds) = load_configuration(path)?;
    let text = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let url = list::address(&text).map_err(CommandFailure::Usage)?;
    let fetcher = Fetcher::new(config.fetch_policy())
        .map_err(|error| CommandFailure::Usage(with_causes(&error)))?;
    let found = build_runtime()?
        .block_on(found(&fetcher, &config, &feeds, &url, all))
        .map_err(CommandFailure::Unavailable)?;
    let known = addresses(&feeds);
    let mut out = io::stdout().lock();
    let mut entries = String::new();
    for (url, parsed) in found {
        if known.contains(url.as_str()) {
            writeln!(out, "listed already: {url}")?;
            continue;
        }
        entries.push_str(&list::entry(&url, parsed.title.as_deref()));
        let title = print::plain_text(parsed.title.as_deref().unwrap_or("untitled"), 60);
        writeln!(
            out,
            "added: {url} ({title}, {} entries)",
            parsed.entries.len()
        )?;
    }
    append(&config, &entries)
}

/// The feed at an address, or the feeds of the site there.
async fn found(
    fetcher: &Fetcher,
    config: &Config,
    list: &FeedList,
    url: &Url,
    all: bool,
) -> Result<Vec<(Url, ParsedFeed)>, String> {
    let rules = |url: &Url| {
        let site = Site::of_url(url);
        site.map(|site| config.fetch.rules_of(&list.sites, &site))
            .unwrap_or_default()
    };
    let dial = |url: &Url| Dial {
        unverified: rules(url).is_unverified(),
        ..Dial::default()
    };
    let (candidates, problem) = match fetched(fetcher, url, dial(url)).await? {
        Fetched::Body(bytes, address, kind) => {
            match parse::parse(&bytes, &address, kind.as_deref()) {
                Ok(parsed) => return Ok(vec![(url.clone(), parsed)]),
                Err(problem) => (discover::discover(&bytes, &address), with_causes(&problem)),
            }
        }
        // Sites that refuse their front page to programs often serve their feeds.
        Fetched::Refused(problem) => (discover::usual(url), problem),
    };
    let mut feeds = Vec::new();
    for candidate in candidates {
        sleep(rules(&candidate.url).pace.unwrap_or(config.fetch.pace)).await;
        if let Ok(parsed) = probe(fetcher, &candidate.url, dial(&candidate.url)).await {
            feeds.push((candidate.url, parsed));
            if !all {
                break;
            }
        }
    }
    if feeds.is_empty() {
        Err(format!("no feed was found at {url}: {problem}"))
    } else {
        Ok(feeds)
    }
}
