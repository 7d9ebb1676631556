//! Who does it to whom, found by order and prepositions: the nearest party that fits.

use super::{
    actor::{Party, Sort},
    frame::Frame,
    lexicon::{Kind, Lexicon},
    words::Words,
};

/// How far a noun may stand from the verb that carries it, or from whoever it belongs to.
const NEAR: usize = 6;

/// Parties in one role and how they were found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Role {
    pub(crate) parties: Vec<usize>,
    /// `syntax`, `nearest` or `inherited`.
    pub(crate) from: &'static str,
}

impl Role {
    pub(crate) fn one(list: Vec<usize>, from: &'static str) -> Self {
        Self {
            parties: list,
            from,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parties.is_empty()
    }
}

/// A sentence with its parties.
#[derive(Debug)]
pub(crate) struct Scene<'w, 'l> {
    pub(crate) words: &'w Words<'w>,
    pub(crate) parties: &'w [Party<'l>],
    pub(crate) lexicon: &'l Lexicon,
    /// The speaker where the sentence opens with him.
    pub(crate) opener: Option<usize>,
}

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
    pub(crate) fn subject(&self, at: usize, ing: bool, before: &Role) -> Role {
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
                return Role::one(self.group(at), "syntax");
            }
            if Self::actable(party) && !(broken && spare.is_some()) {
                return Role::one(self.group(at), if broken { "nearest" } else { "syntax" });
            }
            if !broken && spare.is_none() && !party.speaker && party.coded() && !party.only_place()
            {
                spare = Some(at);
            }
        }
        spare.map_or_else(Role::default, |at| Role::one(self.group(at), "nearest"))
    }

    /// Who is acted on after the word at `at`, by the frame's list.
    pub(crate) fn object(&self, at: usize, frame: &Frame, taken: &Role) -> Role {
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
            return Role::one(self.group(index), "syntax");
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

    /// Whether a party may be the one acted on where none stands in a place of the frame's list.
    fn stands_in(&self, party: &Party<'_>) -> bool {
        let temporal = ["during", "after", "before", "since", "by"];
        (party.coded() || party.sort == Sort::Role)
            && !party.pronoun()
            && party
                .preposition
                .is_none_or(|at| !self.words.is(at, &temporal))
    }

    /// The party after `by`, behind the word at `at`.
    pub(crate) fn agent(&self, at: usize) -> Role {
        let by = |p: &Party<'_>| {
            p.start > at
                && p.preposition
                    .is_some_and(|i| i > at && self.words.is(i, &["by"]))
        };
        let found = self.parties.iter().position(|p| by(p) && !p.speaker);
        found.map_or_else(Role::default, |index| {
            Role::one(self.group(index), "syntax")
        })
    }

    /// Whose act a noun names: what stands right before it, else the subject of the verb that carries it, else `by`.
    pub(crate) fn owner(&self, at: usize, before: &Role) -> (Role, bool) {
        if let Some(verb) = self.carrier(at) {
            return (self.subject(verb, false, before), true);
        }
        let owns = |p: &Party<'_>| {
            let gap = if p.possessive { p.end + 1 } else { p.end };
            let whose = p.possessive
                || matches!(
                    p.sort,
                    Sort::Named(
                        Kind::People
                            | Kind::Country
                            | Kind::Organisation
                            | Kind::Seat
                            | Kind::Group
                            | Kind::Capital
                    )
                );
            whose
                && gap <= at
                && at - gap <= 1
                && p.end <= at
                && !(gap..at)
                    .any(|i| self.words.is_preposition(i) || self.words.is(i, &[",", "'s"]))
        };
        match self.parties.iter().rposition(owns) {
            Some(index) => (Role::one(self.group(index), "syntax"), false),
            None => (self.agent(at), false),
        }
    }

    /// The light verb that carries a noun: `launched` of `launched a new attack`.
    fn carrier(&self, at: usize) -> Option<usize> {
        let stop = at.saturating_sub(NEAR);
        (stop..at)
            .rev()
            .take_while(|&i| {
                !self.words.is_break(i)
                    && !self.words.is_preposition(i)
                    && !self.words.is(i, &[","])
            })
            .find(|&i| self.lexicon.light.contains(self.words.lower(i)))
    }

    /// Partners of a mutual act: those named after `with`, `between` or straight after the verb.
    pub(crate) fn partners(&self, at: usize, frame: &Frame, subject: &Role) -> Role {
        let mut role = self.object(at, frame, subject);
        if role.from == "nearest" && subject.parties.len() > 1 {
            role.parties.clear();
        }
        role
    }
}
