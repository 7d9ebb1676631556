//! Where: a place named in the act's own phrase, else the place that the story opens with.

use super::{
    act::Act,
    actor::Party,
    bond::{CLAUSE, find_bond},
    details::Clue,
    lexicon::{Entry, Kind},
    role::Scene,
};

/// Types of acts that are done in words.
pub(crate) const OF_WORDS: [&str; 8] = [
    "ACCUSE", "REQUEST", "REJECT", "THREATEN", "SUPPORT", "AGREE", "CONCEDE", "CONSULT",
];

/// Finds the place of an act.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site<'s, 'w, 'l> {
    pub(crate) scene: &'s Scene<'w, 'l>,
    /// The act's PLOVER type and mode, and its word.
    pub(crate) r#type: &'s str,
    pub(crate) mode: &'s str,
    pub(crate) at: usize,
}

impl<'s, 'w, 'l> Site<'s, 'w, 'l> {
    /// That of an act of a scene.
    pub(crate) fn of_act(scene: &'s Scene<'w, 'l>, act: &Act<'l>) -> Self
    where
        'l: 's,
    {
        Self {
            scene,
            r#type: act.r#type,
            mode: act.mode,
            at: act.trigger,
        }
    }

    /// The party that names where the act is; never one of another clause.
    pub(crate) fn find_place(&self) -> Option<usize> {
        let parties = self.scene.parties.iter().enumerate();
        let places = parties.filter_map(|(index, party)| {
            let cost = self.cost(party)?;
            Some((level(party), cost, party.start.abs_diff(self.at), index))
        });
        places.min().map(|(.., index)| index)
    }

    fn cost(&self, party: &Party<'_>) -> Option<u8> {
        party.place.filter(|_| !party.speaker)?;
        let syntax = &self.scene.syntax;
        let head = syntax.find_head(party.start, party.end);
        let named = !self.is_part_of_name(party, head)
            && (self.is_after_where(party, head) || self.is_struck(party, head));
        let cost = find_bond(self.scene, self.at, head).filter(|_| named)?;
        // What is said is about things elsewhere: only a phrase of the verb itself is where it was said.
        let told = OF_WORDS.contains(&self.r#type) && self.r#type != "CONSULT";
        let mut above = syntax.ancestors(head);
        let elsewhere = told
            && above.next().is_some_and(|above| {
                let explained = ["appos", "nmod"].contains(&syntax.kind(head))
                    && syntax
                        .case(above)
                        .is_some_and(|case| self.is(case, Clue::Where));
                above != self.at && !(explained && syntax.head(above) == Some(self.at))
            });
        (cost <= CLAUSE && !elsewhere && !(told && self.is_after_content(head))).then_some(cost)
    }

    /// Behind what is said: `accused them of a raid in Damascus`.
    fn is_after_content(&self, head: usize) -> bool {
        let syntax = &self.scene.syntax;
        let mut said = syntax.children_by(self.at, &["obl", "advcl", "xcomp", "ccomp"]);
        said.any(|at| at > self.at && at < head && !self.is_time(at))
    }

    fn is_time(&self, at: usize) -> bool {
        let clues = [Clue::Weekday, Clue::Month, Clue::Day, Clue::Unit];
        clues.into_iter().any(|clue| self.is(at, clue))
    }

    fn is(&self, at: usize, clue: Clue) -> bool {
        let word = self.scene.words.lower(at);
        self.scene.lexicon.details.value(word, clue).is_some()
    }

    /// After `in`, `near` and the like, also as `in the city of Osh`, `in the capital, Kinshasa`.
    fn is_after_where(&self, party: &Party<'_>, head: usize) -> bool {
        let syntax = &self.scene.syntax;
        let case = syntax.case(head).filter(|&case| case < head);
        if case.is_some_and(|case| self.is(case, Clue::Where)) {
            return true;
        }
        let explains =
            syntax.kind(head) == "appos" || case.is_some_and(|case| syntax.lemma(case) == "of");
        let above = syntax.head(head).and_then(|above| syntax.case(above));
        if explains && above.is_some_and(|case| self.is(case, Clue::Where)) {
            return true;
        }
        case.is_none() && party.preposition.is_some_and(|at| self.is(at, Clue::Where))
    }

    /// A city or an area that is itself what is hit or visited: `shelled Kharkiv`, `the attack on Aleppo`.
    fn is_struck(&self, party: &Party<'_>, head: usize) -> bool {
        let syntax = &self.scene.syntax;
        let kind = party.place.map(|place| place.kind);
        let bodily = match self.r#type {
            "ASSAULT" => matches!(kind, Some(Kind::City | Kind::Area | Kind::Capital)),
            "CONSULT" if self.mode == "visit" => kind.is_some(),
            "CONSULT" => matches!(kind, Some(Kind::City)),
            _ => false,
        };
        if !bodily || syntax.head(head) != Some(self.at) {
            return false;
        }
        match syntax.relation(head) {
            "obj" | "nsubj:pass" => true,
            "obl" | "nmod" => syntax
                .case(head)
                .is_some_and(|case| self.is(case, Clue::Onto)),
            _ => false,
        }
    }

    /// `South China Sea`, `Berlin police`, `Jordan Smith`: a longer name is not the place in it.
    fn is_part_of_name(&self, party: &Party<'_>, head: usize) -> bool {
        const WITHIN: [&str; 4] = ["compound", "flat", "amod", "nummod"];
        let syntax = &self.scene.syntax;
        let within = WITHIN.contains(&syntax.kind(head)) || syntax.relation(head) == "nmod:poss";
        // A day that the parser takes for the rest of the name (`in Baghdad Tuesday`) is none of it.
        let day = |at: usize| self.is(at, Clue::Weekday) || self.is(at, Clue::Month);
        let outside = syntax
            .head(head)
            .is_some_and(|at| !(party.start..party.end).contains(&at) && !day(at));
        let mut joined = syntax.children_by(head, &["compound", "flat"]);
        let grown = joined.any(|at| {
            let touches = at + 1 == party.start || at == party.end;
            touches && syntax.tag(at).starts_with("NNP") && !day(at)
        });
        (within && outside) || grown
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
