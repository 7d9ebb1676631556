//! Cards: boxes of other articles that stand side by side, each with a heading that is a link.

use std::collections::HashMap;

use super::{
    super::tree::{Node, Tag},
    Measures,
};

/// Boxes alike from which they are cards.
// A story seldom has three sections alike that each begin with a link.
const MIN_CARDS: usize = 3;
/// Characters of a card.
// A headline and an excerpt.
const MAX_CARD: u32 = 500;
/// Share of the text before the cards that may stand behind them: a footer.
const MAX_AFTER: f32 = 0.15;
/// Boxes around a linked heading that may be the card.
const LEVELS: usize = 3;

/// The boxes that are cards, by what repeats around linked headings.
pub(super) fn find_cards(nodes: &[Node<'_>], measures: &Measures) -> Vec<usize> {
    let mut alike: HashMap<(u32, &str), Vec<usize>> = HashMap::new();
    for (i, node) in nodes.iter().enumerate() {
        if !matches!(node.tag, Tag::Heading(2..)) || !is_link(nodes, measures, i) {
            continue;
        }
        let mut at = i;
        for _ in 0..LEVELS {
            at = nodes[at].parent as usize;
            if at == 0 || measures.text(nodes, at).0 > MAX_CARD {
                break;
            }
            if let Some(class) = nodes[at].attr("class") {
                let boxes = alike.entry((nodes[at].parent, class)).or_default();
                if boxes.last() != Some(&at) {
                    boxes.push(at);
                }
            }
        }
    }
    let mut cards: Vec<usize> = alike
        .into_values()
        .filter(|boxes| boxes.len() >= MIN_CARDS && stand_behind(nodes, measures, boxes))
        .flatten()
        .collect();
    cards.sort_unstable();
    cards
}

/// Whether the story stands before a list of boxes and does not go on behind it: a list of products is inside one.
fn stand_behind(nodes: &[Node<'_>], measures: &Measures, boxes: &[usize]) -> bool {
    let (Some(&first), Some(&last)) = (boxes.first(), boxes.last()) else {
        return false;
    };
    let before = measures.between(0, first);
    let after = measures.between(nodes[last].end as usize, nodes.len());
    after < MAX_AFTER * before
}

/// Whether a heading is a link, by what is in it or around it.
fn is_link(nodes: &[Node<'_>], measures: &Measures, i: usize) -> bool {
    let (chars, linked) = measures.text(nodes, i);
    chars > 0 && linked * 10 >= chars * 9
}
