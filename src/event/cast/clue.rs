//! Clues to whom a phrase means: what speaks for a code, as numbers that are weighed.

use super::{Cast, Line, memory::count, noun::NounPhrase};
use crate::event::lexicon::Kind;

/// All clues, in the order of their numbers.
pub(crate) const CLUES: [&str; 49] = [
    "own_state",
    "own_people",
    "own_place",
    "own_body",
    "own_person",
    "before_state",
    "before_people",
    "before_place",
    "before_body",
    "before_person",
    "before_other",
    "after_of",
    "after_from",
    "after_in",
    "after_to",
    "after_other",
    "nearest",
    "aside",
    "aside_first",
    "surname",
    "surname_best",
    "noun",
    "noun_last",
    "sentence_before",
    "sentence_after",
    "sentence_place",
    "share",
    "most",
    "second",
    "title",
    "first",
    "last_named",
    "last_subject",
    "last_person",
    "last_body",
    "sentence_subject",
    "recent",
    "group",
    "speaker",
    "owner",
    "dateline",
    "role_group",
    "nobody_own",
    "nobody_loose",
    "nobody_many",
    "nobody",
    "nobody_few",
    "nobody_alone",
    "only",
];

/// What a phrase looks like: which clues count for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Situation {
    /// What its head is.
    pub(crate) head: &'static str,
    /// The strongest kind of evidence there is.
    pub(crate) evidence: &'static str,
}

/// One who may be meant, with the clues to it.
#[derive(Debug)]
pub(crate) struct Candidate<'l> {
    /// Country or group; empty: nobody whose country is known.
    pub(crate) code: &'l str,
    /// Numbers of clues and their strengths.
    pub(crate) clues: Vec<(usize, f32)>,
}

/// The number of a clue.
fn number(name: &str) -> usize {
    CLUES
        .iter()
        .position(|clue| *clue == name)
        .expect("clues are named as in the list")
}

/// What is gathered about one phrase.
pub(crate) struct Gathered<'c, 'w, 'l> {
    pub(crate) cast: &'c Cast<'w, 'l>,
    line: usize,
    head: usize,
    phrase: NounPhrase,
    surname: Vec<(&'l str, usize)>,
    nouns: Vec<&'l str>,
    /// The code named nearest in the phrase.
    nearest: Option<&'l str>,
}

impl<'c, 'w, 'l> Gathered<'c, 'w, 'l> {
    pub(crate) fn new(cast: &'c Cast<'w, 'l>, line: usize, head: usize) -> Self {
        let here = &cast.lines[line];
        let head = here.antecedent(head);
        let tokens = &here.words.sentence.tokens;
        let phrase = NounPhrase::of(tokens, &here.dependents, head);
        let mut surname = Vec::new();
        for &at in &phrase.near {
            if tokens[at].upos != "PROPN" || at.abs_diff(head) > 5 {
                continue;
            }
            let known = cast.memory.names.get(here.words.text[at]);
            for &(code, times) in known.into_iter().flatten() {
                count(
                    &mut surname,
                    code,
                    if at == head { 2 * times } else { times },
                );
            }
        }
        let lemma = tokens[head].lemma.to_lowercase();
        let nouns = cast.memory.nouns.get(&lemma).into_iter().flatten();
        let nouns = nouns
            .take_while(|&&(at, word, _)| (at, word) < (line, head))
            .map(|&(_, _, code)| code)
            .collect();
        let nearest = here.nearest_code(&phrase.near, head).map(|(code, _)| code);
        Self {
            cast,
            line,
            head,
            phrase,
            surname,
            nouns,
            nearest,
        }
    }

    /// The words of the phrase itself.
    pub(crate) fn near(&self) -> &[usize] {
        &self.phrase.near
    }

