//! What of a text from outside must not reach a terminal: characters that move, colour or reorder what a person reads.

use std::{borrow::Cow, fmt::Write as _};

/// Whether a character changes how others are shown, rather than being shown itself: those that control a terminal, those
/// that turn the direction of reading (Unicode UAX 9), and the two that part lines unseen.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control() || is_reordering(c) || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The marks, embeddings, overrides and isolates of right-to-left scripts.
fn is_reordering(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with each such character as its number, `\u202e`, as JSON writes it too: JSON stays what it was. Line ends
/// and tabs stay.
pub(crate) fn escape_unprintable(text: &str) -> Cow<'_, str> {
    escape_where(text, |c| is_unprintable(c) && !matches!(c, '\n' | '\t'))
}

/// The same for text that carries our own colours: the escape character stays.
pub(crate) fn escape_around_colours(text: &str) -> Cow<'_, str> {
    escape_where(text, |c| {
        is_unprintable(c) && !matches!(c, '\n' | '\t' | '\u{1b}')
    })
}

fn escape_where(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_escaped(c) {
            // Writing into a string cannot fail.
            write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default();
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_with_hostile_text_stays_the_same_value_and_shows_no_hidden_character() {
        let hostile = "a\u{202e}b\u{7f}c\u{85}d\u{2028}e\u{1b}[31mf\u{200f}";
        let json = serde_json::to_string(hostile).expect("a text");
        let shown = escape_unprintable(&json);
        assert!(!shown.contains(is_unprintable), "{shown}");
        let read: String = serde_json::from_str(&shown).expect("still JSON");
        assert_eq!(read, hostile);
    }

    #[test]
    fn text_without_such_characters_is_left_alone() {
        for text in ["Zażółć gęślą jaźń\n\t– “так”", "سلام", "日本語"] {
            assert!(
                matches!(escape_unprintable(text), Cow::Borrowed(_)),
                "{text}"
            );
        }
    }
}
