//! How many were killed, hurt, held or took part: numbers that the tree joins to the word that says so.

mod number;

use self::number::{Number, read_number};
use super::{
    actor::{Party, Sort},
    clause::{bond, children, find_head, goes_on, is_parsed, plain},
    details::{Clue, Details},
    words::Words,
};
use crate::record::Count;

/// Without a tree, a number stands at most so many words from its word.
const NEAR: usize = 3;

/// A sentence whose people are counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counter<'w, 'l> {
    pub(crate) words: &'w Words<'w>,
    pub(crate) parties: &'w [Party<'l>],
    pub(crate) details: &'l Details,
}

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

impl Counter<'_, '_> {
    /// How many suffered what the words of a kind say, as the act at `at` tells it.
    pub(crate) fn count_victims(&self, at: usize, clue: Clue) -> Option<Heads> {
        let mut keys = (0..self.words.len())
            .filter(|&i| self.is(i, clue))
            .filter(|&i| i == at || goes_on(self.words, self.details, at, i))
            .collect::<Vec<_>>();
        keys.sort_by_key(|key| key.abs_diff(at));
        keys.into_iter().find_map(|key| self.count_at(key))
    }

    /// How many took part in the act at `at`.
    pub(crate) fn count_takers(&self, at: usize) -> Option<Heads> {
        let taking = self.numbers().filter_map(|number| {
            let noun = self.noun(&number)?;
            let known = self.is(noun, Clue::Taker) || self.is_of_role(noun) || noun == number.at;
            let cost = bond(self.words, self.details, at, noun).filter(|_| known)?;
            let head = self.words.sentence.tokens[noun].head;
            let harmed = head.is_some_and(|head| {
                let harms = [Clue::Dead, Clue::Injured, Clue::Arrested];
                head != at && harms.into_iter().any(|clue| self.is(head, clue))
            });
            (!harmed).then(|| (cost, self.heads(&number, noun)))
        });
        taking.min_by_key(|(cost, _)| *cost).map(|(_, heads)| heads)
    }

    fn is(&self, at: usize, clue: Clue) -> bool {
        at < self.words.len() && self.details.value(self.words.lower(at), clue).is_some()
    }

    fn is_of_role(&self, at: usize) -> bool {
        let inside = |party: &&Party<'_>| (party.start..party.end).contains(&at);
        self.parties
            .iter()
            .any(|party| party.sort == Sort::Role && inside(&party))
    }

    fn numbers(&self) -> impl Iterator<Item = Number> + '_ {
        let mut from = 0;
        std::iter::from_fn(move || {
            while from < self.words.len() {
                let found = read_number(self.words, self.details, from);
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
        let tokens = &self.words.sentence.tokens;
        let head = find_head(self.words, number.words.0, number.words.1);
        let token = &tokens[head];
        let counted = match plain(token.relation) {
            "nummod" | "amod" | "det" | "compound" => token.head.unwrap_or(head),
            _ => head,
        };
        let of = children(self.words, counted)
            .find(|&at| at > counted && plain(tokens[at].relation) == "nmod" && counted == head);
        let nobody = |at: usize| self.is(at, Clue::Thing) || self.is(at, Clue::Unit);
        (!nobody(counted) && !of.is_some_and(nobody)).then_some(counted)
    }

    fn count_at(&self, key: usize) -> Option<Heads> {
        if !is_parsed(self.words) {
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
        let tokens = &self.words.sentence.tokens;
        let relation = plain(tokens[noun].relation);
        let head = tokens[noun].head;
        let below = head == Some(key) && ["nsubj", "obj", "nmod", "nummod"].contains(&relation);
        let above = tokens[key].head == Some(noun)
            && ["amod", "acl", "nmod", "compound"].contains(&plain(tokens[key].relation));
        // `left five people dead`, `were found dead`
        let beside = plain(tokens[key].relation) == "xcomp"
            && tokens[key].head == head
            && ["nsubj", "obj"].contains(&relation);
        noun == key || below || above || beside
    }

    /// `two soldiers and three civilians` are five.
    fn with_others(&self, noun: usize, number: &Number) -> Heads {
        let mut heads = self.heads(number, noun);
        let tokens = &self.words.sentence.tokens;
        for other in self.numbers().filter(|other| other.words.0 > number.words.1) {
            let Some(next) = self.noun(&other) else {
                continue;
            };
            let joined = tokens[next].head == Some(noun) && plain(tokens[next].relation) == "conj";
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
        let tokens = &self.words.sentence.tokens;
        let one = |&noun: &usize| {
            let token = &tokens[noun];
            token.xpos == "NN"
                && (self.is(noun, Clue::Person) || self.is_of_role(noun))
                && (self.is_joined(noun, key) && noun != key)
        };
        let noun = (0..self.words.len()).find(one)?;
        let article = children(self.words, noun).find(|&at| self.is(at, Clue::Article))?;
        Some(Heads {
            min: 1,
            max: Some(1),
            words: (article.min(noun), noun + 1),
        })
    }
}
