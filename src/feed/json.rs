//! JSON Feed 1.0 and 1.1, read field by field: one that is missing or of another kind costs itself only.
//!
//! No tree of the document is built: what is not asked for is passed over, and what was read before an error stays.

mod lenient;

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use url::Url;

use self::lenient::{Kinds, Lenient, Words, drain_list};
use super::{
    Entry, ParsedFeed,
    item::fallback_id,
    limits::{MAX_AUTHORS, MAX_ENTRIES},
    text::{line, plain},
    values::address,
};
use crate::date::{believe_dates, read_feed_date};

/// Reads a document; `None` when it holds no JSON Feed.
pub(super) fn read(text: &str, base: &Url) -> Option<ParsedFeed> {
    attempt(text, base, true).or_else(|| {
        // Raw control characters are no JSON. Outside strings they are white space, and inside as good as it.
        let cleaned = text.replace(char::is_control, " ");
        attempt(&cleaned, base, false)
    })
}

/// What can be read; an error counts only where `whole` is asked for.
fn attempt(text: &str, base: &Url, whole: bool) -> Option<ParsedFeed> {
    let mut document = Document {
        base,
        feed: ParsedFeed::default(),
        listed: false,
        named: false,
    };
    let read = (&mut document).deserialize(&mut serde_json::Deserializer::from_str(text));
    if read.is_err() && whole {
        return None;
    }
    (document.listed && document.named).then_some(document.feed)
}

/// Fields of a document, an item or an author.
#[derive(Debug, Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Version,
    Title,
    HomePageUrl,
    FeedUrl,
    Language,
    Items,
    Id,
    Url,
    ExternalUrl,
    DatePublished,
    DateModified,
    ContentHtml,
    ContentText,
    Summary,
    Authors,
    Author,
    Name,
    #[serde(other)]
    Other,
}

/// The document while it is read.
struct Document<'b> {
    base: &'b Url,
    feed: ParsedFeed,
    /// It has a list of items.
    listed: bool,
    /// It calls itself a JSON Feed, or has what else every feed has.
    named: bool,
}

impl<'de> DeserializeSeed<'de> for &mut Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feed")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key()? {
            match field {
                Field::Version => {
                    let Words(version) = map.next_value()?;
                    self.named |= version.is_some_and(|version| version.contains("jsonfeed.org"));
                }
                Field::Title => {
                    self.named = true;
                    self.feed.title = headline(map.next_value()?);
                }
                Field::HomePageUrl => {
                    self.named = true;
                    let IgnoredAny = map.next_value()?;
                }
                Field::FeedUrl => {
                    let Words(url) = map.next_value()?;
                    self.feed.hints.own_address = url.and_then(|url| address(&url, self.base));
                }
                Field::Language => Words(self.feed.language) = map.next_value()?,
                Field::Items => map.next_value_seed(Items(self))?,
                _ => {
                    let IgnoredAny = map.next_value()?;
                }
            }
        }
        Ok(())
    }
}

/// The list of items: each is added to the feed as soon as it is read.
struct Items<'d, 'b>(&'d mut Document<'b>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Document { base, feed, .. } = self.0;
        self.0.listed = true;
        while feed.entries.len() < MAX_ENTRIES {
            let Some(item) = list.next_element::<Lenient<Item>>()? else {
                return Ok(());
            };
            match item.0 {
                Some(item) => feed.entries.push(item.entry(base)),
                None => feed.unusable += 1,
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            feed.past_the_cap += 1;
        }
        Ok(())
    }
}

/// What an item says, as written.
#[derive(Debug, Default)]
struct Item {
    id: Option<String>,
    url: Option<String>,
    external_url: Option<String>,
    title: Option<String>,
    published: Option<String>,
    modified: Option<String>,
    html: Option<String>,
    text: Option<String>,
    summary: Option<String>,
    authors: Vec<String>,
}

impl Item {
    fn entry(self, base: &Url) -> Entry {
        let time = |text: Option<String>| read_feed_date(&text?);
        let (published, updated) = believe_dates(time(self.published), time(self.modified));
        let link = [&self.url, &self.external_url]
            .into_iter()
            .find_map(|url| address(url.as_deref()?, base));
        let title = headline(Words(self.title));
        let text = self.html.or(self.text).or(self.summary);
        let stated = self.id.filter(|id| !id.is_empty());
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
            authors: self.authors,
            text,
        }
    }
}

/// A text on one line, unless nothing is left of it.
fn headline(Words(text): Words) -> Option<String> {
    text.map(|text| line(&text)).filter(|text| !text.is_empty())
}

impl Kinds for Item {
    fn of_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut item = Self::default();
        while let Some(field) = map.next_key()? {
            let place = match field {
                Field::Id => &mut item.id,
                Field::Url => &mut item.url,
                Field::ExternalUrl => &mut item.external_url,
                Field::Title => &mut item.title,
                Field::DatePublished => &mut item.published,
                Field::DateModified => &mut item.modified,
                Field::ContentHtml => &mut item.html,
                Field::ContentText => &mut item.text,
                Field::Summary => &mut item.summary,
                Field::Author | Field::Authors => {
                    let Lenient(authors) = map.next_value::<Lenient<Authors>>()?;
                    let room = MAX_AUTHORS - item.authors.len();
                    let authors = authors.unwrap_or_default().0.into_iter();
                    item.authors.extend(authors.take(room));
                    continue;
                }
                _ => {
                    let IgnoredAny = map.next_value()?;
                    continue;
                }
            };
            Words(*place) = map.next_value()?;
        }
        Ok(Some(item))
    }
}

/// One author or several: names, or objects that have one.
#[derive(Debug, Default)]
struct Authors(Vec<String>);

impl Kinds for Authors {
    fn of_text(text: &str) -> Option<Self> {
        let name = plain(text);
        (!name.is_empty()).then(|| Self(vec![name]))
    }

    fn of_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut name = None;
        while let Some(field) = map.next_key()? {
            match field {
                Field::Name => Words(name) = map.next_value()?,
                _ => {
                    let IgnoredAny = map.next_value()?;
                }
            }
        }
        Ok(name.and_then(|name| Self::of_text(&name)))
    }

    fn of_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut all = Vec::new();
        while all.len() < MAX_AUTHORS {
            match list.next_element::<Lenient<Author>>()? {
                Some(Lenient(author)) => all.extend(author.map(|Author(name)| name)),
                None => return Ok(Some(Self(all))),
            }
        }
        drain_list(list)?;
        Ok(Some(Self(all)))
    }
}

/// One author of a list; lists in it are none, so that nothing recurses.
struct Author(String);

impl Kinds for Author {
    fn of_text(text: &str) -> Option<Self> {
        Authors::of_text(text)?.0.pop().map(Self)
    }

    fn of_map<'de, A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        let author = Authors::of_map(map)?;
        Ok(author.and_then(|mut author| author.0.pop()).map(Self))
    }
}
