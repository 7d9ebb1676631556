//! What a page says about its article: title, authors, dates, rights, addresses.

use std::collections::HashMap;

use url::Url;

use super::{
    jsonld::{JsonLd, unescaped},
    rules::{flag, folded},
    text::one_line,
    tree::{Node, Tag},
};

mod names;
mod published;
mod rights;

use names::MAX_NAME;
pub(crate) use names::people;
use published::scripted;

/// Authors and tags that are kept, and characters of a name or a visible date.
const MAX_LIST: usize = 20;
const MAX_DATE_TEXT: usize = 120;
/// Visible dates and times that are looked at, and other runs of text with digits.
const MAX_DATES: usize = 12;
const MAX_RUNS: usize = 40;

/// Everything the head and the marks of a page say.
#[derive(Debug, Default)]
pub(crate) struct Meta {
    metas: HashMap<String, Vec<String>>,
    pub(crate) jsonld: JsonLd,
    title_tag: Option<String>,
    /// The first top heading, and one inside an article.
    heading: Option<String>,
    /// What `rel="canonical"` names; more than one address is none.
    canonical: Vec<String>,
    language: Option<String>,
    microdata: Vec<String>,
    times: Vec<String>,
    visible: Vec<String>,
    marked_authors: Vec<String>,
    paywalled: bool,
    pub(crate) live_class: bool,
    /// Short runs of text that may hold a date, before and after the top heading.
    runs: [Vec<String>; 2],
    /// Dates that scripts hold under a name that says publication.
    scripted: Vec<String>,
}

impl Meta {
    /// Collects in one pass.
    pub(crate) fn of(nodes: &[Node<'_>]) -> Self {
        let mut meta = Self::default();
        let mut i = 0;
        while i < nodes.len() {
            let node = &nodes[i];
            match node.tag {
                Tag::Text => meta.run(nodes, i),
                Tag::Meta => meta.meta(node),
                Tag::Script => meta.script(node, nodes.get(i + 1)),
                Tag::Link => meta.link(node),
                Tag::Html => {
                    meta.language = node
                        .attr("lang")
                        .or_else(|| node.attr("xml:lang"))
                        .map(str::to_owned);
                }
                Tag::Title if meta.title_tag.is_none() => meta.title_tag = text_of(nodes, i, 400),
                Tag::Heading(1) if meta.heading.is_none() => meta.heading = text_of(nodes, i, 400),
                _ => meta.mark(nodes, i),
            }
            i += 1;
        }
        meta
    }

    fn meta(&mut self, node: &Node<'_>) {
        let Some(content) = node
            .attr("content")
            .filter(|content| !content.trim().is_empty())
        else {
            return;
        };
        for key in ["property", "name", "itemprop", "http-equiv"] {
            if let Some(name) = node.attr(key) {
                let values = self
                    .metas
                    .entry(name.trim().to_ascii_lowercase())
                    .or_default();
                if values.len() < MAX_LIST {
                    values.push(content.trim().to_owned());
                }
            }
        }
    }

    fn script(&mut self, node: &Node<'_>, inside: Option<&Node<'_>>) {
        let ld = node
            .attr("type")
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("ld+json"));
        let Some(text) = inside else { return };
        if ld {
            self.jsonld.read(text.text);
        } else if self.scripted.len() < MAX_DATES {
            self.scripted.extend(scripted(text.text));
        }
    }

    fn run(&mut self, nodes: &[Node<'_>], i: usize) {
        let (text, around) = (nodes[i].text, &nodes[nodes[i].parent as usize]);
        let dated =
            text.len() >= 8 && text.len() <= 300 && text.contains(|c: char| c.is_ascii_digit());
        if !dated || around.tag == Tag::A || around.tag.is_skipped() {
            return;
        }
        let runs = &mut self.runs[usize::from(self.heading.is_some())];
        if runs.len() < MAX_RUNS {
            runs.extend(one_line(text).filter(|line| line.chars().count() <= MAX_DATE_TEXT));
        }
    }

    fn link(&mut self, node: &Node<'_>) {
        let named = node.attr("rel").is_some_and(|rel| {
            rel.split_ascii_whitespace()
                .any(|word| word.eq_ignore_ascii_case("canonical"))
        });
        let href = node.attr("href").map(str::trim).filter(|_| named);
        let Some(href) = href.filter(|href| !href.is_empty()) else {
            return;
        };
        if self.canonical.len() < 2 && self.canonical.iter().all(|known| known != href) {
            self.canonical.push(href.to_owned());
        }
    }

    fn mark(&mut self, nodes: &[Node<'_>], i: usize) {
        let node = &nodes[i];
        let dated = node.tag == Tag::Time || node.has(flag::PUBLISHED);
        if dated && self.visible.len() < MAX_DATES && !node.has(flag::COMMENTS | flag::RELATED) {
            let stamp = node.attr("datetime").or_else(|| node.attr("content"));
            if node.attr("itemprop") == Some("datePublished") || node.attr("pubdate").is_some() {
                self.microdata.extend(
                    stamp
                        .map(str::to_owned)
                        .or_else(|| text_of(nodes, i, MAX_DATE_TEXT)),
                );
            } else if let Some(stamp) =
                stamp.filter(|_| node.attr("itemprop") != Some("dateModified"))
            {
                self.times.push(stamp.to_owned());
            }
            self.visible.extend(text_of(nodes, i, MAX_DATE_TEXT));
        }
        if node.has(flag::AUTHOR)
            && !node.has(flag::COMMENTS)
            && self.marked_authors.len() < MAX_LIST
        {
            self.marked_authors.extend(text_of(nodes, i, MAX_NAME));
        }
        self.paywalled |= node.has(flag::PAYWALL);
        self.live_class |= node.has(flag::LIVE);
    }

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

/// The text inside a node, none where it is longer than `most` characters.
fn text_of(nodes: &[Node<'_>], i: usize, most: usize) -> Option<String> {
    let mut text = String::new();
    for node in &nodes[i + 1..nodes[i].end as usize] {
        if node.tag == Tag::Text {
            text.push_str(node.text);
            if text.len() > most * 8 {
                return None;
            }
        } else if node.tag.is_block() || node.tag == Tag::Br {
            text.push(' ');
        }
    }
    one_line(&text).filter(|line| line.chars().count() <= most)
}

fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in names {
        if out.len() < MAX_LIST && !out.iter().any(|known| folded(known) == folded(&name)) {
            out.push(name);
        }
    }
    out
}
