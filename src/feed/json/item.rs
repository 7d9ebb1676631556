//! One item of a JSON Feed: each field is taken for what it can be, and one of another kind costs itself only.

use serde::de::{IgnoredAny, MapAccess, SeqAccess};
use url::Url;

use super::{
    JsonField,
    lenient::{JsonWords, Kinds, Lenient, drain_list},
};
use crate::{
    date::{believe_dates, read_feed_date},
    feed::{
        Entry,
        item::choose_id,
        limits::MAX_AUTHORS,
        links::read_address,
        text::{html_of_plain, join_lines, strip_markup},
    },
};

/// What an item says, as written.
#[derive(Debug, Default)]
pub(super) struct JsonItem {
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

impl JsonItem {
    /// Whether an object is an item and not a part of one, such as an attachment.
    pub(super) fn is_item(&self) -> bool {
        let parts = [&self.id, &self.published, &self.html, &self.text];
        parts.iter().any(|part| part.is_some())
    }

    pub(super) fn into_entry(self, base: &Url) -> Entry {
        let time = |text: Option<String>| read_feed_date(&text?);
        let dates = believe_dates(time(self.published), time(self.modified));
        let published = dates.published;
        let link = [&self.url, &self.external_url]
            .into_iter()
            .find_map(|url| read_address(url.as_deref()?, base));
        let title = read_headline(JsonWords(self.title));
        let unmarked = self.text.or(self.summary);
        let text = self.html.or(unmarked.map(|text| html_of_plain(&text)));
        let stated = self.id.filter(|id| !id.is_empty());
        let named = stated
            .as_deref()
            .filter(|id| id.starts_with("http"))
            .and_then(|id| read_address(id, base));
        let link = link.or(named);
        let words = (title.as_deref(), text.as_deref());
        let id = choose_id(stated, link.as_ref(), words, published);
        Entry {
            id,
            title,
            link,
            original_link: None,
            published,
            updated: dates.updated,
            date_refused: dates.refused,
            authors: self.authors,
            text,
        }
    }
}

/// A text on one line, unless nothing is left of it.
pub(super) fn read_headline(JsonWords(text): JsonWords) -> Option<String> {
    text.map(|text| join_lines(&text))
        .filter(|text| !text.is_empty())
}

impl Kinds for JsonItem {
    fn of_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let mut item = Self::default();
        while let Some(field) = map.next_key()? {
            let place = match field {
                JsonField::Id => &mut item.id,
                JsonField::Url => &mut item.url,
                JsonField::ExternalUrl => &mut item.external_url,
                JsonField::Title => &mut item.title,
                JsonField::DatePublished => &mut item.published,
                JsonField::DateModified => &mut item.modified,
                JsonField::ContentHtml => &mut item.html,
                JsonField::ContentText => &mut item.text,
                JsonField::Summary => &mut item.summary,
                JsonField::Author | JsonField::Authors => {
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
            JsonWords(*place) = map.next_value()?;
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
                JsonField::Name => JsonWords(name) = map.next_value()?,
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
