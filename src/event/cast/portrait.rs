//! Whom a phrase means, as parties of an event: country or group, sectors, name, one party a country.

use super::{Cast, clue::GROUPS, gather::Gathered, line::Line, noun::NounPhrase};
use crate::event::{
    actor::{Party, Sort},
    lexicon::Kind,
    phrase::blank,
};

/// A country less likely than this is a guess, and left out.
const LEAST: f32 = 0.4;
/// Relations of those who act or are acted on.
const ARGUMENTS: [&str; 5] = ["nsubj", "nsubj:pass", "obj", "iobj", "obl:agent"];

impl<'l> Cast<'_, 'l> {
    /// The codes that the phrase of a head may mean with how likely each is, the likeliest first; an empty code is
    /// nobody whose country is known.
    pub(crate) fn meant(&self, line: usize, head: usize) -> Vec<(&'l str, f32)> {
        let gathered = Gathered::new(self, line, head);
        let candidates = gathered.candidates();
        let here = &self.lines[line];
        let own = gathered.near().iter().copied();
        let own: Vec<usize> = own.filter(|&at| here.is_users(at)).collect();
        if let Some((code, _)) = here.nearest_code(&own, head) {
            return vec![(code, 1.0)];
        }
        if self.is_of_region(line, head) {
            return vec![("", 1.0)];
        }
        let weighed = self
            .lexicon
            .weights
            .weigh(gathered.situation(), &candidates);
        let mut out: Vec<(&'l str, f32)> = candidates
            .iter()
            .map(|candidate| candidate.code)
            .zip(weighed)
            .collect();
        out.sort_by(|a, b| b.1.total_cmp(&a.1));
        out
    }

    /// Whether a head is of a part of the world, and so of no country.
    pub(crate) fn is_of_region(&self, line: usize, head: usize) -> bool {
        let here = &self.lines[line];
        let phrase = NounPhrase::of(&here.words.sentence.tokens, &here.dependents, head);
        here.is_of_region(&phrase, head)
    }

    /// Those whom the phrase of a head means: one party, or one a country where it names several.
    pub(crate) fn parties(&self, line: usize, head: usize) -> Vec<Party<'l>> {
        let here = &self.lines[line];
        let phrase = NounPhrase::of(&here.words.sentence.tokens, &here.dependents, head);
        let (start, end) = here.extent(&phrase, head);
        let mut party = blank(start, end, self.sort(line, head));
        let meant = self.meant(line, head);
        if let Some(&(code, likely)) = meant.first()
            && likely >= LEAST
        {
            Self::give(&mut party, code);
        }
        party.country_from = self.told_by(line, head);
        self.paint(&mut party, line, head, &phrase);
        let mut out = vec![party];
        for code in here.joined_codes(&phrase, head) {
            let known = |party: &Party<'l>| party.country == code || party.group == code;
            if out.iter().any(known) {
                continue;
            }
            let mut other = out[0].clone();
            Self::give(&mut other, code);
            other.country_from = "text";
            other.name = None;
            other.wikidata = "";
            out.push(other);
        }
        out
    }

    /// Gives a party its code.
    pub(crate) fn give(party: &mut Party<'l>, code: &'l str) {
        if GROUPS.contains(&code) {
            (party.country, party.group) = ("", code);
        } else {
            (party.country, party.group) = (code, "");
        }
    }

    /// Where the country of a phrase was read.
    pub(crate) fn told_by(&self, line: usize, head: usize) -> &'static str {
        let here = &self.lines[line];
        match Gathered::new(self, line, head).situation().evidence {
            "own"
                if here
                    .entry(head)
                    .is_some_and(|entry| entry.kind == Kind::Person) =>
            {
                "name"
            }
            "own" | "before" | "after" | "aside" => "text",
            _ => "article",
        }
    }

    /// Fills in who it is: sectors, name, Wikidata id, and for a pronoun those of whom it stands for.
    pub(crate) fn paint(
        &self,
        party: &mut Party<'l>,
        line: usize,
        head: usize,
        phrase: &NounPhrase,
    ) {
        party.sectors = self.sectors(line, head, phrase);
        party.territory = self.territory(line, head);
        let called = self.called(line, head);
        if let Some(called) = &called {
            party.name = Some(called.name.clone());
            party.wikidata = called.wikidata;
            party.name_at = called.at;
        }
        let code = if party.country.is_empty() {
            party.group
        } else {
            party.country
        };
        if called.is_none() && party.pronoun() && !code.is_empty() {
            self.paint_pronoun(party, line, head, code);
        }
    }

    /// Gives a pronoun what is told of the last subject of its code that it can stand for.
    fn paint_pronoun(&self, party: &mut Party<'l>, line: usize, head: usize, code: &str) {
        let he = self.lines[line].head_kind(head) == "he";
        let before = self.memory.subjects.iter().rev();
        let mut meant = before.filter(|s| (s.line, s.at) < (line, head) && s.code == code);
        let Some(meant) = meant.find(|s| !he || s.person) else {
            return;
        };
        let other = &self.lines[meant.line];
        let tokens = &other.words.sentence.tokens;
        let phrase = NounPhrase::of(tokens, &other.dependents, meant.at);
        if party.sectors.is_empty() {
            party.sectors = self.sectors(meant.line, meant.at, &phrase);
        }
        if let Some(called) = self.called(meant.line, meant.at).filter(|_| he) {
            party.name = Some(called.name);
            party.wikidata = called.wikidata;
            party.name_at = called.at.or(Some(tokens[meant.at].span));
        }
    }

    /// The territory of a state that a phrase names, by its own name.
    fn territory(&self, line: usize, head: usize) -> &'l str {
        let here = &self.lines[line];
        let phrase = NounPhrase::of(&here.words.sentence.tokens, &here.dependents, head);
        let mut named = phrase.near.iter().filter_map(|&at| here.at[at]);
        let found = named.find(|&at| here.namings[at].entry.territory);
        found.map_or("", |at| &here.namings[at].entry.name)
    }

    /// What the phrase of a head is.
    pub(super) fn sort(&self, line: usize, head: usize) -> Sort {
        let here = &self.lines[line];
        match here.head_kind(head) {
            "he" | "it" | "they" => return Sort::Third,
            "we" | "i" => return Sort::First,
            _ => {}
        }
        match here.entry(head) {
            Some(entry) => Sort::Named(entry.kind),
            None if here.roles[head].is_some() => Sort::Role,
            None => Sort::Unknown,
        }
    }
}

