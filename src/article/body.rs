//! Finds the part of a page that holds the story: weights, candidates, and what is dropped inside them.

use super::{
    rules::flag,
    tree::{Node, Tag},
};

/// Classes that say an element is not the story.
const CLUTTER: u32 = flag::COMMENTS
    | flag::RELATED
    | flag::SHARE
    | flag::NAVIGATION
    | flag::ADVERT
    | flag::NEWSLETTER
    | flag::BIOGRAPHY
    | flag::TAGS
    | flag::CAPTION
    | flag::HIDDEN
    | flag::BYLINE
    | flag::DATE
    | flag::ASIDE
    | flag::CONSENT
    | flag::FOOTER;
/// Of these, the ones that may hold whole texts of others: believed even when they hold much of the page.
const OTHERS: u32 = flag::COMMENTS | flag::RELATED | flag::CONSENT;
/// Shares of a node's weight that reach its box, the box around that, and so on.
const REACH: [f32; 6] = [1.0, 0.7, 0.45, 0.3, 0.2, 0.12];
/// Characters below which a run of text weighs nothing, and below which a box's own text does not.
const MIN_WEIGHED: u32 = 25;
const MIN_BOX_TEXT: u32 = 60;

/// What is left of the weight of text in an element that only stays because it holds much of the page.
const DOUBT: f32 = 0.6;
/// Weight of a box beside the story, of that of the story, from which it belongs to it.
const BESIDE: f32 = 0.25;

/// How much is dropped by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    Full,
    /// Only what cannot be the story by its element, and comments.
    Least,
}

/// What was counted of each node.
#[derive(Debug)]
pub(crate) struct Measures {
    /// Weight of each block as running text.
    weight: Vec<f32>,
    /// Sum of the weights before each node.
    before: Vec<f32>,
}

