//! Small boxes whose one line says what they are: a newsletter's form, the stub of an embed; they go whole.

use super::{super::rules::Rules, Block, ends::Folded};

/// What a box may hold: a headline and some lines that ask for something.
const MAX_CHARS: usize = 700;
const MAX_LINES: usize = 10;
/// A box that holds more than this part of the text is the story's.
const MAX_SHARE: usize = 3;

/// The rule by which each line goes with its box.
pub(super) fn find_boxed(
    blocks: &[Block],
    names: &Folded,
    rules: &Rules,
) -> Vec<Option<&'static str>> {
    let total: usize = blocks.iter().map(|block| block.chars).sum();
    let mut boxed = vec![None; blocks.len()];
    for i in 0..blocks.len() {
        let evidence = names.evidence(&blocks[i], false);
        let found = rules.phrases.rule(&blocks[i].text, evidence);
        if boxed[i].is_some() || !found.is_some_and(|(_, whole)| whole) {
            continue;
        }
        for around in blocks[i].boxes {
            let inside = |block: &&Block| around.0 <= block.at && block.at < around.1;
            let lines = blocks.iter().filter(inside).count();
            let chars: usize = blocks.iter().filter(inside).map(|block| block.chars).sum();
            if lines > MAX_LINES || chars > MAX_CHARS || chars * MAX_SHARE > total {
                break;
            }
            for (block, boxed) in blocks.iter().zip(&mut boxed) {
                if inside(&block) {
                    *boxed = Some("box");
                }
            }
        }
    }
    boxed
}
