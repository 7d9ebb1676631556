//! Kickers: the words before a headline that say what it is about, `Unrest: Army takes the bridge`.

use super::title::MIN_WORDS;

/// Signs that part a headline from its kicker.
const KICKER_ENDS: [char; 6] = [':', '-', '–', '—', '|', '•'];

/// A title parted from its kicker: `Unrest: Army takes the bridge`, `Unrest - Army takes the bridge`.
pub(super) fn behind_kicker(title: &str) -> Option<(&str, &str)> {
    [": ", " - ", " – ", " — ", " | "]
        .iter()
        .filter_map(|joint| title.split_once(joint))
        .filter(|(kicker, _)| !is_open_quote(kicker))
        .min_by_key(|(kicker, _)| kicker.len())
}

/// `'I sold it all`: what ends a quotation is still to come.
fn is_open_quote(text: &str) -> bool {
    let quotes = ['\'', '"', '‘', '“', '„', '«', '»'];
    text.starts_with(quotes) && !text.ends_with(['\'', '"', '’', '”', '“', '»', '«'])
}

/// Whether one title is the other behind a kicker: `Unrest in the north: Army takes the bridge`.
pub(super) fn is_with_kicker(longer: &str, title: &str) -> bool {
    longer != title
        && title.split_whitespace().count() >= MIN_WORDS
        && longer
            .strip_suffix(title)
            .is_some_and(|kicker| kicker.trim_end().ends_with(KICKER_ENDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kicker_is_no_part_of_the_headline() {
        assert!(is_with_kicker(
            "Unrest: Army takes the bridge",
            "Army takes the bridge"
        ));
        assert!(!is_with_kicker(
            "The Army takes the bridge",
            "Army takes the bridge"
        ));
    }
}
