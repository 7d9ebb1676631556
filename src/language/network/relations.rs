//! The relation of each word to the head it got.

use super::{ParsedToken, Workspace, best};
use crate::language::curves::leaky;
use crate::language::model::{Model, bucket};
use crate::language::rows::INPUT_MOST;
use crate::language::tree::NEVER;

const APPOSITION: &str = "appos";
/// By how much an apposition must be the best relation, in the logarithm of its odds.
// Chosen on en_ewt-dev, where F1 of appositions rises from 49.4 to 51.4 and LAS stays. A like doubt of conjuncts
// gained nothing there.
const APPOSITION_DOUBT: f32 = 0.6;

impl Workspace {
    /// Fills in the relations, from what [`Workspace::project`] left.
    pub(super) fn label(&mut self, model: &Model, lengths: &[usize], found: &mut [ParsedToken]) {
        let l = model.sizes.l;
        self.hidden.clone_from(&self.label_dep);
        let mut start = 0;
        for &length in lengths {
            for at in 0..length {
                let to = found[start + at].head;
                let row = &mut self.hidden[(start + at) * l..][..l];
                match to {
                    0 => add(row, &model.label_head.bias),
                    to => add(row, &self.label_head[(start + to - 1) * l..][..l]),
                }
                add(row, &model.label_place[bucket(at, to) * l..][..l]);
            }
            start += length;
        }
        self.hidden.iter_mut().for_each(|x| *x = leaky(*x));
        self.rows.fill(&self.hidden, l, INPUT_MOST);
        model.label.apply(&self.rows, &mut self.labels);
        let labels = self.labels.chunks_exact(model.sizes.relations);
        for (found, labels) in found.iter_mut().zip(labels) {
            found.relation = best(labels);
        }
        self.doubt(model, lengths, found);
    }

    /// Thinks twice about the relation that is found too often.
    fn doubt(&mut self, model: &Model, lengths: &[usize], found: &mut [ParsedToken]) {
        let is_apposition = |name: &&str| *name == APPOSITION;
        let Some(apposition) = model.relations.iter().position(is_apposition) else {
            return;
        };
        let mut start = 0;
        for &length in lengths {
            let own = &mut found[start..start + length];
            let labels = &mut self.labels[start * model.sizes.relations..];
            doubt_appositions(model, apposition, own, labels);
            start += length;
        }
    }
}

/// Thinks twice where an apposition was found: it follows its head with a mark between them (`Khan, the envoy`), and the
/// network finds too many. Where no mark is, or another relation is almost as good, that is taken.
fn doubt_appositions(
    model: &Model,
    apposition: usize,
    words: &mut [ParsedToken],
    labels: &mut [f32],
) {
    for (at, labels) in (0..words.len()).zip(labels.chunks_exact_mut(model.sizes.relations)) {
        if words[at].relation != apposition {
            continue;
        }
        let between = words.get(words[at].head..at).unwrap_or_default();
        let marked = between.iter().any(|word| is_mark(model.tags[word.tag]));
        labels[apposition] -= if marked { APPOSITION_DOUBT } else { -NEVER };
        words[at].relation = best(labels);
    }
}

/// A mark that sets words apart, which the hyphen inside one does not.
fn is_mark((upos, xpos): (&str, &str)) -> bool {
    upos == "PUNCT" && xpos != "HYPH"
}

fn add(row: &mut [f32], values: &[f32]) {
    let row = &mut row[..values.len()];
    for (at, value) in values.iter().enumerate() {
        row[at] += value;
    }
}
