//! Who stands at a word, as far as it tells two tellings apart: the last name, the body, the noun of role.

use crate::event::{
    actor::{Party, Sort},
    lexicon::Kind,
    words::Words,
};

/// Somebody at a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Somebody {
    /// The last word of the name, else the noun, in lower case.
    key: String,
    /// Known by a name of his own rather than by what he is.
    named: bool,
}

impl Somebody {
    /// Whether two are different persons or bodies: two names are; a name may be that of the one with the office.
    pub fn differs(&self, other: &Self) -> bool {
        self.named && other.named && self.key != other.key
    }

    /// Whether nothing says that two are the same.
    pub fn may_differ(&self, other: &Self) -> bool {
        self.key != other.key
    }
}

/// For each sentence and each word of it who is named there; nobody where a pronoun stands or a country alone.
pub(crate) fn find_people(
    words: &[Words<'_>],
    parties: &[&[Party<'_>]],
) -> Vec<Vec<Option<Somebody>>> {
    let pairs = words.iter().zip(parties);
    pairs
        .map(|(words, parties)| find_named(words, parties))
        .collect()
}

fn find_named(words: &Words<'_>, parties: &[Party<'_>]) -> Vec<Option<Somebody>> {
    let mut out = vec![None; words.len()];
    for party in parties {
        let named = matches!(party.sort, Sort::Unknown | Sort::Named(Kind::Person));
        let key = match &party.name {
            _ if party.pronoun() => continue,
            Some(name) if named => name.rsplit(' ').next().unwrap_or(name).to_lowercase(),
            Some(name) => name.to_lowercase(),
            None => words.lower(party.end - 1).to_owned(),
        };
        out[party.start..party.end].fill(Some(Somebody { key, named }));
    }
    out
}
