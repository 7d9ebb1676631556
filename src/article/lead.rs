//! The lead: what stands between the headline and the box of the story, and the standfirst among it.

use super::{
    blocks::{self, Block, Kind},
    body::Kept,
    lines::Context,
    rules::{flag, folded},
    tree::Node,
};

/// Characters from which a line that ends as a sentence does is running text.
const MIN_PROSE: usize = 60;
/// Characters from which a line that calls itself a standfirst, or a heading below the headline, is one.
const MIN_STANDFIRST: usize = 20;
const MIN_HEADING: usize = 60;
/// Characters from which a heading below the headline opens the story.
// It says more than what the story is about.
const MIN_OPENING: usize = 140;
/// Bytes from which the beginning of a description says that it is the same text.
// Search engines cut it.
const MIN_ALIKE: usize = 40;
/// Lines at the top of the story among which the standfirst is.
const MAX_TOP: usize = 3;

/// The lines of running text between the headline and the box of the story; where the page shows no headline, only
/// what it describes itself by.
pub(super) fn find_lead(
    nodes: &[Node<'_>],
    kept: &Kept,
    headline: Option<usize>,
    root: usize,
    context: &Context,
) -> Vec<Block> {
    let about = context.about.as_slice();
    let below = headline.map(|headline| nodes[headline].end as usize);
    let from = match below {
        Some(end) if end <= root => end,
        Some(_) => return Vec::new(),
        None if about.is_empty() => return Vec::new(),
        None => 0,
    };
    let (mut lines, _) = blocks::write_between(nodes, kept, from, root);
    let mut begun = false;
    lines.retain(|block| {
        let unlinked = block.linked * 3 <= block.chars
            && block.flags & SIGNED == 0
            && !is_about_author(block, &context.authors);
        let lead = below.is_some() && is_lead(block, begun);
        begun |= unlinked && lead && block.kind == Kind::Paragraph;
        unlinked && (is_described(block, about) || lead)
    });
    for line in &mut lines {
        if is_described(line, about) && !matches!(line.kind, Kind::Heading(_)) {
            line.kind = Kind::Standfirst;
        }
    }
    lines
}

/// Boxes that say who wrote the story.
const SIGNED: u32 = flag::AUTHOR | flag::BIOGRAPHY | flag::BYLINE;

/// Whether a line begins with the name or first name of an author: it says who that is.
fn is_about_author(block: &Block, authors: &[String]) -> bool {
    let first = block.text.split_whitespace().next().unwrap_or_default();
    authors.iter().any(|name| {
        let known = name.split_whitespace().next().unwrap_or_default();
        known.len() >= MIN_NAME && known == first
    })
}

/// Bytes of a first name; shorter ones are words too.
const MIN_NAME: usize = 3;

/// Whether a line is of the lead; where that has begun, a short sentence is too.
fn is_lead(block: &Block, begun: bool) -> bool {
    let least = if begun { MIN_STANDFIRST } else { MIN_PROSE };
    let ended = block
        .text
        .trim_end_matches(['”', '"', '»', ')'])
        .ends_with(['.', '!', '?', '。', '…', '।', '؟', '۔']);
    let called = block.flags & (flag::STANDFIRST | flag::TEASER) != 0;
    match block.kind {
        Kind::Heading(1) => false,
        Kind::Heading(_) => block.chars >= MIN_HEADING || called && block.chars >= MIN_STANDFIRST,
        _ => block.chars >= least && ended || called && block.chars >= MIN_STANDFIRST,
    }
}

/// Whether a line says what the page describes itself by.
fn is_described(block: &Block, about: &[String]) -> bool {
    if block.chars < MIN_STANDFIRST {
        return false;
    }
    let line = folded(&block.text);
    about.iter().any(|said| {
        let said = said.trim_end_matches(['.', '…', ' ']);
        line.trim_end_matches('.') == said
            || said.len().min(line.len()) >= MIN_ALIKE
                && (line.starts_with(said) || said.starts_with(line.as_str()))
    })
}

/// Marks the standfirst among the first lines of a story. One that is set apart as such, or that the story says again
/// right below it, is no part of the text; it is given back.
pub(super) fn mark_standfirst(story: &mut Vec<Block>) -> Option<Block> {
    let at = (0..story.len().min(MAX_TOP)).find(|&i| {
        let block = &story[i];
        let called = block.flags & (flag::STANDFIRST | flag::TEASER) != 0;
        let fits = block.chars >= MIN_STANDFIRST && block.linked * 3 <= block.chars;
        let followed = story.len() > i + 1 && !matches!(block.kind, Kind::Heading(1) | Kind::List);
        fits && followed && (called || is_deck(block) || block.kind == Kind::Standfirst)
    })?;
    let said = folded(&story[at].text);
    let again = story[at + 1..]
        .iter()
        .take(MAX_TOP)
        .any(|block| folded(&block.text).starts_with(said.trim_end_matches(['.', '…'])));
    if is_deck(&story[at]) || again {
        return Some(story.remove(at));
    }
    story[at].kind = Kind::Standfirst;
    None
}

/// Whether a line is set apart from the story: by its name, or as a heading of a sentence's length.
fn is_deck(block: &Block) -> bool {
    matches!(block.kind, Kind::Heading(2..))
        && block.chars < MIN_OPENING
        && (block.chars >= MIN_HEADING || block.flags & flag::STANDFIRST != 0)
}