impl Measures {
    /// One pass over the nodes.
    pub(crate) fn of(nodes: &[Node<'_>]) -> Self {
        let mut own = vec![(0, 0); nodes.len()];
        let mut commas = vec![0u32; nodes.len()];
        let mut block = vec![0u32; nodes.len()];
        let mut link_end = 0;
        let mut i = 0;
        while i < nodes.len() {
            let node = &nodes[i];
            if node.tag.is_skipped() {
                i = node.end as usize;
                continue;
            }
            let holder = block[node.parent as usize];
            block[i] = if node.tag.is_block() && node.tag != Tag::Text || node.tag == Tag::Cell { i as u32 } else { holder };
            if node.tag == Tag::A {
                link_end = link_end.max(node.end);
            } else if node.tag == Tag::Text {
                let (chars, marks) = counted(node.text);
                let of = &mut own[holder as usize];
                of.0 += chars;
                if (i as u32) < link_end {
                    of.1 += chars;
                }
                commas[holder as usize] += marks;
            }
            i += 1;
        }
        let weight: Vec<f32> = (0..nodes.len()).map(|i| weigh(nodes[i].tag, own[i], commas[i])).collect();
        let before = sums(&weight);
        Self { weight, before }
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

/// Characters that are no white space, and marks that running text has.
fn counted(text: &str) -> (u32, u32) {
    let (mut chars, mut marks) = (0, 0);
    for c in text.chars() {
        chars += u32::from(!c.is_whitespace());
        marks += u32::from(matches!(c, ',' | '、' | '，' | '،' | '。' | ';'));
    }
    (chars, marks)
}

fn weigh(tag: Tag, (chars, links): (u32, u32), commas: u32) -> f32 {
    let least = match tag {
        Tag::P | Tag::Pre | Tag::Quote => MIN_WEIGHED,
        Tag::Item | Tag::Block | Tag::Cell | Tag::Article | Tag::Main | Tag::Body | Tag::Aside | Tag::Form | Tag::Header => MIN_BOX_TEXT,
        _ => return 0.0,
    };
    if chars < least || links * 2 > chars {
        return 0.0;
    }
    let full = chars.min(600) as f32 + 20.0 * commas as f32;
    match tag {
        Tag::P | Tag::Pre | Tag::Quote => full,
        Tag::Item => full * 0.4,
        _ => full * 0.8,
    }
}

/// Which nodes are out, and the weights that are left.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The rule that dropped the node and all in it.
    pub(crate) dropped: Vec<Option<&'static str>>,
    weight: Vec<f32>,
    before: Vec<f32>,
}

impl Kept {
    /// Applies the classes; an element that holds the story stays, whatever it is called.
    pub(crate) fn of(nodes: &[Node<'_>], measures: &Measures, filter: Filter) -> Self {
        let mut dropped = vec![None; nodes.len()];
        let mut weight = measures.weight.clone();
        let page = measures.before.last().copied().unwrap_or(0.0).max(1.0);
        let story = exemptions(nodes, measures, page);
        let mut i = 0;
        while i < nodes.len() {
            let end = nodes[i].end as usize;
            let Some(rule) = clutter(&nodes[i], filter) else {
                i += 1;
                continue;
            };
            let share = measures.inside(nodes, i) / page;
            let others = nodes[i].has(OTHERS);
            let exempt = !nodes[i].tag.is_skipped()
                && ((story[i] && share > 0.15) || share > if others { 0.7 } else { 0.3 });
            if exempt {
                if !story[i] {
                    weight[i..end].iter_mut().for_each(|weight| *weight *= DOUBT);
                }
                i += 1;
                continue;
            }
            dropped[i] = Some(rule);
            weight[i..end].fill(0.0);
            i = end;
        }
        let before = sums(&weight);
        Self { dropped, weight, before }
    }

    /// Weight of the running text inside a node.
    pub(crate) fn inside(&self, nodes: &[Node<'_>], i: usize) -> f32 {
        self.before[nodes[i].end as usize] - self.before[i]
    }
}

/// Nodes that hold a named body or the headline.
fn exemptions(nodes: &[Node<'_>], measures: &Measures, page: f32) -> Vec<bool> {
    let mut story = vec![false; nodes.len()];
    for i in (1..nodes.len()).rev() {
        let named = nodes[i].has(flag::BODY | flag::CONTENT) && measures.inside(nodes, i) > (0.15 * page).max(200.0);
        if story[i] || named || nodes[i].tag == Tag::Heading(1) {
            story[i] = true;
            story[nodes[i].parent as usize] = true;
        }
    }
    story
}

fn clutter(node: &Node<'_>, filter: Filter) -> Option<&'static str> {
    let by_tag = match node.tag {
        tag if tag.is_skipped() => Some("element"),
        Tag::Figure | Tag::Caption => Some("caption"),
        Tag::Nav => Some("navigation"),
        Tag::Footer => Some("footer"),
        Tag::Aside => Some("aside"),
        _ => None,
    };
    if by_tag.is_some() || matches!(node.tag, Tag::Text | Tag::Html | Tag::Body) {
        return by_tag;
    }
    if filter == Filter::Least {
        return (node.flags & flag::COMMENTS != 0).then_some("comments");
    }
    by_class(node)
}

fn by_class(node: &Node<'_>) -> Option<&'static str> {
    let mut flags = node.flags & CLUTTER;
    if node.has(flag::ARTICLE_BODY) {
        return None;
    }
    if node.tag == Tag::Main {
        flags &= OTHERS;
    }
    let names = [
        (flag::COMMENTS, "comments"),
        (flag::RELATED, "related"),
        (flag::SHARE, "share"),
        (flag::CONSENT, "consent"),
        (flag::NAVIGATION, "navigation"),
        (flag::ADVERT, "advert"),
        (flag::NEWSLETTER, "newsletter"),
        (flag::BIOGRAPHY, "biography"),
        (flag::TAGS, "tags"),
        (flag::CAPTION, "caption"),
        (flag::HIDDEN, "hidden"),
        (flag::BYLINE, "byline"),
        (flag::DATE, "date"),
        (flag::ASIDE, "aside"),
        (flag::FOOTER, "footer"),
    ];
    names.into_iter().find(|(bit, _)| flags & bit != 0).map(|(_, name)| name)
}

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
        if parent == at || closed(&nodes[root]) || closed(&nodes[at]) || nodes[parent].tag == Tag::Html {
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
    let alike = |child: &Node<'_>| child.tag == nodes[root].tag && child.attr("class") == nodes[root].attr("class");
    let mut lines = kept.weight[parent];
    let (mut same, mut boxes) = (0.0, 0.0f32);
    let mut child = parent + 1;
    while child < nodes[parent].end as usize {
        let weight = if child == root { 0.0 } else { kept.inside(nodes, child) };
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
