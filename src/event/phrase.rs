//! Finds the parties of a sentence: names and nouns of role, grown to the phrases they stand in.

use jiff::civil::Date;

use super::{
    actor::{Party, Sort},
    lexicon::{Entry, Kind, Lexicon},
    words::{DAYS, Words},
};

/// Sectors that somebody has by an office, for the days in it.
const OFFICES: [&str; 6] = ["GOV", "LEG", "JUD", "MIL", "COP", "SPY"];
/// PLOVER's sector of those who are known and hold no office.
const OUT_OF_OFFICE: &str = "ELI";
/// The longest name nobody listed.
const LONGEST_NAME: usize = 5;

/// Finds the parties of one sentence.
pub(crate) struct Finder<'w, 'l> {
    pub(crate) words: &'w Words<'w>,
    pub(crate) lexicon: &'l Lexicon,
    pub(crate) lowers: Vec<&'w str>,
    /// The day the story was published: who was in office then.
    pub(crate) day: Option<Date>,
}

impl<'w, 'l> Finder<'w, 'l> {
    pub(crate) fn new(words: &'w Words<'w>, lexicon: &'l Lexicon, day: Option<Date>) -> Self {
        Self {
            words,
            lexicon,
            lowers: words.lowers(),
            day,
        }
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
    pub(crate) fn atom(&self, at: usize) -> Option<Party<'l>> {
        if let Some((entry, length)) = self.lexicon.name_on(&self.words.text[at..], self.day) {
            let entry = &self.lexicon.entries[entry];
            let next = at + length;
            let surname = entry.kind == Kind::City
                && length == 1
                && self.unlisted(next)
                && !self.after_preposition(at);
            if !surname {
                return Some(named(entry, at, next, self.day));
            }
        }
        if let Some((entry, length)) = self.lexicon.role_at(&self.lowers[at..]) {
            let entry = &self.lexicon.entries[entry];
            let mut party = blank(at, at + length, Sort::Role);
            party.sectors = entry.sectors.iter().map(AsRef::as_ref).collect();
            party.inherits = !entry.own;
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

    /// Whether a word that names a town too ends a name that begins at `start`: `Lars Hagen`.
    fn is_surname(&self, start: usize, at: usize) -> bool {
        let proper = |at: usize| self.words.sentence.tokens[at].upos == "PROPN";
        if at == start || at >= self.words.len() || !proper(at - 1) || !proper(at) {
            return false;
        }
        let found = self.lexicon.name_on(&self.words.text[at..], self.day);
        found.is_some_and(|(entry, length)| {
            length == 1 && self.lexicon.entries[entry].kind == Kind::City
        })
    }

    fn capitals(&self, at: usize) -> Option<Party<'l>> {
        let titled = self.lexicon.titles.contains(self.words.lower(at));
        let start = if titled { at + 1 } else { at };
        let mut end = start;
        while end - start < LONGEST_NAME && (self.unlisted(end) || self.is_surname(start, end)) {
            end += 1;
        }
        if end == start
            || (at == 0
                && !titled
                && end == 1
                && !self.words.text[0].chars().skip(1).any(char::is_uppercase)
                && !self.subject_like(end))
        {
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
                || self
                    .words
                    .is(next, &["has", "have", "had", "also", "will", "'s"]))
    }

    /// Which preposition governs the phrase, and whether it is joined to the one before.
    fn govern(&self, party: &mut Party<'l>, before: Option<&Party<'l>>) {
        let mut at = party.start;
        for _ in 0..5 {
            let Some(previous) = at.checked_sub(1) else {
                return;
            };
            if let Some(other) =
                before.filter(|other| other.end == previous || other.end + 1 == previous)
                && self.words.is(previous, &["and", "or", ","])
                && !other.pronoun()
            {
                party.joined =
                    !self.words.is(previous, &[","]) || self.words.is(previous, &["and"]);
                party.preposition = if party.joined {
                    other.preposition
                } else {
                    None
                };
                return;
            }
            if previous > 0
                && self.words.is(previous, &["to"])
                && self.words.is(previous - 1, &["up"])
            {
                at = previous - 1;
                continue;
            }
            if self.words.is_preposition(previous) && !self.words.is(previous, &["at"])
                || self.words.is(previous, &["at"]) && !self.words.is(at, &["least"])
            {
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
            if parties[at].coded() || parties[at].sort != Sort::Role || !parties[at].inherits {
                continue;
            }
            let end = parties[at].end;
            let behind = parties.get(at + 1).filter(|next| {
                let where_ =
                    next.place.is_some() && self.words.is(end, &["in", "at", "from", "near"]);
                let whose = next.coded() && self.words.is(end, &["of", "for"]);
                next.preposition == Some(end) && (where_ || whose)
            });
            if let Some(next) = behind {
                (parties[at].country, parties[at].group) = (next.country, next.group);
                parties[at].country_from = if self.words.is(end, &["of", "for"]) {
                    "text"
                } else {
                    "place"
                };
            } else if parties[at].start > 0
                && self
                    .words
                    .is(parties[at].start - 1, &["their", "its", "his", "her"])
                && at > 0
            {
                let owner = parties[..at]
                    .iter()
                    .rev()
                    .find(|p| p.coded() && p.preposition.is_none());
                let (country, group) = owner.map_or(("", ""), |owner| (owner.country, owner.group));
                parties[at].country = country;
                parties[at].group = group;
                parties[at].country_from = "text";
            }
        }
    }
}

/// A phrase of which nothing is known yet.
pub(crate) fn blank<'l>(start: usize, end: usize, sort: Sort) -> Party<'l> {
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
        name_at: None,
        territory: "",
        place: None,
        preposition: None,
        joined: false,
        possessive: false,
        inherits: true,
        speaker: false,
    }
}

fn named(entry: &Entry, start: usize, end: usize, day: Option<Date>) -> Party<'_> {
    let mut party = blank(start, end, Sort::Named(entry.kind));
    party.country = &entry.country;
    party.country_from = if entry.kind == Kind::Person {
        "name"
    } else {
        "text"
    };
    party.group = &entry.group;
    party.sectors = held(entry, day);
    party.wikidata = &entry.wikidata;
    party.name = (entry.kind != Kind::People).then(|| entry.name.to_string());
    let place = matches!(
        entry.kind,
        Kind::Country | Kind::Capital | Kind::Area | Kind::City
    );
    party.place = place.then_some(entry);
    party
}

/// The sectors of an entry on a day: who is no longer in office is known for having been.
pub(crate) fn held(entry: &Entry, day: Option<Date>) -> Vec<&str> {
    let office = entry
        .sectors
        .iter()
        .any(|sector| OFFICES.contains(&&**sector));
    if office && !entry.term.holds(day) {
        vec![OUT_OF_OFFICE]
    } else {
        entry.sectors.iter().map(AsRef::as_ref).collect()
    }
}
