//! Parties: the phrases of a sentence that name somebody who can act or be acted on.

use std::collections::HashMap;

use super::{
    lexicon::{Entry, Kind, Lexicon},
    words::{DAYS, Words},
};

/// How many words may stand between a people's name and its noun: `Pakistani security officials`.
const FILLERS: usize = 2;
/// The longest name nobody listed.
const LONGEST_NAME: usize = 5;

/// What a phrase is, for the roles it can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// In the lexicon.
    Named(Kind),
    /// A noun of role, with or without whose.
    Role,
    /// Capitals nobody listed.
    Unknown,
    /// `he`, `it`, `they`.
    Third,
    /// `we`, `I`.
    First,
}

/// One phrase.
#[derive(Debug, Clone)]
pub(crate) struct Party<'l> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) sort: Sort,
    pub(crate) name: Option<String>,
    pub(crate) country: &'l str,
    pub(crate) country_from: &'static str,
    pub(crate) group: &'l str,
    pub(crate) sectors: Vec<&'l str>,
    pub(crate) wikidata: &'l str,
    /// The place it names, where it names one.
    pub(crate) place: Option<&'l Entry>,
    /// The word that governs it, where that is a preposition.
    pub(crate) preposition: Option<usize>,
    /// Joined to the party before it: `Poland and Romania`.
    pub(crate) joined: bool,
    /// `Pakistan's` before something that is no party.
    pub(crate) possessive: bool,
    /// Who reports, and is no party of what is reported.
    pub(crate) speaker: bool,
}

impl Party<'_> {
    pub(crate) fn coded(&self) -> bool {
        !self.country.is_empty() || !self.group.is_empty()
    }

    pub(crate) fn pronoun(&self) -> bool {
        matches!(self.sort, Sort::Third | Sort::First)
    }

    /// Names a place and nothing else.
    pub(crate) fn only_place(&self) -> bool {
        matches!(self.sort, Sort::Named(Kind::City | Kind::Area))
    }
}

/// Persons named anywhere in the article, by full name and by last name.
#[derive(Debug, Default)]
pub(crate) struct Known<'l> {
    by_name: HashMap<String, Option<Party<'l>>>,
}

impl<'l> Known<'l> {
    /// Remembers a phrase that tells who a named person is.
    pub(crate) fn learn(&mut self, party: &Party<'l>) {
        let Some(name) = &party.name else { return };
        if !party.coded() || party.sort == Sort::Named(Kind::City) {
            return;
        }
        let last = name.rsplit(' ').next().unwrap_or(name).to_owned();
        for key in [name.clone(), last] {
            let slot = self.by_name.entry(key).or_insert_with(|| Some(party.clone()));
            if slot.as_ref().is_some_and(|old| old.country != party.country) {
                *slot = None;
            }
        }
    }

    /// Gives a party nobody listed the codes it has elsewhere in the article.
    pub(crate) fn fill(&self, party: &mut Party<'l>) {
        let Some(name) = &party.name else { return };
        let last = name.rsplit(' ').next().unwrap_or(name);
        let found = self.by_name.get(name.as_str()).or_else(|| self.by_name.get(last));
        if let Some(Some(known)) = found {
            party.country = known.country;
            party.group = known.group;
            party.wikidata = known.wikidata;
            party.name.clone_from(&known.name);
            party.country_from = "article";
            if party.sectors.is_empty() {
                party.sectors.clone_from(&known.sectors);
            }
        }
    }
}

/// Finds the parties of one sentence.
pub(crate) struct Finder<'w, 'l> {
    pub(crate) words: &'w Words<'w>,
    pub(crate) lexicon: &'l Lexicon,
    lowers: Vec<&'w str>,
}

impl<'w, 'l> Finder<'w, 'l> {
    pub(crate) fn new(words: &'w Words<'w>, lexicon: &'l Lexicon) -> Self {
        Self { words, lexicon, lowers: words.lowers() }
    }

