//! How many were killed, hurt, held or took part: numbers that the tree joins to the word that says so.

mod number;

use self::number::{Number, read_number};
use super::{
    actor::{Party, Sort},
    bond::{find_bond, goes_on},
    details::{Clue, Details},
    role::Scene,
};
use crate::record::Count;

/// Without a tree, a number stands at most so many words from its word.
const NEAR: usize = 3;

/// Counts the people of a sentence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counter<'s, 'w, 'l>(pub(crate) &'s Scene<'w, 'l>);

/// A count before it has offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heads {
    pub(crate) min: u64,
    /// None where it is open.
    pub(crate) max: Option<u64>,
    /// The words it is read from, first and one past the last.
    pub(crate) words: (usize, usize),
}

impl Heads {
    /// The record, with the span of its words.
    pub(crate) fn record(self, text: String, start: usize, end: usize) -> Count {
        Count {
            min: self.min,
            max: self.max,
            text,
            start,
            end,
        }
    }
}

impl<'l> Counter<'_, '_, 'l> {
    fn details(&self) -> &'l Details {
        &self.0.lexicon.details
    }

    /// How many suffered what the words of a kind say, as the act at `at` tells it.
    pub(crate) fn count_victims(&self, at: usize, clue: Clue) -> Option<Heads> {
        let mut keys = (0..self.0.words.len())
            .filter(|&i| self.is(i, clue))
            .filter(|&i| i == at || goes_on(self.0, at, i))
            .collect::<Vec<_>>();
        keys.sort_by_key(|key| key.abs_diff(at));
        keys.into_iter().find_map(|key| self.count_at(key))
    }

    /// How many took part in the act at `at`.
    pub(crate) fn count_takers(&self, at: usize) -> Option<Heads> {
        let taking = self.numbers().filter_map(|number| {
            let noun = self.noun(&number)?;
            let known = self.is(noun, Clue::Taker) || self.is_of_role(noun) || noun == number.at;
            let cost = find_bond(self.0, at, noun).filter(|_| known)?;
            let head = self.0.syntax.head(noun);
            let harmed = head.is_some_and(|head| {
                let harms = [Clue::Dead, Clue::Injured, Clue::Arrested];
                head != at && harms.into_iter().any(|clue| self.is(head, clue))
            });
            (!harmed).then(|| (cost, self.heads(&number, noun)))
        });
        taking.min_by_key(|(cost, _)| *cost).map(|(_, heads)| heads)
    }

    fn is(&self, at: usize, clue: Clue) -> bool {
        at < self.0.words.len() && self.details().value(self.0.words.lower(at), clue).is_some()
    }

    fn is_of_role(&self, at: usize) -> bool {
        let inside = |party: &&Party<'_>| (party.start..party.end).contains(&at);
        self.0
            .parties
            .iter()
            .any(|party| party.sort == Sort::Role && inside(&party))
    }

    fn numbers(&self) -> impl Iterator<Item = Number> + '_ {
        let mut from = 0;
        std::iter::from_fn(move || {
            while from < self.0.words.len() {
                let found = read_number(self.0.words, self.details(), from);
                from = found.map_or(from + 1, |number| number.words.1);
                if found.is_some() {
                    return found;
                }
            }
            None
        })
    }

    /// What a number counts: the noun it stands with, or itself where it stands alone; none for what is nobody.
    fn noun(&self, number: &Number) -> Option<usize> {
        let syntax = &self.0.syntax;
        let head = syntax.find_head(number.words.0, number.words.1);
        let counted = match syntax.kind(head) {
            "nummod" | "amod" | "det" | "compound" => syntax.head(head).unwrap_or(head),
            _ => head,
        };
        let mut below = syntax.children_by(counted, &["nmod"]);
        let of = below.find(|&at| at > counted && counted == head);
        let nobody = |at: usize| self.is(at, Clue::Thing) || self.is(at, Clue::Unit);
        (!nobody(counted) && !of.is_some_and(nobody)).then_some(counted)
    }

    fn count_at(&self, key: usize) -> Option<Heads> {
        if !self.0.syntax.parsed() {
            let near = |number: &Number| {
                number.words.1 <= key && key - number.words.1 <= NEAR
                    || number.words.0 > key && number.words.0 - key <= NEAR
            };
            let found = self.numbers().find(near)?;
            return Some(self.heads(&found, found.at));
        }
        let joined = self.numbers().filter_map(|number| {
            let noun = self.noun(&number)?;
            self.is_joined(noun, key).then(|| (noun, number))
        });
        let mut found = joined.map(|(noun, number)| self.with_others(noun, &number));
        found.next().or_else(|| self.count_one(key))
    }

    /// Whether a noun is what a word of harm says it of.
    fn is_joined(&self, noun: usize, key: usize) -> bool {
        let syntax = &self.0.syntax;
        let relation = syntax.kind(noun);
        let head = syntax.head(noun);
        let below = head == Some(key) && ["nsubj", "obj", "nmod", "nummod"].contains(&relation);
        let above = syntax.head(key) == Some(noun)
            && ["amod", "acl", "nmod", "compound"].contains(&syntax.kind(key));
        // `left five people dead`, `were found dead`
        let beside = syntax.kind(key) == "xcomp"
            && syntax.head(key) == head
            && ["nsubj", "obj"].contains(&relation);
        noun == key || below || above || beside
    }

    /// `two soldiers and three civilians` are five.
    fn with_others(&self, noun: usize, number: &Number) -> Heads {
        let mut heads = self.heads(number, noun);
        let syntax = &self.0.syntax;
        for other in self.numbers().filter(|other| other.words.0 > number.words.1) {
            let Some(next) = self.noun(&other) else {
                continue;
            };
            let joined = syntax.head(next) == Some(noun) && syntax.kind(next) == "conj";
            if joined {
                let more = self.heads(&other, next);
                heads.min += more.min;
                heads.max = heads.max.zip(more.max).map(|(a, b)| a + b);
                heads.words.1 = more.words.1;
            }
        }
        heads
    }

    fn heads(&self, number: &Number, noun: usize) -> Heads {
        // The span ends with the noun where nothing but its own words lie between.
        let end = if noun >= number.words.1 && noun < number.words.1 + NEAR {
            noun + 1
        } else {
            number.words.1
        };
        Heads {
            min: number.min,
            max: number.max,
            words: (number.words.0, end),
        }
    }

    /// `a soldier`, one person.
    fn count_one(&self, key: usize) -> Option<Heads> {
        let syntax = &self.0.syntax;
        let one = |&noun: &usize| {
            syntax.tag(noun) == "NN"
                && (self.is(noun, Clue::Person) || self.is_of_role(noun))
                && (self.is_joined(noun, key) && noun != key)
        };
        let noun = (0..self.0.words.len()).find(one)?;
        let article = syntax.children(noun).find(|&at| self.is(at, Clue::Article))?;
        Some(Heads {
            min: 1,
            max: Some(1),
            words: (article.min(noun), noun + 1),
        })
    }
}
