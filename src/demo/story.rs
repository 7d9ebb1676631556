//! A story of the demo site and the plain text format it is written in.
use std::io;

use jiff::Timestamp;

/// One story: what its page must yield, nothing of what the page adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoStory {
    /// Host name of the outlet.
    pub host: String,
    /// Path of its page.
    pub path: String,
    /// Headline.
    pub title: String,
    /// The lead below the headline, also the feed's summary.
    pub summary: String,
    /// Byline.
    pub author: String,
    /// Place in capitals before the first sentence, where the story has one.
    pub dateline: Option<String>,
    /// Day and time of publication: the event's day or the one after.
    pub published: Timestamp,
    /// Section of the outlet.
    pub section: String,
    /// Keywords.
    pub tags: Vec<String>,
    /// The clean paragraphs, in order, without dateline and credits.
    pub paragraphs: Vec<String>,
}

/// Reads all stories of one host: each starts with `=== DATE SLUG`, then `key: value` lines, an
/// empty line, and paragraphs separated by empty lines.
pub(crate) fn read_stories(host: &str, text: &str) -> io::Result<Vec<DemoStory>> {
    let blocks = text
        .split("\n=== ")
        .filter(|block| !block.trim().is_empty());
    blocks
        .map(|block| read_story(host, block.trim_start_matches("=== ")))
        .collect()
}

fn read_story(host: &str, block: &str) -> io::Result<DemoStory> {
    let fault = |what: &str| {
        let first = block.lines().next().unwrap_or_default();
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{host}, story {first:?}: {what}"),
        )
    };
    let (head, body) = block
        .split_once("\n\n")
        .ok_or_else(|| fault("no paragraphs"))?;
    let (day, slug) = head
        .lines()
        .next()
        .and_then(|line| line.split_once(' '))
        .ok_or_else(|| fault("no date and slug"))?;
    let key = |name: &str| {
        let named = |line: &str| {
            line.strip_prefix(name)?
                .strip_prefix(": ")
                .map(str::to_owned)
        };
        head.lines().find_map(named)
    };
    let need = |name: &str| key(name).ok_or_else(|| fault(&format!("no {name}")));
    let published = format!("{day}T{}:00Z", key("time").as_deref().unwrap_or("08:30"));
    let dated_path = || format!("/{}/{}/{slug}", &day[..4], &day[5..7]);
    Ok(DemoStory {
        host: host.to_owned(),
        published: published.parse().map_err(|_| fault("unreadable date"))?,
        path: key("path").unwrap_or_else(dated_path),
        title: need("title")?,
        summary: need("summary")?,
        author: need("author")?,
        dateline: key("place"),
        section: key("section").unwrap_or_else(|| "World".to_owned()),
        tags: need("tags")?.split(", ").map(str::to_owned).collect(),
        paragraphs: split_paragraphs(body),
    })
}

fn split_paragraphs(body: &str) -> Vec<String> {
    let joined = body
        .split("\n\n")
        .map(|text| text.split_whitespace().collect::<Vec<_>>());
    joined
        .filter(|words| !words.is_empty())
        .map(|words| words.join(" "))
        .collect()
}
