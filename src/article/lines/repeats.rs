//! What a page says twice: pull quotes, and the text in another form for machines.

use std::collections::HashSet;

use super::{super::rules::flag, Block, Kind, Rules, Story, folded};

/// Lines at the top one of which the text in one piece begins with, characters of such a line, and of the piece.
const MAX_TOP: usize = 3;
const MIN_TOP: usize = 40;
const MIN_PIECE: usize = 400;
/// Characters of a quotation set apart that may be a pull quote.
const MAX_PULLED: usize = 300;

/// Characters from which a line that stands twice is a copy: no writer says a long sentence twice word for word, and
/// pages hold the story again for other screens. Refrains and answers of an interview are shorter.
const MIN_COPY: usize = 60;

impl Story {
    /// Drops what says the story again in one piece, and quotations set apart that a paragraph says too.
    pub(super) fn drop_repeats(&mut self, rules: &Rules) {
        let mut running: Option<String> = None;
        let mut kept = Vec::with_capacity(self.blocks.len());
        let blocks = std::mem::take(&mut self.blocks);
        let top = blocks.iter().take(MAX_TOP);
        let top: Vec<&Block> = top.filter(|line| line.chars >= MIN_TOP).collect();
        let copies = find_copies(&blocks);
        let again: Vec<Option<&'static str>> = blocks
            .iter()
            .enumerate()
            .map(|(i, block)| {
                if copies[i] {
                    return Some("repeated");
                }
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

/// Whether each line is a copy of one before it; short ones are where one beside them is.
fn find_copies(blocks: &[Block]) -> Vec<bool> {
    let (mut lines, mut decks) = (HashSet::with_capacity(blocks.len()), HashSet::new());
    let again: Vec<bool> = blocks
        .iter()
        .enumerate()
        .map(|(i, block)| {
            // The deck may be a sentence of the story too, which then stays.
            let heading = matches!(block.kind, Kind::Heading(_));
            let deck = heading && i < MAX_TOP && decks.insert(block.text.as_str());
            let known = heading && !deck && decks.contains(block.text.as_str());
            known || !deck && !is_standfirst(block) && !lines.insert(block.text.as_str())
        })
        .collect();
    let mut copies: Vec<bool> = again
        .iter()
        .zip(blocks)
        .map(|(again, block)| *again && block.chars >= MIN_COPY)
        .collect();
    for i in 1..blocks.len() {
        copies[i] |= again[i] && copies[i - 1];
    }
    for i in (1..blocks.len()).rev() {
        copies[i - 1] |= again[i - 1] && copies[i];
    }
    copies
}

/// The standfirst may be the first sentence of the story too; which of them goes is told elsewhere.
fn is_standfirst(block: &Block) -> bool {
    block.kind == Kind::Standfirst || block.flags & (flag::STANDFIRST | flag::TEASER) != 0
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
