//! Articles: the story of a page, stripped of what is not the story, and what the page says about it.

use std::{collections::HashSet, sync::LazyLock};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use ::url::Url;

use crate::{
    config::SiteRules,
    fetch::Head,
    record::{Access, Dateline, Language, Paragraph, Published, Removed, Rights},
};

mod blocks;
mod body;
mod credit;
mod date;
mod decode;
mod jsonld;
mod language;
mod lines;
mod meta;
mod rules;
mod simhash;
mod text;
mod tree;
pub mod url;

use blocks::Block;
use body::{Filter, Kept, Measures};
use lines::{Context, Story};
use meta::Meta;
pub use rules::{BadRules, Rules};
pub use tree::{MAX_DEPTH, MAX_ELEMENTS, MAX_TIME};
use tree::{Node, Tree};

/// Bytes of a page, decompressed.
pub const MAX_PAGE_BYTES: usize = 5 << 20;
/// A page with less text than this may be a wall in front of the article, characters.
const MAX_WALL_TEXT: usize = 700;
/// Text below which another reading of the page is tried, characters.
const MIN_STORY: usize = 250;
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
}

/// All of an article record that comes from the page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extracted {
    /// The story: paragraphs joined by a line feed.
    pub text: String,
    /// The paragraphs as spans of `text`, in scalar values.
    pub paragraphs: Vec<Paragraph>,
    /// What was stripped from the chosen part of the page, and by which rule.
    pub removed: Vec<Removed>,
    /// Headline as plain text.
    pub title: Option<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// When it was published.
    pub published: Published,
    /// When it was changed last, as the page says.
    pub modified: Option<Timestamp>,
    /// Declared and detected; which one is used is the worker's to say.
    pub language: Language,
    /// Section of the publisher.
    pub section: Option<String>,
    /// The publisher's tags.
    pub tags: Vec<String>,
    /// Address of its main image.
    pub image: Option<String>,
    /// The publisher's name.
    pub publisher: Option<String>,
    /// Whether it can be read freely.
    pub access: Access,
    /// What the publisher allows.
    pub rights: Rights,
    /// The place and day the story opens with.
    pub dateline: Option<Dateline>,
    /// The news agency credited.
    pub agency: Option<String>,
    /// How the text was found: `weight`, `named`, `unfiltered`, `json-ld`, `text`.
    pub method: String,
    /// SHA-256 of the UTF-8 of `text`, hexadecimal.
    pub text_sha256: String,
    /// SHA-256 of the page's bytes, hexadecimal.
    pub page_sha256: Option<String>,
    /// 64-bit SimHash, hexadecimal.
    pub simhash: String,
    /// Its four bands.
    pub simhash_bands: Vec<String>,
    /// The address the page names as its own.
    pub canonical: Option<Url>,
    /// A live blog: its text changes for hours.
    pub live: bool,
    /// Something stands in front of the article.
    pub wall: Option<Wall>,
}

/// What stands in front of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wall {
    /// A page that asks for consent.
    Consent,
    /// A page that asks for proof of being a person.
    Challenge,
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
    /// It asks for consent.
    #[error("the page asks for consent and shows nothing else")]
    ConsentWall,
    /// It asks for proof of being a person.
    #[error("a challenge page stands before the article")]
    Blocked,
}

impl ArticleError {
    /// The reason as published in a set-aside record.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooComplex { .. } => "too_complex",
            Self::NoText => "no_text",
            Self::ConsentWall => "consent_wall",
            Self::Blocked => "blocked",
        }
    }
}

/// Reads the article of a page. Pure computation within the bounds of `DESIGN.md` section 7.
pub fn extract(page: &Page<'_>, rules: &Rules, site: &SiteRules) -> Result<Extracted, ArticleError> {
    let read = read(page, rules, site)?;
    match read.wall {
        Some(Wall::Consent) => Err(ArticleError::ConsentWall),
        Some(Wall::Challenge) => Err(ArticleError::Blocked),
        None if read.text.is_empty() => Err(ArticleError::NoText),
        None => Ok(read),
    }
}

/// Reads what can be read of a page, also where there is no story or a wall before it.
pub fn read(page: &Page<'_>, rules: &Rules, site: &SiteRules) -> Result<Extracted, ArticleError> {
    if page.bytes.len() > MAX_PAGE_BYTES {
        return Err(ArticleError::TooComplex { bound: "bytes" });
    }
    let html = decode::decode(page.bytes, page.content_type);
    let tree = Tree::parse(&html)?;
    let nodes = tree.nodes(&rules.classes)?;
    let meta = Meta::of(&nodes);
    let context = context(&meta, rules, site);
    let (story, method) = story(&nodes, &meta, &context, rules);
    let mut extracted = finished(story, method);
    about(&mut extracted, &meta, page, context, rules);
    extracted.page_sha256 = Some(hex(&Sha256::digest(page.bytes)));
    extracted.wall = wall(&extracted, &meta, page, rules);
    Ok(extracted)
}

