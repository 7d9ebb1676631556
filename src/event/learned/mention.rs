//! A mention of an act: what the network says of one word, and whom its sides mean.

use std::collections::HashMap;

use super::{STATUSES, TYPES, people::Somebody, reading::Article, trees::Trees};

/// What the network says of a word and a type.
#[derive(Debug, Clone)]
pub struct Mention {
    /// The sentence.
    pub sentence: usize,
    /// The word in it.
    pub trigger: usize,
    /// The type.
    pub kind: usize,
    /// How likely the word tells an act of this type, of whatever status.
    pub likely: f32,
    /// How likely it tells an act of any type.
    pub any: f32,
    /// How likely each status is if it does.
    pub status: [f32; STATUSES.len()],
    /// For both sides how likely each word is the head.
    pub sides: [Vec<f32>; 2],
    /// How likely nobody is meant, and somebody outside the sentence, on each side.
    pub absent: [[f32; 2]; 2],
}

/// Heads of a side that are looked at, and the least likely of them.
const MOST_HEADS: usize = 4;
const LEAST_HEAD: f32 = 0.04;

/// What the network says of an article.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// The mentions.
    pub mentions: Vec<Mention>,
    /// How likely the headline tells each type.
    pub headline: [f32; TYPES.len()],
}

/// A mention with whom it means.
#[derive(Debug, Clone)]
pub struct Told {
    /// The mention.
    pub mention: Mention,
    /// How likely it tells an event of this type.
    pub core: f32,
    /// The same among what is an event or nothing: what is arguable left out.
    pub rank: f32,
    /// For both sides how likely each code of the article is, then none, then nobody.
    pub codes: [Vec<f32>; 2],
    /// For both sides the likely heads, best first.
    pub heads: [Vec<(usize, f32)>; 2],
    /// For both sides who stands at the likeliest head.
    pub people: [Option<Somebody>; 2],
    /// The way in which it is done, where the lexicon knows.
    pub way: Option<String>,
}

/// Answers of the resolver that were asked for before.
pub type Asked = HashMap<(usize, usize, usize, bool), Vec<f32>>;

impl Told {
    /// Asks the resolver whom the sides of a mention mean.
    pub fn new(mention: Mention, article: &Article<'_>, trees: &Trees, asked: &mut Asked) -> Self {
        let core = mention.likely * mention.status[0];
        let heads = [heads(&mention, 0), heads(&mention, 1)];
        let count = article.index.codes.len();
        let mut codes = [vec![0.0; count + 2], vec![0.0; count + 2]];
        for side in 0..2 {
            let places = heads[side].iter().map(|&(at, share)| (at, share, false));
            let far = mention.absent[1][side];
            let elsewhere = (far > LEAST_HEAD).then_some((mention.trigger, far, true));
            for (at, share, elsewhere) in places.chain(elsewhere) {
                let key = (mention.sentence, at, side, elsewhere);
                let odds = asked.entry(key).or_insert_with(|| {
                    let place = (mention.sentence, at);
                    article
                        .index
                        .weigh(trees, article.sentences, place, side, elsewhere)
                });
                for (slot, odds) in codes[side].iter_mut().zip(odds) {
                    *slot += share * *odds;
                }
            }
            codes[side][count + 1] += mention.absent[0][side];
        }
        let people = [0, 1].map(|side| {
            let (at, _) = heads[side].first()?;
            article.people[mention.sentence][*at].clone()
        });
        Self {
            core,
            rank: core / (core + 1.0 - mention.likely + 1e-6),
            codes,
            heads,
            people,
            way: article
                .way(mention.sentence, mention.trigger, mention.kind)
                .map(str::to_owned),
            mention,
        }
    }
}

/// The likely heads of a side: one word cannot be both sides.
pub(crate) fn heads(mention: &Mention, side: usize) -> Vec<(usize, f32)> {
    let (own, other) = (&mention.sides[side], &mention.sides[1 - side]);
    let shares = own
        .iter()
        .zip(other)
        .map(|(own, other)| own * (1.0 - other));
    let shares = shares.collect::<Vec<_>>();
    let sum = shares.iter().sum::<f32>() + mention.absent[0][side] + mention.absent[1][side];
    let mut heads = shares
        .into_iter()
        .map(|share| share / sum.max(1e-6))
        .enumerate()
        .filter(|(_, share)| *share > LEAST_HEAD)
        .collect::<Vec<_>>();
    heads.sort_by(|a, b| b.1.total_cmp(&a.1));
    heads.truncate(MOST_HEADS);
    heads
}
