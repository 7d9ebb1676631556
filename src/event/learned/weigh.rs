//! How likely a group of mentions is an event: a logistic curve over what is known of the group and of its neighbours.

mod standing;

use super::{
    STATUSES, TYPES,
    group::Group,
    mention::Told,
    reading::{Article, Sketch},
    seen::Seen,
};
use crate::language::curves::sigmoid;

/// Numbers known of a group.
pub const KNOWN: usize = 116;
/// Numbers that are weighed: the known ones, their logarithms, and the type.
pub const WEIGHED: usize = 2 * KNOWN + 4 + 2 * TYPES.len();

/// A logistic curve over numbers brought to one scale.
#[derive(Debug, Clone, Default)]
pub struct Curve {
    /// What is taken off each number.
    pub means: Vec<f32>,
    /// What each number is then multiplied by: the weight over the spread.
    pub weights: Vec<f32>,
    /// The bias.
    pub bias: f32,
}

impl Curve {
    /// The sum under the curve.
    pub fn sum(&self, row: &[f32]) -> f32 {
        self.bias + self.terms(row).sum::<f32>()
    }

    /// What each number adds.
    pub fn terms<'a>(&'a self, row: &'a [f32]) -> impl Iterator<Item = f32> + 'a {
        let terms = row.iter().zip(&self.means).zip(&self.weights);
        terms.map(|((value, mean), weight)| (value - mean) * weight)
    }

    /// The probability.
    pub fn probability(&self, row: &[f32]) -> f32 {
        sigmoid(self.sum(row))
    }
}

pub(super) fn flag(holds: bool) -> f32 {
    f32::from(holds)
}

fn most(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(0.0, f32::max)
}

/// Groups in the order of their best mention, with what is known of each.
pub fn known(
    article: &Article<'_>,
    groups: &[Group],
    headline: &[f32; TYPES.len()],
) -> Vec<[f32; KNOWN]> {
    let known = |at| {
        Known {
            article,
            groups,
            headline,
            at,
        }
        .row()
    };
    (0..groups.len()).map(known).collect()
}

struct Known<'a> {
    article: &'a Article<'a>,
    groups: &'a [Group],
    headline: &'a [f32; TYPES.len()],
    at: usize,
}

