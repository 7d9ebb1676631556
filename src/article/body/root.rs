//! The element that holds the story: by the weights of what is in it, or by its name.

use super::{
    super::{
        rules::flag,
        tree::{Node, Tag},
    },
    Kept,
};

/// Shares of a node's weight that reach its box, the box around that, and so on.
const REACH: [f32; 6] = [1.0, 0.7, 0.45, 0.3, 0.2, 0.12];
/// Weight of a box beside the story, of that of the story, from which it belongs to it.
const BESIDE: f32 = 0.25;

/// The node that holds the story best, by the weights of what is in it.
pub(crate) fn best(nodes: &[Node<'_>], kept: &Kept) -> usize {
    let mut score = vec![0.0f32; nodes.len()];
    for i in 0..nodes.len() {
        if kept.weight[i] == 0.0 {
            continue;
        }
        let own_box = nodes[i].tag != Tag::P && nodes[i].tag != Tag::Item;
        let mut at = if own_box { i } else { nodes[i].parent as usize };
        for share in REACH {
            score[at] += kept.weight[i] * share;
            if at == 0 {
                break;
            }
            at = nodes[at].parent as usize;
        }
    }
    for (i, node) in nodes.iter().enumerate() {
        score[i] *= match node.tag {
            _ if node.has(flag::CONTENT) => 1.1,
            Tag::Html | Tag::Body => 0.3,
            _ if node.has(flag::BODY) => 1.5,
            Tag::Article | Tag::Main => 1.15,
            Tag::Item | Tag::List | Tag::P | Tag::Quote => 0.6,
            _ => 1.0,
        };
    }
    let mut best = 0;
    for i in 1..nodes.len() {
        if score[i] > score[best] {
            best = i;
        }
    }
    climb(nodes, kept, best)
}

/// Goes up to where what stands beside carries the story too; boxes without any text are passed.
fn climb(nodes: &[Node<'_>], kept: &Kept, start: usize) -> usize {
    let mut root = start;
    let mut at = start;
    for _ in 0..10 {
        let parent = nodes[at].parent as usize;
        if parent == at
            || closed(&nodes[root])
            || closed(&nodes[at])
            || nodes[parent].tag == Tag::Html
        {
            break;
        }
        if carries(nodes, kept, parent, at) {
            root = parent;
        }
        at = parent;
    }
    root
}

/// Whether the story does not go beyond this element.
fn closed(node: &Node<'_>) -> bool {
    matches!(node.tag, Tag::Article | Tag::Main) || node.has(flag::ARTICLE_BODY)
}

/// Whether the text beside `root` in `parent` is part of the story.
fn carries(nodes: &[Node<'_>], kept: &Kept, parent: usize, root: usize) -> bool {
    let own = kept.inside(nodes, root);
    let alike = |child: &Node<'_>| {
        child.tag == nodes[root].tag && child.attr("class") == nodes[root].attr("class")
    };
    let mut lines = kept.weight[parent];
    let (mut same, mut boxes) = (0.0, 0.0f32);
    let mut child = parent + 1;
    while child < nodes[parent].end as usize {
        let weight = if child == root {
            0.0
        } else {
            kept.inside(nodes, child)
        };
        match nodes[child].tag {
            Tag::P | Tag::Quote | Tag::Pre => lines += weight,
            Tag::Article => {}
            _ if alike(&nodes[child]) => same += weight,
            _ => boxes = boxes.max(weight),
        }
        child = nodes[child].end as usize;
    }
    lines > 0.12 * own || same > 0.2 * own || boxes > BESIDE * own
}

/// The heaviest element that calls itself the body of an article.
pub(crate) fn named(nodes: &[Node<'_>], kept: &Kept) -> Option<usize> {
    let mut best: Option<(usize, f32)> = None;
    for (i, node) in nodes.iter().enumerate() {
        let rank = match node.tag {
            Tag::Text | Tag::Html | Tag::Body => continue,
            _ if node.has(flag::ARTICLE_BODY) => 1.3,
            _ if node.has(flag::BODY) => 1.0,
            Tag::Article => 0.9,
            Tag::Main => 0.85,
            _ => continue,
        };
        let weight = kept.inside(nodes, i) * rank;
        if weight > 0.0 && best.is_none_or(|(_, most)| weight > most) {
            best = Some((i, weight));
        }
    }
    best.map(|(i, _)| i)
}
