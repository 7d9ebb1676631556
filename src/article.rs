//! Articles: the story of a page, stripped of what is not the story, and what the page says about it.

use std::borrow::Cow;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    config::SiteRules,
    decode::{decode_text, undo_second_encoding},
    fetch::Head,
    id::to_hex,
    record::{Language, Removed, Standfirst},
    site_lines::SiteLines,
};

mod blocks;
mod body;
mod credit;
mod extracted;
mod hidden;
pub mod identity;
mod jsonld;
mod language;
mod lead;
mod lines;
mod meta;
mod paragraphs;
mod reading;
mod rules;
pub(crate) mod simhash;
mod text;
mod tree;
mod wall;

pub use extracted::Extracted;
use lines::{Context, Story};
use meta::Meta;
use paragraphs::{find_standfirst, join_blocks};
pub use rules::{BadRules, Rules};
use tree::Tree;
pub use tree::{MAX_DEPTH, MAX_ELEMENTS, MAX_TIME};
pub use wall::{Wall, is_consent_address};

/// Bytes of a page, decompressed.
pub const MAX_PAGE_BYTES: usize = 5 << 20;
/// Bytes of a line that is read as a byline.
const MAX_BYLINE: usize = 120;
/// Text that the page shows below which the story is looked for where it is not shown, characters.
const MIN_SHOWN: usize = 200;
/// What is left of a title, characters.
const MAX_TITLE: usize = 500;

/// A page as it was fetched.
#[derive(Debug, Clone, Copy, Default)]
pub struct Page<'a> {
    /// The body, decompressed.
    pub bytes: &'a [u8],
    /// The header, with the character set where it says one.
    pub content_type: Option<&'a str>,
    /// Where the page was found.
    pub address: Option<&'a Url>,
    /// The other headers that matter.
    pub head: Option<&'a Head>,
    /// When it was fetched, where that is not now: no article is published later.
    pub fetched: Option<Timestamp>,
    /// The lines that articles of its site have in common, where they are known.
    pub site_lines: Option<&'a SiteLines>,
}

/// Why there is no article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArticleError {
    /// The page is built beyond a bound; the feed's own text is what is left.
    #[error("the page is built beyond the bound on {bound}")]
    TooComplex {
        /// Which bound: bytes, elements, depth, time to parse.
        bound: &'static str,
    },
    /// There is no story on it.
    #[error("no story was found on the page")]
    NoText,
    /// What is there instead.
    #[error("{}", .0.detail())]
    Walled(Wall),
}

impl ArticleError {
    /// The reason as published in a set-aside record.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooComplex { .. } => "too_complex",
            Self::NoText => "no_text",
            Self::Walled(wall) => wall.reason(),
        }
    }
}

/// Reads the article of a page. Pure computation within the bounds of `DESIGN.md` section 7.
pub fn extract(
    page: &Page<'_>,
    rules: &Rules,
    site: &SiteRules,
) -> Result<Extracted, ArticleError> {
    let read = read(page, rules, site)?;
    match read.wall {
        Some(wall) => Err(ArticleError::Walled(wall)),
        None if read.text.is_empty() => Err(ArticleError::NoText),
        None => Ok(read),
    }
}

/// Reads what can be read of a page, also where there is no story or a wall before it.
pub fn read(page: &Page<'_>, rules: &Rules, site: &SiteRules) -> Result<Extracted, ArticleError> {
    if page.bytes.len() > MAX_PAGE_BYTES {
        return Err(ArticleError::TooComplex { bound: "bytes" });
    }
    let html = decode_text(page.bytes, page.content_type);
    let html = undo_second_encoding(&html).map_or(html, Cow::Owned);
    let tree = Tree::parse(&html)?;
    let nodes = tree.nodes(&rules.classes)?;
    let meta = Meta::of(&nodes, page.address, &rules.names);
    let context = context(&meta, page, rules, site);
    let (mut story, mut method) = reading::story(&nodes, &meta, &context, rules);
    if reading::length(&story.blocks) < MIN_SHOWN
        && let Some(found) = hidden::find_story(&nodes, &meta, &context, rules)
    {
        (story, method) = found;
    }
    let mut extracted = finished(story, method);
    about(&mut extracted, &meta, page, context, rules);
    extracted.page_sha256 = Some(to_hex(&Sha256::digest(page.bytes)));
    extracted.wall = wall::before(&extracted, &meta, &nodes, page, rules);
    Ok(extracted)
}

