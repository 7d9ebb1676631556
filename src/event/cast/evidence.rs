//! What speaks for one code: in the phrase, in its sentence, by the same name before, and in the story.

use super::{
    clue::{Candidate, Clue, GROUPS},
    gather::Gathered,
    memory::Subject,
    naming::Naming,
};
use crate::event::lexicon::Kind;

/// By the kind of a name that covers the head, and of one before it.
const OWN: [Clue; 5] = [
    Clue::OwnState,
    Clue::OwnPeople,
    Clue::OwnPlace,
    Clue::OwnBody,
    Clue::OwnPerson,
];
const BEFORE: [Clue; 5] = [
    Clue::BeforeState,
    Clue::BeforePeople,
    Clue::BeforePlace,
    Clue::BeforeBody,
    Clue::BeforePerson,
];
/// Words after which what was named before counts half.
const HALF_WORDS: f32 = 10.0;

impl<'l> Gathered<'_, '_, 'l> {
    /// Names in the phrase itself.
    pub(super) fn read_phrase(&self, of: &mut Candidate<'l>) {
        let code = of.code;
        let mut before = 0;
        for naming in self.namings(&self.phrase.near).filter(|n| n.code == code) {
            if naming.start <= self.head && self.head < naming.end {
                of.add(OWN[kind(naming.entry.kind)], true);
            } else if naming.end <= self.head {
                before += 1;
                of.add(BEFORE[kind(naming.entry.kind)], before == 1);
                of.add(Clue::BeforeOther, before == 2);
            } else {
                of.add(self.after(&naming), true);
            }
        }
        let nearest = |found: Option<(&str, usize)>| found.is_some_and(|(near, _)| near == code);
        of.add(Clue::Nearest, nearest(self.nearest));
        let aside = self.namings(&self.phrase.aside).any(|n| n.code == code);
        of.add(Clue::Aside, aside);
        of.add(Clue::AsideFirst, nearest(self.apart));
    }

    /// How a name after the head hangs on it.
    fn after(&self, naming: &Naming<'_>) -> Clue {
        match self.here().preposition(naming.start, naming.end) {
            Some("of") => Clue::AfterOf,
            Some("from" | "by") => Clue::AfterFrom,
            Some("in" | "at" | "near" | "across" | "inside") => Clue::AfterIn,
            Some("to" | "for" | "with" | "against" | "on" | "over" | "about") => Clue::AfterTo,
            _ => Clue::AfterOther,
        }
    }

    /// The same name or noun elsewhere in the story.
    pub(super) fn read_memory(&self, of: &mut Candidate<'l>) {
        let code = of.code;
        let total: usize = self.surname.iter().map(|&(_, times)| times).sum();
        if let Some(&(_, times)) = self.surname.iter().find(|(known, _)| *known == code) {
            of.weigh(Clue::Surname, times as f32 / total as f32);
            let best = self.surname.iter().all(|&(_, other)| other <= times);
            of.add(Clue::SurnameBest, best);
        }
        let same = self.nouns.iter().filter(|known| **known == code).count();
        if same > 0 {
            of.weigh(Clue::Noun, same as f32 / self.nouns.len() as f32);
        }
        of.add(Clue::NounLast, self.nouns.last() == Some(&code));
    }

    /// Names elsewhere in the sentence, its subject and who speaks.
    pub(super) fn read_sentence(&self, of: &mut Candidate<'l>) {
        let here = self.here();
        let (mut before, mut after, mut place) = (false, false, false);
        for naming in here.namings.iter().filter(|n| n.code == of.code) {
            let phrase = &self.phrase;
            if phrase.near.contains(&naming.start) || phrase.aside.contains(&naming.start) {
                continue;
            }
            before |= naming.start <= self.head;
            after |= naming.start > self.head;
            let told = || here.preposition(naming.start, naming.end);
            place |= kind(naming.entry.kind).is_multiple_of(2)
                && matches!(told(), Some("in" | "at" | "near" | "across"));
        }
        of.add(Clue::SentenceBefore, before);
        of.add(Clue::SentenceAfter, after);
        of.add(Clue::SentencePlace, place);
        let mut subjects = self.cast.memory.subjects.iter();
        let own = subjects.rfind(|s| s.line == self.line && s.at < self.head);
        let subject = own.is_some_and(|s| s.code == of.code);
        of.add(Clue::SentenceSubject, subject);
        of.add(Clue::Owner, subject && self.is_owned());
        let speaker = self.cast.speaker(self.line, self.head);
        of.add(Clue::Speaker, speaker == Some(of.code));
    }

    /// What the story as a whole is about, and who was spoken of before.
    pub(super) fn read_story(&self, of: &mut Candidate<'l>) {
        let (cast, code) = (self.cast, of.code);
        let codes = &cast.memory.codes;
        let total: usize = codes.iter().map(|&(_, times)| times).sum();
        if let Some(rank) = codes.iter().position(|&(known, _)| known == code) {
            of.weigh(Clue::Share, codes[rank].1 as f32 / total.max(1) as f32);
            of.add(Clue::Most, rank == 0);
            of.add(Clue::Second, rank == 1);
        }
        of.add(Clue::Title, cast.title.contains(&code));
        of.add(Clue::First, cast.first == code);
        of.add(Clue::Dateline, cast.dateline == code);
        of.add(Clue::Group, GROUPS.contains(&code));
        let before = |s: &&Subject<'l>| (s.line, s.at) < (self.line, self.head);
        let mut last = cast.memory.subjects.iter().rev().filter(before);
        let is = |subject: Option<&Subject<'l>>| subject.is_some_and(|s| s.code == code);
        of.add(Clue::LastSubject, is(last.clone().next()));
        of.add(Clue::LastPerson, is(last.clone().find(|s| s.person)));
        of.add(Clue::LastBody, is(last.find(|s| !s.person)));
        let (named, distance) = cast.last_named(self.line, self.head, code);
        of.add(Clue::LastNamed, named);
        if let Some(distance) = distance {
            of.weigh(Clue::Recent, 1.0 / (1.0 + distance as f32 / HALF_WORDS));
        }
    }
}

/// States, peoples, places, bodies, persons.
fn kind(kind: Kind) -> usize {
    match kind {
        Kind::Country => 0,
        Kind::People => 1,
        Kind::Capital | Kind::Area | Kind::City => 2,
        Kind::Seat | Kind::Organisation | Kind::Group | Kind::Role => 3,
        Kind::Person => 4,
    }
}
