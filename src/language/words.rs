//! The words the tokeniser and the splitter are told about, from `config/language/tokens.tsv`.

use std::collections::HashMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../../config/language/tokens.tsv");

/// What the table says about a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum WordKind {
    Title,
    Abbreviation,
    Capital,
    Numbered,
    Unit,
    Prefix,
    Joined,
    Leading,
    Suffix,
    Face,
    Said,
    Starter,
    Closing,
}

impl WordKind {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "title" => Self::Title,
            "abbreviation" => Self::Abbreviation,
            "capital" => Self::Capital,
            "numbered" => Self::Numbered,
            "unit" => Self::Unit,
            "prefix" => Self::Prefix,
            "joined" => Self::Joined,
            "leading" => Self::Leading,
            "suffix" => Self::Suffix,
            "face" => Self::Face,
            "said" => Self::Said,
            "starter" => Self::Starter,
            "closing" => Self::Closing,
            _ => return None,
        })
    }
}

/// The longest word of the table in bytes.
// Longer ones need no look-up.
const LONGEST_BYTES: usize = 16;

/// Each word with its kinds as a bit set, and where a joined one is cut (0: not).
static WORDS: LazyLock<HashMap<Box<str>, (u16, usize)>> = LazyLock::new(|| {
    let mut words: HashMap<Box<str>, (u16, usize)> = HashMap::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let Some((kind, list)) = line.split_once('\t') else {
            continue;
        };
        let Some(kind) = WordKind::named(kind) else {
            continue;
        };
        for word in list.split(' ') {
            let cut = if kind == WordKind::Joined {
                word.find('|').unwrap_or(0)
            } else {
                0
            };
            let key = if cut > 0 {
                word.replace('|', "")
            } else {
                word.to_string()
            };
            let entry = words.entry(key.into()).or_default();
            entry.0 |= 1 << kind as u16;
            entry.1 = entry.1.max(cut);
        }
    }
    words
});

fn find(word: &str) -> (u16, usize) {
    if word.len() > LONGEST_BYTES {
        return (0, 0);
    }
    if let Some(found) = WORDS.get(word) {
        return *found;
    }
    if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return WORDS
            .get(word.to_ascii_lowercase().as_str())
            .copied()
            .unwrap_or_default();
    }
    (0, 0)
}

/// Whether the table lists the word under this kind, in any case but for those that need a capital.
pub(super) fn is(word: &str, kind: WordKind) -> bool {
    let cased = kind != WordKind::Capital || word.starts_with(char::is_uppercase);
    cased && find(word).0 & (1 << kind as u16) != 0
}

/// Where a word that is two to the treebank (`cannot`) is cut.
pub(super) fn cut(word: &str) -> Option<usize> {
    Some(find(word).1).filter(|cut| *cut > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_names_a_known_kind() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (kind, list) = line.split_once('\t').expect("kind, tab, words");
            assert!(WordKind::named(kind).is_some(), "{kind}");
            assert!(
                list.split(' ')
                    .all(|word| !word.is_empty() && word.len() <= LONGEST_BYTES)
            );
        }
    }
}
