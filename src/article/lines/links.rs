//! Links among the lines of a story: those that lead to other articles, and those of a list that belongs to it.

use super::{Block, Kind, ends::is_paragraph};

/// Characters of a kicker: `Natural disaster:`.
const MAX_KICKER: usize = 40;
/// Signs and spaces between kicker and headline that are in no link.
const MAX_BETWEEN: usize = 4;
/// Words of a headline.
const MIN_HEADLINE: usize = 4;
/// Lines alike beside each other from which they are a run: one alone may be a heading of the story.
const MIN_RUN: usize = 2;
/// Characters of a heading of links.
const MAX_OPENING: usize = 60;

/// What the lines around a line say of its links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineLink {
    /// Nothing.
    Alone,
    /// It is one of a run of links to other articles.
    Other,
    /// It is in a list of the story: one beside it is no link.
    Listed,
}

/// What the lines around each line say of its links.
pub(super) fn judge_links(blocks: &[Block]) -> Vec<LineLink> {
    let mut links = vec![LineLink::Alone; blocks.len()];
    let plain = |block: &Block| block.kind == Kind::List && block.linked == 0;
    for at in 1..blocks.len() {
        if blocks[at].kind == Kind::List && plain(&blocks[at - 1]) {
            links[at] = LineLink::Listed;
        }
        if blocks[at - 1].kind == Kind::List && plain(&blocks[at]) {
            links[at - 1] = LineLink::Listed;
        }
    }
    for alike in [is_linked_heading, is_kicked_link] {
        let mut from = 0;
        for at in 0..=blocks.len() {
            if blocks.get(at).is_some_and(alike) {
                continue;
            }
            if at - from >= MIN_RUN && is_inside(blocks, from, at) {
                links[from..at].fill(LineLink::Other);
            }
            from = at + 1;
        }
    }
    links
}

/// Whether a run of lines stands inside the story, and no line before it opens it as a list.
fn is_inside(blocks: &[Block], from: usize, to: usize) -> bool {
    let introduced = from > 0 && blocks[from - 1].text.ends_with(':');
    !introduced && blocks[..from].iter().any(is_paragraph) && blocks[to..].iter().any(is_paragraph)
}

/// Whether a line that goes by a rule is the heading of the links that follow.
pub(super) fn opens_links(block: &Block, rule: &str) -> bool {
    matches!(rule, "read_more" | "tags")
        && block.chars < MAX_OPENING
        && block.linked * 2 <= block.chars
}

fn is_linked_heading(block: &Block) -> bool {
    matches!(block.kind, Kind::Heading(_)) && block.is_link() && block.leads_away
}

/// `Natural disaster: <a>Volcano wiped out a whole culture</a>` in a list.
fn is_kicked_link(block: &Block) -> bool {
    let Some((kicker, headline)) = block.text.split_once(':') else {
        return false;
    };
    let kicker = kicker.chars().count() + 1;
    block.kind == Kind::List
        && block.leads_away
        && headline.split_whitespace().count() >= MIN_HEADLINE
        && kicker <= MAX_KICKER
        && block.linked > 0
        && block.linked + kicker + MAX_BETWEEN >= block.chars
}
