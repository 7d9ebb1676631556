//! One sentence of a story with its names, its nouns of role and its tree.

use jiff::civil::Date;

use super::{
    naming::{self, Naming},
    noun::{Dependents, NounPhrase},
};
use crate::event::{
    lexicon::{Entry, Kind, Lexicon},
    words::Words,
};

/// One sentence of the story with its names.
#[derive(Debug)]
pub(crate) struct Line<'w, 'l> {
    pub(crate) words: &'w Words<'w>,
    pub(crate) dependents: Dependents,
    pub(crate) namings: Vec<Naming<'l>>,
    /// For each word the naming it stands in.
    pub(crate) at: Vec<Option<usize>>,
    /// For each word the sectors of the noun of role that it ends.
    pub(crate) roles: Vec<Option<usize>>,
    lexicon: &'l Lexicon,
}

impl<'w, 'l> Line<'w, 'l> {
    /// Finds the names and nouns of role of a sentence.
    pub(super) fn read(words: &'w Words<'w>, lexicon: &'l Lexicon, day: Option<Date>) -> Self {
        let dependents = Dependents::of(&words.sentence.tokens);
        let mut namings = naming::find(words, lexicon, day);
        naming::drop_persons(&mut namings, words, &dependents, lexicon);
        let mut at = vec![None; words.len()];
        for (index, naming) in namings.iter().enumerate() {
            at[naming.start..naming.end].fill(Some(index));
        }
        let lowers = words.lowers();
        let mut roles = vec![None; words.len()];
        let mut from = 0;
        while from < words.len() {
            match lexicon.role_at(&lowers[from..]) {
                Some((entry, length)) => {
                    // `General Motors` is no general, `European Union` no union.
                    let inside = at[from].map(|naming: usize| &namings[naming]);
                    let part = inside.is_some_and(|n| n.is_body() && from + length < n.end);
                    let last = inside.is_some_and(|n| n.is_body() && n.start < from);
                    roles[from + length - 1] = Some(entry).filter(|_| !part && !last);
                    from += length;
                }
                None => from += 1,
            }
        }
        Self {
            words,
            dependents,
            namings,
            at,
            roles,
            lexicon,
        }
    }

    /// The code named nearest to a head among some words, those before it preferred, and where.
    pub(crate) fn nearest_code(&self, words: &[usize], head: usize) -> Option<(&'l str, usize)> {
        let named = words.iter().filter_map(|&at| {
            let naming = &self.namings[self.at[at]?];
            (!naming.code.is_empty()).then_some((naming, at))
        });
        let far = |at: usize| at.abs_diff(head) * 2 + usize::from(at > head) * 5;
        let (naming, at) = named.min_by_key(|&(_, at)| far(at))?;
        Some((naming.code, at))
    }

    /// The preposition that governs the phrase of a name.
    pub(crate) fn preposition(&self, start: usize, end: usize) -> Option<&str> {
        let tokens = &self.words.sentence.tokens;
        let mut at = start;
        while let Some(head) = tokens[at].head.filter(|head| (start..end).contains(head)) {
            at = head;
        }
        for _ in 0..4 {
            let case = self
                .dependents
                .on(at)
                .iter()
                .find(|&&on| tokens[on].relation == "case" && tokens[on].upos == "ADP");
            if let Some(&case) = case {
                return Some(self.words.lower(case));
            }
            if !matches!(
                tokens[at].relation,
                "compound" | "flat" | "amod" | "conj" | "appos" | "nmod:poss"
            ) {
                return None;
            }
            at = tokens[at].head?;
        }
        None
    }

    /// Whether a word stands in a name that a user listed.
    pub(crate) fn is_users(&self, at: usize) -> bool {
        self.at[at].is_some_and(|naming| self.namings[naming].entry.user)
    }

    /// A word such as `Mr.` before a name.
    pub(crate) fn is_title(&self, at: usize) -> bool {
        self.lexicon.titles.contains(self.words.lower(at))
    }

    /// The words of a phrase in a row around its head, without a preposition or an article before it.
    pub(crate) fn extent(&self, phrase: &NounPhrase, head: usize) -> (usize, usize) {
        let tokens = &self.words.sentence.tokens;
        let mut start = head;
        while start > 0 && phrase.near.contains(&(start - 1)) {
            start -= 1;
        }
        let opens = ["ADP", "DET", "PUNCT", "SCONJ", "ADV", "PART", "CCONJ"];
        let outside = |at: usize| {
            opens.contains(&tokens[at].upos)
                || ["case", "advmod", "cc"].contains(&tokens[at].relation)
        };
        while start < head && outside(start) {
            start += 1;
        }
        let mut end = head + 1;
        let charged = self.is_charged(head);
        let away = |at: usize| self.leads_away(at) || charged && self.words.is(at, &["of"]);
        while phrase.near.contains(&end) && !away(end) {
            end += 1;
        }
        while end > head + 1
            && (self.words.is(end - 1, &["'s", "'"]) || tokens[end - 1].upos == "PUNCT")
        {
            end -= 1;
        }
        (start, end)
    }

