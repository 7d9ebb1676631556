//! What a page says about its article: title, authors, dates, rights, addresses.

use std::collections::HashMap;

use url::Url;

use super::{
    jsonld::{JsonLd, unescaped},
    rules::{Names, folded, letters},
    text::one_line,
};

mod authors;
mod brackets;
mod collect;
mod header;
mod headline;
mod inside;
mod keys;
mod kicker;
mod people;
mod published;
mod rights;
mod scripts;
mod slug;
mod stamps;
mod title;

pub(crate) use people::people;
use stamps::Stamps;

/// Authors and tags that are kept; the longest list of an honest page has a dozen.
const MAX_LIST: usize = 20;
/// Bytes of what a picture is said to show; less is the name of what is on it.
const MIN_PICTURED: usize = 20;
/// Characters of a name, and of a visible date with the words around it.
const MAX_NAME: usize = 80;
const MAX_DATE_TEXT: usize = 120;

/// Everything the head and the marks of a page say.
#[derive(Debug, Default)]
pub(crate) struct Meta {
    /// What the head says, by the name it says it under, in lower case.
    metas: HashMap<String, Vec<String>>,
    pub(crate) jsonld: JsonLd,
    title_tag: Option<String>,
    /// The first top heading, and one inside an article.
    heading: Option<String>,
    heading_at: Option<usize>,
    /// The level of a headline that was found by what it says.
    titled: Option<u8>,
    /// Where a short text right behind it last spoke of a change: `Updated on`.
    update_at: Option<usize>,
    /// What `rel="canonical"` names; more than one address is none.
    canonical: Vec<String>,
    language: Option<String>,
    stamps: Stamps,
    /// Texts marked as the author's, and those far behind the headline.
    marked_authors: Vec<String>,
    far_marks: Vec<String>,
    /// The texts of links to the pages of authors.
    author_links: Vec<String>,
    /// The same far from the headline, each name once.
    far_links: Vec<String>,
    /// Lines that open as bylines do.
    bylines: Vec<String>,
    /// What pictures of the page are said to show, and the beginning of those behind the headline.
    pictured: Vec<String>,
    pictured_from: usize,
    /// A name that stands beside its picture behind the headline.
    portrayed: Vec<String>,
    /// The host of the page's address, and the words of its longest part.
    host: Option<String>,
    slug: Vec<String>,
    paywalled: bool,
    pub(crate) live_class: bool,
    /// Short runs of text that may hold a date, before and after the top heading.
    runs: [Vec<String>; 2],
    /// Dates that scripts hold under a name that says publication.
    scripted: Vec<String>,
}

impl Meta {
    fn first(&self, keys: &[&str]) -> Option<String> {
        keys.iter()
            .find_map(|key| self.metas.get(*key)?.first())
            .and_then(|value| one_line(&unescaped(value)))
    }

    fn all(&self, keys: &[&str]) -> Vec<String> {
        keys.iter()
            .find_map(|key| self.metas.get(*key))
            .cloned()
            .unwrap_or_default()
    }

    /// Whether the page calls itself a video, a sound or a gallery.
    pub(crate) fn is_media(&self) -> bool {
        let kind = self.first(&["og:type"]).unwrap_or_default();
        ["video", "music", "gallery", "photo"]
            .iter()
            .any(|media| kind.starts_with(media))
    }

    /// What the page says of its story to those who link to it.
    pub(crate) fn descriptions(&self) -> Vec<String> {
        let keys = ["og:description", "description", "twitter:description"];
        keys.iter().filter_map(|key| self.first(&[key])).collect()
    }

    /// What pictures and players of the page are said to show, letters alone.
    pub(crate) fn pictured(&self) -> Vec<String> {
        let said = self.pictured.iter().chain(&self.jsonld.media);
        let mut said: Vec<String> = said.map(|text| letters(text)).collect();
        said.retain(|text| text.len() >= MIN_PICTURED);
        said
    }

    /// Whether it is a live blog: by its data, or by its marks and its title.
    pub(crate) fn is_live(&self, names: &Names) -> bool {
        let named = || {
            let title = self.title().map(|title| folded(&title)).unwrap_or_default();
            names.live.iter().any(|word| title.contains(word.as_str()))
        };
        self.jsonld.is_live || self.live_class && named()
    }

    /// Whether its heading is that of a page to which news are added.
    pub(super) fn is_ticker(&self, names: &Names) -> bool {
        let heading = self.heading.as_deref().map(folded).unwrap_or_default();
        names
            .live
            .iter()
            .any(|word| heading.contains(word.as_str()))
    }

    /// The first top heading of the page.
    pub(crate) fn heading(&self) -> Option<&str> {
        self.heading.as_deref()
    }

    pub(crate) fn title_tag(&self) -> Option<&str> {
        self.title_tag.as_deref()
    }

    pub(crate) fn publisher(&self) -> Option<String> {
        self.first(&["og:site_name"])
            .or_else(|| self.jsonld.publisher.as_deref().and_then(one_line))
            .or_else(|| self.first(&["application-name", "dc.publisher"]))
    }

    pub(crate) fn image(&self) -> Option<String> {
        self.first(&["og:image", "og:image:url", "twitter:image"])
            .or_else(|| self.jsonld.image.clone())
    }

    pub(crate) fn section(&self) -> Option<String> {
        self.jsonld
            .section
            .as_deref()
            .and_then(one_line)
            .or_else(|| self.first(&["article:section", "parsely-section", "section"]))
    }

    pub(crate) fn tags(&self) -> Vec<String> {
        let mut tags = self.all(&["article:tag", "news_keywords", "parsely-tags", "keywords"]);
        if tags.is_empty() {
            tags.clone_from(&self.jsonld.keywords);
        }
        if let [one] = tags.as_slice() {
            tags = one.split([',', ';']).map(str::to_owned).collect();
        }
        unique(tags.iter().filter_map(|tag| one_line(tag)))
    }

    /// The language the page declares, BCP 47.
    pub(crate) fn language(&self) -> Option<String> {
        let said = self
            .language
            .clone()
            .or_else(|| self.jsonld.language.clone())
            .or_else(|| {
                self.first(&["content-language", "og:locale", "language", "dc.language"])
            })?;
        let tag = said.trim().replace('_', "-");
        let fits = !tag.is_empty()
            && tag.len() <= 35
            && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        fits.then_some(tag)
    }

    /// The address that a page names as its own: one and whole, else none. `og:url` counts where no `rel="canonical"`
    /// is.
    pub(crate) fn canonical(&self) -> Option<Url> {
        let said = match self.canonical.as_slice() {
            [] => self.first(&["og:url"])?,
            [one] => one.clone(),
            _ => return None,
        };
        let url = Url::parse(said.trim()).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    }
}

/// Names without doubles, however they are written, as many as are kept.
fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in names {
        if out.len() < MAX_LIST && !out.iter().any(|known| folded(known) == folded(&name)) {
            out.push(name);
        }
    }
    out
}
