//! Teasers of other articles behind a story: headings that are links, each with a line below it.

use super::{Block, Kind, ends::is_paragraph};

/// Characters of the line below the heading of a teaser.
const MAX_LINE: usize = 250;
/// Paragraphs of the story before them: a digest of linked headings is a story itself.
const MIN_PARAGRAPHS: usize = 3;
/// They are at most this part of all lines.
const MAX_SHARE: usize = 2;

/// Where the teasers behind a story begin; all headings that are links are among them.
pub(super) fn find_teasers(blocks: &[Block]) -> Option<usize> {
    let linked = |block: &Block| matches!(block.kind, Kind::Heading(_)) && block.is_link();
    let first = blocks.iter().position(linked)?;
    let (story, behind) = blocks.split_at(first);
    let mut heading = false;
    for block in behind {
        let line = block.kind == Kind::Paragraph && block.chars <= MAX_LINE;
        if !(linked(block) || heading && line) {
            return None;
        }
        heading = linked(block);
    }
    let paragraphs = story.iter().filter(|block| is_paragraph(block)).count();
    (paragraphs >= MIN_PARAGRAPHS && behind.len() * MAX_SHARE <= blocks.len()).then_some(first)
}
