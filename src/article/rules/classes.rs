//! What the words of classes, ids and roles say of an element.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use super::{super::text::cut, BadRules};

/// What the class, id or role of an element says of it.
pub(crate) mod flag {
    pub(crate) const COMMENTS: u32 = 1;
    pub(crate) const RELATED: u32 = 1 << 1;
    pub(crate) const SHARE: u32 = 1 << 2;
    pub(crate) const NAVIGATION: u32 = 1 << 3;
    pub(crate) const ADVERT: u32 = 1 << 4;
    pub(crate) const NEWSLETTER: u32 = 1 << 5;
    pub(crate) const BIOGRAPHY: u32 = 1 << 6;
    pub(crate) const TAGS: u32 = 1 << 7;
    pub(crate) const CAPTION: u32 = 1 << 8;
    pub(crate) const HIDDEN: u32 = 1 << 9;
    pub(crate) const BYLINE: u32 = 1 << 10;
    pub(crate) const DATE: u32 = 1 << 11;
    pub(crate) const ASIDE: u32 = 1 << 12;
    pub(crate) const CONSENT: u32 = 1 << 13;
    pub(crate) const FOOTER: u32 = 1 << 14;
    pub(crate) const BODY: u32 = 1 << 15;
    pub(crate) const LIVE: u32 = 1 << 16;
    pub(crate) const AUTHOR: u32 = 1 << 17;
    pub(crate) const PUBLISHED: u32 = 1 << 18;
    pub(crate) const STANDFIRST: u32 = 1 << 19;
    pub(crate) const ARTICLE_BODY: u32 = 1 << 20;
    pub(crate) const PAYWALL: u32 = 1 << 21;
    pub(crate) const CONTENT: u32 = 1 << 22;
    /// Kept from those who listen; often the story below a wall, which is seen.
    pub(crate) const UNSPOKEN: u32 = 1 << 23;
    /// A standfirst at some publishers, the box of another article at others.
    pub(crate) const TEASER: u32 = 1 << 24;
    /// The way a page is laid out: says that a sidebar is beside this, not that this is one.
    pub(crate) const LAYOUT: u32 = 1 << 25;
    /// An entry of a live blog.
    pub(crate) const ENTRY: u32 = 1 << 26;
    /// Facts beside the story, in a box that is often closed.
    pub(crate) const BOX: u32 = 1 << 27;

    pub(super) fn named(name: &str) -> Option<u32> {
        Some(match name {
            "comments" => COMMENTS,
            "related" => RELATED,
            "share" => SHARE,
            "navigation" => NAVIGATION,
            "advert" => ADVERT,
            "newsletter" => NEWSLETTER,
            "biography" => BIOGRAPHY,
            "tags" => TAGS,
            "caption" => CAPTION,
            "hidden" => HIDDEN,
            "byline" => BYLINE,
            "date" => DATE,
            "aside" => ASIDE,
            "consent" => CONSENT,
            "footer" => FOOTER,
            "body" => BODY,
            "live" => LIVE,
            "author" => AUTHOR,
            "published" => PUBLISHED,
            "standfirst" => STANDFIRST,
            "paywall" => PAYWALL,
            "content" => CONTENT,
            "teaser" => TEASER,
            "layout" => LAYOUT,
            "entry" => ENTRY,
            "box" => BOX,
            _ => return None,
        })
    }
}

/// Words of classes and ids and what they mean.
#[derive(Debug)]
pub(crate) struct Classes {
    words: HashMap<Box<str>, u32, BuildHasherDefault<Fnv>>,
}

/// FNV-1a: the words are short and ours, so nobody can choose them to collide.
#[derive(Debug, Default)]
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Characters of a class attribute that are read.
const MAX_CLASS: usize = 400;

impl Classes {
    pub(super) fn new(table: &HashMap<String, Vec<String>>) -> Result<Self, BadRules> {
        let mut words: HashMap<Box<str>, u32, _> = HashMap::default();
        for (name, list) in table {
            let bit = flag::named(name).ok_or_else(|| BadRules {
                file: "classes.toml".to_owned(),
                detail: format!("no flag is called `{name}`"),
            })?;
            for word in list {
                *words.entry(word.as_str().into()).or_insert(0) |= bit;
            }
        }
        Ok(Self { words })
    }

