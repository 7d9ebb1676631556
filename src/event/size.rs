//! How many were killed, hurt, held or took part: numbers that the tree joins to the word that says so.

mod number;

use self::number::{Number, read_number};
use super::{
    actor::{Party, Sort},
    bond::{find_bond, goes_on},
    details::{Clue, Details},
    lexicon::Kind,
    role::Scene,
};
use crate::record::Count;

/// A number that the tree does not join to its word stands at most so many words from it.
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
    fn details(self) -> &'l Details {
        &self.0.lexicon.details
    }

    /// How many suffered what the words of a kind say, as the act at `at` tells it.
    pub(crate) fn count_victims(self, at: usize, clue: Clue) -> Option<Heads> {
        let mut keys = (0..self.0.words.len())
            .filter(|&i| self.is(i, clue))
            .filter(|&i| i == at || goes_on(self.0, at, i))
            .collect::<Vec<_>>();
        keys.sort_by_key(|key| key.abs_diff(at));
        keys.into_iter().find_map(|key| self.count_at(key))
    }

    /// How many took part in the act at `at`.
    pub(crate) fn count_takers(self, at: usize) -> Option<Heads> {
        let taking = self.numbers().filter_map(|number| {
            let noun = self.noun(&number)?;
            let known = self.is(noun, Clue::Taker) || self.is_of_role(noun) || noun == number.at;
            let cost = find_bond(self.0, at, noun).filter(|_| known)?;
            let head = self.0.syntax.head(noun);
            let harmed = head.is_some_and(|head| {
                let harms = [Clue::Dead, Clue::Injured, Clue::Arrested];
                head != at && harms.into_iter().any(|clue| self.is(head, clue))
            });
            (!harmed).then(|| (cost, Self::heads(&number, noun)))
        });
        taking.min_by_key(|(cost, _)| *cost).map(|(_, heads)| heads)
    }

    fn is(self, at: usize, clue: Clue) -> bool {
        self.details().value_at(self.0.words, at, clue).is_some()
    }

    fn is_of_role(self, at: usize) -> bool {
        let inside = |party: &&Party<'_>| (party.start..party.end).contains(&at);
        self.0
            .parties
            .iter()
            .any(|party| party.sort == Sort::Role && inside(&party))
    }

    fn numbers(self) -> impl Iterator<Item = Number> {
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
    fn noun(self, number: &Number) -> Option<usize> {
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

    fn count_at(self, key: usize) -> Option<Heads> {
        if !self.0.syntax.parsed() {
            return self.count_near(key);
        }
        let joined = self.numbers().filter_map(|number| {
            let noun = self.noun(&number)?;
            self.is_joined(noun, key).then_some((noun, number))
        });
        let mut found = joined.map(|(noun, number)| {
            let heads = Self::heads(&number, noun);
            self.with_others(noun, heads)
        });
        let one = || {
            self.count_one(key)
                .map(|(noun, heads)| self.with_others(noun, heads))
        };
        found.next().or_else(one).or_else(|| self.count_near(key))
    }

    /// The number right beside a word that the tree does not join to it: `shot dead two unarmed men`.
    fn count_near(self, key: usize) -> Option<Heads> {
        let near = |number: &Number| {
            let (first, last) = number.words;
            let between = if first > key {
                key + 1..first
            } else {
                last..key
            };
            let close = between.len() <= NEAR && !self.is(first, Clue::Article);
            let mut stops = between.clone();
            close
                && !stops.any(|at| self.0.words.is_break(at) || self.0.words.is(at, &[","]))
                && !self.is_harm(between)
        };
        let found = self
            .numbers()
            .find(|number| near(number) && self.noun(number).is_some())?;
        let noun = self.noun(&found)?;
        Some(Self::heads(&found, noun))
    }

    fn is_harm(self, mut within: std::ops::Range<usize>) -> bool {
        let harms = [Clue::Dead, Clue::Injured, Clue::Arrested];
        within.any(|at| harms.into_iter().any(|clue| self.is(at, clue)))
    }

    /// Whether a noun is what a word of harm says it of.
    fn is_joined(self, noun: usize, key: usize) -> bool {
        let syntax = &self.0.syntax;
        let relation = syntax.kind(noun);
        let head = syntax.head(noun);
        // Whoever kills is the subject of a verb with an object; whoever dies, of one without.
        let kills = syntax.relation(noun) == "nsubj" && syntax.has_kind(key, "obj");
        let below =
            head == Some(key) && !kills && ["nsubj", "obj", "nmod", "nummod"].contains(&relation);
        let above = syntax.head(key) == Some(noun)
            && ["amod", "acl", "nmod", "compound"].contains(&syntax.kind(key));
        // `left five people dead`, `were found dead`
        let beside = syntax.kind(key) == "xcomp"
            && syntax.head(key) == head
            && ["nsubj", "obj"].contains(&relation);
        noun == key || below || above || beside
    }

    /// `two soldiers and three civilians` are five.
    fn with_others(self, noun: usize, mut heads: Heads) -> Heads {
        let syntax = &self.0.syntax;
        let first = heads.words.1;
        for other in self.numbers().filter(|other| other.words.0 >= first) {
            let Some(next) = self.noun(&other) else {
                continue;
            };
            let joined = syntax.head(next) == Some(noun) && syntax.kind(next) == "conj";
            if joined {
                let more = Self::heads(&other, next);
                heads.min += more.min;
                heads.max = heads.max.zip(more.max).map(|(a, b)| a + b);
                heads.words.1 = more.words.1;
            }
        }
        heads
    }

    fn heads(number: &Number, noun: usize) -> Heads {
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

    /// `a soldier`, `George Hawi`: one person, and the word for him.
    fn count_one(self, key: usize) -> Option<(usize, Heads)> {
        let syntax = &self.0.syntax;
        let joined = |&noun: &usize| noun != key && self.is_joined(noun, key);
        let noun = (0..self.0.words.len()).find(joined)?;
        let words = match syntax.tag(noun) {
            "NN" if !self.is(noun, Clue::Thing) => {
                let article = syntax
                    .children(noun)
                    .find(|&at| self.is(at, Clue::Article))?;
                (article.min(noun), noun + 1)
            }
            "NNP" => self.find_person(noun)?,
            _ => return None,
        };
        let one = Heads {
            min: 1,
            max: Some(1),
            words,
        };
        Some((noun, one))
    }

    /// The words of a person's name: of one listed, or of two words and more that nobody listed.
    fn find_person(self, at: usize) -> Option<(usize, usize)> {
        let person = |party: &&Party<'_>| {
            let known = party.sort == Sort::Named(Kind::Person);
            let unlisted = party.sort == Sort::Unknown && party.end - party.start > 1;
            (party.start..party.end).contains(&at) && (known || unlisted)
        };
        let found = self.0.parties.iter().find(person)?;
        Some((found.start, found.end))
    }
}
