//! Whether two tellings of one type are of one act: a logistic curve over how they stand to each other.

use super::{
    TYPES, group,
    mention::Told,
    path,
    reading::Article,
    shape::VECTOR,
    weigh::{Curve, flag},
};
use crate::language::word_vector;

/// Numbers known of two tellings.
pub const TOGETHER: usize = 34 + TYPES.len();
/// Determiners of an act that was told before.
const DEFINITE: [&str; 6] = ["the", "this", "that", "these", "its", "their"];

/// How likely two tellings are of one act.
pub(super) fn is_one(curve: &Curve, article: &Article<'_>, one: &Told, other: &Told) -> f32 {
    curve.probability(&compare(article, one, other))
}

/// What is known of two tellings of one type, the likelier first.
pub fn compare(article: &Article<'_>, one: &Told, other: &Told) -> Vec<f32> {
    let mut row = Vec::with_capacity(TOGETHER);
    put_place(article, one, other, &mut row);
    put_words(article, one, other, &mut row);
    for side in 0..2 {
        put_side(one, other, side, &mut row);
    }
    row.extend([one.rank, other.rank]);
    row.extend((0..TYPES.len()).map(|kind| flag(kind == one.mention.kind)));
    row
}

/// How far apart they are, and how they stand in the tree of one sentence.
fn put_place(article: &Article<'_>, one: &Told, other: &Told, row: &mut Vec<f32>) {
    let (a, b) = (&one.mention, &other.mention);
    let apart = a.sentence.abs_diff(b.sentence);
    let here = apart == 0;
    let head = |from: usize| article.token(a.sentence, from).head;
    let on = here && (head(a.trigger) == Some(b.trigger) || head(b.trigger) == Some(a.trigger));
    let near = path::distance(a.trigger, b.trigger);
    row.extend([
        flag(here),
        flag(apart == 1),
        apart.min(20) as f32 / 20.0,
        (apart as f32).ln_1p(),
        flag(on),
        flag(here && near % 7 <= 3),
        flag(a.sentence < b.sentence),
        flag(a.sentence.min(b.sentence) < 2),
    ]);
}

/// What words tell them.
fn put_words(article: &Article<'_>, one: &Told, other: &Told, row: &mut Vec<f32>) {
    let token = |told: &Told| article.token(told.mention.sentence, told.mention.trigger);
    let (a, b) = (token(one), token(other));
    let definite = |told: &Told| {
        let (sentence, at) = (told.mention.sentence, told.mention.trigger);
        let children = article.index.dependents(sentence, at);
        let lemma = |child: &usize| article.token(sentence, *child).lemma.to_lowercase();
        flag(
            children
                .iter()
                .any(|child| DEFINITE.contains(&&*lemma(child))),
        )
    };
    let later = if one.mention.sentence > other.mention.sentence {
        one
    } else {
        other
    };
    row.extend([
        flag(a.lemma.eq_ignore_ascii_case(&b.lemma)),
        flag(a.upos == "VERB" && b.upos == "VERB"),
        flag(a.upos == "NOUN" && b.upos == "NOUN"),
        definite(later) * flag(token(later).upos == "NOUN"),
        alike(article, one, other),
        flag(one.way.is_some() && one.way == other.way),
        flag(one.way.is_some() && other.way.is_some() && one.way != other.way),
    ]);
}

/// How alike the vectors of their words are.
fn alike(article: &Article<'_>, one: &Told, other: &Told) -> f32 {
    let vector = |told: &Told| {
        let mut vector = [0.0; VECTOR];
        let form = article.seen[told.mention.sentence].forms[told.mention.trigger];
        word_vector(form, &mut vector);
        vector
    };
    let (a, b) = (vector(one), vector(other));
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt().max(1e-6)
}

/// Whether a side is the same.
fn put_side(one: &Told, other: &Told, side: usize, row: &mut Vec<f32>) {
    let taken = [one, other].map(|told| group::take(&told.codes[side], side));
    let [a, b] = &taken;
    let shared = a.iter().any(|code| b.contains(code));
    let codes = one.codes[side].iter().zip(&other.codes[side]);
    let pair = one.people[side].as_ref().zip(other.people[side].as_ref());
    row.extend([
        flag(a.is_empty() && b.is_empty()),
        flag(a.is_empty() != b.is_empty()),
        flag(shared && a == b),
        flag(!a.is_empty() && !b.is_empty() && !shared),
        codes.map(|(a, b)| a.min(*b)).sum(),
        flag(pair.is_some_and(|(a, b)| a.differs(b))),
        flag(pair.is_some_and(|(a, b)| !a.may_differ(b))),
        other.mention.absent[0][side],
    ]);
}