    /// What one attribute says; `words` is a buffer.
    pub(crate) fn flags(&self, name: &str, value: &str, words: &mut String) -> u32 {
        match name {
            "class" => self.words(value, words) & !shown(value) | hidden(value),
            "id" | "role" | "data-testid" | "data-component" => self.words(value, words),
            "itemprop" => match value.trim() {
                "articleBody" | "articlebody" => flag::ARTICLE_BODY | flag::BODY,
                "caption" | "image" => flag::CAPTION,
                "author" => flag::AUTHOR,
                "datePublished" => flag::PUBLISHED,
                "comment" => flag::COMMENTS,
                "publisher" | "logo" => flag::HIDDEN,
                "liveBlogUpdate" => flag::ENTRY,
                "blogPost" | "text" => flag::BODY,
                _ => 0,
            },
            "itemtype" if value.ends_with("schema.org/Person") => flag::BIOGRAPHY,
            // The order of the entries of a live blog, as AMP and others write it.
            "data-sort-time" => flag::ENTRY,
            "rel" if value == "author" => flag::AUTHOR,
            "hidden" => flag::HIDDEN,
            "aria-hidden" if value == "true" => flag::UNSPOKEN,
            "style" if hides(value) => flag::HIDDEN,
            _ => 0,
        }
    }

    /// Splits at everything that is no letter and at inner capitals; looks up words and pairs of neighbours.
    fn words(&self, value: &str, buffer: &mut String) -> u32 {
        let mut flags = 0;
        let value = cut(value, MAX_CLASS);
        for token in value.split_ascii_whitespace() {
            if is_random(token) {
                continue;
            }
            buffer.clear();
            let mut said = 0;
            let mut before: Option<usize> = None;
            let mut start = 0;
            let mut lower = false;
            for c in token.chars().chain(['-']) {
                let cut = !c.is_alphabetic() || (lower && c.is_uppercase());
                if cut && buffer.len() > start {
                    said |= self.look(buffer, before, start);
                    before = Some(start);
                    buffer.push('-');
                    start = buffer.len();
                }
                if c.is_alphabetic() {
                    buffer.extend(c.to_lowercase());
                }
                lower = c.is_lowercase();
            }
            flags |= if said & flag::LAYOUT == 0 {
                said
            } else {
                said & !flag::ASIDE
            };
        }
        flags
    }

    fn look(&self, buffer: &str, before: Option<usize>, start: usize) -> u32 {
        let one = self.words.get(&buffer[start..]).copied().unwrap_or(0);
        let two = before
            .and_then(|at| self.words.get(&buffer[at..]))
            .copied()
            .unwrap_or(0);
        one | two
    }
}

/// Changes between letters and digits from which a name was drawn at random.
// The words of `elk-4d37-b2a7-ad12` are none.
const MAX_CHANGES: usize = 4;

fn is_random(token: &str) -> bool {
    let bytes = token.as_bytes();
    let changes = bytes.windows(2).filter(|pair| {
        pair[0].is_ascii_digit() && pair[1].is_ascii_alphabetic()
            || pair[0].is_ascii_alphabetic() && pair[1].is_ascii_digit()
    });
    bytes.len() > 8 && changes.count() >= MAX_CHANGES
}

/// A class of its own that hides, unless another shows the element on wider screens.
fn hidden(class: &str) -> u32 {
    let mut tokens = class.split_ascii_whitespace();
    if tokens.any(|token| token == "hidden") && shown(class) == 0 {
        flag::HIDDEN
    } else {
        0
    }
}

/// The flag that classes of wider screens take back: `hidden md:block`, `d-none d-lg-flex`.
fn shown(class: &str) -> u32 {
    let shows = |token: &str| {
        !token.contains("print")
            && (token.contains(':') || token.starts_with("d-"))
            && ["block", "flex", "inline", "grid", "table"]
                .iter()
                .any(|way| token.ends_with(way))
    };
    let hides = class.contains("hidden") || class.contains("d-none");
    if hides && class.split_ascii_whitespace().any(shows) {
        flag::HIDDEN
    } else {
        0
    }
}

fn hides(style: &str) -> bool {
    let style: String = style
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(200)
        .collect();
    style.contains("display:none") || style.contains("visibility:hidden")
}
