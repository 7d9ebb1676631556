//! Enters names into the tables that are looked up by a name's first word.

use std::collections::HashMap;

use super::lexicon::Phrase;
use crate::language;

/// A name cut into words as a text is.
pub(crate) fn cut(name: &str) -> Vec<Box<str>> {
    let sentences = language::split(name);
    let tokens = sentences.iter().flat_map(|sentence| &sentence.tokens);
    tokens.map(|token| token.span.of(name).into()).collect()
}

/// Enters a name; the phrase that has it already, where one does.
pub(crate) fn add<'t>(
    table: &'t mut HashMap<Box<str>, Vec<Phrase>>,
    name: &str,
    entry: usize,
) -> Option<&'t mut Phrase> {
    let mut words = cut(name);
    if words.is_empty() {
        return None;
    }
    let first = words.remove(0);
    let list = table.entry(first).or_default();
    if let Some(at) = list.iter().position(|phrase| phrase.rest == words) {
        return list.get_mut(at).filter(|phrase| phrase.entry != entry);
    }
    list.push(Phrase {
        rest: words,
        entry,
        others: Vec::new(),
    });
    None
}