/// Cleans a plain text by the rules for lines.
pub fn from_text(text: &str, title: Option<&str>, rules: &Rules) -> Extracted {
    let context = Context {
        titles: title.map(str::to_owned).into_iter().collect(),
        ..Context::default()
    };
    let story = Story::of(
        blocks::of_text(text::cut(text, MAX_PAGE_BYTES)),
        &context,
        rules,
    );
    let mut extracted = finished(story, "text");
    extracted.title = title.and_then(text::one_line);
    "unknown".clone_into(&mut extracted.access.state);
    extracted
}

/// The language of a text that says nothing of it itself.
pub fn language_of_text(text: &str) -> Language {
    Language {
        detected: language::detected(text),
        ..Language::default()
    }
    .with_decision()
}

/// Reads a story out of the HTML that a feed carries itself.
pub fn from_feed_html(
    html: &str,
    title: Option<&str>,
    rules: &Rules,
) -> Result<Extracted, ArticleError> {
    let page = Page {
        bytes: html.as_bytes(),
        content_type: Some("text/html; charset=utf-8"),
        ..Page::default()
    };
    let mut extracted = extract(&page, rules, &SiteRules::default())?;
    extracted.page_sha256 = None;
    extracted.title = title.and_then(text::one_line).or(extracted.title);
    Ok(extracted)
}

/// Whether a media type is one that an article is read from.
pub fn is_page(media_type: &str) -> bool {
    matches!(
        media_type,
        "text/html" | "application/xhtml+xml" | "text/plain" | "application/xml" | "text/xml"
    )
}

fn context(meta: &Meta, page: &Page<'_>, shipped: &Rules, site: &SiteRules) -> Context {
    let mut titles: Vec<String> = meta.title().into_iter().collect();
    titles.extend(meta.heading().map(str::to_owned));
    titles.dedup();
    Context {
        titles,
        authors: meta.authors(shipped),
        publisher: meta.publisher(),
        language: meta.language(),
        about: meta
            .descriptions()
            .iter()
            .map(|said| rules::folded(said))
            .collect(),
        pictured: meta.pictured(),
        remove: site.remove.clone(),
        site_lines: page.site_lines.cloned(),
    }
}

/// Joins the lines to the text and computes what follows from it.
fn finished(story: Story, method: &str) -> Extracted {
    let (text, paragraphs) = join_blocks(&story.blocks);
    let outside = story.standfirst.map(|text| Standfirst {
        text,
        start: None,
        end: None,
    });
    let standfirst = outside.or_else(|| find_standfirst(&story.blocks, &paragraphs));
    let (simhash, simhash_bands) = simhash::simhash(&text);
    let removed = story.gone.into_iter().map(|gone| Removed {
        rule: gone.rule,
        text: gone.text,
    });
    Extracted {
        text_sha256: to_hex(&Sha256::digest(text.as_bytes())),
        text,
        standfirst,
        paragraphs,
        removed: removed.collect(),
        language: Language {
            detected: story.language,
            ..Language::default()
        },
        dateline: story.dateline,
        agency: story.agency,
        line_hashes: story.line_hashes,
        method: method.to_owned(),
        simhash,
        simhash_bands,
        ..Extracted::default()
    }
}

/// Fills in what the page says about the article.
fn about(extracted: &mut Extracted, meta: &Meta, page: &Page<'_>, context: Context, rules: &Rules) {
    extracted.title = meta
        .title()
        .map(|title| title.chars().take(MAX_TITLE).collect());
    extracted.authors = context.authors;
    if meta.people_named(rules).is_empty() {
        let signed = extracted.removed.iter().find(|gone| {
            matches!(gone.rule.as_str(), "byline" | "short")
                && gone.text.len() < MAX_BYLINE
                && meta.is_signature(&gone.text, rules)
        });
        if let Some(gone) = signed {
            extracted.authors = meta::people(&gone.text, rules);
        }
    }
    extracted.published = meta.published(page, rules);
    extracted.modified = meta.modified(page);
    extracted.language.declared = meta.language();
    extracted.section = meta.section();
    extracted.tags = meta.tags();
    extracted.image = meta.image();
    extracted.publisher = meta.publisher();
    extracted.access = meta.access(&extracted.text, rules);
    extracted.rights = meta.rights(page);
    extracted.canonical = meta.canonical();
    extracted.live = meta.is_live(&rules.names);
}
