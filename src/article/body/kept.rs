//! What is left out of a page before the story is looked for: by element, by class where the text bears it out.

use super::{
    super::{
        rules::flag,
        tree::{Node, Tag},
    },
    Measures, cards, sums,
};

/// What classes say an element is other than the story, and the rule it is left out by; the first that holds counts.
const CLUTTER: [(u32, &str); 18] = [
    (flag::ENTRY, "live_entry"),
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
    (flag::BOX, "box"),
    (flag::ASIDE, "aside"),
    (flag::FOOTER, "footer"),
    (flag::TEASER, "related"),
];
/// All that may say so.
const CALLED: u32 = {
    let (mut all, mut i) = (flag::UNSPOKEN, 0);
    while i < CLUTTER.len() {
        all |= CLUTTER[i].0;
        i += 1;
    }
    all
};
/// Of these, the ones that may hold whole texts of others.
// Believed even when they hold much of the page.
const OTHERS: u32 = flag::COMMENTS | flag::RELATED | flag::CONSENT;
/// Of these, the ones that hold links or a few words.
// Not believed of running text without a link.
const LINKED: u32 = flag::RELATED | flag::NAVIGATION | flag::TAGS | flag::BYLINE | flag::DATE;
/// Weight of the running text from which such a class is doubted: a sentence.
const MIN_DOUBTED: f32 = 90.0;
/// What is left of the weight of text in an element that only stays because it holds much of the page.
const DOUBT: f32 = 0.6;
/// Weight of text outside of all that is called clutter from which the story is taken to be there.
// Three paragraphs.
const MIN_CLEAN: f32 = 600.0;

/// How much is dropped by class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    Full,
    /// Only what cannot be the story by its element, comments, and boxes of facts.
    Least,
}

/// Which nodes are out, and the weights that are left.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The rule that dropped the node and all in it.
    pub(crate) dropped: Vec<Option<&'static str>>,
    pub(super) weight: Vec<f32>,
    before: Vec<f32>,
}

