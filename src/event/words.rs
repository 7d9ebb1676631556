//! A sentence as the coder reads it: its words as written and in lower case, without an allocation a word.

use crate::language::Sentence;

/// Words that end a clause.
const BREAKS: [&str; 13] = [
    "that", "which", "who", "whom", "where", "when", "while", "because", "after", "before", "but",
    "although", "since",
];
/// Words that put what follows in a relation.
const PREPOSITIONS: [&str; 34] = [
    "in", "on", "at", "of", "from", "to", "with", "for", "against", "by", "near", "over", "after",
    "before", "between", "during", "into", "along", "toward", "towards", "behind", "about",
    "under", "inside", "outside", "within", "through", "across", "around", "via", "among", "upon",
    "off", "without",
];
/// Words that may stand between a preposition and the noun it governs.
const DETERMINERS: [&str; 28] = [
    "the",
    "a",
    "an",
    "its",
    "their",
    "his",
    "her",
    "our",
    "this",
    "that",
    "these",
    "those",
    "some",
    "any",
    "all",
    "both",
    "several",
    "many",
    "at",
    "least",
    "about",
    "more",
    "than",
    "up",
    "to",
    "dozens",
    "hundreds",
    "thousands",
];
/// Forms of `be`.
const BE: [&str; 8] = ["is", "are", "was", "were", "be", "been", "being", "get"];

/// One sentence, cut into words.
#[derive(Debug)]
pub(crate) struct Words<'a> {
    pub(crate) sentence: &'a Sentence,
    pub(crate) text: Vec<&'a str>,
    lower: String,
    ends: Vec<usize>,
    /// Whether each word stands inside quotation marks.
    pub(crate) quoted: Vec<bool>,
}

impl<'a> Words<'a> {
    /// `quoted` is the state left by the sentence before, and is moved on.
    pub(crate) fn new(text: &'a str, sentence: &'a Sentence, quoted: &mut bool) -> Self {
        let count = sentence.tokens.len();
        let mut words = Self {
            sentence,
            text: Vec::with_capacity(count),
            lower: String::with_capacity(text.len().min(512)),
            ends: Vec::with_capacity(count),
            quoted: Vec::with_capacity(count),
        };
        for token in &sentence.tokens {
            let word = token.span.of(text);
            words.text.push(word);
            for letter in word.chars() {
                words.lower.extend(if letter == '’' {
                    '\''.to_lowercase()
                } else {
                    letter.to_lowercase()
                });
            }
            words.ends.push(words.lower.len());
            match word {
                "“" | "``" => *quoted = true,
                "”" | "''" => *quoted = false,
                "\"" => *quoted = !*quoted,
                _ => {}
            }
            words.quoted.push(*quoted);
        }
        words
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn lower(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.lower[start..self.ends[at]]
    }

    /// All words in lower case.
    pub(crate) fn lowers(&self) -> Vec<&str> {
        (0..self.len()).map(|i| self.lower(i)).collect()
    }

    pub(crate) fn is(&self, at: usize, list: &[&str]) -> bool {
        at < self.len() && list.contains(&self.lower(at))
    }

    /// A word that ends a clause, or a mark that does.
    pub(crate) fn is_break(&self, at: usize) -> bool {
        self.is(at, &BREAKS) || self.is_hard(at)
    }

    /// A mark no role reaches across.
    pub(crate) fn is_hard(&self, at: usize) -> bool {
        matches!(
            self.text[at],
            ";" | "“" | "”" | "\"" | "``" | "''" | "?" | "!" | "—" | "–" | "--"
        )
    }

    pub(crate) fn is_quote(&self, at: usize) -> bool {
        matches!(self.text[at], "“" | "”" | "\"" | "``" | "''" | "‘" | "’" | "'")
    }

    pub(crate) fn is_be(&self, at: usize) -> bool {
        self.is(at, &BE)
    }

    pub(crate) fn is_preposition(&self, at: usize) -> bool {
        self.is(at, &PREPOSITIONS)
    }

    pub(crate) fn is_determiner(&self, at: usize) -> bool {
        self.is(at, &DETERMINERS) || self.is_number(at)
    }

    pub(crate) fn is_number(&self, at: usize) -> bool {
        self.text[at].starts_with(|c: char| c.is_ascii_digit())
            || self.is(
                at,
                &[
                    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
                    "dozen",
                ],
            )
    }

    pub(crate) fn is_adverb(&self, at: usize) -> bool {
        let word = self.lower(at);
        (word.len() > 4 && word.ends_with("ly") && !self.is_capital(at))
            || self.is(
                at,
                &[
                    "also",
                    "again",
                    "already",
                    "now",
                    "then",
                    "not",
                    "n't",
                    "never",
                    "today",
                    "yesterday",
                    "still",
                    "just",
                ],
            )
            || self.is(at, &DAYS)
    }

    pub(crate) fn is_capital(&self, at: usize) -> bool {
        self.text[at].chars().next().is_some_and(char::is_uppercase)
    }
}

/// Days and months, which are capitals but no names.
pub(crate) const DAYS: [&str; 19] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
