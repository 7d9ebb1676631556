//! Words that tell when, where and how many, as `details.tsv` has them.

use std::collections::HashMap;

use super::{
    table::{Faults, Line},
    words::Words,
};

/// What a word of detail tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clue {
    Month,
    Weekday,
    Day,
    Unit,
    Turn,
    Part,
    Daypart,
    Night,
    Article,
    Number,
    Vague,
    Scale,
    Bound,
    Dead,
    Injured,
    Arrested,
    Taker,
    Thing,
    Money,
    Ahead,
    Where,
    Onto,
    While,
}

/// The column `kind` and what it stands for.
const KINDS: [(&str, Clue); 23] = [
    ("month", Clue::Month),
    ("weekday", Clue::Weekday),
    ("day", Clue::Day),
    ("unit", Clue::Unit),
    ("turn", Clue::Turn),
    ("part", Clue::Part),
    ("daypart", Clue::Daypart),
    ("night", Clue::Night),
    ("article", Clue::Article),
    ("number", Clue::Number),
    ("vague", Clue::Vague),
    ("scale", Clue::Scale),
    ("bound", Clue::Bound),
    ("dead", Clue::Dead),
    ("injured", Clue::Injured),
    ("arrested", Clue::Arrested),
    ("taker", Clue::Taker),
    ("thing", Clue::Thing),
    ("money", Clue::Money),
    ("ahead", Clue::Ahead),
    ("where", Clue::Where),
    ("onto", Clue::Onto),
    ("while", Clue::While),
];

/// The words by their lower case.
#[derive(Debug, Default)]
pub(crate) struct Details {
    words: HashMap<Box<str>, Vec<(Clue, i32)>>,
}

impl Details {
    pub(crate) fn read(lines: &[Line<'_>], faults: &mut Faults) -> Self {
        let mut details = Self::default();
        for line in lines {
            let kind = KINDS.iter().find(|(name, _)| *name == line.get("kind"));
            match (kind, line.get("value").parse()) {
                (Some(&(_, clue)), Ok(value)) => {
                    let word = line.get("word").into();
                    details.words.entry(word).or_default().push((clue, value));
                }
                (None, _) => faults.add(line.file, line.number, "an unknown kind of detail"),
                (_, Err(_)) => faults.add(line.file, line.number, "value is a whole number"),
            }
        }
        details
    }

    /// What a word in lower case tells of one kind.
    pub(crate) fn value(&self, word: &str, clue: Clue) -> Option<i32> {
        let senses = self.words.get(word)?;
        let found = senses.iter().find(|(kind, _)| *kind == clue)?;
        Some(found.1)
    }

    /// What the word at `at`, if there is one, tells of one kind.
    pub(crate) fn value_at(&self, words: &Words<'_>, at: usize, clue: Clue) -> Option<i32> {
        words.text.get(at)?;
        self.value(words.lower(at), clue)
    }
}
