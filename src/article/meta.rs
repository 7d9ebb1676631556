//! What a page says about its article: title, authors, dates, rights, addresses.

use std::collections::HashMap;

use url::Url;

use super::{
    jsonld::{JsonLd, unescaped},
    rules::{flag, folded},
    text::{cut, one_line},
    tree::{Node, Tag},
};

mod authors;
mod people;
mod published;
mod rights;
mod stamps;
mod title;

pub(crate) use people::people;
use published::{scripted, torn};
use stamps::Stamps;

/// Authors and tags that are kept, and characters of a name, a byline or a visible date.
const MAX_LIST: usize = 20;
const MAX_NAME: usize = 80;
const MAX_BYLINE: usize = 160;
const MAX_DATE_TEXT: usize = 120;
/// Nodes from the top heading in which the byline stands: a picture, its caption and tools for sharing lie between.
const MAX_FROM_HEADING: usize = 200;
/// Words that open the line of an author in running text.
const BYLINE_OPENINGS: [&str; 15] = [
    "Written by",
    "Posted by",
    "Words by",
    "Text by",
    "Story by",
    "By",
    "BY",
    "by",
    "Von",
    "Par",
    "Por",
    "Di",
    "Door",
    "Av",
    "Oleh",
];
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
    heading_at: Option<usize>,
    /// What `rel="canonical"` names; more than one address is none.
    canonical: Vec<String>,
    language: Option<String>,
    stamps: Stamps,
    marked_authors: Vec<String>,
    /// The texts of links to the pages of authors.
    author_links: Vec<String>,
    /// Lines that open as bylines do.
    bylines: Vec<String>,
    /// The host of the page's address.
    host: Option<String>,
    paywalled: bool,
    pub(crate) live_class: bool,
    /// Short runs of text that may hold a date, before and after the top heading.
    runs: [Vec<String>; 2],
    /// Dates that scripts hold under a name that says publication.
    scripted: Vec<String>,
}

