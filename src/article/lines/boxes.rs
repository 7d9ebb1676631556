//! Small boxes whose one line says what they are: a newsletter's form, the stub of an embed; they go whole.

use super::{super::rules::Rules, Block, ends::Folded};

/// What a box may hold: a headline and some lines that ask for something.
const MAX_CHARS: usize = 600;
const MAX_LINES: usize = 6;
/// A box that holds more than this part of the text is the story's.
const MAX_SHARE: usize = 3;

/// The rule of lines that say whose a picture is.
const PICTURE: &str = "picture";

/// What the phrases say of a line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Phrased<'r> {
    /// The rule of a phrase in the line itself.
    pub(super) rule: Option<&'r str>,
    /// A line beside it says that all of its box goes.
    pub(super) boxed: bool,
}

/// What the phrases say of each line, and of the box it stands in.
pub(super) fn find_phrases<'r>(
    blocks: &[Block],
    names: &Folded,
    rules: &'r Rules,
) -> Vec<Phrased<'r>> {
    let total: usize = blocks.iter().map(|block| block.chars).sum();
    let mut said = vec![Phrased::default(); blocks.len()];
    for (i, block) in blocks.iter().enumerate() {
        let evidence = names.evidence(block, false);
        let Some((rule, whole)) = rules.phrases.rule(&block.text, evidence) else {
            continue;
        };
        said[i].rule = Some(rule);
        if whole && !said[i].boxed && rule == PICTURE {
            mark_pair(blocks, block, &mut said);
        } else if whole && !said[i].boxed {
            mark_box(blocks, block, total, &mut said);
        }
    }
    said
}

/// Marks the two lines of a box that holds no more: a caption and whose picture it is.
fn mark_pair(blocks: &[Block], line: &Block, said: &mut [Phrased<'_>]) {
    let (start, end) = line.boxes[0];
    let inside = |block: &&Block| start <= block.at && block.at < end;
    let chars: usize = blocks.iter().filter(inside).map(|block| block.chars).sum();
    if blocks.iter().filter(inside).count() != 2 || chars > MAX_CHARS {
        return;
    }
    for (block, said) in blocks.iter().zip(said.iter_mut()) {
        said.boxed |= inside(&block);
    }
}

/// Marks the lines of the larger of the two boxes around a line that is small enough.
fn mark_box(blocks: &[Block], line: &Block, total: usize, said: &mut [Phrased<'_>]) {
    for (start, end) in line.boxes {
        let inside = |block: &&Block| start <= block.at && block.at < end;
        let lines = blocks.iter().filter(inside).count();
        let chars: usize = blocks.iter().filter(inside).map(|block| block.chars).sum();
        if lines > MAX_LINES || chars > MAX_CHARS || chars * MAX_SHARE > total {
            return;
        }
        for (block, said) in blocks.iter().zip(said.iter_mut()) {
            said.boxed |= inside(&block);
        }
    }
}