impl Kept {
    /// Applies the classes; an element that holds the story stays, whatever it is called. What comes from `next` on
    /// up to the end of the box around it is another story.
    pub(crate) fn of(
        nodes: &[Node<'_>],
        measures: &Measures,
        filter: Filter,
        next: Option<usize>,
    ) -> Self {
        let mut kept = Self {
            dropped: vec![None; nodes.len()],
            weight: measures.weight.clone(),
            before: Vec::new(),
        };
        if let Some(next) = next {
            let end = nodes[nodes[next].parent as usize].end as usize;
            let mut i = next;
            while i < end {
                kept.drop(nodes, i, "next_story");
                i = nodes[i].end as usize;
            }
        }
        if filter == Filter::Full {
            for card in cards::find_cards(nodes, measures) {
                kept.drop(nodes, card, "related");
            }
        }
        kept.apply(nodes, measures, filter);
        kept.before = sums(&kept.weight);
        kept
    }

    fn drop(&mut self, nodes: &[Node<'_>], i: usize, rule: &'static str) {
        self.dropped[i] = Some(rule);
        self.weight[i..nodes[i].end as usize].fill(0.0);
    }

    fn apply(&mut self, nodes: &[Node<'_>], measures: &Measures, filter: Filter) {
        let page = measures.before.last().copied().unwrap_or(0.0).max(1.0);
        let holders = Holders::of(nodes, measures, page);
        let clean = self.clean(nodes, measures, filter);
        let mut i = 0;
        while i < nodes.len() {
            let end = nodes[i].end as usize;
            if self.dropped[i].is_some() {
                i = end;
                continue;
            }
            let Some(rule) = clutter(nodes, measures, i, filter) else {
                i += 1;
                continue;
            };
            match holders.stays(nodes, measures, i, clean) {
                None => {
                    self.drop(nodes, i, rule);
                    i = end;
                }
                Some(left) => {
                    self.weight[i..end]
                        .iter_mut()
                        .for_each(|weight| *weight *= left);
                    i += 1;
                }
            }
        }
    }

    /// Weight of the text outside of everything that may be clutter.
    fn clean(&self, nodes: &[Node<'_>], measures: &Measures, filter: Filter) -> f32 {
        let (mut clean, mut i) = (0.0, 0);
        while i < nodes.len() {
            if self.dropped[i].is_some() || clutter(nodes, measures, i, filter).is_some() {
                i = nodes[i].end as usize;
            } else {
                clean += self.weight[i];
                i += 1;
            }
        }
        clean
    }

    /// Weight of the running text inside a node.
    pub(crate) fn inside(&self, nodes: &[Node<'_>], i: usize) -> f32 {
        self.before[nodes[i].end as usize] - self.before[i]
    }
}

/// Nodes that hold the top heading, or a box that is named as the body.
struct Holders {
    heading: Vec<bool>,
    body: Vec<bool>,
    page: f32,
}

impl Holders {
    fn of(nodes: &[Node<'_>], measures: &Measures, page: f32) -> Self {
        let mut holders = Self {
            heading: vec![false; nodes.len()],
            body: vec![false; nodes.len()],
            page,
        };
        let least = (0.15 * page).max(200.0);
        for i in (1..nodes.len()).rev() {
            let parent = nodes[i].parent as usize;
            let named = nodes[i].has(flag::BODY | flag::CONTENT);
            if holders.heading[i] || nodes[i].tag == Tag::Heading(1) {
                holders.heading[i] = true;
                holders.heading[parent] = true;
            }
            if holders.body[i] || named && measures.inside(nodes, i) > least {
                holders.body[i] = true;
                holders.body[parent] = true;
            }
        }
        holders
    }

    /// What is left of the weight of an element that holds too much to be clutter; none where it is clutter.
    fn stays(&self, nodes: &[Node<'_>], measures: &Measures, i: usize, clean: f32) -> Option<f32> {
        if nodes[i].tag.is_skipped() {
            return None;
        }
        let inside = measures.inside(nodes, i);
        let share = inside / self.page;
        let others = nodes[i].has(OTHERS);
        let elsewhere = clean > MIN_CLEAN && clean > 0.5 * inside;
        // The story again, for machines.
        if elsewhere && nodes[i].has(flag::HIDDEN) && nodes[i].attr("itemtype").is_some() {
            return None;
        }
        let body = self.body[i] && !(others && elsewhere);
        if share > 0.15 && (self.heading[i] || body) {
            return Some(1.0);
        }
        let most = if others { 0.7 } else { 0.3 };
        (share > most && !elsewhere).then_some(DOUBT)
    }
}

/// The rule by which an element may be left out.
fn clutter(
    nodes: &[Node<'_>],
    measures: &Measures,
    i: usize,
    filter: Filter,
) -> Option<&'static str> {
    let node = &nodes[i];
    let by_tag = match node.tag {
        tag if tag.is_skipped() => Some("element"),
        Tag::Figure if holds_text(nodes, i) => None,
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
        let boxed = node.has(flag::BOX).then_some("box");
        return node.has(flag::COMMENTS).then_some("comments").or(boxed);
    }
    by_class(nodes, measures, i)
}

/// A figure may hold a quotation, a table or a listing; its caption goes by itself.
fn holds_text(nodes: &[Node<'_>], i: usize) -> bool {
    nodes[i + 1..nodes[i].end as usize]
        .iter()
        .any(|node| matches!(node.tag, Tag::Quote | Tag::Table | Tag::Pre))
}

fn by_class(nodes: &[Node<'_>], measures: &Measures, i: usize) -> Option<&'static str> {
    let node = &nodes[i];
    let mut flags = node.flags;
    if !node.has(CALLED) || node.has(flag::ARTICLE_BODY) {
        return None;
    }
    if node.tag == Tag::Main {
        flags &= OTHERS;
    }
    let (chars, linked) = measures.text(nodes, i);
    let weight = measures.inside(nodes, i);
    if weight > MIN_DOUBTED && linked == 0 {
        flags &= !LINKED;
    }
    if is_slug(nodes, i) && linked == 0 {
        flags = 0;
    }
    if linked * 100 < chars * 15 {
        flags &= !flag::TEASER;
    }
    if node.has(flag::UNSPOKEN) && weight < MIN_DOUBTED {
        flags |= flag::HIDDEN;
    }
    CLUTTER
        .into_iter()
        .find(|(bit, _)| flags & bit != 0)
        .map(|(_, name)| name)
}

/// Whether an element is named after its own heading, as a section of a story is.
fn is_slug(nodes: &[Node<'_>], i: usize) -> bool {
    let node = &nodes[i];
    let heading = nodes.get(i + 1..node.end as usize).and_then(|inside| {
        let at = inside
            .iter()
            .position(|node| !node.text.trim().is_empty())?;
        let around = &nodes[inside[at].parent as usize];
        matches!(around.tag, Tag::Heading(_)).then(|| inside[at].text.trim())
    });
    let (Some(heading), Some(id)) = (heading, node.attr("id")) else {
        return false;
    };
    let words = heading.split_whitespace();
    words.clone().count() > 1
        && words
            .flat_map(|word| word.split(|c: char| !c.is_alphanumeric()))
            .filter(|word| !word.is_empty())
            .all(|word| id.contains(&word.to_lowercase()))
}