    pub(crate) fn find(&self) -> Vec<Party<'l>> {
        let mut out: Vec<Party<'l>> = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            let Some(mut party) = self.atom(at) else {
                at += 1;
                continue;
            };
            while self.grow(&mut party) {}
            party.possessive = self.words.is(party.end, &["'s", "'"]);
            self.govern(&mut party, out.last());
            at = party.end.max(at + 1);
            out.push(party);
        }
        self.settle(&mut out);
        out
    }

    /// A name, a noun of role, a pronoun or capitals, alone.
    fn atom(&self, at: usize) -> Option<Party<'l>> {
        if let Some((entry, length)) = self.lexicon.name_at(&self.words.text[at..]) {
            let entry = &self.lexicon.entries[entry];
            let next = at + length;
            let surname = entry.kind == Kind::City && length == 1 && self.unlisted(next) && !self.after_preposition(at);
            if !surname {
                return Some(self.named(entry, at, next));
            }
        }
        if let Some((entry, length)) = self.lexicon.role_at(&self.lowers[at..]) {
            let entry = &self.lexicon.entries[entry];
            let mut party = blank(at, at + length, Sort::Role);
            party.sectors = entry.sectors.iter().map(AsRef::as_ref).collect();
            return Some(party);
        }
        let sort = match self.words.lower(at) {
            "he" | "she" | "it" | "they" => Sort::Third,
            "we" | "i" => Sort::First,
            _ => return self.capitals(at),
        };
        Some(blank(at, at + 1, sort))
    }

    fn after_preposition(&self, at: usize) -> bool {
        at > 0 && self.words.is_preposition(at - 1)
    }

    fn named(&self, entry: &'l Entry, start: usize, end: usize) -> Party<'l> {
        let mut party = blank(start, end, Sort::Named(entry.kind));
        party.country = &entry.country;
        party.country_from = if entry.kind == Kind::Person { "name" } else { "text" };
        party.group = &entry.group;
        party.sectors = entry.sectors.iter().map(AsRef::as_ref).collect();
        party.wikidata = &entry.wikidata;
        party.name = (entry.kind != Kind::People).then(|| entry.name.to_string());
        let place = matches!(entry.kind, Kind::Country | Kind::Capital | Kind::Area | Kind::City);
        party.place = place.then_some(entry);
        party
    }

    fn unlisted(&self, at: usize) -> bool {
        at < self.words.len()
            && self.words.is_capital(at)
            && self.words.text[at].len() > 1
            && !self.words.is(at, &DAYS)
            && self.lexicon.name_at(&self.words.text[at..]).is_none()
            && self.lexicon.role_at(&self.lowers[at..]).is_none()
            && !self.lexicon.triggers.contains_key(self.words.lower(at))
            && !self.words.is_preposition(at)
            && !self.words.is_determiner(at)
            && !self.words.is_break(at)
    }

    fn capitals(&self, at: usize) -> Option<Party<'l>> {
        let titled = self.lexicon.titles.contains(self.words.lower(at));
        let start = if titled { at + 1 } else { at };
        let mut end = start;
        while end - start < LONGEST_NAME && self.unlisted(end) {
            end += 1;
        }
        if end == start || (at == 0 && !titled && end == 1 && !self.words.text[0].chars().skip(1).any(char::is_uppercase) && !self.subject_like(end)) {
            return None;
        }
        let mut party = blank(at, end, Sort::Unknown);
        party.name = Some(self.words.text[start..end].join(" "));
        Some(party)
    }

    /// A lone capital that opens a sentence is a name where a verb of the lexicon follows.
    fn subject_like(&self, next: usize) -> bool {
        next < self.words.len()
            && (self.lexicon.triggers.contains_key(self.lowers[next])
                || self.lexicon.reporting.contains(self.lowers[next])
                || self.words.is(next, &["has", "have", "had", "also", "will", "'s"]))
    }

    /// Takes in what belongs to the phrase; false when nothing more does.
    fn grow(&self, party: &mut Party<'l>) -> bool {
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
            return self.counterpart(party);
        }
        match self.atom(end) {
            Some(next) => self.absorb(party, &next),
            None => self.across_fillers(party),
        }
    }

    fn absorb(&self, party: &mut Party<'l>, next: &Party<'l>) -> bool {
        let role = next.sort == Sort::Role;
        let person = matches!(next.sort, Sort::Unknown | Sort::Named(Kind::Person));
        let national = matches!(next.sort, Sort::Named(Kind::People | Kind::Seat | Kind::Country));
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
        self.join(party, next);
        true
    }

    fn join(&self, party: &mut Party<'l>, next: &Party<'l>) {
        party.end = next.end;
        if !party.coded() {
            party.country = next.country;
            party.group = next.group;
            party.country_from = next.country_from;
        }
        if matches!(next.sort, Sort::Unknown | Sort::Named(Kind::Person)) {
            party.name.clone_from(&next.name);
            party.wikidata = next.wikidata;
        } else if next.sort == Sort::Role && !matches!(party.sort, Sort::Named(Kind::Organisation | Kind::Group)) {
            party.name = None;
        }
        if party.sort != Sort::Named(Kind::Person) {
            party.sort = Sort::Role;
        }
        party.place = None;
        if !next.sectors.is_empty() && !(party.sectors.contains(&"REB") || party.sectors.contains(&"OPP")) {
            party.sectors.clone_from(&next.sectors);
        }
    }

    fn possessed(&self, party: &mut Party<'l>) -> bool {
        let from = party.end + 1;
        for at in from..(from + 4).min(self.words.len()) {
            if let Some(next) = self.atom(at).filter(|next| next.sort == Sort::Role) {
                self.join(party, &next);
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
        if self.words.is(end, &["("]) && self.words.is(end + 2, &[")"]) && self.words.is_capital(end + 1) {
            party.end = end + 3;
            return true;
        }
        let led = self.words.is(end, &["-"]) && self.words.is(end + 1, &["led", "backed", "based", "controlled", "run", "held"]);
        if led {
            party.end = end + 2;
        }
        led
    }

    /// `president of Armenia` is Armenian; `ambassador to Armenia` is not.
    fn counterpart(&self, party: &mut Party<'l>) -> bool {
        let mut at = party.end + 1;
        if self.words.is(at, &["the"]) {
            at += 1;
        }
        let Some(mut next) = (at < self.words.len()).then(|| self.atom(at)).flatten() else { return false };
        let listed = next.coded() && !matches!(next.sort, Sort::Named(Kind::Person | Kind::People));
        let envoy = self.words.is(party.end - 1, &["ambassador", "ambassadors", "envoy", "envoys", "emissary"]);
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
        let more = self.words.is(party.end, &["province", "state", "region", "city"]);
        party.end += usize::from(more);
        more
    }

    fn filler(&self, at: usize) -> bool {
        let word = self.lowers[at];
        word.len() > 2
            && word.chars().all(|c| c.is_alphabetic() || c == '-')
            && !self.words.is_preposition(at)
            && !self.words.is_determiner(at)
            && !self.words.is_break(at)
            && !self.words.is_be(at)
            && !self.words.is(at, &["and", "has", "have", "had", "will", "would", "could", "may", "might", "must", "should", "not", "said", "did"])
            && (!self.lexicon.triggers.contains_key(word) || self.words.is(at, &["armed", "backed"]))
            && !self.lexicon.reporting.contains(word)
    }

    fn across_fillers(&self, party: &mut Party<'l>) -> bool {
        let national = matches!(party.sort, Sort::Named(Kind::People | Kind::Seat | Kind::Organisation | Kind::Country));
        if !national {
            return false;
        }
        for at in party.end..(party.end + FILLERS).min(self.words.len()) {
            if !self.filler(at) || self.words.lower(at).ends_with("ed") {
                return false;
            }
            let next = (at + 1 < self.words.len()).then(|| self.atom(at + 1)).flatten();
            if let Some(next) = next.filter(|next| next.sort == Sort::Role) {
                self.join(party, &next);
                return true;
            }
        }
        false
    }

    /// Which preposition governs the phrase, and whether it is joined to the one before.
    fn govern(&self, party: &mut Party<'l>, before: Option<&Party<'l>>) {
        let mut at = party.start;
        for _ in 0..5 {
            let Some(previous) = at.checked_sub(1) else { return };
            if let Some(other) = before.filter(|other| other.end == previous || other.end + 1 == previous) {
                if self.words.is(previous, &["and", "or", ","]) && !other.pronoun() {
                    party.joined = !self.words.is(previous, &[","]) || self.words.is(previous, &["and"]);
                    party.preposition = if party.joined { other.preposition } else { None };
                    return;
                }
            }
            if previous > 0 && self.words.is(previous, &["to"]) && self.words.is(previous - 1, &["up"]) {
                at = previous - 1;
                continue;
            }
            if self.words.is_preposition(previous) && !self.words.is(previous, &["at"]) || self.words.is(previous, &["at"]) && !self.words.is(at, &["least"]) {
                party.preposition = Some(previous);
                return;
            }
            if !self.words.is_determiner(previous) && !self.filler(previous) {
                return;
            }
            at = previous;
        }
    }

    /// Whose police: a role without a country takes that of a place right behind it, or of the one before it.
    fn settle(&self, parties: &mut [Party<'l>]) {
        for at in 0..parties.len() {
            if parties[at].coded() || parties[at].sort != Sort::Role {
                continue;
            }
            let end = parties[at].end;
            let behind = parties.get(at + 1).filter(|next| {
                let where_ = next.place.is_some() && self.words.is(end, &["in", "at", "from", "near"]);
                let whose = next.coded() && self.words.is(end, &["of", "for"]);
                next.preposition == Some(end) && (where_ || whose)
            });
            if let Some(next) = behind {
                (parties[at].country, parties[at].group) = (next.country, next.group);
                parties[at].country_from = if self.words.is(end, &["of", "for"]) { "text" } else { "place" };
            } else if parties[at].start > 0 && self.words.is(parties[at].start - 1, &["their", "its", "his", "her"]) && at > 0 {
                let owner = parties[..at].iter().rev().find(|p| p.coded() && p.preposition.is_none());
                let (country, group) = owner.map_or(("", ""), |owner| (owner.country, owner.group));
                parties[at].country = country;
                parties[at].group = group;
                parties[at].country_from = "text";
            }
        }
    }
}

fn blank<'l>(start: usize, end: usize, sort: Sort) -> Party<'l> {
    Party {
        start,
        end,
        sort,
        name: None,
        country: "",
        country_from: "",
        group: "",
        sectors: Vec::new(),
        wikidata: "",
        place: None,
        preposition: None,
        joined: false,
        possessive: false,
        speaker: false,
    }
}
