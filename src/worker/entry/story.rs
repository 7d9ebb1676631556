//! From a page to the article record, and from the record to its events.

use jiff::Timestamp;

use super::work::EntryWork;
use crate::{
    article::{self, Extracted, Rules},
    config::SiteRules,
    event::{self, Coder, Story},
    fetch::{Outcome as Answer, Response},
    ledger::Ledger,
    record::{Article, ArticleRef, Coding, Event, FETCHED, FeedRef, Published, Source},
    site_lines::SiteLines,
    worker::newsroom::Newsroom,
};

/// A publication time further ahead than this is a mistake of the publisher; clocks differ by less.
const AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);
/// The date line is this far ahead of UTC at most.
const EAST: jiff::SignedDuration = jiff::SignedDuration::from_hours(14);

/// Reads the story out of a response; the reason and the error in words where there is none.
pub(in crate::worker) fn read_page(
    response: Response,
    rules: &Rules,
    site: &SiteRules,
    lines: Option<&SiteLines>,
) -> Result<Extracted, (&'static str, String)> {
    let Answer::Page(page) = response.outcome else {
        return Err((
            "server_error",
            format!("the server answered {}", response.status),
        ));
    };
    if let Some(kind) = page
        .media_type
        .as_deref()
        .filter(|kind| !article::is_page(kind))
    {
        return Err(("not_html", format!("it is {kind}")));
    }
    let content_type = page.content_type();
    let read = article::Page {
        bytes: &page.bytes,
        content_type: content_type.as_deref(),
        address: Some(&response.url),
        head: Some(&response.head),
        site_lines: lines,
        ..article::Page::default()
    };
    article::extract(&read, rules, site).map_err(|error| (error.reason(), error.to_string()))
}

/// The record of an article, before it is coded; without its text where the publisher does not want it kept.
pub(in crate::worker) fn build_article<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    mut extracted: Extracted,
    body_source: &str,
) -> Article {
    let rules = &room.config.article;
    let metadata_only = rules.withholds_text(&extracted.rights);
    if metadata_only {
        extracted.drop_text();
    }
    if !rules.keep_removed {
        extracted.removed = Vec::new();
    }
    let waiting = &job.turn.waiting;
    let listed = ListedDate {
        at: waiting.published,
        refused: waiting.date_refused,
    };
    extracted.published = choose_published(extracted.published, listed, job.fetched);
    extracted.title = extracted.title.or_else(|| waiting.title.clone());
    if extracted.authors.is_empty() {
        extracted.authors.clone_from(&waiting.authors);
    }
    let source = build_source(room, job, &extracted);
    Article {
        url: Some(job.url.as_str().to_owned()),
        urls: job.own_addresses(),
        first_seen: Some(waiting.first_seen),
        fetched: job.fetched,
        body_source: body_source.to_owned(),
        copy_of: job.copied.as_ref().map(|copied| copied.of.to_string()),
        coding: coding_to_be(metadata_only),
        ..extracted.record(job.url.id(), source)
    }
}

/// What is said of the coding before it is done.
fn coding_to_be(metadata_only: bool) -> Coding {
    let status = if metadata_only {
        "metadata_only"
    } else {
        "coded"
    };
    Coding {
        status: status.to_owned(),
        events: 0,
        withheld: 0,
        coder: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// What a feed says of an item's time.
#[derive(Debug, Clone, Copy, Default)]
struct ListedDate {
    at: Option<Timestamp>,
    /// It named one that is too old for news.
    refused: bool,
}

/// The page's time, else the feed's. One ahead of the clock, or from before there was news on the web, is not believed:
/// where nothing better is said the time of the fetch stands in, and the source says so.
fn choose_published(page: Published, feed: ListedDate, fetched: Option<Timestamp>) -> Published {
    let now = Timestamp::now();
    let latest = now + AHEAD;
    let ahead = match (page.at, page.day) {
        (Some(at), _) => at > latest,
        (None, Some(day)) => day > day_of(latest + EAST),
        (None, None) => false,
    };
    if !ahead && (page.at.is_some() || page.day.is_some()) {
        return page;
    }
    let (at, source) = match feed.at {
        Some(at) if at <= latest => (at, "feed"),
        None if !ahead && !feed.refused => return Published::default(),
        _ => (fetched.unwrap_or(now), FETCHED),
    };
    Published {
        at: Some(at),
        day: Some(day_of(at)),
        precision: Some("second".to_owned()),
        source: Some(source.to_owned()),
    }
}

fn day_of(at: Timestamp) -> jiff::civil::Date {
    at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()
}

fn build_source<L: Ledger>(room: &Newsroom<L>, job: &EntryWork, extracted: &Extracted) -> Source {
    let feed = job.turn.waiting.feed.as_ref();
    let listed = feed.and_then(|id| room.current_round().by_id.get(id).cloned());
    let reference = listed.as_ref().map(|feed| FeedRef {
        id: feed.id.to_string(),
        name: feed.name.clone(),
        url: feed.url.to_string(),
    });
    Source {
        feed: reference,
        feeds: feed
            .iter()
            .copied()
            .chain(&job.turn.waiting.also)
            .map(ToString::to_string)
            .collect(),
        publisher: extracted
            .publisher
            .clone()
            .or_else(|| listed.as_ref()?.name.clone()),
        host: job.url.url().host_str().map(str::to_owned),
        site: Some(job.site.to_string()),
        country: listed.as_ref().and_then(|feed| feed.country.clone()),
        tags: listed.map(|feed| feed.tags.clone()).unwrap_or_default(),
        agency: extracted.agency.clone(),
    }
}

/// What the events of an article say of it.
pub(crate) fn article_reference(article: &Article) -> ArticleRef {
    let at = article.published.at.map(|at| at.to_string());
    ArticleRef {
        id: article.id.clone(),
        revision: article.revision,
        url: article.url.clone(),
        title: article.title.clone(),
        published: at.or_else(|| article.published.day.map(|day| day.to_string())),
        language: article.language.used.clone(),
        text_sha256: article.text_sha256.clone(),
    }
}

/// Codes an article and enters its outcome.
pub(crate) fn code_article(coder: &Coder, article: &mut Article) -> Vec<Event> {
    if article.text.is_empty() {
        return Vec::new();
    }
    if !event::has_model(&article.language) {
        "no_model".clone_into(&mut article.coding.status);
        return Vec::new();
    }
    coder.code(&Story {
        text: &article.text,
        paragraphs: &article.paragraphs,
        title: article.title.as_deref(),
        published: article.published.clone(),
        language: article.language.clone(),
        dateline: article.dateline.clone(),
        article: article_reference(article),
        source: article.source.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_is_not_believed_is_the_fetch_and_none_at_all_is_none() {
        let fetched = "2024-03-01T12:00:00Z".parse().ok();
        let chosen = |at, refused| {
            let listed = ListedDate { at, refused };
            choose_published(Published::default(), listed, fetched)
        };
        let refused = chosen(None, true);
        assert_eq!(
            (refused.at, refused.source.as_deref()),
            (fetched, Some(FETCHED))
        );
        assert_eq!(chosen(None, false), Published::default());
        let day_before = "2024-02-29T12:00:00Z".parse().ok();
        assert_eq!(chosen(day_before, true).source.as_deref(), Some("feed"));
    }
}
