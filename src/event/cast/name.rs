//! What somebody is called: the name in the phrase, or the fuller one that the story gave before.

use super::{Cast, Line};
use crate::event::lexicon::{Entry, Kind};
use crate::language::Span;

/// Relations by which the words of one name, and a title before it, hang together.
const OF_A_NAME: [&str; 4] = ["flat", "compound", "appos", "nmod:desc"];

/// A name, and where it was read when that is not the phrase itself.
#[derive(Debug, Clone)]
pub(crate) struct Called<'l> {
    pub(crate) name: String,
    pub(crate) wikidata: &'l str,
    pub(crate) at: Option<Span>,
}

impl<'l> Line<'_, 'l> {
    /// The words that are called by one name with a head: the name itself, titles, what stands in apposition.
    fn core(&self, head: usize) -> Vec<usize> {
        let tokens = &self.words.sentence.tokens;
        let mut out = vec![head];
        let mut next = 0;
        while let Some(&at) = out.get(next) {
            let on = self.dependents.on(at).iter().copied();
            out.extend(on.filter(|&on| OF_A_NAME.contains(&tokens[on].relation)));
            next += 1;
        }
        out.sort_unstable();
        out
    }

    /// The listed somebody that a phrase is called by: a person before a body, a body before a state.
    pub(crate) fn entry(&self, head: usize) -> Option<&'l Entry> {
        let core = self.core(head);
        let named = core.iter().filter_map(|&at| {
            let naming = &self.namings[self.at[at]?];
            let own = naming.start <= head && head < naming.end;
            let person = naming.entry.kind == Kind::Person;
            let apt =
                (own || person) && naming.entry.kind != Kind::People && !naming.code.is_empty();
            apt.then_some((!person, naming.entry))
        });
        named
            .min_by_key(|&(person, _)| person)
            .map(|(_, entry)| entry)
    }

    /// The words of a name nobody listed, in a row.
    pub(crate) fn unlisted(&self, head: usize) -> Option<(usize, usize)> {
        let tokens = &self.words.sentence.tokens;
        let core = self.core(head);
        let fits = |at: usize| {
            tokens[at].upos == "PROPN"
                && self.roles[at].is_none()
                && self.at[at].is_none_or(|naming| self.namings[naming].code.is_empty())
                && !self.is_title(at)
                && core.contains(&at)
        };
        let last = core.iter().rev().copied().find(|&at| fits(at))?;
        let mut first = last;
        while first > 0 && fits(first - 1) {
            first -= 1;
        }
        let letters = self.words.text[first..=last]
            .iter()
            .map(|word| word.chars().count())
            .max();
        (letters.unwrap_or(0) > 2).then_some((first, last + 1))
    }
}

impl<'l> Cast<'_, 'l> {
    /// What the phrase of a head is called.
    pub(crate) fn called(&self, line: usize, head: usize) -> Option<Called<'l>> {
        let here = &self.lines[line];
        if let Some(entry) = here.entry(head) {
            return Some(Called {
                name: entry.name.to_string(),
                wikidata: &entry.wikidata,
                at: None,
            });
        }
        let (start, end) = here.unlisted(head)?;
        let name = here.words.text[start..end].join(" ");
        let last = here.words.text[end - 1];
        match self.memory.full.get(last) {
            Some(full) if end - start == 1 && full.name != name => Some(full.clone()),
            _ => Some(Called {
                name,
                wikidata: "",
                at: None,
            }),
        }
    }

    /// The fullest name of everybody, by the last word of it.
    pub(crate) fn remember_names(&mut self) {
        let mut full: std::collections::HashMap<String, Called<'l>> =
            std::collections::HashMap::new();
        for line in &self.lines {
            let tokens = &line.words.sentence.tokens;
            for (at, token) in tokens.iter().enumerate() {
                if token.upos != "PROPN" || OF_A_NAME.contains(&token.relation) {
                    continue;
                }
                let entry = line.entry(at).filter(|entry| entry.kind == Kind::Person);
                let run = line.unlisted(at).filter(|(start, end)| end - start > 1);
                let (name, wikidata, span) = match (entry, run) {
                    (Some(entry), _) => (entry.name.to_string(), &*entry.wikidata, token.span),
                    (None, Some((start, end))) => {
                        let span = Span {
                            start: tokens[start].span.start,
                            end: tokens[end - 1].span.end,
                        };
                        (line.words.text[start..end].join(" "), "", span)
                    }
                    (None, None) => continue,
                };
                let last = name.rsplit(' ').next().unwrap_or(&name).to_owned();
                full.entry(last).or_insert(Called {
                    name,
                    wikidata,
                    at: Some(span),
                });
            }
        }
        self.memory.full = full;
    }
}
