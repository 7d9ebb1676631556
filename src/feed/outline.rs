//! Lists of feeds as other programs write them: OPML, a table with commas, addresses line by line.

use std::time::Duration;

use url::Url;

use super::{
    Feed,
    list::{self, guess_address},
    text::join_lines,
};
use crate::{config::value, decode::decode_text, id::FeedId};

mod attributes;
mod opml;
mod table;
mod write;

pub use write::write_opml;

/// A feed of such a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Where it is polled.
    pub url: Url,
    /// Its id, where it is no hash of its address.
    pub id: Option<FeedId>,
    /// A name for people.
    pub name: Option<String>,
    /// An interval of its own.
    pub interval: Option<Duration>,
    /// The language of its articles.
    pub language: Option<String>,
    /// The publisher's country.
    pub country: Option<String>,
    /// Its tags, and the folders it was in.
    pub tags: Vec<String>,
}

/// What a list names and is no feed that can be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it stands.
    pub line: usize,
    /// As the list calls it.
    pub name: Option<String>,
    /// Why it is left out.
    pub reason: String,
}

/// What stands at one place of a list.
pub type ListedOutline = Result<Outline, LeftOut>;

impl Outline {
    /// A configured feed.
    pub fn of(feed: &Feed) -> Self {
        Self {
            url: feed.url.clone(),
            id: Some(feed.id.clone()).filter(|id| *id != FeedId::of_address(feed.url.as_str())),
            name: feed.name.clone(),
            interval: feed.interval,
            language: feed.language.clone(),
            country: feed.country.clone(),
            tags: feed.tags.clone(),
        }
    }

    /// A feed of which only address and name are known.
    pub fn named(url: Url, name: Option<String>) -> Self {
        Self {
            url,
            id: None,
            name,
            interval: None,
            language: None,
            country: None,
            tags: Vec::new(),
        }
    }

    /// A `[[feed]]` table as it is added to the end of a list.
    pub fn to_table(&self) -> String {
        let id = self.id.as_ref().map(ToString::to_string);
        let keys = [
            ("id", id.as_deref()),
            ("name", self.name.as_deref()),
            ("language", self.language.as_deref()),
            ("country", self.country.as_deref()),
        ];
        let url = quote(self.url.as_str());
        let mut table = format!("\n[[feed]]\nurl = {url}\n");
        for (key, text) in keys {
            table.extend(text.map(|text| format!("{key} = {}\n", quote(text))));
        }
        let interval = self.interval.map(value::show_duration);
        table.extend(interval.map(|interval| format!("interval = \"{interval}\"\n")));
        if !self.tags.is_empty() {
            let tags: Vec<String> = self.tags.iter().map(|tag| quote(tag)).collect();
            table.extend(["tags = [", &tags.join(", "), "]\n"]);
        }
        table
    }
}

/// A text as the feed list has it, where `$` begins a variable.
fn quote(text: &str) -> String {
    toml::Value::from(text.replace('$', "$$")).to_string()
}

/// Reads a list of feeds of any kind and encoding, forgivingly: what is broken costs itself.
pub fn read_list(bytes: &[u8]) -> Vec<ListedOutline> {
    let text = decode_text(bytes, None);
    let lower = text.to_ascii_lowercase();
    if lower.contains("<opml") || lower.contains("<outline") {
        opml::read_opml(&text)
    } else {
        table::read_table(&text)
    }
}

/// What a list says of one feed, as written.
#[derive(Debug, Default)]
struct Said {
    line: usize,
    address: Option<String>,
    name: Option<String>,
    id: Option<String>,
    interval: Option<String>,
    language: Option<String>,
    country: Option<String>,
    tags: Vec<String>,
}

impl Said {
    /// The feed; values that are none of their kind are left out, an address that is none costs the feed.
    fn into_listed(self) -> ListedOutline {
        let name = self.name.map(|name| join_lines(&name));
        let name = name.filter(|name| !name.is_empty());
        let url = match read_address(&self.address.unwrap_or_default()) {
            Ok(url) => url,
            Err(reason) => {
                return Err(LeftOut {
                    line: self.line,
                    name,
                    reason,
                });
            }
        };
        let interval = self
            .interval
            .and_then(|text| value::parse_duration(&text).ok());
        Ok(Outline {
            url,
            id: self.id.and_then(|id| list::read_id(&id).ok()),
            name,
            interval: interval.filter(|interval| list::INTERVALS.contains(interval)),
            language: self
                .language
                .and_then(|text| list::read_language(text.trim()).ok()),
            country: self
                .country
                .and_then(|text| list::read_country(text.trim()).ok()),
            tags: tidy_tags(&self.tags),
        })
    }
}

/// The address of a feed as a list has it, or why it is none.
fn read_address(text: &str) -> Result<Url, String> {
    if text.trim().is_empty() {
        return Err("it has no address of a feed".to_owned());
    }
    guess_address(text)
}

/// Tags on one line each, every one once.
fn tidy_tags(said: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in said.iter().map(|tag| join_lines(tag)) {
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::feed::list::FeedList;

    fn text() -> impl Strategy<Value = String> {
        "[ -~à-žа-я一-三]{1,30}"
            .prop_map(|text| join_lines(&text))
            .prop_filter("empty", |text| !text.is_empty())
    }

    fn outline() -> impl Strategy<Value = Outline> {
        let address = "https?://[a-z]{1,8}\\.example\\.org/[a-z0-9/._?=&%'~-]{0,30}";
        let url = address.prop_filter_map("no address", |text| Url::parse(&text).ok());
        (
            url,
            proptest::option::of("[a-z0-9._-]{1,20}"),
            proptest::option::of(text()),
            proptest::option::of(1_u64..100_000),
            proptest::option::of(prop_oneof!["[a-z]{2}", "[a-z]{2}-[A-Z]{2}"]),
            proptest::option::of("[A-Z]{3}"),
            proptest::collection::hash_set(text(), 0..4),
        )
            .prop_map(
                |(url, id, name, seconds, language, country, tags)| Outline {
                    url,
                    id: id.map(|id| FeedId::configured(&id)),
                    name,
                    interval: seconds.map(Duration::from_secs),
                    language,
                    country,
                    tags: tags.into_iter().collect(),
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_exported_is_imported_the_same(outlines in proptest::collection::vec(outline(), 0..6)) {
            let written = write_opml(&outlines);
            let read: Vec<Outline> = read_list(written.as_bytes()).into_iter().filter_map(Result::ok).collect();
            prop_assert_eq!(&read, &outlines);
        }

        #[test]
        fn what_is_imported_is_a_list_that_can_be_read(outline in outline()) {
            let file = outline.to_table();
            let list = FeedList::parse(Path::new("feeds.toml"), &file);
            let list = list.map_err(|refused| TestCaseError::fail(format!("{refused}: {file}")))?;
            prop_assert_eq!(Outline::of(&list.feeds[0]), outline);
        }
    }
}
