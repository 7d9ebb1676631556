//! Notes that pages put into their links for those who listen: `(opens in a new tab)`.

use super::{Block, Rules, folded};

/// Takes the notes out of the lines that have links.
pub(super) fn cut_notes(mut blocks: Vec<Block>, rules: &Rules) -> Vec<Block> {
    for block in &mut blocks {
        if block.linked > 0 && block.text.contains('(') {
            cut_line(block, &rules.names.link_notes);
        }
    }
    blocks.retain(|block| block.chars > 0);
    blocks
}

fn cut_line(block: &mut Block, notes: &[String]) {
    let mut from = 0;
    while let Some(open) = block.text[from..].find('(').map(|at| from + at) {
        let Some(end) = block.text[open..].find(')').map(|at| open + at) else {
            return;
        };
        let said = folded(block.text[open + 1..end].trim());
        if !notes.contains(&said) {
            from = open + 1;
            continue;
        }
        let start = block.text[..open].trim_end().len();
        let gone = block.text[start..=end].chars().count();
        block.text.replace_range(start..=end, "");
        block.chars -= gone;
        block.linked = block.linked.saturating_sub(gone);
        from = start;
    }
}
