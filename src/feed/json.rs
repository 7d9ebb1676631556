//! JSON Feed 1.0 and 1.1, read field by field: one that is missing or of another kind costs itself only.

use serde_json::Value;
use url::Url;

use super::{
    Entry, ParsedFeed, date,
    item::{address, fallback_id},
    parse::MAX_ENTRIES,
    text::{line, plain},
};

/// Reads a document; `None` when it holds no JSON Feed.
pub(super) fn read(text: &str, base: &Url) -> Option<ParsedFeed> {
    let document: Value = serde_json::from_str(text).ok()?;
    let items = document.get("items")?.as_array()?;
    let version = document
        .get("version")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let titled = document.get("title").is_some() || document.get("home_page_url").is_some();
    if !version.contains("jsonfeed.org") && !titled {
        return None;
    }
    let mut feed = ParsedFeed {
        title: string(&document, "title")
            .map(|title| line(&title))
            .filter(|title| !title.is_empty()),
        language: string(&document, "language"),
        entries: items
            .iter()
            .take(MAX_ENTRIES)
            .map(|item| entry(item, base))
            .collect(),
        ..ParsedFeed::default()
    };
    feed.hints.own_address = string(&document, "feed_url").and_then(|url| address(&url, base));
    Some(feed)
}

fn entry(item: &Value, base: &Url) -> Entry {
    let time = |key| string(item, key).and_then(|text| date::read(&text));
    let (published, updated) = (time("date_published"), time("date_modified"));
    let link = ["url", "external_url"]
        .iter()
        .find_map(|key| address(&string(item, key)?, base));
    let title = string(item, "title")
        .map(|title| line(&title))
        .filter(|title| !title.is_empty());
    let text = ["content_html", "content_text", "summary"]
        .iter()
        .find_map(|key| string(item, key));
    let stated = string(item, "id").filter(|id| !id.is_empty());
    let named = stated
        .as_deref()
        .filter(|id| id.starts_with("http"))
        .and_then(|id| address(id, base));
    let link = link.or(named);
    let id = stated
        .or_else(|| link.as_ref().map(Url::to_string))
        .unwrap_or_else(|| fallback_id(title.as_deref(), text.as_deref(), published));
    Entry {
        id,
        title,
        link,
        original_link: None,
        published,
        updated,
        authors: authors(item),
        text,
    }
}

/// A text; numbers count, since ids are often written so.
fn string(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn authors(item: &Value) -> Vec<String> {
    let several = item
        .get("authors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let all = several.chain(item.get("author"));
    all.filter_map(|author| string(author, "name"))
        .map(|name| plain(&name))
        .filter(|name| !name.is_empty())
        .collect()
}
