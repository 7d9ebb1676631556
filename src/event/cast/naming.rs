//! Where a sentence names somebody whom the lexicon knows.

use jiff::civil::Date;

use crate::event::{
    lexicon::{Entry, Lexicon},
    words::Words,
};

/// One name in one sentence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Naming<'l> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) entry: &'l Entry,
}

impl<'l> Naming<'l> {
    /// Country, else group; empty where the lexicon gives neither.
    pub(crate) fn code(&self) -> &'l str {
        if self.entry.country.is_empty() {
            &self.entry.group
        } else {
            &self.entry.country
        }
    }
}

/// The names of a sentence, the longest at each word.
pub(crate) fn find<'l>(
    words: &Words<'_>,
    lexicon: &'l Lexicon,
    day: Option<Date>,
) -> Vec<Naming<'l>> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match lexicon.name_on(&words.text[at..], day) {
            Some((entry, length)) => {
                out.push(Naming {
                    start: at,
                    end: at + length,
                    entry: &lexicon.entries[entry],
                });
                at += length;
            }
            None => at += 1,
        }
    }
    out
}
