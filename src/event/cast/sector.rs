//! Of which sector somebody is: by the noun of role, else by the name, else by what the story said before.

use std::collections::HashMap;

use super::{Cast, line::Line, noun::NounPhrase};
use crate::event::{lexicon::Kind, phrase::held};

/// Relations of words inside a phrase, which head no party.
const INNER: [&str; 4] = ["compound", "flat", "amod", "nmod:poss"];

impl<'l> Cast<'_, 'l> {
    /// The sectors of whom the phrase of a head means; empty where nothing tells.
    pub(crate) fn sectors(&self, line: usize, head: usize, phrase: &NounPhrase) -> Vec<&'l str> {
        let here = &self.lines[line];
        let soft = here.is_of_body(head);
        let told = if soft {
            self.body(here, head, phrase).or_else(|| role(here, head))
        } else {
            Self::title(here, head, phrase)
                .or_else(|| role(here, head))
                .or_else(|| self.named(here, head))
                .or_else(|| self.body(here, head, phrase))
        };
        told.or_else(|| self.aside(here, phrase))
            .or_else(|| self.remembered(here, head, phrase))
            .unwrap_or_default()
    }

    /// What a listed name that covers the head says.
    fn named(&self, here: &Line<'_, 'l>, head: usize) -> Option<Vec<&'l str>> {
        let naming = &here.namings[here.at[head]?];
        let sectors = held(naming.entry, self.day);
        if !sectors.is_empty() {
            return Some(sectors);
        }
        match naming.entry.kind {
            Kind::Country | Kind::Capital | Kind::Seat => Some(vec!["GOV"]),
            Kind::People if here.words.sentence.tokens[head].xpos == "NNPS" => Some(vec!["CVL"]),
            _ => None,
        }
    }

    /// The body that a spokesman or an official is of: the last one named before the head, else the first after.
    fn body(&self, here: &Line<'_, 'l>, head: usize, phrase: &NounPhrase) -> Option<Vec<&'l str>> {
        let mut near: Vec<usize> = phrase
            .near
            .iter()
            .copied()
            .filter(|&at| at != head)
            .collect();
        near.sort_by_key(|&at| (at > head, at.abs_diff(head)));
        near.iter().find_map(|&at| {
            let own = here.at[at].map(|naming| here.namings[naming]);
            if let Some(naming) = own
                && !matches!(
                    naming.entry.kind,
                    Kind::Country | Kind::People | Kind::Capital | Kind::Person
                )
                && !naming.entry.sectors.is_empty()
            {
                return Some(held(naming.entry, self.day));
            }
            if here.is_of_body(at) {
                None
            } else {
                role(here, at)
            }
        })
    }

    /// A title before a name: the sector of its noun of role.
    fn title(here: &Line<'_, 'l>, head: usize, phrase: &NounPhrase) -> Option<Vec<&'l str>> {
        let tokens = &here.words.sentence.tokens;
        if tokens[head].upos != "PROPN" || here.roles[head].is_some() {
            return None;
        }
        let before = phrase.near.iter().copied().filter(|&at| at < head);
        let mut before: Vec<usize> = before.filter(|&at| here.roles[at].is_some()).collect();
        before.sort_unstable();
        before.last().and_then(|&at| role(here, at))
    }

    /// What an apposition or a relative clause says.
    fn aside(&self, here: &Line<'_, 'l>, phrase: &NounPhrase) -> Option<Vec<&'l str>> {
        let mut aside = phrase.aside.clone();
        aside.sort_unstable();
        let tokens = &here.words.sentence.tokens;
        let apposed = aside
            .iter()
            .copied()
            .filter(|&at| tokens[at].relation == "appos");
        apposed
            .into_iter()
            .find_map(|at| role(here, at).or_else(|| self.named(here, at)))
    }

    /// What was said before of somebody of the same name, or of whom a pronoun stands for.
    fn remembered(
        &self,
        here: &Line<'_, 'l>,
        head: usize,
        phrase: &NounPhrase,
    ) -> Option<Vec<&'l str>> {
        let tokens = &here.words.sentence.tokens;
        let proper = phrase.near.iter().filter(|&&at| tokens[at].upos == "PROPN");
        let mut proper: Vec<usize> = proper.copied().collect();
        proper.sort_by_key(|&at| at.abs_diff(head));
        let known = proper
            .iter()
            .find_map(|&at| self.memory.sectors.get(here.words.text[at]));
        known.cloned()
    }

    /// Learns of which sector each proper noun is, from the phrases that tell.
    pub(super) fn remember_sectors(&mut self) {
        let mut known: HashMap<String, Vec<&'l str>> = HashMap::new();
        for (index, line) in self.lines.iter().enumerate() {
            let tokens = &line.words.sentence.tokens;
            for head in 0..tokens.len() {
                let noun = matches!(tokens[head].upos, "PROPN" | "NOUN");
                if !noun || INNER.contains(&tokens[head].relation) {
                    continue;
                }
                let phrase = NounPhrase::of(tokens, &line.dependents, head);
                let sectors = self.sectors(index, head, &phrase);
                if sectors.is_empty() {
                    continue;
                }
                for &at in phrase.near.iter().chain(&phrase.aside) {
                    if line.is_called(at, head) {
                        let word = line.words.text[at].to_owned();
                        known.entry(word).or_insert_with(|| sectors.clone());
                    }
                }
            }
        }
        self.memory.sectors = known;
    }
}

impl Line<'_, '_> {
    /// Whether a word is a part of the name that a phrase is called by.
    fn is_called(&self, at: usize, head: usize) -> bool {
        let tokens = &self.words.sentence.tokens;
        let token = &tokens[at];
        let person = |naming: usize| self.namings[naming].entry.kind == Kind::Person;
        // `Fiat workers` are not called Fiat.
        let before = token.relation == "compound" && tokens[head].upos == "PROPN";
        let part = at == head || before || matches!(token.relation, "flat" | "appos");
        token.upos == "PROPN"
            && part
            && self.at[at].is_none_or(person)
            && self.roles[at].is_none()
            && self.words.text[at].chars().count() > 2
    }

    /// Whether a noun only says how somebody stands to a body: a spokesman of the army is of the army.
    fn is_of_body(&self, at: usize) -> bool {
        self.role(at).is_some_and(|role| role.of_body)
    }
}

/// The sectors of the noun of role that a word ends.
pub(crate) fn role<'l>(here: &Line<'_, 'l>, at: usize) -> Option<Vec<&'l str>> {
    let sectors = &here.role(at)?.sectors;
    (!sectors.is_empty()).then(|| sectors.iter().map(AsRef::as_ref).collect())
}
