//! Where: a place named in the act's own phrase, else the place that the story opens with.

use super::{
    actor::Party,
    clause::{CLAUSE, OWN, bond, children, find_head, is_parsed, plain},
    details::{Clue, Details},
    lexicon::{Entry, Kind},
    words::Words,
};

/// An act and the sentence in which its place is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site<'w, 'l> {
    pub(crate) words: &'w Words<'w>,
    pub(crate) parties: &'w [Party<'l>],
    pub(crate) details: &'l Details,
    /// The act's PLOVER type and its word.
    pub(crate) r#type: &'w str,
    pub(crate) at: usize,
}

impl Site<'_, '_> {
    /// The party that names where the act is, and whether its own clause does or one that goes on with it; never one of
    /// another clause.
    pub(crate) fn find_place(&self) -> Option<(usize, &'static str)> {
        let places = self.parties.iter().enumerate().filter_map(|(index, party)| {
            let cost = self.cost(party)?;
            let rank = (cost > CLAUSE, level(party), cost, party.start.abs_diff(self.at));
            Some((rank, index))
        });
        let (rank, index) = places.min()?;
        Some((index, if rank.0 { "sentence" } else { "clause" }))
    }

    fn cost(&self, party: &Party<'_>) -> Option<u8> {
        party.place.filter(|_| !party.speaker)?;
        let head = find_head(self.words, party.start, party.end);
        if self.is_part_of_name(party, head) {
            return None;
        }
        let marked = self.is_after_where(party, head);
        if !marked && !self.is_struck(party, head) {
            return None;
        }
        if !is_parsed(self.words) {
            return bond(self.words, self.details, self.at, head).filter(|&cost| cost <= OWN + 1);
        }
        bond(self.words, self.details, self.at, head).filter(|&cost| cost <= CLAUSE)
    }

    fn is(&self, at: usize, clue: Clue) -> bool {
        self.details.value(self.words.lower(at), clue).is_some()
    }

    /// After `in`, `near` and the like; `in Quetta, Pakistan` also for what explains a place.
    fn is_after_where(&self, party: &Party<'_>, head: usize) -> bool {
        if !is_parsed(self.words) {
            return party.preposition.is_some_and(|at| self.is(at, Clue::Where));
        }
        let tokens = &self.words.sentence.tokens;
        let case = children(self.words, head)
            .find(|&at| tokens[at].relation == "case" && at < head);
        match case {
            Some(case) => self.is(case, Clue::Where),
            None => party.preposition.is_some_and(|at| {
                self.is(at, Clue::Where) && plain(tokens[head].relation) != "appos"
            }),
        }
    }

    /// A city or an area that is itself what is hit or visited: `shelled Kharkiv`, `the attack on Aleppo`.
    fn is_struck(&self, party: &Party<'_>, head: usize) -> bool {
        let kind = party.place.map(|place| place.kind);
        let bodily = match self.r#type {
            "ASSAULT" => matches!(kind, Some(Kind::City | Kind::Area | Kind::Capital)),
            "CONSULT" => matches!(kind, Some(Kind::City | Kind::Capital)),
            _ => false,
        };
        if !bodily || !is_parsed(self.words) {
            return false;
        }
        let tokens = &self.words.sentence.tokens;
        if tokens[head].head != Some(self.at) {
            return false;
        }
        let case = children(self.words, head).find(|&at| tokens[at].relation == "case");
        match plain(tokens[head].relation) {
            "obj" => true,
            "nsubj" => tokens[head].relation == "nsubj:pass",
            "obl" | "nmod" => case.is_some_and(|case| self.is(case, Clue::Onto)),
            _ => false,
        }
    }

    /// `South China Sea`, `Berlin police`, `Jordan Smith`: a longer name is not the place in it.
    fn is_part_of_name(&self, party: &Party<'_>, head: usize) -> bool {
        let tokens = &self.words.sentence.tokens;
        let inside = ["compound", "flat", "amod", "nummod"].contains(&plain(tokens[head].relation))
            || tokens[head].relation == "nmod:poss";
        let outside = tokens[head]
            .head
            .is_some_and(|head| !(party.start..party.end).contains(&head));
        let name = |at: usize| tokens.get(at).is_some_and(|token| token.upos == "PROPN");
        let grown = is_parsed(self.words)
            && (party.start..party.end).all(name)
            && children(self.words, head).any(|at| {
                let relation = plain(tokens[at].relation);
                let touching = at + 1 == party.start || at == party.end;
                touching && name(at) && ["compound", "flat"].contains(&relation)
            });
        (inside && outside) || grown
    }
}

/// A city before its country.
fn level(party: &Party<'_>) -> u8 {
    match party.place.map(|place| place.kind) {
        Some(Kind::City | Kind::Capital) => 0,
        Some(Kind::Area) => 1,
        _ => 2,
    }
}

/// The record's level of a place.
pub(crate) fn level_name(entry: &Entry) -> &'static str {
    match entry.kind {
        Kind::City | Kind::Capital => "city",
        Kind::Area => "admin1",
        _ => "country",
    }
}
