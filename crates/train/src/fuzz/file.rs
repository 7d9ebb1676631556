//! Model files with changed bytes.

use dateline::language::model::{self, BUCKETS, Model, ModelParts, Sizes};
use dateline::language::parser::Parser;

use super::below;
use crate::param::Rng;

/// A model file with every part in it, of a few kilobytes.
pub(super) fn small(rng: &mut Rng) -> Vec<u8> {
    let sizes = Sizes {
        d: 4,
        h: 2,
        a: 3,
        l: 2,
        tags: 2,
        relations: 2,
        words: 3,
        affixes: 5,
    };
    let mut numbers = |count: usize| -> Vec<f32> { (0..count).map(|_| rng.unit() - 0.5).collect() };
    let Sizes {
        d,
        h,
        a,
        l,
        tags,
        relations,
        words,
        affixes,
    } = sizes;
    let dense: Vec<Vec<f32>> = [
        d * 6 * h,
        6 * h,
        12 * h * h,
        6 * h,
        2 * h * tags,
        tags,
        2 * h * a,
        a,
        2 * h * a,
        a,
        a,
        a * a,
        a,
        BUCKETS * a,
        2 * h * l,
        l,
        2 * h * l,
        l,
        BUCKETS * l,
        l * relations,
        relations,
    ]
    .into_iter()
    .map(&mut numbers)
    .collect();
    let names = |names: [&str; 2]| names.map(str::to_string);
    model::write(&ModelParts {
        sizes,
        tags: &names(["NOUN|NN", "VERB|VB"]),
        relations: &names(["root", "dep"]),
        lemmas: &names(["verb\twas\tbe", "noun\tmen\tman"]),
        keys: &[1, 2, 3],
        words: &numbers(words * d),
        affixes: &numbers(affixes * d),
        dense: &dense.iter().map(Vec::as_slice).collect::<Vec<_>>(),
    })
}

/// A model file with bytes changed and cut off, its checksum made right again half the time; gives whether it could be
/// read, after parsing with it.
pub(super) fn damaged(rng: &mut Rng, good: &[u8]) -> bool {
    let mut bytes = good.to_vec();
    for _ in 0..rng.next() % 4 {
        // The sizes stand first: half of the damage goes there.
        let reach = if rng.next().is_multiple_of(2) {
            64
        } else {
            bytes.len()
        };
        let at = below(rng, reach);
        if let Some(byte) = bytes.get_mut(at) {
            *byte = rng.next() as u8;
        }
    }
    if rng.next().is_multiple_of(4) {
        bytes.truncate(below(rng, bytes.len()));
    }
    if rng.next().is_multiple_of(2) {
        bytes = model::sealed(bytes.get(16..).unwrap_or_default());
    }
    let Ok(model) = Model::read(bytes.leak()) else {
        return false;
    };
    let mut parser = Parser::new(Box::leak(Box::new(model)));
    parser.parse("Police arrested two men in Lahore. They denied it.");
    true
}
