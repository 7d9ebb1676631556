//! The relation of each word to the head it got.

use super::{Found, Workspace, best};
use crate::language::curves::leaky;
use crate::language::model::{Model, bucket};
use crate::language::rows::INPUT_MOST;
use crate::language::tree::NEVER;

const APPOSITION: &str = "appos";
const CONJUNCT: &str = "conj";
const CONJUNCTION: &str = "cc";
/// By how much an apposition must be the best relation, in the logarithm of its odds. Chosen on en_ewt-dev, where F1 of
/// appositions rises from 50.3 to 51.9 and LAS stays.
const APPOSITION_DOUBT: f32 = 0.6;
/// The same for a doubtful conjunct. Chosen on en_ewt-dev, where F1 of conjuncts rises from 72.8 to 73.5 and LAS stays.
const CONJUNCT_DOUBT: f32 = 2.0;

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
        self.doubt(model, lengths, found);
    }

    /// Thinks twice about relations that are found too often.
    fn doubt(&mut self, model: &Model, lengths: &[usize], found: &mut [Found]) {
        let [apposition, conjunct, conjunction] =
            [APPOSITION, CONJUNCT, CONJUNCTION].map(|name| named(model, name));
        let mut start = 0;
        for &length in lengths {
            let own = &mut found[start..start + length];
            let labels = &mut self.labels[start * model.sizes.relations..];
            if let Some(apposition) = apposition {
                doubt_appositions(model, apposition, own, labels);
            }
            if let (Some(conjunct), Some(conjunction)) = (conjunct, conjunction) {
                doubt_conjuncts(model, [conjunct, conjunction], own, labels);
            }
            start += length;
        }
    }
}

fn named(model: &Model, name: &str) -> Option<usize> {
    model
        .relations
        .iter()
        .position(|relation| *relation == name)
}

/// Thinks twice where an apposition was found: it follows its head with a mark between them (`Khan, the envoy`), and the
/// network finds too many. Where no mark is, or another relation is almost as good, that is taken.
fn doubt_appositions(model: &Model, apposition: usize, words: &mut [Found], labels: &mut [f32]) {
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

/// Thinks twice where the last conjunct of a head has no conjunction (`and`) of its own and is another part of speech
/// than its head: it is mostly a sentence glued on, or another name for the same.
fn doubt_conjuncts(
    model: &Model,
    [conjunct, conjunction]: [usize; 2],
    words: &mut [Found],
    labels: &mut [f32],
) {
    let class = |word: &Found| model.tags[word.tag].0;
    let relations = model.sizes.relations;
    // From the end, so that where the last is none any more the one before it is the last.
    for at in (0..words.len()).rev() {
        let word = words[at];
        if word.relation != conjunct || word.head == 0 {
            continue;
        }
        let hangs =
            |other: &Found, relation, head| other.relation == relation && other.head == head;
        let joined = words.iter().any(|other| hangs(other, conjunction, at + 1));
        let last = !words[at + 1..]
            .iter()
            .any(|other| hangs(other, conjunct, word.head));
        if !joined && last && class(&word) != class(&words[word.head - 1]) {
            let labels = &mut labels[at * relations..][..relations];
            labels[conjunct] -= CONJUNCT_DOUBT;
            words[at].relation = best(labels);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The relation of the last of three words, a conjunct of the first by a lead over an object, where the second has
    /// the relation and the head given.
    fn third(classes: [&str; 3], second: (&str, usize), lead: f32) -> &'static str {
        let bytes = include_bytes!("../english.model");
        let model = Model::read(bytes).expect("the built-in model is whole");
        let relation = |name| named(&model, name).expect("the model knows the relation");
        let tag = |class| {
            let tag = model.tags.iter().position(|(upos, _)| upos == class);
            tag.expect("the model knows the tag")
        };
        let relations = [("root", 0), second, (CONJUNCT, 1)];
        let mut words: Vec<Found> = classes
            .iter()
            .zip(relations)
            .map(|(class, (name, head))| Found {
                tag: tag(class),
                head,
                relation: relation(name),
            })
            .collect();
        let mut labels = vec![0.0; 3 * model.sizes.relations];
        let row = &mut labels[2 * model.sizes.relations..];
        row[relation("obj")] = 1.0;
        row[relation(CONJUNCT)] = 1.0 + lead;
        let names = [relation(CONJUNCT), relation(CONJUNCTION)];
        doubt_conjuncts(&model, names, &mut words, &mut labels);
        model.relations[words[2].relation]
    }

    #[test]
    fn a_last_conjunct_of_another_kind_without_a_conjunction_must_be_far_the_best() {
        let (verbs, mixed) = (["VERB", "CCONJ", "VERB"], ["VERB", "CCONJ", "NOUN"]);
        assert_eq!(third(mixed, ("dep", 1), 1.0), "obj");
        assert_eq!(third(mixed, ("dep", 1), 3.0), "conj");
        assert_eq!(third(mixed, (CONJUNCTION, 3), 1.0), "conj");
        assert_eq!(third(verbs, ("dep", 1), 1.0), "conj");
    }
}
