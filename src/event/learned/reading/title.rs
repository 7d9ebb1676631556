//! The words of a headline.

use std::collections::HashSet;

/// Words that every title has.
const EMPTY: [&str; 14] = [
    "the", "a", "an", "of", "to", "in", "on", "for", "and", "at", "by", "with", "from", "as",
];

/// The words of a headline as names are written, without what ends them.
pub(super) fn cut_headline(headline: &str) -> Vec<&str> {
    headline
        .split(|c: char| c.is_whitespace() || c == ',' || c == ':')
        .map(|word| word.trim_end_matches(['\'', '’', '?', '!', ';', '"']))
        .map(|word| word.trim_end_matches("'s").trim_end_matches("’s"))
        .filter(|word| !word.is_empty())
        .collect()
}

/// Words of a title in lower case, but those that every title has.
pub(super) fn title_words(title: &str) -> HashSet<String> {
    let words = title.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .filter(|word| !EMPTY.contains(&word.as_str()))
        .collect()
}
