//! Feeds found at an address, added to the list.

use std::{
    io::{self, Write},
    path::Path,
};

use url::Url;

use super::{
    addresses, append,
    ask::{Asker, Fetched},
};
use crate::{
    cli::{CommandFailure, build_runtime, load::load_configuration, print, with_causes},
    feed::{
        ParsedFeed,
        discover::{self, FeedCandidate, FoundBy},
        list,
        outline::Outline,
        parse::FeedError,
    },
    fetch::robots_url,
};

/// Characters of a title, and of what was wrong with a place, that are shown.
// Both share one line of a terminal with the address.
const MAX_TITLE: usize = 60;
const MAX_PROBLEM: usize = 120;

/// A place that was looked at, or need not be.
struct Tried {
    candidate: FeedCandidate,
    came: PlaceOutcome,
}

/// What came of a place.
enum PlaceOutcome {
    Feed(Box<ParsedFeed>),
    Nothing(String),
    NotAsked,
}

/// What was found at an address.
struct FoundFeeds {
    feeds: Vec<(Url, ParsedFeed)>,
    /// All places that were considered; empty where the address itself is a feed.
    tried: Vec<Tried>,
}

/// Finds the feeds of an address and adds the first that is one, or all, to the list.
pub(super) fn add_feeds(path: &Path, text: &str, all: bool) -> Result<(), CommandFailure> {
    let (config, feeds) = load_configuration(path)?;
    let url = list::guess_address(text).map_err(CommandFailure::Usage)?;
    let asker = Asker::new(&config, &feeds)?;
    let found = build_runtime()?.block_on(find_feeds(&asker, &url, all));
    let found = found.map_err(CommandFailure::Unavailable)?;
    let known = addresses(&feeds);
    let mut out = io::stdout().lock();
    show_tried(&mut out, &found.tried)?;
    if found.feeds.is_empty() {
        return Err(CommandFailure::Unavailable(none_found(&url, &found.tried)));
    }
    let (mut entries, mut told) = (String::new(), Vec::new());
    for (url, parsed) in found.feeds {
        if known.contains(url.as_str()) {
            told.push(format!("listed already: {url}"));
            continue;
        }
        entries.push_str(&Outline::named(url.clone(), parsed.title.clone()).to_table());
        let title = print::plain_text(parsed.title.as_deref().unwrap_or("untitled"), MAX_TITLE);
        let count = parsed.entries.len();
        told.push(format!("added: {url} ({title}, {count} entries)"));
    }
    // Nothing is called added before it is written.
    append(&config, &entries)?;
    for line in told {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn none_found(url: &Url, tried: &[Tried]) -> String {
    let first = tried.iter().find_map(|tried| match &tried.came {
        PlaceOutcome::Nothing(problem) => Some(problem.as_str()),
        _ => None,
    });
    let problem = first.unwrap_or("nothing there names one");
    format!("no feed was found at {url}: {problem}")
}

/// The places that were considered, the one that was taken among them.
fn show_tried(out: &mut dyn Write, tried: &[Tried]) -> io::Result<()> {
    if tried.is_empty() {
        return Ok(());
    }
    let row = |tried: &Tried| {
        let came = match &tried.came {
            PlaceOutcome::Feed(feed) => format!("a feed of {} entries, taken", feed.entries.len()),
            PlaceOutcome::Nothing(problem) => print::plain_text(problem, MAX_PROBLEM),
            PlaceOutcome::NotAsked => {
                "not asked: one before it is a feed (--all takes it too)".to_owned()
            }
        };
        let found_by = tried.candidate.found_by.in_words().to_owned();
        vec![found_by, tried.candidate.url.to_string(), came]
    };
    // Usual places that were not asked tell nothing: nobody named them.
    let is_told = |tried: &&Tried| {
        tried.candidate.found_by != FoundBy::Usual || !matches!(tried.came, PlaceOutcome::NotAsked)
    };
    let rows: Vec<Vec<String>> = tried.iter().filter(is_told).map(row).collect();
    print::print_table(out, &["FOUND BY", "PLACE", "WHAT IT IS"], &rows)
}

/// The feed at an address, or the feeds of the site there: those that the page names, then those in the usual places,
/// then the site maps of its robots.txt.
async fn find_feeds(asker: &Asker<'_>, url: &Url, all: bool) -> Result<FoundFeeds, String> {
    let (named, usual, at) = match asker.fetch(url).await? {
        Fetched::Body(body) => match body.parse() {
            Ok(parsed) => {
                return Ok(FoundFeeds {
                    feeds: vec![(url.clone(), parsed)],
                    tried: Vec::new(),
                });
            }
            Err(FeedError::Index { sitemaps }) => (maps(&sitemaps), Vec::new(), body.url),
            Err(_) => {
                let found = discover::discover(&body.bytes, &body.url, &body.links);
                let is_usual = |place: &FeedCandidate| place.found_by == FoundBy::Usual;
                let (usual, named) = found.into_iter().partition(is_usual);
                (named, usual, body.url)
            }
        },
        // Sites that refuse their front page to programs often serve their feeds.
        Fetched::Refused(_) => (Vec::new(), discover::list_usual(url), url.clone()),
    };
    let mut search = Search {
        asker,
        all,
        tried: Vec::new(),
    };
    search.try_each(named).await;
    if !search.has_feed() {
        search.try_each(usual).await;
    }
    if !search.has_feed() {
        search.try_sitemaps(&at).await;
    }
    Ok(search.finish())
}

fn maps(sitemaps: &[Url]) -> Vec<FeedCandidate> {
    let mut maps: Vec<Url> = sitemaps.to_vec();
    maps.sort_by_key(|url| !discover::is_of_news(url));
    let candidate = |url| FeedCandidate {
        url,
        title: None,
        found_by: FoundBy::Sitemap,
    };
    maps.into_iter().map(candidate).collect()
}

/// A search for the feeds of a site.
struct Search<'a> {
    asker: &'a Asker<'a>,
    /// Whether all feeds are wanted, not only the first.
    all: bool,
    tried: Vec<Tried>,
}

impl Search<'_> {
    fn has_feed(&self) -> bool {
        let is_feed = |tried: &Tried| matches!(tried.came, PlaceOutcome::Feed(_));
        self.tried.iter().any(is_feed)
    }

    async fn try_each(&mut self, candidates: Vec<FeedCandidate>) {
        for candidate in candidates {
            let came = if self.has_feed() && !self.all {
                PlaceOutcome::NotAsked
            } else {
                match self.asker.probe(&candidate.url).await {
                    Ok(parsed) => PlaceOutcome::Feed(Box::new(parsed)),
                    Err(error) => PlaceOutcome::Nothing(error),
                }
            };
            self.tried.push(Tried { candidate, came });
        }
    }

    /// Tries the site maps that robots.txt names; of an index those of news that it lists.
    async fn try_sitemaps(&mut self, at: &Url) {
        let Some(robots) = robots_url(at) else {
            return;
        };
        let Ok(Fetched::Body(body)) = self.asker.fetch_paced(&robots).await else {
            return;
        };
        for candidate in discover::find_sitemaps(&body.bytes, &body.url) {
            let found = match self.asker.fetch_paced(&candidate.url).await {
                Ok(Fetched::Body(body)) => body.parse(),
                Ok(Fetched::Refused(_)) | Err(_) => continue,
            };
            match found {
                Err(FeedError::Index { sitemaps }) => {
                    let news = sitemaps.into_iter().filter(discover::is_of_news);
                    let news: Vec<Url> = news.collect();
                    self.try_each(maps(&news)).await;
                }
                Ok(parsed) if discover::is_of_news(&candidate.url) => {
                    let came = PlaceOutcome::Feed(Box::new(parsed));
                    self.tried.push(Tried { candidate, came });
                }
                Ok(_) => {
                    let problem = "a site map of all pages, not of news".to_owned();
                    let came = PlaceOutcome::Nothing(problem);
                    self.tried.push(Tried { candidate, came });
                }
                Err(error) => {
                    let came = PlaceOutcome::Nothing(with_causes(&error));
                    self.tried.push(Tried { candidate, came });
                }
            }
            if self.has_feed() && !self.all {
                return;
            }
        }
    }

    fn finish(self) -> FoundFeeds {
        let feeds = self.tried.iter().filter_map(|tried| match &tried.came {
            PlaceOutcome::Feed(feed) => Some((tried.candidate.url.clone(), (**feed).clone())),
            _ => None,
        });
        FoundFeeds {
            feeds: feeds.collect(),
            tried: self.tried,
        }
    }
}
