//! Gathers what a phrase, its sentence and its story say of whom it means.

use super::{
    Cast,
    clue::{Candidate, Clue, Situation},
    line::Line,
    memory::count,
    naming::Naming,
    noun::NounPhrase,
};

/// Codes of a story that are weighed against each other; those named least fall away.
const MOST_CODES: usize = 16;
/// A proper noun as far from the head is of another name.
const NAME_WORDS: usize = 5;

/// What is gathered about one phrase.
pub(crate) struct Gathered<'c, 'w, 'l> {
    pub(crate) cast: &'c Cast<'w, 'l>,
    pub(super) line: usize,
    pub(super) head: usize,
    pub(super) phrase: NounPhrase,
    /// Codes that stood elsewhere with the proper nouns of the phrase.
    pub(super) surname: Vec<(&'l str, usize)>,
    /// Codes that stood with the same noun before.
    pub(super) nouns: Vec<&'l str>,
    /// The code named nearest in the phrase, and where.
    pub(super) nearest: Option<(&'l str, usize)>,
    /// The same of what stands aside.
    pub(super) apart: Option<(&'l str, usize)>,
}

impl<'c, 'w, 'l> Gathered<'c, 'w, 'l> {
    /// Gathers for the phrase that a word heads.
    pub(crate) fn new(cast: &'c Cast<'w, 'l>, line: usize, head: usize) -> Self {
        let here = &cast.lines[line];
        let head = here.antecedent(head);
        let tokens = &here.words.sentence.tokens;
        let phrase = NounPhrase::of(tokens, &here.dependents, head);
        let lemma = tokens[head].lemma.to_lowercase();
        let nouns = cast.memory.nouns.get(&lemma).into_iter().flatten();
        let nouns = nouns
            .take_while(|&&(at, word, _)| (at, word) < (line, head))
            .map(|&(_, _, code)| code)
            .collect();
        Self {
            cast,
            line,
            head,
            surname: surnames(cast, here, &phrase, head),
            nouns,
            nearest: here.nearest_code(&phrase.near, head),
            apart: here.nearest_code(&phrase.aside, head),
            phrase,
        }
    }

    /// The words of the phrase itself.
    pub(crate) fn near(&self) -> &[usize] {
        &self.phrase.near
    }

    pub(super) fn here(&self) -> &'c Line<'w, 'l> {
        &self.cast.lines[self.line]
    }

    /// What the phrase looks like.
    pub(crate) fn situation(&self) -> Situation {
        let here = self.here();
        let own = here.at[self.head].is_some_and(|at| !here.namings[at].code.is_empty());
        let evidence = match self.nearest {
            _ if own => "own",
            Some((_, at)) if at < self.head => "before",
            Some(_) => "after",
            None if self.apart.is_some() => "aside",
            None if !self.surname.is_empty() => "surname",
            None if !self.nouns.is_empty() => "noun",
            None if self.is_owned() => "owned",
            None => "none",
        };
        Situation {
            head: here.head_kind(self.head),
            evidence,
        }
    }

    /// A possessive pronoun stands in the phrase.
    pub(super) fn is_owned(&self) -> bool {
        let tokens = &self.here().words.sentence.tokens;
        let on = self.here().dependents.on(self.head).iter();
        let mut on = on.map(|&at| &tokens[at]);
        on.any(|token| token.relation == "nmod:poss" && token.upos == "PRON")
    }

    /// All who may be meant, nobody last.
    pub(crate) fn candidates(&self) -> Vec<Candidate<'l>> {
        let named = self.cast.memory.codes.iter().map(|&(code, _)| code);
        let mut codes: Vec<&'l str> = named.take(MOST_CODES).collect();
        let here = self.here();
        let inside = self.phrase.near.iter().chain(&self.phrase.aside);
        let inside = inside.filter_map(|&at| here.at[at]);
        let more = inside
            .map(|naming| here.namings[naming].code)
            .chain(self.role_group())
            .chain(self.cast.title.iter().copied())
            .chain(self.surname.iter().map(|&(code, _)| code));
        for code in more {
            if !code.is_empty() && !codes.contains(&code) {
                codes.push(code);
            }
        }
        let others = codes.len();
        let mut out: Vec<Candidate<'l>> = codes
            .iter()
            .map(|code| self.candidate(code, others))
            .collect();
        out.push(self.nobody(others));
        out
    }

    /// PLOVER's group of a noun of role in the phrase: aid agencies are NGOs.
    fn role_group(&self) -> Option<&'l str> {
        let words = self.phrase.near.iter();
        let roles = words.filter_map(|&at| self.here().role(at));
        roles
            .map(|role| &*role.group)
            .find(|group| !group.is_empty())
    }

    fn nobody(&self, others: usize) -> Candidate<'l> {
        let here = self.here();
        let mut codes: Vec<&str> = self.namings(&self.phrase.near).map(|n| n.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let holds = [
            (Clue::Nobody, true),
            (
                Clue::NobodyOwn,
                here.role(self.head).is_some_and(|role| role.own),
            ),
            (Clue::NobodyLoose, here.is_loose(self.head)),
            (Clue::NobodyMany, codes.len() > 1),
            (Clue::NobodyFew, others <= 1),
            (Clue::NobodyAlone, others == 0),
        ];
        let clues = holds.iter().filter(|(_, holds)| *holds);
        Candidate {
            code: "",
            clues: clues.map(|(clue, _)| (clue.number(), 1.0)).collect(),
        }
    }

    fn candidate(&self, code: &'l str, others: usize) -> Candidate<'l> {
        let mut out = Candidate {
            code,
            clues: Vec::new(),
        };
        self.read_phrase(&mut out);
        self.read_memory(&mut out);
        self.read_sentence(&mut out);
        self.read_story(&mut out);
        out.add(Clue::Only, others == 1);
        out.add(Clue::RoleGroup, self.role_group() == Some(code));
        out
    }

    /// The names among some words, each once.
    pub(super) fn namings(
        &self,
        words: &[usize],
    ) -> impl Iterator<Item = Naming<'l>> + use<'c, 'w, 'l> {
        let here = self.here();
        let mut seen: Vec<usize> = words.iter().filter_map(|&at| here.at[at]).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.into_iter().map(|at| here.namings[at])
    }
}

/// Codes that stood elsewhere in the story with the proper nouns of a phrase; the head counts twice.
fn surnames<'l>(
    cast: &Cast<'_, 'l>,
    here: &Line<'_, 'l>,
    phrase: &NounPhrase,
    head: usize,
) -> Vec<(&'l str, usize)> {
    let tokens = &here.words.sentence.tokens;
    let mut out = Vec::new();
    for &at in &phrase.near {
        if tokens[at].upos != "PROPN" || at.abs_diff(head) > NAME_WORDS {
            continue;
        }
        let known = cast.memory.names.get(here.words.text[at]);
        for &(code, times) in known.into_iter().flatten() {
            count(&mut out, code, if at == head { 2 * times } else { times });
        }
    }
    out
}
