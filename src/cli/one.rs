//! One address given on the command line: fetched as the worker would, robots.txt obeyed.

use std::path::Path;

use url::Url;

use super::{CommandFailure, build_runtime, wait::await_telling, with_causes};
use crate::{
    config::Config,
    feed::list,
    fetch::{
        Accept, Budget, Dial, FetchError, Fetcher, Outcome, Page, Request, Response, RobotsAnswer,
        SiteState, refuses_kinds, robots_url,
    },
};

/// The address, where an argument is one; without a scheme where no file has that name and it begins with a host.
pub(super) fn parse_address(what: &str) -> Option<Url> {
    let is_named = ["http://", "https://", "feed:"];
    if is_named.iter().any(|scheme| what.starts_with(scheme)) {
        return list::address(what).ok();
    }
    let host = what.split(['/', ':']).next().unwrap_or_default();
    // `story.html` is a file that is missing rather than a host; `./news` and `/tmp/news` are paths.
    let begins_with_host = host.contains('.') && !host.starts_with('.');
    let has_path = what.contains('/') || is_registered(host);
    if what == "-" || Path::new(what).exists() || !(begins_with_host && has_path) {
        return None;
    }
    list::guess_address(what).ok()
}

/// Whether a name ends as the names of sites do.
fn is_registered(host: &str) -> bool {
    let end = host.rsplit('.').next().unwrap_or_default();
    let is_of_files = [
        "html", "htm", "txt", "json", "xml", "gz", "md", "rss", "atom", "pdf",
    ];
    !is_of_files.contains(&end) && end.chars().all(char::is_alphabetic)
}

/// Fetches an address.
pub(super) fn fetch_address(url: &Url, accept: Accept) -> Result<(Page, Response), CommandFailure> {
    let fetcher = open_fetcher()?;
    build_runtime()?.block_on(async {
        if accept == Accept::Page {
            refuse_if_disallowed(&fetcher, url).await?;
        }
        let budget = if accept == Accept::Feed {
            Budget::FEED
        } else {
            Budget::ARTICLE
        };
        let request = Request {
            url,
            budget,
            validators: None,
            accept,
            cookies: None,
            dial: Dial::default(),
        };
        let asking = format!("asking {url}");
        let mut response = await_telling(&asking, fetcher.get_following(request))
            .await
            .map_err(|error| CommandFailure::Unavailable(error.in_words()))?;
        let status = response.status;
        match std::mem::replace(&mut response.outcome, Outcome::NotModified) {
            Outcome::Page(page) => Ok((page, response)),
            _ if refuses_kinds(status) => Err(CommandFailure::Unavailable(format!(
                "{url}: the server answered {status}, also when asked as browsers ask"
            ))),
            _ => Err(CommandFailure::Unavailable(format!(
                "{url}: the server answered {status}"
            ))),
        }
    })
}

/// What fetches; no configuration is needed, that of the current folder is used where there is one. One that is wrong is
/// refused, since its proxy or guards would be passed by.
fn open_fetcher() -> Result<Fetcher, CommandFailure> {
    let path = Path::new("dateline.toml");
    let config = if path.exists() {
        Config::load(path)?
    } else {
        Config::parse(path, "")?
    };
    Fetcher::new(config.fetch_policy()).map_err(|error| CommandFailure::Usage(with_causes(&error)))
}

async fn refuse_if_disallowed(fetcher: &Fetcher, url: &Url) -> Result<(), CommandFailure> {
    let Some(robots) = robots_url(url) else {
        return Ok(());
    };
    let request = Request {
        url: &robots,
        budget: Budget::ROBOTS,
        validators: None,
        accept: Accept::Text,
        cookies: None,
        dial: Dial::default(),
    };
    let asking = format!("asking {robots}");
    let answer = await_telling(&asking, fetcher.get_following(request)).await;
    if let Err(error @ FetchError::Forbidden { .. }) = &answer {
        return Err(CommandFailure::Unavailable(error.in_words()));
    }
    let now = jiff::Timestamp::now();
    let mut state = SiteState::default();
    let known = state.learn_robots(url, RobotsAnswer::of(&answer), now);
    match known.rules(now) {
        Some(rules) if rules.allows(url) => Ok(()),
        Some(_) => Err(CommandFailure::Unavailable(format!(
            "{robots} does not allow {url}"
        ))),
        None => {
            let why = match &answer {
                Ok(answer) => format!("the server answered {}", answer.status),
                Err(error) => error.in_words(),
            };
            Err(CommandFailure::Unavailable(format!(
                "{robots} cannot be had, which forbids everything for now: {why}"
            )))
        }
    }
}
