//! Grows a name or a noun of role to the phrase it stands in: whose it is, what it is called.

use super::{
    actor::{Party, Sort},
    lexicon::Kind,
    phrase::Finder,
};

/// How many words may stand between a people's name and its noun: `Pakistani security officials`.
const FILLERS: usize = 2;

/// Words for several people, who are what stands behind `of`.
const COLLECTIVES: [&str; 8] = [
    "group",
    "groups",
    "crowd",
    "crowds",
    "coalition",
    "delegation",
    "mob",
    "family",
];

impl<'l> Finder<'_, 'l> {
    /// Takes in what belongs to the phrase; false when nothing more does.
    pub(crate) fn grow(&self, party: &mut Party<'l>) -> bool {
        let end = party.end;
        if end >= self.words.len() || party.pronoun() {
            return false;
        }
        if self.words.is(end, &["'s", "'"]) {
            return self.possessed(party);
        }
        if self.words.is(end, &["(", "-"]) {
            return self.bracket(party);
        }
        if party.sort == Sort::Role && self.words.is(end, &["of", "to"]) {
            return self.members(party) || self.counterpart(party);
        }
        match self.atom(end) {
            Some(next) => self.absorb(party, &next),
            None => self.across_fillers(party),
        }
    }

    fn absorb(&self, party: &mut Party<'l>, next: &Party<'l>) -> bool {
        let role = next.sort == Sort::Role;
        let person = matches!(next.sort, Sort::Unknown | Sort::Named(Kind::Person));
        let national = matches!(
            next.sort,
            Sort::Named(Kind::People | Kind::Seat | Kind::Country)
        );
        let fits = match party.sort {
            Sort::Named(Kind::Person) | Sort::Third | Sort::First => false,
            Sort::Unknown => role && self.words.is_capital(next.start),
            Sort::Role => role || person || (national && !party.coded()),
            Sort::Named(Kind::City) => role,
            Sort::Named(Kind::People) => role || national || person,
            Sort::Named(_) => role || next.sort == Sort::Named(Kind::People),
        };
        if !fits {
            return false;
        }
        join(party, next);
        true
    }

    fn possessed(&self, party: &mut Party<'l>) -> bool {
        let from = party.end + 1;
        for at in from..(from + 4).min(self.words.len()) {
            if let Some(next) = self.atom(at).filter(|next| next.sort == Sort::Role) {
                join(party, &next);
                return true;
            }
            let listed = self.lexicon.name_at(&self.words.text[at..]).is_some();
            if listed || !self.filler(at) {
                return false;
            }
        }
        false
    }

    /// `(PLO)` after a name, `Pakistan - US` after a name: the first belongs to it.
    fn bracket(&self, party: &mut Party<'l>) -> bool {
        let end = party.end;
        if self.words.is(end, &["("])
            && self.words.is(end + 2, &[")"])
            && self.words.is_capital(end + 1)
        {
            party.end = end + 3;
            return true;
        }
        let led = self.words.is(end, &["-"])
            && self.words.is(
                end + 1,
                &["led", "backed", "based", "controlled", "run", "held"],
            );
        if led {
            party.end = end + 2;
        }
        led
    }

    /// `a group of French doctors`: several are those they are made of.
    fn members(&self, party: &mut Party<'l>) -> bool {
        if !self.words.is(party.end, &["of"]) || !self.words.is(party.end - 1, &COLLECTIVES) {
            return false;
        }
        let from = party.end + 1;
        let to = (from + FILLERS + 1).min(self.words.len());
        for at in from..to {
            if let Some(mut next) = self.atom(at) {
                while self.grow(&mut next) {}
                let fits = next.sort == Sort::Role && !next.sectors.is_empty();
                if fits {
                    join(party, &next);
                }
                return fits;
            }
            if !self.filler(at) {
                return false;
            }
        }
        false
    }

    /// `president of Armenia` is Armenian; `ambassador to Armenia` is not.
    fn counterpart(&self, party: &mut Party<'l>) -> bool {
        let mut at = party.end + 1;
        if self.words.is(at, &["the"]) {
            at += 1;
        }
        let Some(mut next) = (at < self.words.len()).then(|| self.atom(at)).flatten() else {
            return false;
        };
        let listed = next.coded() && !matches!(next.sort, Sort::Named(Kind::Person | Kind::People));
        let envoy = self.words.is(
            party.end - 1,
            &["ambassador", "ambassadors", "envoy", "envoys", "emissary"],
        );
        if !listed || (self.words.is(party.end, &["to"]) && !envoy) {
            return false;
        }
        if self.words.is(party.end, &["of"]) && !party.coded() {
            while self.grow_place(&mut next) {}
            party.country = next.country;
            party.group = next.group;
            party.country_from = "text";
        }
        party.end = next.end;
        true
    }

    fn grow_place(&self, party: &mut Party<'l>) -> bool {
        let more = self
            .words
            .is(party.end, &["province", "state", "region", "city"]);
        party.end += usize::from(more);
        more
    }

    pub(crate) fn filler(&self, at: usize) -> bool {
        let word = self.lowers[at];
        word.len() > 2
            && word.chars().all(|c| c.is_alphabetic() || c == '-')
            && !self.words.is_preposition(at)
            && !self.words.is_determiner(at)
            && !self.words.is_break(at)
            && !self.words.is_be(at)
            && !self.words.is(
                at,
                &[
                    "and", "has", "have", "had", "will", "would", "could", "may", "might", "must",
                    "should", "not", "said", "did",
                ],
            )
            && (!self.lexicon.triggers.contains_key(word)
                || self.words.is(at, &["armed", "backed"]))
            && !self.lexicon.reporting.contains(word)
    }

    fn across_fillers(&self, party: &mut Party<'l>) -> bool {
        let national = matches!(
            party.sort,
            Sort::Named(Kind::People | Kind::Seat | Kind::Organisation | Kind::Country)
        );
        if !national {
            return false;
        }
        for at in party.end..(party.end + FILLERS).min(self.words.len()) {
            if !self.filler(at) || self.words.lower(at).ends_with("ed") {
                return false;
            }
            let next = (at + 1 < self.words.len())
                .then(|| self.atom(at + 1))
                .flatten();
            if let Some(next) = next.filter(|next| next.sort == Sort::Role) {
                join(party, &next);
                return true;
            }
        }
        false
    }
}

fn join<'l>(party: &mut Party<'l>, next: &Party<'l>) {
    party.end = next.end;
    if !party.coded() {
        party.country = next.country;
        party.group = next.group;
        party.country_from = next.country_from;
    }
    if matches!(next.sort, Sort::Unknown | Sort::Named(Kind::Person)) {
        party.name.clone_from(&next.name);
        party.wikidata = next.wikidata;
    } else if next.sort == Sort::Role
        && !matches!(party.sort, Sort::Named(Kind::Organisation | Kind::Group))
    {
        party.name = None;
    }
    if party.sort != Sort::Named(Kind::Person) {
        party.sort = Sort::Role;
    }
    party.place = None;
    party.inherits &= next.inherits;
    let opposes = party.sectors.contains(&"REB") || party.sectors.contains(&"OPP");
    if !opposes && !next.sectors.is_empty() {
        party.sectors.clone_from(&next.sectors);
    }
}
