//! Finds the part of a page that holds the story: weights, candidates, and what is dropped inside them.

use super::{
    text::is_dense,
    tree::{Node, Tag},
};

mod cards;
mod headline;
mod kept;
mod root;

pub(crate) use headline::{find_headline, next_story};
pub(crate) use kept::{Filter, Kept};
pub(crate) use root::{best, named};

/// Characters below which a run of text weighs nothing, and below which a box's own text does not.
const MIN_WEIGHED: u32 = 25;
const MIN_BOX_TEXT: u32 = 60;
/// Characters of a run of text beyond which more of it weighs no more.
const MAX_WEIGHED: u32 = 600;

/// What was counted of each node.
#[derive(Debug)]
pub(crate) struct Measures {
    /// Weight of each block as running text.
    weight: Vec<f32>,
    /// Sum of the weights before each node.
    before: Vec<f32>,
    /// Characters before each node, and those of them that are links.
    chars: Vec<u32>,
    linked: Vec<u32>,
}

/// What is counted in one pass: characters and those of links, of each block and of each run of text; marks of each block.
struct Counted {
    own: Vec<(u32, u32)>,
    commas: Vec<u32>,
    text: Vec<(u32, u32)>,
}

impl Counted {
    fn of_nodes(nodes: &[Node<'_>]) -> Self {
        let mut own = vec![(0, 0); nodes.len()];
        let mut commas = vec![0u32; nodes.len()];
        let mut block = vec![0u32; nodes.len()];
        let mut text = vec![(0, 0); nodes.len()];
        let mut link_end = 0;
        let mut i = 0;
        while i < nodes.len() {
            let node = &nodes[i];
            if node.tag.is_skipped() {
                i = node.end as usize;
                continue;
            }
            let holder = block[node.parent as usize];
            block[i] = if node.tag.is_block() && node.tag != Tag::Text || node.tag == Tag::Cell {
                i as u32
            } else {
                holder
            };
            if node.tag == Tag::A {
                link_end = link_end.max(node.end);
            } else if node.tag == Tag::Text {
                let (chars, marks) = counted(node.text);
                let linked = if (i as u32) < link_end { chars } else { 0 };
                let of = &mut own[holder as usize];
                *of = (of.0 + chars, of.1 + linked);
                text[i] = (chars, linked);
                commas[holder as usize] += marks;
            }
            i += 1;
        }
        Self { own, commas, text }
    }
}

impl Measures {
    /// One pass over the nodes.
    pub(crate) fn of(nodes: &[Node<'_>]) -> Self {
        let Counted { own, commas, text } = Counted::of_nodes(nodes);
        let weight: Vec<f32> = (0..nodes.len())
            .map(|i| weigh(nodes[i].tag, own[i], commas[i]))
            .collect();
        let before = sums(&weight);
        Self {
            weight,
            before,
            chars: counts(text.iter().map(|text| text.0)),
            linked: counts(text.iter().map(|text| text.1)),
        }
    }

    /// Characters inside a node, and those of them that are links.
    pub(crate) fn text(&self, nodes: &[Node<'_>], i: usize) -> (u32, u32) {
        let end = nodes[i].end as usize;
        (
            self.chars[end] - self.chars[i],
            self.linked[end] - self.linked[i],
        )
    }

    /// Weight of the running text from one node up to another.
    pub(crate) fn between(&self, from: usize, to: usize) -> f32 {
        self.before[to] - self.before[from]
    }

    pub(crate) fn inside(&self, nodes: &[Node<'_>], i: usize) -> f32 {
        self.before[nodes[i].end as usize] - self.before[i]
    }
}

fn sums(weight: &[f32]) -> Vec<f32> {
    let mut before = Vec::with_capacity(weight.len() + 1);
    let mut sum = 0.0;
    before.push(sum);
    for w in weight {
        sum += w;
        before.push(sum);
    }
    before
}

fn counts(each: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut sum = 0;
    let mut before = vec![0];
    before.extend(each.map(|count| {
        sum += count;
        sum
    }));
    before
}

/// Characters that are no white space (those of Chinese and Japanese say as much as two), and marks that running text has.
fn counted(text: &str) -> (u32, u32) {
    let (mut chars, mut marks) = (0, 0);
    for c in text.chars() {
        chars += u32::from(!c.is_whitespace()) + u32::from(is_dense(c));
        marks += u32::from(matches!(c, ',' | '、' | '，' | '،' | '。' | ';'));
    }
    (chars, marks)
}

fn weigh(tag: Tag, (chars, links): (u32, u32), commas: u32) -> f32 {
    let least = match tag {
        Tag::P | Tag::Pre | Tag::Quote => MIN_WEIGHED,
        Tag::Item
        | Tag::Block
        | Tag::Cell
        | Tag::Article
        | Tag::Main
        | Tag::Body
        | Tag::Aside
        | Tag::Form
        | Tag::Header => MIN_BOX_TEXT,
        _ => return 0.0,
    };
    if chars < least || links * 2 > chars {
        return 0.0;
    }
    let full = chars.min(MAX_WEIGHED) as f32 + 20.0 * commas as f32;
    match tag {
        Tag::P | Tag::Pre | Tag::Quote => full,
        Tag::Item => full * 0.4,
        _ => full * 0.8,
    }
}
