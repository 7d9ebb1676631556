//! What a page says twice: pull quotes, and the text in another form for machines.

use std::collections::HashSet;

use super::{Block, Kind, Rules, Story, folded};

/// Characters of a line that tell whether the story began so before, and from how many a line is the text in one piece.
const KEY: usize = 80;
const MIN_PIECE: usize = 400;
/// Characters of a quotation set apart that may be a pull quote.
const MAX_PULLED: usize = 300;

impl Story {
    /// Drops what says the story again in one piece, and quotations set apart that a paragraph says too.
    pub(super) fn drop_repeats(&mut self, rules: &Rules) {
        let mut seen = HashSet::new();
        let mut running: Option<String> = None;
        let mut kept = Vec::with_capacity(self.blocks.len());
        let blocks = std::mem::take(&mut self.blocks);
        let again: Vec<Option<&'static str>> = blocks
            .iter()
            .map(|block| {
                let key: String = block.text.chars().take(KEY).collect();
                if !seen.insert(key) && block.chars >= MIN_PIECE {
                    return Some("repeated");
                }
                if block.kind != Kind::Quote || block.chars > MAX_PULLED {
                    return None;
                }
                let running = running.get_or_insert_with(|| paragraphs(&blocks));
                let said = folded(&block.text);
                let said = said.trim_matches(|c: char| !c.is_alphanumeric());
                running.contains(said).then_some("pull_quote")
            })
            .collect();
        for (block, rule) in blocks.into_iter().zip(again) {
            match rule {
                Some(rule) => self.drop(block, rule, rules),
                None => kept.push(block),
            }
        }
        self.blocks = kept;
    }
}

/// The paragraphs of a text, folded.
fn paragraphs(blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        if block.kind == Kind::Paragraph {
            text.push_str(&folded(&block.text));
            text.push('\n');
        }
    }
    text
}