/// Cleans a plain text by the rules for lines.
pub fn from_text(text: &str, title: Option<&str>, rules: &Rules) -> Extracted {
    let end = text.floor_char_boundary(MAX_PAGE_BYTES);
    let context = Context { titles: title.map(str::to_owned).into_iter().collect(), ..Context::default() };
    let story = Story::of(blocks::of_text(&text[..end]), &context, rules);
    let mut extracted = finished(story, "text");
    extracted.title = title.and_then(text::one_line);
    extracted.language.detected = language::detected(&extracted.text);
    "unknown".clone_into(&mut extracted.access.state);
    extracted
}

/// Reads a story out of the HTML that a feed carries itself.
pub fn from_feed_html(html: &str, title: Option<&str>, rules: &Rules) -> Result<Extracted, ArticleError> {
    let page = Page { bytes: html.as_bytes(), content_type: Some("text/html; charset=utf-8"), ..Page::default() };
    let mut extracted = extract(&page, rules, &SiteRules::default())?;
    extracted.page_sha256 = None;
    extracted.title = title.and_then(text::one_line).or(extracted.title);
    Ok(extracted)
}

/// Whether a media type is one that an article is read from.
pub fn is_page(media_type: &str) -> bool {
    matches!(media_type, "text/html" | "application/xhtml+xml" | "text/plain" | "application/xml" | "text/xml")
}

/// Whether an address is known as one that asks for consent.
pub fn is_consent_address(url: &Url) -> bool {
    static RULES: LazyLock<Rules> = LazyLock::new(Rules::shipped);
    let host = url.host_str().unwrap_or("");
    let path = url.path().to_ascii_lowercase();
    let names = &RULES.names;
    names.consent_hosts.iter().any(|start| host.starts_with(start.as_str()))
        || names.consent_paths.iter().any(|part| path.contains(part.as_str()))
}

fn context(meta: &Meta, rules: &Rules, site: &SiteRules) -> Context {
    let mut titles: Vec<String> = meta.title().into_iter().collect();
    titles.extend(meta.heading().map(str::to_owned));
    titles.dedup();
    Context { titles, authors: meta.authors(rules), publisher: meta.publisher(), remove: site.remove.clone() }
}