    /// Whether what stands after `of` is rather what somebody is said to have done: `accused ministers of fraud`.
    fn is_charged(&self, head: usize) -> bool {
        let token = &self.words.sentence.tokens[head];
        let verb = token.head.filter(|_| token.relation == "obj");
        verb.is_some_and(|verb| {
            let lemma = &*self.words.sentence.tokens[verb].lemma;
            self.lexicon.charging.contains(lemma)
        })
    }

    /// Whether a word opens what is rather told of the act than of whoever does it: `on Monday`, `from their homes`.
    fn leads_away(&self, at: usize) -> bool {
        let aside = [
            "on", "by", "with", "over", "during", "after", "before", "against", "about",
        ];
        let own = ["their", "his", "her", "its"];
        self.words.is(at, &aside) || self.words.is(at, &["from"]) && self.words.is(at + 1, &own)
    }

    /// The further codes of a phrase that names several: `Iraqi and American forces`, `ministers of Poland and Latvia`.
    pub(crate) fn joined_codes(&self, phrase: &NounPhrase, head: usize) -> Vec<&'l str> {
        let tokens = &self.words.sentence.tokens;
        let mut out = Vec::new();
        for &at in phrase.near.iter().filter(|&&at| at != head) {
            let Some(naming) = self.at[at] else { continue };
            if self.namings[naming].entry.kind == Kind::Person {
                continue;
            }
            for &on in self.dependents.on(at) {
                let other = self.at[on].filter(|_| tokens[on].relation == "conj");
                if let Some(other) = other
                    .map(|other| self.namings[other].code)
                    .filter(|code| !code.is_empty())
                {
                    out.push(other);
                }
            }
        }
        out
    }

    /// The sectors of the noun of role that a word ends.
    pub(crate) fn sectors(&self, at: usize) -> &'l [Box<str>] {
        self.roles[at].map_or(&[], |entry| &self.lexicon.entries[entry].sectors)
    }

    /// Whether a word heads a phrase for one person.
    pub(crate) fn is_person(&self, at: usize) -> bool {
        if self.words.is(at, &["he", "she"]) {
            return true;
        }
        if let Some(naming) = self.at[at] {
            return self.namings[naming].entry.kind == Kind::Person;
        }
        let token = &self.words.sentence.tokens[at];
        let titled = self.dependents.on(at).iter().any(|&on| {
            self.words.sentence.tokens[on].relation == "flat"
                || self.words.is(on, &["mr.", "mr", "mrs.", "ms.", "dr."])
        });
        matches!(token.xpos, "NNP") && (titled || self.roles[at].is_none())
    }

    /// The noun that a relative pronoun stands for, else the word itself.
    pub(crate) fn antecedent(&self, at: usize) -> usize {
        let tokens = &self.words.sentence.tokens;
        if !self.words.is(at, &["who", "which", "that", "whom"]) {
            return at;
        }
        let mut up = tokens[at].head;
        while let Some(verb) = up {
            if tokens[verb].relation == "acl:relcl" {
                return tokens[verb].head.unwrap_or(at);
            }
            up = tokens[verb].head;
        }
        at
    }

    /// Whether a word before a noun makes it nobody's in particular.
    pub(crate) fn is_loose(&self, head: usize) -> bool {
        let loose = |&at: &usize| at < head && self.lexicon.loose.contains(self.words.lower(at));
        self.dependents.on(head).iter().any(loose)
    }

    /// Whether a phrase is of a part of the world and names no country: `the West`, `European leaders`.
    pub(crate) fn is_of_region(&self, phrase: &NounPhrase, head: usize) -> bool {
        let tokens = &self.words.sentence.tokens;
        let region = |&at: &usize| {
            let plural = self.lexicon.regions.get(self.words.lower(at));
            let capital = self.words.text[at].starts_with(char::is_uppercase);
            capital && plural.is_some_and(|plural| !plural || tokens[head].xpos == "NNS")
        };
        let before = || self.dependents.on(head).iter().filter(|&&at| at < head);
        let named = || self.nearest_code(&phrase.near, head).is_some();
        (region(&head) || before().any(region)) && !named()
    }

    /// The noun of role that a word ends.
    pub(crate) fn role(&self, at: usize) -> Option<&'l Entry> {
        self.roles[at].map(|entry| &self.lexicon.entries[entry])
    }

    /// What the head of a phrase is, for the clues that count.
    pub(crate) fn head_kind(&self, at: usize) -> &'static str {
        let token = &self.words.sentence.tokens[at];
        match self.words.lower(at) {
            "he" | "she" | "him" | "her" | "his" | "himself" | "herself" => return "he",
            "it" | "its" | "itself" => return "it",
            "they" | "them" | "their" | "those" | "themselves" => return "they",
            "we" | "us" | "our" => return "we",
            "i" | "me" | "my" => return "i",
            "who" | "which" | "that" | "whom" => return "who",
            _ => {}
        }
        match self.sectors(at).first().map(AsRef::as_ref) {
            Some("GOV" | "ELI") => return "office",
            Some("LEG" | "JUD" | "PTY" | "OPP" | "SPY") => return "house",
            Some("COP" | "MIL") => return "force",
            Some("REB" | "UAF" | "CRM") => return "band",
            Some(_) => return "folk",
            None => {}
        }
        match token.upos {
            "PROPN" => "name",
            "NOUN" if token.xpos == "NNS" => "things",
            "NOUN" => "thing",
            _ => "other",
        }
    }
}
