//! The fallback where the tree knows no phrase for a role: the nearest party that fits, by order and prepositions.

use super::{
    actor::{Party, Sort},
    details::Clue,
    frame::Frame,
    role::{Role, Scene},
};

impl Scene<'_, '_> {
    /// A party and those joined to it.
    fn group(&self, at: usize) -> Vec<usize> {
        let mut first = at;
        while first > 0 && self.parties[first].joined {
            first -= 1;
        }
        let mut last = at;
        while self.parties.get(last + 1).is_some_and(|next| next.joined) {
            last += 1;
        }
        (first..=last).collect()
    }

    /// The subject of the verb at `at`; `before` is that of the verb before.
    pub(crate) fn subject_nearest(&self, at: usize, before: &Role) -> Role {
        let ing = self.syntax.tag(at) == "VBG";
        let start = self.words.group_start(at);
        let joined = start > 0 && self.words.is(start - 1, &["and", "but", "or"]);
        let comma = start > 0 && self.words.is(start - 1, &[","]);
        if (joined || (comma && ing)) && !before.is_empty() {
            return Role::one(before.parties.clone(), "inherited");
        }
        if comma
            && ing
            && let Some(first) = self
                .parties
                .iter()
                .position(|p| Self::actable(p) && p.end <= start)
        {
            return Role::one(self.group(first), "inherited");
        }
        self.nearest_before(start)
    }

    fn actable(party: &Party<'_>) -> bool {
        party.preposition.is_none() && !party.speaker && !party.possessive && !party.only_place()
    }

    fn nearest_before(&self, start: usize) -> Role {
        let relative = start > 0 && self.words.is(start - 1, &["who", "which", "that"]);
        let reach = if relative { start - 1 } else { start };
        let mut spare = None;
        for at in (0..self.parties.len()).rev() {
            let party = &self.parties[at];
            if party.end > reach || (party.speaker && Some(at) != self.opener) {
                continue;
            }
            if (party.end..reach).any(|i| self.words.is_hard(i)) {
                break;
            }
            let broken =
                (party.end..reach).any(|i| self.words.is_break(i) && !self.words.is(i, &["but"]));
            if relative
                && at + 1 == self.parties.iter().filter(|p| p.end <= reach).count()
                && reach - party.end < 3
            {
                return Role::one(self.group(at), "nearest");
            }
            if Self::actable(party) && !(broken && spare.is_some()) {
                return Role::one(self.group(at), "nearest");
            }
            if !broken && spare.is_none() && !party.speaker && party.coded() && !party.only_place()
            {
                spare = Some(at);
            }
        }
        spare.map_or_else(Role::default, |at| Role::one(self.group(at), "nearest"))
    }

    /// Who is acted on after the word at `at`, by the frame's list.
    pub(crate) fn object_nearest(&self, at: usize, frame: &Frame, taken: &Role) -> Role {
        if frame.closed {
            return Role::default();
        }
        let mut spare = None;
        let mut best: Option<(usize, usize)> = None;
        for index in 0..self.parties.len() {
            let party = &self.parties[index];
            if party.start <= at
                || party.speaker
                || taken.parties.contains(&index)
                || party.sort == Sort::First
            {
                continue;
            }
            if (at + 1..party.start).any(|i| self.words.is_hard(i)) {
                break;
            }
            let broken = (at + 1..party.start).any(|i| self.words.is_break(i));
            let rank = self.rank(party, at, frame);
            if let Some(rank) = rank.filter(|_| !broken && party.sort != Sort::Third) {
                if best.is_none_or(|(old, _)| rank < old) {
                    best = Some((rank, index));
                }
                continue;
            }
            if self.stands_in(party)
                && spare.is_none_or(|s: usize| !self.parties[s].coded() && party.coded())
            {
                spare = Some(index);
            }
        }
        if let Some((_, index)) = best.filter(|&(_, b)| self.parties[b].coded() || spare.is_none())
        {
            return Role::one(self.group(index), "nearest");
        }
        let index = best
            .map(|(_, index)| index)
            .filter(|&i| self.parties[i].sort == Sort::Role)
            .or(spare);
        index.map_or_else(Role::default, |index| {
            Role::one(self.group(index), "nearest")
        })
    }

    /// How early in the frame's list the place of a party after the word at `at` stands.
    fn rank(&self, party: &Party<'_>, at: usize, frame: &Frame) -> Option<usize> {
        let word = party
            .preposition
            .filter(|&p| p > at)
            .map_or("obj", |p| self.words.lower(p));
        frame.places.iter().position(|place| &**place == word)
    }

    /// Whether a party may be the one acted on where none stands in a place of the frame's list: neither what only tells
    /// when nor the place where it happens.
    fn stands_in(&self, party: &Party<'_>) -> bool {
        let temporal = ["during", "after", "before", "since", "by"];
        let aside = |at: usize| {
            let local = party.place.is_some() && self.is_local(at);
            local || self.words.is(at, &temporal)
        };
        (party.coded() || party.sort == Sort::Role)
            && !party.pronoun()
            && !party.preposition.is_some_and(aside)
    }

    /// Whether a preposition tells where; `off` of `cut off` does not.
    fn is_local(&self, at: usize) -> bool {
        let details = &self.lexicon.details;
        let case = self.syntax.kind(at) == "case";
        case && details.value(self.words.lower(at), Clue::Where).is_some()
    }
}
