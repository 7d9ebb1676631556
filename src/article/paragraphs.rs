//! The lines of a story as one text, with the place of each.

use super::blocks::{Block, Kind};
use crate::record::{Paragraph, Standfirst};

/// The lines as one text, and where each of them stands in it, in characters.
pub(super) fn join_blocks(blocks: &[Block]) -> (String, Vec<Paragraph>) {
    let mut text = String::with_capacity(blocks.iter().map(|block| block.text.len() + 1).sum());
    let mut paragraphs = Vec::with_capacity(blocks.len());
    let mut at = 0;
    for block in blocks {
        if !text.is_empty() {
            text.push('\n');
            at += 1;
        }
        let end = at + block.text.chars().count();
        paragraphs.push(Paragraph {
            kind: block.kind.name().to_owned(),
            start: at,
            end,
        });
        text.push_str(&block.text);
        at = end;
    }
    (text, paragraphs)
}

/// The first line that is a standfirst, with its place.
pub(super) fn find_standfirst(blocks: &[Block], paragraphs: &[Paragraph]) -> Option<Standfirst> {
    let mut lines = blocks.iter().zip(paragraphs);
    let (block, place) = lines.find(|(block, _)| block.kind == Kind::Standfirst)?;
    Some(Standfirst {
        text: block.text.clone(),
        start: Some(place.start),
        end: Some(place.end),
    })
}