impl Known<'_> {
    fn row(&self) -> [f32; KNOWN] {
        let mut row = Vec::with_capacity(KNOWN);
        self.put_own(&mut row);
        self.put_neighbours(&mut row);
        self.put_alike(&mut row);
        self.put_parties(&mut row);
        self.put_words(&mut row);
        self.put_repeats(&mut row);
        self.put_form(&mut row);
        let mut out = [0.0; KNOWN];
        debug_assert!(row.len() <= KNOWN, "{}", row.len());
        for (slot, value) in out.iter_mut().zip(row) {
            *slot = value;
        }
        out
    }

    fn group(&self) -> &Group {
        &self.groups[self.at]
    }

    /// The group by itself.
    fn put_own(&self, row: &mut Vec<f32>) {
        let group = self.group();
        let best = group.best();
        row.extend([best.rank, best.core, best.mention.likely, best.mention.any]);
        row.extend(best.mention.status);
        let sentence = best.mention.sentence;
        let count = self.article.seen.len() as f32;
        let words = self.article.seen.iter().map(Seen::len).sum::<usize>();
        let mut sentences = group
            .told
            .iter()
            .map(|t| t.mention.sentence)
            .collect::<Vec<_>>();
        sentences.sort_unstable();
        sentences.dedup();
        row.extend([
            group.told.len() as f32,
            group.told.iter().map(|told| told.rank).sum(),
            group.told.get(1).map_or(0.0, |told| told.rank),
            sentences.len() as f32,
            sentence as f32,
            sentence as f32 / count,
            count,
            words as f32 / 500.0,
            flag(!self.article.title.is_empty()),
            flag(self.article.dated),
        ]);
    }

    /// What else the article tells.
    fn put_neighbours(&self, row: &mut Vec<f32>) {
        let group = self.group();
        let sentence = group.best().mention.sentence;
        let count = self.article.seen.len() as f32;
        let better = &self.groups[..self.at];
        let same = || better.iter().filter(|other| other.kind() == group.kind());
        let within = |other: &&Group| other.told.iter().any(|t| t.mention.sentence == sentence);
        let rank = |group: &Group| group.best().rank;
        let all = self.groups.iter().map(rank).sum::<f32>();
        let shares = |side: usize| {
            let own = &group.taken[side];
            same()
                .filter(|o| o.taken[side].iter().any(|code| own.contains(code)))
                .count() as f32
        };
        let first = |other: &&Group| other.best().mention.sentence == sentence;
        row.extend([
            self.at as f32,
            same().count() as f32,
            self.groups
                .iter()
                .filter(|o| o.kind() == group.kind())
                .count() as f32,
            all,
            all / count,
            shares(0),
            shares(1),
            better.iter().filter(first).count() as f32,
            same().filter(first).count() as f32,
            most(same().filter(within).map(rank)),
            most(better.iter().filter(within).map(rank)),
            most(same().map(rank)),
        ]);
    }

    /// How near what else is told of its type comes to it.
    fn put_alike(&self, row: &mut Vec<f32>) {
        let group = self.group();
        let sentence = group.best().mention.sentence;
        let better = &self.groups[..self.at];
        let same = || better.iter().filter(|other| other.kind() == group.kind());
        let rank = |group: &Group| group.best().rank;
        let agreeing = || same().filter(|other| other.agrees(&group.taken));
        let equal = || same().filter(|other| other.taken == group.taken);
        let apart = |other: &Group| other.best().mention.sentence.abs_diff(sentence) as f32;
        row.extend([
            agreeing().count() as f32,
            most(agreeing().map(rank)),
            agreeing().map(apart).fold(99.0, f32::min),
            same().map(apart).fold(99.0, f32::min),
            equal().count() as f32,
            most(equal().map(rank)),
        ]);
        let told = || self.groups.iter().flat_map(|group| &group.told);
        let kind = |told: &&Told| told.mention.kind == group.kind();
        let near = |told: &&Told| told.mention.sentence.abs_diff(sentence) <= 1;
        let here = |told: &&Told| told.mention.sentence == sentence;
        row.extend([
            told().filter(kind).map(|told| told.core).sum::<f32>(),
            told().filter(kind).filter(near).map(|told| told.core).sum(),
            told().filter(here).map(|told| told.core).sum(),
        ]);
    }

    /// How sure its parties are.
    fn put_parties(&self, row: &mut Vec<f32>) {
        let group = self.group();
        let best = group.best();
        let absent = &best.mention.absent;
        let head = |side: usize| best.heads[side].first().copied();
        row.extend([absent[0][0], absent[1][0], absent[0][1], absent[1][1]]);
        row.extend([0, 1].map(|side| head(side).map_or(0.0, |(_, share)| share)));
        row.extend([0, 1].map(|side| group.taken[side].len() as f32));
        row.push(flag(
            group.taken[0]
                .iter()
                .any(|code| group.taken[1].contains(code)),
        ));
        for side in 0..2 {
            let codes = &group.codes[side];
            row.push(most(codes[..codes.len() - 2].iter().copied()));
        }
        for side in 0..2 {
            let codes = &group.codes[side];
            row.push(codes[codes.len() - 2]);
        }
        let sentence = best.mention.sentence;
        let pronoun = |(at, _)| flag(self.article.token(sentence, at).upos == "PRON");
        row.extend([0, 1].map(|side| head(side).map_or(-1.0, pronoun)));
        for side in 0..2 {
            let standing = head(side).map(|(at, _)| self.article.index.standing(sentence, at));
            let tokens = &self.article.sentences[sentence].tokens;
            let sector = head(side).map(|(at, _)| self.article.index.sector(tokens, sentence, at));
            let is = |list: &[u8]| flag(sector.is_some_and(|sector| list.contains(&sector)));
            row.extend([
                standing.map_or(-1.0, f32::from),
                is(&[1, 5, 6]),
                is(&[2, 3, 4]),
                is(&[7]),
                is(&[8, 9, 10, 11, 12]),
            ]);
        }
    }

    /// The words and the grammar.
    fn put_words(&self, row: &mut Vec<f32>) {
        let mention = &self.group().best().mention;
        let sketches = &self.article.sketches[mention.sentence];
        let own = || sketches.iter().filter(|sketch| sketch.kind == mention.kind);
        let token = self.article.token(mention.sentence, mention.trigger);
        let trigger = |sketch: &&Sketch| sketch.trigger == mention.trigger;
        row.extend([
            most(own().map(|sketch| sketch.weight)),
            most(own().filter(trigger).map(|sketch| sketch.weight)),
            most(sketches.iter().filter(trigger).map(|sketch| sketch.weight)),
            flag(own().any(|sketch| !sketch.asserted)),
            sketches.len() as f32,
            self.article.seen[mention.sentence].len() as f32,
            flag(token.upos == "VERB"),
            flag(token.upos == "NOUN"),
            flag(matches!(token.xpos, "VBD" | "VBN")),
            flag(token.xpos == "VBD"),
            flag(token.xpos == "VBZ"),
            flag(self.article.title.contains(&token.lemma.to_lowercase())),
            flag(self.article.opens[mention.sentence]),
            flag(self.article.sentences[mention.sentence].heading),
            self.headline[mention.kind],
            most(self.headline.iter().copied()),
        ]);
        debug_assert!(STATUSES.len() == 8);
    }
}

/// The numbers that are weighed.
pub fn expand(known: &[f32; KNOWN], kind: usize) -> Vec<f32> {
    let odds = |value: f32| ((value + 1e-3) / (1.0 - value.clamp(0.0, 1.0) + 1e-3)).ln();
    let mut row = Vec::with_capacity(WEIGHED);
    row.extend(known.iter().map(|value| value.clamp(-1.0, 60.0)));
    row.extend(known[..4].iter().map(|value| odds(*value)));
    row.extend(known.iter().map(|value| value.max(0.0).ln_1p()));
    row.extend((0..TYPES.len()).map(|at| flag(at == kind)));
    row.extend((0..TYPES.len()).map(|at| if at == kind { odds(known[1]) } else { 0.0 }));
    row
}
