//! JSON Feed 1.0 and 1.1, read field by field: one that is missing or of another kind costs itself only.
//!
//! No tree of the document is built: what is not asked for is passed over, and what was read before an error stays.

mod item;
mod lenient;
mod mend;

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use url::Url;

use self::{
    item::{JsonItem, read_headline},
    lenient::{JsonWords, Lenient},
};
use super::{ParsedFeed, links::read_address, newest::Newest};

/// Items that cannot be read and are still passed over one by one; past these the document is no feed but a wreck, and
/// each may make the rest of it be looked through once more.
const MAX_BROKEN: u64 = 50;

/// Reads a document, of its items the newest; `None` when it holds no JSON Feed. Where it is not well-formed JSON its
/// strings are mended, and items that are broken all the same are left out and counted.
pub(super) fn read_json(text: &str, base: &Url, max_entries: usize) -> Option<ParsedFeed> {
    let (whole, _) = read_whole(text, base, max_entries);
    if whole.is_some() {
        return whole;
    }
    let mended = mend::mend_strings(text);
    match read_whole(&mended, base, max_entries) {
        (Some(feed), _) => Some(feed),
        (None, document) => salvage_items(&mended, document),
    }
}

/// The feed, unless an error stands in it; and what was read before that.
fn read_whole<'b>(
    text: &str,
    base: &'b Url,
    max_entries: usize,
) -> (Option<ParsedFeed>, JsonDocument<'b>) {
    let mut document = JsonDocument::of(base, max_entries);
    let read = (&mut document).deserialize(&mut serde_json::Deserializer::from_str(text));
    if read.is_ok() {
        let feed = document.into_feed();
        return (feed, JsonDocument::of(base, max_entries));
    }
    (None, document)
}

/// What can be read of a document that is broken: each item by itself.
fn salvage_items(text: &str, broken: JsonDocument<'_>) -> Option<ParsedFeed> {
    let mut document = JsonDocument::of(broken.base, broken.max_entries);
    document.feed.title = broken.feed.title;
    document.feed.language = broken.feed.language;
    (document.named, document.listed) = (broken.named, broken.listed);
    let mut at = mend::find_list(text, "items").filter(|_| broken.listed)?;
    while let Some(start) = mend::find_object(text, at) {
        let mut items = serde_json::Deserializer::from_str(&text[start..]).into_iter();
        match items.next() {
            Some(Ok(Lenient(Some(item)))) if JsonItem::is_item(&item) => {
                document
                    .newest
                    .take_entry(item.into_entry(&document.base_of_items()));
            }
            Some(Ok(Lenient::<JsonItem>(_))) => {}
            _ if document.feed.unusable >= MAX_BROKEN => break,
            _ => {
                document.feed.unusable += 1;
                at = start + 1;
                continue;
            }
        }
        at = start + items.byte_offset();
    }
    document.into_feed()
}

/// Fields of a document, an item or an author.
#[derive(Debug, Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum JsonField {
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
struct JsonDocument<'b> {
    base: &'b Url,
    max_entries: usize,
    feed: ParsedFeed,
    newest: Newest,
    /// Where the feed's own site is.
    site: Option<Url>,
    /// It has a list of items.
    listed: bool,
    /// It calls itself a JSON Feed, or has what else every feed has.
    named: bool,
}

impl<'b> JsonDocument<'b> {
    fn of(base: &'b Url, max_entries: usize) -> Self {
        Self {
            base,
            max_entries,
            feed: ParsedFeed::default(),
            newest: Newest::of_at_most(max_entries),
            site: None,
            listed: false,
            named: false,
        }
    }

    /// What relative addresses of items are read against: the feed's own site where another host serves the feed.
    fn base_of_items(&self) -> Url {
        let site = self
            .site
            .as_ref()
            .filter(|site| site.host() != self.base.host());
        site.unwrap_or(self.base).clone()
    }

    fn into_feed(mut self) -> Option<ParsedFeed> {
        (self.feed.entries, self.feed.past_the_cap) = self.newest.into_entries();
        (self.listed && self.named).then_some(self.feed)
    }
}

impl<'de> DeserializeSeed<'de> for &mut JsonDocument<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut JsonDocument<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feed")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(field) = map.next_key()? {
            match field {
                JsonField::Version => {
                    let JsonWords(version) = map.next_value()?;
                    self.named |= version.is_some_and(|version| version.contains("jsonfeed.org"));
                }
                JsonField::Title => {
                    self.named = true;
                    self.feed.title = read_headline(map.next_value()?);
                }
                JsonField::HomePageUrl => {
                    self.named = true;
                    let JsonWords(url) = map.next_value()?;
                    self.site = url.and_then(|url| read_address(&url, self.base));
                }
                JsonField::FeedUrl => {
                    let JsonWords(url) = map.next_value()?;
                    self.feed.hints.own_address = url.and_then(|url| read_address(&url, self.base));
                }
                JsonField::Language => JsonWords(self.feed.language) = map.next_value()?,
                JsonField::Items => map.next_value_seed(JsonItems(self))?,
                _ => {
                    let IgnoredAny = map.next_value()?;
                }
            }
        }
        Ok(())
    }
}

/// The list of items: each is added to the feed as soon as it is read.
struct JsonItems<'d, 'b>(&'d mut JsonDocument<'b>);

impl<'de> DeserializeSeed<'de> for JsonItems<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonItems<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let document = self.0;
        document.listed = true;
        let base = document.base_of_items();
        while let Some(item) = list.next_element::<Lenient<JsonItem>>()? {
            match item.0 {
                Some(item) => document.newest.take_entry(item.into_entry(&base)),
                None => document.feed.unusable += 1,
            }
        }
        Ok(())
    }
}