    fn here(&self) -> &'c Line<'w, 'l> {
        &self.cast.lines[self.line]
    }

    pub(crate) fn situation(&self) -> Situation {
        let here = self.here();
        let evidence = if here.at[self.head].is_some_and(|at| !here.namings[at].code.is_empty()) {
            "own"
        } else if self.nearest.is_some() {
            let (_, at) = here
                .nearest_code(&self.phrase.near, self.head)
                .expect("as above");
            if at < self.head { "before" } else { "after" }
        } else if here.nearest_code(&self.phrase.aside, self.head).is_some() {
            "aside"
        } else if !self.surname.is_empty() {
            "surname"
        } else if !self.nouns.is_empty() {
            "noun"
        } else if self.owned() {
            "owned"
        } else {
            "none"
        };
        Situation {
            head: here.head_kind(self.head),
            evidence,
        }
    }

    /// A possessive pronoun stands in the phrase.
    fn owned(&self) -> bool {
        let tokens = &self.here().words.sentence.tokens;
        self.here()
            .dependents
            .on(self.head)
            .iter()
            .any(|&at| tokens[at].relation == "nmod:poss" && tokens[at].upos == "PRON")
    }

    /// All who may be meant, nobody last.
    pub(crate) fn candidates(&self) -> Vec<Candidate<'l>> {
        let memory = &self.cast.memory;
        let mut codes: Vec<&'l str> = memory
            .codes
            .iter()
            .map(|&(code, _)| code)
            .take(16)
            .collect();
        let here = self.here();
        for &at in self.phrase.near.iter().chain(&self.phrase.aside) {
            if let Some(naming) = here.at[at] {
                let code = here.namings[naming].code;
                if !code.is_empty() && !codes.contains(&code) {
                    codes.push(code);
                }
            }
        }
        if let Some(code) = self.role_group().filter(|code| !codes.contains(code)) {
            codes.push(code);
        }
        for &code in self
            .cast
            .title
            .iter()
            .chain(self.surname.iter().map(|(code, _)| code))
        {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        let mut out: Vec<Candidate<'l>> = codes
            .iter()
            .map(|code| self.candidate(code, codes.len()))
            .collect();
        out.push(self.nobody(codes.len()));
        out
    }

    /// PLOVER's group of a noun of role in the phrase: aid agencies are NGOs.
    fn role_group(&self) -> Option<&'l str> {
        let roles = self
            .phrase
            .near
            .iter()
            .filter_map(|&at| self.here().role(at));
        roles
            .map(|role| &*role.group)
            .find(|group| !group.is_empty())
    }

    fn nobody(&self, others: usize) -> Candidate<'l> {
        let mut clues = vec![(number("nobody"), 1.0)];
        let here = self.here();
        if here.role(self.head).is_some_and(|role| role.own) {
            clues.push((number("nobody_own"), 1.0));
        }
        if here.is_loose(self.head) {
            clues.push((number("nobody_loose"), 1.0));
        }
        let mut codes: Vec<&str> = self
            .namings(&self.phrase.near)
            .iter()
            .map(|n| n.code)
            .collect();
        codes.sort_unstable();
        codes.dedup();
        if codes.len() > 1 {
            clues.push((number("nobody_many"), 1.0));
        }
        if others <= 1 {
            clues.push((number("nobody_few"), 1.0));
        }
        if others == 0 {
            clues.push((number("nobody_alone"), 1.0));
        }
        Candidate { code: "", clues }
    }

    fn candidate(&self, code: &'l str, others: usize) -> Candidate<'l> {
        let mut clues = Vec::new();
        self.read_phrase(code, &mut clues);
        self.read_memory(code, &mut clues);
        self.read_sentence(code, &mut clues);
        self.read_story(code, &mut clues);
        if others == 1 {
            clues.push((number("only"), 1.0));
        }
        if self.role_group() == Some(code) {
            clues.push((number("role_group"), 1.0));
        }
        Candidate { code, clues }
    }

    /// Names in the phrase itself.
    fn read_phrase(&self, code: &str, clues: &mut Vec<(usize, f32)>) {
        let here = self.here();
        let mut before = 0;
        for naming in self
            .namings(&self.phrase.near)
            .into_iter()
            .filter(|n| n.code == code)
        {
            let kind = bucket(naming.entry.kind);
            if naming.start <= self.head && self.head < naming.end {
                clues.push((
                    number(
                        [
                            "own_state",
                            "own_people",
                            "own_place",
                            "own_body",
                            "own_person",
                        ][kind],
                    ),
                    1.0,
                ));
            } else if naming.end <= self.head {
                before += 1;
                if before == 1 {
                    let list = [
                        "before_state",
                        "before_people",
                        "before_place",
                        "before_body",
                        "before_person",
                    ];
                    clues.push((number(list[kind]), 1.0));
                } else if before == 2 {
                    clues.push((number("before_other"), 1.0));
                }
            } else {
                let name = match here.preposition(naming.start, naming.end) {
                    Some("of") => "after_of",
                    Some("from" | "by") => "after_from",
                    Some("in" | "at" | "near" | "across" | "inside") => "after_in",
                    Some("to" | "for" | "with" | "against" | "on" | "over" | "about") => "after_to",
                    _ => "after_other",
                };
                clues.push((number(name), 1.0));
            }
        }
        if self.nearest == Some(code) {
            clues.push((number("nearest"), 1.0));
        }
        if self
            .namings(&self.phrase.aside)
            .iter()
            .any(|n| n.code == code)
        {
            clues.push((number("aside"), 1.0));
        }
        if here
            .nearest_code(&self.phrase.aside, self.head)
            .is_some_and(|(near, _)| near == code)
        {
            clues.push((number("aside_first"), 1.0));
        }
    }

    fn namings(&self, words: &[usize]) -> Vec<super::naming::Naming<'l>> {
        let here = self.here();
        let mut seen: Vec<usize> = words.iter().filter_map(|&at| here.at[at]).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.iter().map(|&at| here.namings[at]).collect()
    }

    /// The same name or noun elsewhere in the story.
    fn read_memory(&self, code: &str, clues: &mut Vec<(usize, f32)>) {
        let total: usize = self.surname.iter().map(|&(_, times)| times).sum();
        if let Some(&(_, times)) = self.surname.iter().find(|(known, _)| *known == code) {
            clues.push((number("surname"), times as f32 / total as f32));
            if self.surname.iter().all(|&(_, other)| other <= times) {
                clues.push((number("surname_best"), 1.0));
            }
        }
        let same = self.nouns.iter().filter(|known| **known == code).count();
        if same > 0 {
            clues.push((number("noun"), same as f32 / self.nouns.len() as f32));
        }
        if self.nouns.last().is_some_and(|known| *known == code) {
            clues.push((number("noun_last"), 1.0));
        }
    }

    /// Names elsewhere in the sentence.
    fn read_sentence(&self, code: &str, clues: &mut Vec<(usize, f32)>) {
        let here = self.here();
        let inside = |n: &super::naming::Naming<'_>| {
            self.phrase.near.contains(&n.start) || self.phrase.aside.contains(&n.start)
        };
        let mut flags = [false; 3];
        for naming in here.namings.iter().filter(|n| n.code == code && !inside(n)) {
            flags[usize::from(naming.start > self.head)] = true;
            flags[2] |= bucket(naming.entry.kind) % 2 == 0
                && matches!(
                    here.preposition(naming.start, naming.end),
                    Some("in" | "at" | "near" | "across")
                );
        }
        for (flag, name) in
            flags
                .iter()
                .zip(["sentence_before", "sentence_after", "sentence_place"])
        {
            if *flag {
                clues.push((number(name), 1.0));
            }
        }
        let subjects = self.cast.memory.subjects.iter();
        let own = subjects
            .filter(|s| s.line == self.line && s.at != self.head)
            .take_while(|s| s.at < self.head)
            .last();
        if own.is_some_and(|s| s.code == code) {
            clues.push((number("sentence_subject"), 1.0));
            if self.owned() {
                clues.push((number("owner"), 1.0));
            }
        }
        if self
            .cast
            .speaker(self.line, self.head)
            .is_some_and(|speaker| speaker == code)
        {
            clues.push((number("speaker"), 1.0));
        }
    }

    /// What the story as a whole is about, and who was spoken of before.
    fn read_story(&self, code: &str, clues: &mut Vec<(usize, f32)>) {
        let memory = &self.cast.memory;
        let total: usize = memory.codes.iter().map(|&(_, times)| times).sum();
        if let Some(rank) = memory.codes.iter().position(|&(known, _)| known == code) {
            clues.push((
                number("share"),
                memory.codes[rank].1 as f32 / total.max(1) as f32,
            ));
            if rank < 2 {
                clues.push((number(["most", "second"][rank]), 1.0));
            }
        }
        let mut flag = |name: &str, holds: bool| {
            if holds {
                clues.push((number(name), 1.0));
            }
        };
        flag("title", self.cast.title.contains(&code));
        flag("first", self.cast.first == code);
        flag("dateline", self.cast.dateline == code);
        flag("group", code.len() == 3 && GROUPS.contains(&code));
        let before = |s: &&super::memory::Subject<'l>| (s.line, s.at) < (self.line, self.head);
        let mut last = memory.subjects.iter().rev().filter(before);
        flag(
            "last_subject",
            last.clone().next().is_some_and(|s| s.code == code),
        );
        flag(
            "last_person",
            last.clone()
                .find(|s| s.person)
                .is_some_and(|s| s.code == code),
        );
        flag(
            "last_body",
            last.find(|s| !s.person).is_some_and(|s| s.code == code),
        );
        let (named, distance) = self.cast.last_named(self.line, self.head, code);
        flag("last_named", named);
        if let Some(distance) = distance {
            clues.push((number("recent"), 1.0 / (1.0 + distance as f32 / 10.0)));
        }
    }
}

/// PLOVER's codes of those who are of no one country.
pub(crate) const GROUPS: [&str; 7] = ["IGO", "UNO", "EUR", "NGO", "ISM", "IMG", "MNC"];

/// States, peoples, places, bodies, persons.
fn bucket(kind: Kind) -> usize {
    match kind {
        Kind::Country => 0,
        Kind::People => 1,
        Kind::Capital | Kind::Area | Kind::City => 2,
        Kind::Seat | Kind::Organisation | Kind::Group | Kind::Role => 3,
        Kind::Person => 4,
    }
}
