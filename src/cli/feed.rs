//! `dateline feed`: what a feed lists, one feed or many.

use std::{
    collections::BTreeMap,
    io::{self, BufWriter, IsTerminal, Read, Write},
};

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::{CommandFailure, jsonl, one, print};
use crate::{
    feed::{Entry, ParsedFeed, discover, parse},
    fetch::{Accept, Budget},
};

/// The base of relative links of a feed that was found at no address.
const NOWHERE: &str = "http://localhost/";

/// Arguments of `feed`.
#[derive(Debug, Args)]
pub(super) struct FeedArgs {
    /// An address, a file, or - for standard input
    #[arg(value_name = "URL|FILE|-")]
    what: Option<String>,
    /// Print the feed as JSON
    #[arg(long)]
    json: bool,
    /// Many at once: `{id, file, url?, http_headers?}` a line in, `{id, entries, feed_title}` a line out
    #[arg(long, conflicts_with = "json")]
    jsonl: bool,
}

pub(super) fn show_feed(args: &FeedArgs) -> Result<(), CommandFailure> {
    if args.jsonl {
        let output = BufWriter::new(io::stdout().lock());
        jsonl::answer_lines(io::BufReader::new(io::stdin()), output, one_of_many)?;
        return Ok(());
    }
    let Some(what) = &args.what else {
        return Err(CommandFailure::Usage(
            "name an address, a file, or - for standard input".to_owned(),
        ));
    };
    let feed = read_feed(what)?;
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json || !io::stdout().is_terminal() {
        writeln!(out, "{}", Value::Object(feed_object(&feed)))?;
    } else {
        writeln!(out, "{}", feed.title.as_deref().unwrap_or("untitled"))?;
        let rows: Vec<Vec<String>> = feed.entries.iter().map(entry_row).collect();
        print::print_table(&mut out, &["PUBLISHED", "TITLE", "LINK"], &rows)?;
    }
    out.flush()?;
    Ok(())
}

fn read_feed(what: &str) -> Result<ParsedFeed, CommandFailure> {
    let (bytes, address, kind) = match one::parse_address(what) {
        Some(url) => {
            let (page, response) = one::fetch_address(&url, Accept::Feed)?;
            let kind = page.content_type();
            (page.bytes, response.url, kind)
        }
        None => (bytes_of(what)?, placeholder_address(), None),
    };
    parse::parse(&bytes, &address, kind.as_deref()).map_err(|error| {
        let feeds = linked_feeds(&bytes, &address);
        CommandFailure::Usage(format!("{what}: {error}{feeds}"))
    })
}

/// The feeds that a page links, in words; nothing where it links none.
fn linked_feeds(bytes: &[u8], address: &Url) -> String {
    let named = discover::find_named(bytes, address, &[]);
    let Some(first) = named.first() else {
        return String::new();
    };
    let all: Vec<&str> = named.iter().map(|feed| feed.url.as_str()).collect();
    let (all, first) = (all.join(" "), &first.url);
    format!("; this is a page, and it links these feeds: {all} (run dateline feed {first})")
}

fn bytes_of(what: &str) -> Result<Vec<u8>, CommandFailure> {
    let mut bytes = Vec::new();
    // One more than may be: a longer feed is refused, not cut.
    let most = Budget::FEED.max_bytes as u64 + 1;
    if what == "-" {
        io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        let file = std::fs::File::open(what)
            .map_err(|error| CommandFailure::Usage(format!("{what}: {error}")))?;
        file.take(most).read_to_end(&mut bytes)?;
    }
    if bytes.len() > Budget::FEED.max_bytes {
        let limit = Budget::FEED.max_bytes;
        return Err(CommandFailure::Usage(format!(
            "{what}: larger than {limit} bytes"
        )));
    }
    Ok(bytes)
}

fn placeholder_address() -> Url {
    Url::parse(NOWHERE).expect("a constant address")
}

/// One line of `--jsonl`.
#[derive(Debug, Deserialize)]
struct AskedFeed {
    file: String,
    url: Option<Url>,
    #[serde(default)]
    http_headers: BTreeMap<String, String>,
}

fn one_of_many(asked: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let asked: AskedFeed =
        serde_json::from_value(Value::Object(asked.clone())).map_err(|error| error.to_string())?;
    let bytes = bytes_of(&asked.file).map_err(|failure| failure.to_string())?;
    let mut headers = asked.http_headers.iter();
    let kind = headers
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map(|(_, kind)| kind.as_str());
    let address = asked.url.unwrap_or_else(placeholder_address);
    parse::parse(&bytes, &address, kind)
        .map(|feed| feed_object(&feed))
        .map_err(|error| error.to_string())
}

fn feed_object(feed: &ParsedFeed) -> Map<String, Value> {
    let entries = feed.entries.iter().map(entry_object).collect();
    let rows = [
        ("feed_title", json!(feed.title)),
        ("entries", Value::Array(entries)),
    ];
    rows.into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn entry_object(entry: &Entry) -> Value {
    json!({
        "title": entry.title,
        "link": entry.link.as_ref().map(Url::as_str),
        "id": entry.id,
        "published": entry.published.or(entry.updated),
        "updated": entry.updated,
        "authors": entry.authors,
    })
}

fn entry_row(entry: &Entry) -> Vec<String> {
    let published = entry
        .published
        .or(entry.updated)
        .map(|at| at.to_string())
        .unwrap_or_default();
    let title = print::plain_text(entry.title.as_deref().unwrap_or("untitled"), 90);
    vec![
        published,
        title,
        entry.link.as_ref().map(Url::to_string).unwrap_or_default(),
    ]
}