/// Gives the parties found word by word the codes that the whole story gives them.
pub(crate) fn settle<'l>(cast: &Cast<'_, 'l>, line: usize, parties: &mut [Party<'l>]) {
    let tokens = &cast.lines[line].words.sentence.tokens;
    for party in parties {
        let inside = party.start..party.end;
        let outer = |&at: &usize| tokens[at].head.is_none_or(|head| !inside.contains(&head));
        let Some(head) = inside.clone().find(outer) else {
            continue;
        };
        let Some(&(code, likely)) = cast.meant(line, head).first() else {
            continue;
        };
        if likely < LEAST || is_settled(cast, line, head, party, code) {
            continue;
        }
        Cast::give(party, code);
        party.inherits &= !code.is_empty();
        party.country_from = cast.told_by(line, head);
        let phrase = NounPhrase::of(tokens, &cast.lines[line].dependents, head);
        cast.paint(party, line, head, &phrase);
    }
}

/// Whether what the words say of a party stands against the code that the story suggests.
fn is_settled(
    cast: &Cast<'_, '_>,
    line: usize,
    head: usize,
    party: &Party<'_>,
    code: &str,
) -> bool {
    let here = &cast.lines[line];
    let own = if party.country.is_empty() {
        party.group
    } else {
        party.country
    };
    if own == code {
        return false;
    }
    // A name in the words of the party, before one that only hangs on its head.
    let within = here.at[party.start..party.end].iter().flatten();
    let mut within = within.map(|&at| here.namings[at].code).peekable();
    if !own.is_empty() && within.peek().is_some() {
        let mut told = (false, false);
        for name in within {
            told = (told.0 || name == own, told.1 || name == code);
        }
        return told == (true, false);
    }
    if party.sort != Sort::Role || here.at[head].is_some() {
        return false;
    }
    // A state is itself, wherever it is spoken of.
    if own.is_empty() && here.role(head).is_some_and(|role| role.own) {
        return true;
    }
    Gathered::new(cast, line, head).nearest.is_none() && acts_itself(here, head, code)
}

/// Whether the subject of the verb that a head is the object of has a code: those acted on, whom no name in the phrase
/// tells, are not those who act.
fn acts_itself(here: &Line<'_, '_>, head: usize, code: &str) -> bool {
    let tokens = &here.words.sentence.tokens;
    let acts = |&at: &usize| tokens[at].relation == "nsubj";
    let verb = tokens[head].head.filter(|_| tokens[head].relation == "obj");
    let subject = verb.and_then(|verb| here.dependents.on(verb).iter().copied().find(acts));
    subject.is_some_and(|subject| {
        let phrase = NounPhrase::of(tokens, &here.dependents, subject);
        let named = here.nearest_code(&phrase.near, subject);
        named.is_some_and(|(named, _)| named == code)
    })
}

/// Adds those whom the tree shows to act or be acted on, and no table knows; takes out what only looks like a name.
pub(crate) fn complete<'l>(cast: &Cast<'_, 'l>, line: usize, parties: &mut Vec<Party<'l>>) {
    let here = &cast.lines[line];
    let tokens = &here.words.sentence.tokens;
    parties.retain(|party| party.sort != Sort::Unknown || is_name(here, party));
    for (head, token) in tokens.iter().enumerate() {
        let argument = ARGUMENTS.contains(&token.relation);
        let proper = token.upos == "PROPN";
        if !argument || !(proper || token.upos == "NOUN") || covers(parties, head, head + 1) {
            continue;
        }
        // What names an act is no party of it.
        if cast.lexicon.triggers.contains_key(here.words.lower(head)) {
            continue;
        }
        let told = cast.told_by(line, head) != "article" || proper;
        let region = cast.is_of_region(line, head);
        for mut party in cast
            .parties(line, head)
            .into_iter()
            .filter(|party| region || told && party.coded())
        {
            if covers(parties, party.start, party.end) {
                (party.start, party.end) = (head, head + 1);
            }
            if !covers(parties, party.start, party.end) {
                parties.push(party);
            }
        }
    }
    parties.sort_by_key(|party| party.start);
}

fn covers(parties: &[Party<'_>], start: usize, end: usize) -> bool {
    parties.iter().any(|party| party.meets(start, end))
}

/// Whether capitals that no table knows are a name: `Oct.`, `As` and `Covid` before another noun are none.
fn is_name(here: &Line<'_, '_>, party: &Party<'_>) -> bool {
    let tokens = &here.words.sentence.tokens;
    let inside = party.start..party.end;
    let proper = inside.clone().any(|at| tokens[at].upos == "PROPN");
    let short = party.end == party.start + 1 && here.words.text[party.start].ends_with('.');
    let before = inside.clone().all(|at| {
        tokens[at].relation == "compound"
            && tokens[at].head.is_some_and(|head| !inside.contains(&head))
    });
    proper && !short && !before
}
