//! JSON Feed 1.0 and 1.1, read field by field: one that is missing or of another kind costs itself only.
//!
//! No tree of the document is built: what is not asked for is passed over, and what was read before an error stays.

mod lenient;
mod mend;

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use url::Url;

use self::lenient::{Kinds, Lenient, Words, drain_list};
use super::{
    Entry, ParsedFeed, date,
    item::fallback_id,
    limits::MAX_AUTHORS,
    links::read_address,
    newest::Newest,
    text::{html_of_plain, join_lines, strip_markup},
};

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
) -> (Option<ParsedFeed>, Document<'b>) {
    let mut document = Document::of(base, max_entries);
    let read = (&mut document).deserialize(&mut serde_json::Deserializer::from_str(text));
    if read.is_ok() {
        let feed = document.into_feed();
        return (feed, Document::of(base, max_entries));
    }
    (None, document)
}

/// What can be read of a document that is broken: each item by itself.
fn salvage_items(text: &str, broken: Document<'_>) -> Option<ParsedFeed> {
    let mut document = Document::of(broken.base, broken.max_entries);
    document.feed.title = broken.feed.title;
    document.feed.language = broken.feed.language;
    (document.named, document.listed) = (broken.named, broken.listed);
    let mut at = mend::find_list(text, "items").filter(|_| broken.listed)?;
    while let Some(start) = mend::find_object(text, at) {
        let mut items = serde_json::Deserializer::from_str(&text[start..]).into_iter();
        match items.next() {
            Some(Ok(Lenient(Some(item)))) if Item::is_item(&item) => {
                document
                    .newest
                    .take_entry(item.into_entry(&document.base_of_items()));
            }
            Some(Ok(Lenient::<Item>(_))) => {}
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

impl<'b> Document<'b> {
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
                    self.feed.title = read_headline(map.next_value()?);
                }
                Field::HomePageUrl => {
                    self.named = true;
                    let Words(url) = map.next_value()?;
                    self.site = url.and_then(|url| read_address(&url, self.base));
                }
                Field::FeedUrl => {
                    let Words(url) = map.next_value()?;
                    self.feed.hints.own_address = url.and_then(|url| read_address(&url, self.base));
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
        let document = self.0;
        document.listed = true;
        let base = document.base_of_items();
        while let Some(item) = list.next_element::<Lenient<Item>>()? {
            match item.0 {
                Some(item) => document.newest.take_entry(item.into_entry(&base)),
                None => document.feed.unusable += 1,
            }
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
    /// Whether an object is an item and not a part of one, such as an attachment.
    fn is_item(&self) -> bool {
        let parts = [&self.id, &self.published, &self.html, &self.text];
        parts.iter().any(|part| part.is_some())
    }

    fn into_entry(self, base: &Url) -> Entry {
        let time = |text: Option<String>| date::read(&text?);
        let (published, updated) = (time(self.published), time(self.modified));
        let link = [&self.url, &self.external_url]
            .into_iter()
            .find_map(|url| read_address(url.as_deref()?, base));
        let title = read_headline(Words(self.title));
        let bare = self.text.or(self.summary);
        let text = self.html.or(bare.map(|text| html_of_plain(&text)));
        let stated = self.id.filter(|id| !id.is_empty());
        let named = stated
            .as_deref()
            .filter(|id| id.starts_with("http"))
            .and_then(|id| read_address(id, base));
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
fn read_headline(Words(text): Words) -> Option<String> {
    text.map(|text| join_lines(&text))
        .filter(|text| !text.is_empty())
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
        let name = strip_markup(text);
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
