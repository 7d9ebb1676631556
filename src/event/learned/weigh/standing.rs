//! How the word of an act stands: to what was told before with the same word, and in its sentence.

use super::{
    super::{group::Group, mention::Told, seen::PLACE},
    Known, flag, most,
};
use crate::event::syntax::plain;

/// Relations in which a word of an act often stands; each is a number of its own.
const RELATIONS: [&str; 11] = [
    "root", "conj", "acl", "advcl", "ccomp", "xcomp", "nsubj", "obj", "obl", "nmod", "compound",
];

impl Known<'_> {
    /// What was told before with the same word, and what else the words of the group may tell.
    pub(super) fn put_repeats(&self, row: &mut Vec<f32>) {
        let group = self.group();
        let best = group.best();
        let lemma = |group: &Group| {
            let mention = &group.best().mention;
            let token = self.article.token(mention.sentence, mention.trigger);
            token.lemma.to_lowercase()
        };
        let own = lemma(group);
        let better = &self.groups[..self.at];
        let alike = || better.iter().filter(|other| lemma(other) == own);
        let same = || alike().filter(|other| other.kind() == group.kind());
        let rank = |group: &Group| group.best().rank;
        let told = || self.groups.iter().flat_map(|group| &group.told);
        let here = |told: &&Told| told.mention.sentence == best.mention.sentence;
        let other = |told: &&Told| told.mention.kind != best.mention.kind;
        let trigger = |told: &&Told| told.mention.trigger == best.mention.trigger;
        let core = |told: &Told| told.core;
        row.extend([
            same().count() as f32,
            most(same().map(rank)),
            most(same().filter(|other| other.agrees(&group.taken)).map(rank)),
            most(alike().map(rank)),
            most(told().filter(here).filter(other).map(core)),
            most(told().filter(here).filter(other).filter(trigger).map(core)),
            told().filter(other).map(core).sum(),
            flag(self.article.background[best.mention.sentence]),
            self.article.seen[best.mention.sentence].place[PLACE - 1],
        ]);
    }

    /// How the word of the act stands in its sentence.
    pub(super) fn put_form(&self, row: &mut Vec<f32>) {
        let mention = &self.group().best().mention;
        let (sentence, at) = (mention.sentence, mention.trigger);
        let token = self.article.token(sentence, at);
        let relation = plain(token.relation);
        row.extend(RELATIONS.map(|known| flag(relation == known)));
        let children = self.article.index.dependents(sentence, at);
        let has = |relations: &[&str], words: &[&str]| {
            flag(children.iter().any(|&child| {
                let child = self.article.token(sentence, child);
                relations.contains(&plain(child.relation))
                    && (words.is_empty() || words.contains(&child.lemma.to_lowercase().as_str()))
            }))
        };
        row.extend([
            has(&["det"], &["the", "this", "that", "these"]),
            has(&["det"], &["a", "an", "another", "some"]),
            has(&["nmod"], &[]),
            has(&["nsubj"], &[]),
            has(&["obj"], &[]),
            has(&["aux"], &[]),
            has(&["aux"], &["have"]),
            has(&["mark"], &[]),
        ]);
        let sketches = self.article.sketches[sentence].iter();
        let mut own = sketches.filter(|sketch| sketch.trigger == at && sketch.kind == mention.kind);
        let own = own.next();
        row.extend([
            flag(own.is_some_and(|sketch| sketch.governed)),
            flag(own.is_some_and(|sketch| sketch.sides == [true; 2])),
        ]);
    }
}