impl Meta {
    /// Collects in one pass.
    pub(crate) fn of(nodes: &[Node<'_>], address: Option<&Url>) -> Self {
        let mut meta = Self {
            host: address.and_then(Url::host_str).map(str::to_owned),
            ..Self::default()
        };
        let mut i = 0;
        while i < nodes.len() {
            let node = &nodes[i];
            match node.tag {
                Tag::Text => {
                    meta.run(nodes, i);
                    meta.byline(nodes, i);
                }
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
                Tag::Heading(1) if meta.heading.is_none() => {
                    meta.heading = text_of(nodes, i, 400);
                    meta.heading_at = meta.heading.is_some().then_some(i);
                }
                _ => meta.mark(nodes, i),
            }
            i += 1;
        }
        meta.choose_article(address);
        meta
    }

    /// Tells JSON-LD which of its articles is this page.
    fn choose_article(&mut self, address: Option<&Url>) {
        let mut addresses = self.canonical.clone();
        addresses.extend(self.first(&["og:url"]));
        addresses.extend(address.map(Url::to_string));
        let titles = [
            self.first(&["og:title"]),
            self.title_tag.clone(),
            self.heading.clone(),
        ];
        let titles: Vec<String> = titles.into_iter().flatten().collect();
        self.jsonld.choose_own(&addresses, &titles);
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
        if ld && self.jsonld.read(text.text) {
            return;
        }
        if ld {
            self.scripted.extend(torn(text.text));
        } else if self.scripted.len() < MAX_DATES {
            self.scripted.extend(scripted(text.text));
        }
    }

    fn run(&mut self, nodes: &[Node<'_>], i: usize) {
        let (text, around) = (nodes[i].text, &nodes[nodes[i].parent as usize]);
        let opens = text.trim_start().starts_with(|c: char| c.is_numeric());
        let dated = text.len() >= 8
            && (text.len() <= 300 || opens)
            && text.contains(|c: char| c.is_numeric());
        let text = if text.len() > 300 {
            cut(text, 60)
        } else {
            text
        };
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
        self.stamps.take(nodes, i);
        if node.has(flag::AUTHOR)
            && !node.has(flag::COMMENTS)
            && self.marked_authors.len() < MAX_LIST
        {
            self.marked_authors.extend(names_in(nodes, i));
        }
        if leads_to_author(node)
            && self.is_near_heading(i)
            && !node.has(flag::COMMENTS | flag::RELATED)
            && self.author_links.len() < MAX_LIST
        {
            self.author_links.extend(names_in(nodes, i));
        }
        self.paywalled |= node.has(flag::PAYWALL);
        self.live_class |= node.has(flag::LIVE);
    }

    /// Whether a node stands behind the top heading as a byline does.
    fn is_near_heading(&self, i: usize) -> bool {
        self.heading_at
            .is_some_and(|at| (at..at + MAX_FROM_HEADING).contains(&i))
    }

    /// Keeps a line that opens with `By`, from the block around it.
    fn byline(&mut self, nodes: &[Node<'_>], i: usize) {
        let text = nodes[i].text.trim_start();
        let rest = BYLINE_OPENINGS.iter().find_map(|opening| {
            let rest = text.strip_prefix(opening)?;
            let name = rest.trim_start_matches([':', ' ', '\u{a0}', '\n', '\t']);
            let opens = name.len() < rest.len() && !name.starts_with(char::is_lowercase);
            (opens || rest.is_empty()).then_some(name)
        });
        let opens = rest.is_some() && self.is_near_heading(i);
        let around = &nodes[nodes[i].parent as usize];
        if !opens
            || self.bylines.len() >= MAX_LIST
            || around.tag.is_skipped()
            || around.has(flag::COMMENTS)
        {
            return;
        }
        // `<span>By</span> <a>…</a>`: the name stands beside the element.
        let alone = rest.is_some_and(str::is_empty) && around.tag == Tag::Inline;
        let place = if alone {
            around.parent
        } else {
            nodes[i].parent
        };
        self.bylines.extend(names_in(nodes, place as usize));
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
        } else if node.tag.is_block() || node.tag == Tag::Br || is_glued(&text, node) {
            text.push(' ');
        }
    }
    one_line(&text).filter(|line| line.chars().count() <= most)
}

/// Whether an element begins right after a small letter: two texts that only look parted. One that begins with a
/// small letter goes on with the word.
fn is_glued(before: &str, node: &Node<'_>) -> bool {
    node.tag == Tag::Inline && before.ends_with(char::is_lowercase) && node.attr("class").is_some()
}

/// The text of a byline; whole names that are elements beside each other are parted.
fn names_in(nodes: &[Node<'_>], i: usize) -> Option<String> {
    let mut text = String::new();
    // Where the name began that may end before the next element, and where its element ends.
    let (mut begun, mut end) = (0, 0);
    for (at, node) in nodes
        .iter()
        .enumerate()
        .take(nodes[i].end as usize)
        .skip(i + 1)
    {
        match node.tag {
            Tag::Text => text.push_str(node.text),
            Tag::A | Tag::Inline => {
                let whole = text[begun..].split_whitespace().count() > 1;
                if end > 0
                    && at >= end
                    && whole
                    && text[begun..].ends_with(|c: char| c.is_alphanumeric() || c == ' ')
                {
                    text.push_str(", ");
                }
                if at >= end {
                    (begun, end) = (text.len(), node.end as usize);
                }
            }
            tag if tag.is_block() || tag == Tag::Br => {
                text.push_str(if text.trim().is_empty() { " " } else { " | " });
                (begun, end) = (text.len(), 0);
            }
            _ => {}
        }
        if text.len() > MAX_BYLINE * 8 {
            return None;
        }
    }
    one_line(&text).filter(|line| line.chars().count() <= MAX_BYLINE)
}

/// Whether a link leads to the page of an author.
fn leads_to_author(node: &Node<'_>) -> bool {
    const SEGMENTS: [&str; 10] = [
        "author",
        "authors",
        "autor",
        "autoren",
        "autores",
        "auteur",
        "auteurs",
        "autore",
        "journalist",
        "contributor",
    ];
    node.tag == Tag::A
        && node.attr("href").is_some_and(|href| {
            let mut parts = href.split('/').skip_while(|part| !SEGMENTS.contains(part));
            parts.next().is_some() && parts.next().is_some_and(|name| name.len() > 2)
        })
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