/// A reading of the page: where, and how it was found.
type Reading = (usize, Filter, &'static str);

/// Chooses among the readings of a page; the text that the page repeats in JSON-LD is the judge where there is one.
fn story(nodes: &[Node<'_>], meta: &Meta, context: &Context, rules: &Rules) -> (Story, &'static str) {
    let measures = Measures::of(nodes);
    let full = Kept::of(nodes, &measures, Filter::Full);
    let mut best = candidate(nodes, &full);
    let write = |kept: &Kept, root: usize| {
        let (blocks, gone) = blocks::write(nodes, kept, root);
        let mut story = Story::of(blocks, context, rules);
        story.gone.splice(0..0, gone);
        story
    };
    let mut chosen = write(&full, best.0);
    if std::env::var_os("ART_DEBUG").is_some() {
        let mut i = best.0;
        eprintln!("root by {}", best.2);
        for _ in 0..8 {
            eprintln!("  {:?} class={:?} id={:?} w={} of {}", nodes[i].tag, nodes[i].attr("class"), nodes[i].attr("id"), full.inside(nodes, i), full.inside(nodes, 0));
            i = nodes[i].parent as usize;
        }
        for (i, n) in nodes.iter().enumerate() {
            if let Some(rule) = full.dropped[i] {
                let w = measures.inside(nodes, i);
                if w > 200.0 {
                    eprintln!("  dropped {rule} w={w} {:?} class={:?} id={:?}", n.tag, n.attr("class"), n.attr("id"));
                }
            }
        }
    }
    let judge = meta.jsonld.body.as_deref().filter(|body| body.len() >= 400).map(shingles);
    let agrees = judge.as_ref().map(|judge| agreement(&chosen.blocks, judge));
    if length(&chosen.blocks) < MIN_STORY || agrees.is_some_and(|share| share < 0.8) {
        let least = Kept::of(nodes, &measures, Filter::Least);
        let mut others: Vec<(Reading, Story)> = Vec::new();
        let root = candidate(nodes, &least).0;
        others.push(((root, Filter::Least, "unfiltered"), write(&least, root)));
        if let Some(root) = body::named(nodes, &least) {
            others.push(((root, Filter::Least, "unfiltered"), write(&least, root)));
        }
        for (reading, story) in others {
            if better(&story.blocks, &chosen.blocks, judge.as_ref()) {
                (best, chosen) = (reading, story);
            }
        }
    }
    if length(&chosen.blocks) < 200 && let Some(body) = meta.jsonld.body.as_deref().filter(|body| body.len() >= 500) {
        return (Story::of(blocks::of_text(body), context, rules), "json-ld");
    }
    (chosen, best.2)
}

/// The root by weight, unless an element that calls itself the body holds much more.
fn candidate(nodes: &[Node<'_>], kept: &Kept) -> Reading {
    let root = body::best(nodes, kept);
    let Some(named) = body::named(nodes, kept) else { return (root, Filter::Full, "weight") };
    if kept.inside(nodes, root) < 0.55 * kept.inside(nodes, named) {
        return (named, Filter::Full, "named");
    }
    (root, Filter::Full, "weight")
}

fn length(blocks: &[Block]) -> usize {
    blocks.iter().map(|block| block.chars).sum()
}

/// Without a judge a reading must be much longer to be better.
fn better(new: &[Block], old: &[Block], judge: Option<&HashSet<u64>>) -> bool {
    match judge {
        Some(judge) => agreement(new, judge) > agreement(old, judge) + 0.05,
        None => length(new) > 2 * length(old) + 100,
    }
}

/// Hashes of the runs of four words of a text.
fn shingles(text: &str) -> HashSet<u64> {
    let mut set = HashSet::new();
    collect_shingles(text, &mut set);
    set
}

fn collect_shingles(text: &str, set: &mut HashSet<u64>) {
    let mut window = [0u64; 4];
    for (i, word) in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).enumerate() {
        let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        window = [window[1], window[2], window[3], hash];
        if i >= 3 {
            set.insert(window.iter().fold(0, |mix, part| mix.rotate_left(13) ^ part));
        }
    }
}

/// F1 of a reading's runs of words against the judge's.
fn agreement(blocks: &[Block], judge: &HashSet<u64>) -> f32 {
    let mut own = HashSet::new();
    for block in blocks {
        collect_shingles(&block.text, &mut own);
    }
    let both = own.intersection(judge).count() as f32;
    2.0 * both / (own.len() + judge.len()).max(1) as f32
}

/// Joins the lines to the text and computes what follows from it.
fn finished(story: Story, method: &str) -> Extracted {
    let mut text = String::with_capacity(story.blocks.iter().map(|block| block.text.len() + 1).sum());
    let mut paragraphs = Vec::with_capacity(story.blocks.len());
    let mut at = 0;
    for block in &story.blocks {
        if !text.is_empty() {
            text.push('\n');
            at += 1;
        }
        let end = at + block.text.chars().count();
        paragraphs.push(Paragraph { kind: block.kind.name().to_owned(), start: at, end });
        text.push_str(&block.text);
        at = end;
    }
    let (simhash, simhash_bands) = simhash::simhash(&text);
    Extracted {
        text_sha256: hex(&Sha256::digest(text.as_bytes())),
        text,
        paragraphs,
        removed: story.gone.into_iter().map(|gone| Removed { rule: gone.rule, text: gone.text }).collect(),
        dateline: story.dateline,
        agency: story.agency,
        method: method.to_owned(),
        simhash,
        simhash_bands,
        ..Extracted::default()
    }
}

/// Fills in what the page says about the article.
fn about(extracted: &mut Extracted, meta: &Meta, page: &Page<'_>, context: Context, rules: &Rules) {
    extracted.title = meta.title().map(|title| title.chars().take(MAX_TITLE).collect());
    extracted.authors = context.authors;
    extracted.published = meta.published(page, rules);
    extracted.modified = meta.modified(rules);
    extracted.language = Language {
        declared: meta.language(),
        detected: language::detected(&extracted.text),
        used: None,
    };
    extracted.section = meta.section();
    extracted.tags = meta.tags();
    extracted.image = meta.image();
    extracted.publisher = meta.publisher();
    extracted.access = meta.access(&extracted.text, rules);
    extracted.rights = meta.rights(page);
    extracted.canonical = meta.canonical(page);
    let title = extracted.title.as_deref().map(rules::folded).unwrap_or_default();
    let named = rules.names.live.iter().any(|word| title.contains(word.as_str()));
    extracted.live = meta.jsonld.is_live || (meta.live_class && named);
}

/// A short page whose title or text is that of a wall.
fn wall(extracted: &Extracted, meta: &Meta, page: &Page<'_>, rules: &Rules) -> Option<Wall> {
    if page.head.is_some_and(|head| head.challenge) {
        return Some(Wall::Challenge);
    }
    if extracted.text.chars().count() > MAX_WALL_TEXT {
        return None;
    }
    let title = rules::folded(meta.title_tag().or(meta.heading()).unwrap_or(""));
    let mut seen = rules::folded(&extracted.text);
    for gone in &extracted.removed {
        seen.push_str(&rules::folded(&gone.text));
    }
    let says = |phrases: &[String]| phrases.iter().any(|phrase| title.contains(phrase.as_str()) || seen.contains(phrase.as_str()));
    if page.address.is_some_and(is_consent_address) || says(&rules.names.consent) {
        return Some(Wall::Consent);
    }
    let titled = rules.names.challenge.iter().any(|phrase| title.contains(phrase.as_str()));
    let empty = extracted.text.chars().count() < MIN_STORY && says(&rules.names.challenge);
    (titled || empty).then_some(Wall::Challenge)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut out, byte| {
        write!(out, "{byte:02x}").expect("a string takes all that is written");
        out
    })
}
