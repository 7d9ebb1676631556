//! Reads a page in one way, and in others where the first looks wrong; keeps the best.

use std::collections::HashSet;

use super::{
    Rules,
    blocks::{self, Block, Gone},
    body::{self, Filter, Kept, Measures},
    lead,
    lines::{Context, Story},
    meta::Meta,
    tree::{Node, Tag},
};

/// Text below which another reading of the page is tried, characters.
const MIN_STORY: usize = 250;

/// A reading of the page: where, and how it was found.
type Reading = (usize, Filter, &'static str);

/// Chooses among the readings of a page; the text that the page repeats in JSON-LD is the judge where there is one.
pub(super) fn story(
    nodes: &[Node<'_>],
    meta: &Meta,
    context: &Context,
    rules: &Rules,
) -> (Story, &'static str) {
    let measures = Measures::of(nodes);
    let headline = body::find_headline(nodes, &context.titles);
    let next = headline.and_then(|headline| body::next_story(nodes, &measures, headline));
    let full = Kept::of(nodes, &measures, Filter::Full, next);
    let mut best = candidate(nodes, &full);
    let writer = StoryWriter {
        nodes,
        headline,
        context,
        rules,
    };
    let mut chosen = writer.write_story(&full, best.0);
    let body = meta.jsonld.body.as_deref();
    let judge = body.filter(|body| body.len() >= 400).map(shingles);
    let agrees = judge.as_ref().map(|judge| agreement(&chosen.blocks, judge));
    if length(&chosen.blocks) < MIN_STORY || agrees.is_some_and(|share| share < 0.8) {
        let least = Kept::of(nodes, &measures, Filter::Least, next);
        let roots = [Some(candidate(nodes, &least).0), body::named(nodes, &least)];
        for root in roots.into_iter().flatten() {
            let story = writer.write_story(&least, root);
            if better(&story.blocks, &chosen.blocks, judge.as_ref()) {
                (best, chosen) = ((root, Filter::Least, "unfiltered"), story);
            }
        }
    }
    if length(&chosen.blocks) < 200
        && let Some(body) = body.filter(|body| body.len() >= 500)
    {
        return (Story::of(blocks::of_text(body), context, rules), "json-ld");
    }
    (chosen, best.2)
}

/// A page with what is known of it, to be read in one way or another.
struct StoryWriter<'a> {
    nodes: &'a [Node<'a>],
    headline: Option<usize>,
    context: &'a Context,
    rules: &'a Rules,
}

impl StoryWriter<'_> {
    /// The story of a box, with its lead.
    fn write_story(&self, kept: &Kept, root: usize) -> Story {
        let nodes = self.nodes;
        let (mut blocks, mut gone) = blocks::write(nodes, kept, root);
        let inside = root..nodes[root].end as usize;
        let top = |at: &usize| inside.contains(at) && nodes[*at].tag == Tag::Heading(1);
        if let Some(at) = self.headline.filter(top) {
            drop_above(&mut blocks, at as u32, &mut gone);
        }
        let mut lines = lead::find_lead(nodes, kept, self.headline, root, self.context);
        lines.extend(blocks);
        let mut story = Story::of(lines, self.context, self.rules);
        story.gone.splice(0..0, gone);
        story
    }
}

/// The root by weight, unless an element that calls itself the body holds much more.
fn candidate(nodes: &[Node<'_>], kept: &Kept) -> Reading {
    let root = body::best(nodes, kept);
    let Some(named) = body::named(nodes, kept) else {
        return (root, Filter::Full, "weight");
    };
    if kept.inside(nodes, root) < 0.55 * kept.inside(nodes, named) {
        return (named, Filter::Full, "named");
    }
    (root, Filter::Full, "weight")
}

/// Share of the text above the headline, lines there, and characters of each, up to which they are bars, captions and
/// teasers.
const MAX_ABOVE: f32 = 0.15;
const MAX_LINES_ABOVE: usize = 6;
const MAX_LINE_ABOVE: usize = 200;

/// Drops what stands above the headline in the box of the story.
fn drop_above(blocks: &mut Vec<Block>, headline: u32, gone: &mut Vec<Gone>) {
    let above = blocks
        .iter()
        .take_while(|block| block.at < headline)
        .count();
    let share = length(&blocks[..above]) as f32 / length(blocks).max(1) as f32;
    let long = blocks[..above]
        .iter()
        .any(|block| block.chars > MAX_LINE_ABOVE);
    if above > MAX_LINES_ABOVE || share > MAX_ABOVE || long {
        return;
    }
    gone.extend(blocks.drain(..above).map(|block| Gone {
        rule: "above".to_owned(),
        text: block.text,
    }));
}

pub(super) fn length(blocks: &[Block]) -> usize {
    blocks.iter().map(|block| block.chars).sum()
}

/// Without a judge a reading must be much longer to be better.
fn better(new: &[Block], old: &[Block], judge: Option<&HashSet<u64>>) -> bool {
    match judge {
        Some(judge) => agreement(new, judge) > agreement(old, judge) + 0.05,
        None => length(new) > 2 * length(old) + 100,
    }
}

/// Hashes of the runs of four words of a text.
fn shingles(text: &str) -> HashSet<u64> {
    let mut set = HashSet::new();
    collect_shingles(text, &mut set);
    set
}

fn collect_shingles(text: &str, set: &mut HashSet<u64>) {
    let mut window = [0u64; 4];
    for (i, word) in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .enumerate()
    {
        let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        window = [window[1], window[2], window[3], hash];
        if i >= 3 {
            set.insert(
                window
                    .iter()
                    .fold(0, |mix, part| mix.rotate_left(13) ^ part),
            );
        }
    }
}

/// F1 of a reading's runs of words against the judge's.
fn agreement(blocks: &[Block], judge: &HashSet<u64>) -> f32 {
    let mut own = HashSet::new();
    for block in blocks {
        collect_shingles(&block.text, &mut own);
    }
    let both = own.intersection(judge).count() as f32;
    2.0 * both / (own.len() + judge.len()).max(1) as f32
}
