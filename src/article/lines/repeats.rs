//! What a page says twice: pull quotes, and the text in another form for machines.

use super::{Block, Kind, Rules, Story, folded};

/// Lines at the top one of which the text in one piece begins with, characters of such a line, and of the piece.
const MAX_TOP: usize = 3;
const MIN_TOP: usize = 40;
const MIN_PIECE: usize = 400;
/// Characters of a quotation set apart that may be a pull quote.
const MAX_PULLED: usize = 300;

impl Story {
    /// Drops what says the story again in one piece, and quotations set apart that a paragraph says too.
    pub(super) fn drop_repeats(&mut self, rules: &Rules) {
        let mut running: Option<String> = None;
        let mut kept = Vec::with_capacity(self.blocks.len());
        let blocks = std::mem::take(&mut self.blocks);
        let top = blocks.iter().take(MAX_TOP);
        let top: Vec<&Block> = top.filter(|line| line.chars >= MIN_TOP).collect();
        let again: Vec<Option<&'static str>> = blocks
            .iter()
            .enumerate()
            .map(|(i, block)| {
                let begins = |line: &&Block| {
                    line.chars * 2 < block.chars && block.text.starts_with(&line.text)
                };
                if i >= MAX_TOP && block.chars >= MIN_PIECE && top.iter().any(begins) {
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
