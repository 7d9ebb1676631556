//! The relation of each word to the head it got.

use super::{Found, Workspace, best};
use crate::language::curves::leaky;
use crate::language::model::{Model, bucket};
use crate::language::rows::INPUT_MOST;
use crate::language::tree::NEVER;

const APPOSITION: &str = "appos";
/// By how much an apposition must be the best relation, in the logarithm of its odds. Chosen on en_ewt-dev, where F1 of
/// appositions rises from 50.3 to 51.9 and LAS stays.
const DOUBT: f32 = 0.6;

impl Workspace {
    /// Fills in the relations, from what [`Workspace::project`] left.
    pub(super) fn label(&mut self, model: &Model, lengths: &[usize], found: &mut [Found]) {
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
        self.doubt_appositions(model, lengths, found);
    }

    /// Thinks twice where an apposition was found: it follows its head with a mark between them (`Khan, the envoy`), and
    /// the network finds too many. Where no mark is, or another relation is almost as good, that is taken.
    fn doubt_appositions(&mut self, model: &Model, lengths: &[usize], found: &mut [Found]) {
        let relations = model.sizes.relations;
        let Some(apposition) = model.relations.iter().position(|name| *name == APPOSITION) else {
            return;
        };
        let mut start = 0;
        for &length in lengths {
            let own = &mut found[start..start + length];
            for at in 0..length {
                if own[at].relation != apposition {
                    continue;
                }
                let between = own.get(own[at].head..at).unwrap_or_default();
                let marked = between.iter().any(|word| is_mark(model.tags[word.tag]));
                let labels = &mut self.labels[(start + at) * relations..][..relations];
                labels[apposition] -= if marked { DOUBT } else { -NEVER };
                own[at].relation = best(labels);
            }
            start += length;
        }
    }
}

/// A mark that sets words apart, which the hyphen inside one does not.
fn is_mark((upos, xpos): (&str, &str)) -> bool {
    upos == "PUNCT" && xpos != "HYPH"
}

fn add(row: &mut [f32], values: &[f32]) {
    for (slot, value) in row.iter_mut().zip(values) {
        *slot += value;
    }
}
