//! Characters of a text: white space, invisible signs and composed letters.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A line that is being put together from pieces.
#[derive(Debug, Default)]
pub(crate) struct Line {
    text: String,
    space: bool,
}

impl Line {
    /// Adds a piece, white space collapsed; the number of characters that were added.
    pub(crate) fn push(&mut self, piece: &str) -> usize {
        let mut added = 0;
        for c in piece.chars() {
            if is_space(c) {
                self.space = true;
            } else if !is_invisible(c) || is_joiner(c) && self.joins() {
                if self.space && !self.text.is_empty() {
                    self.text.push(' ');
                    added += 1;
                }
                self.space = false;
                self.text.push(c);
                added += 1;
            }
        }
        added
    }

    /// Whether the last sign is one of a script that tells words apart by joiners, as Persian and Hindi do.
    fn joins(&self) -> bool {
        let last = self.text.chars().next_back().filter(|_| !self.space);
        last.is_some_and(|last| matches!(last, '\u{600}'..='\u{dff}'))
    }

    /// What follows is apart by a space.
    pub(crate) fn space(&mut self) {
        self.space = true;
    }

    /// What was written so far.
    pub(crate) fn written(&self) -> &str {
        &self.text
    }

    /// The line in NFC, and an empty one for what comes; none where there are no letters or digits.
    pub(crate) fn take(&mut self) -> Option<String> {
        self.space = false;
        let text = std::mem::take(&mut self.text);
        text.chars()
            .any(char::is_alphanumeric)
            .then(|| composed(text))
    }
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{2800}' | '\u{3164}')
}

/// Keeps letters apart or together inside a word.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// A sign of Chinese or Japanese, which are written without spaces and say more with each.
pub(crate) fn is_dense(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
}

/// Signs that are not seen: soft hyphen, zero width, direction, byte order, control, private.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffc}' | '\u{e000}'..='\u{f8ff}')
}

fn composed(text: String) -> String {
    if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text
    } else {
        text.nfc().collect()
    }
}

/// At most so many bytes of a text, cut between characters.
pub(crate) fn cut(text: &str, most_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(most_bytes)]
}

/// One line of clean text, or none.
pub(crate) fn one_line(text: &str) -> Option<String> {
    let mut line = Line::default();
    line.push(text);
    line.take()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_single_spaces_and_no_invisible_signs() {
        assert_eq!(
            one_line(" a\u{a0}\u{200b} b\t\n c\u{ad}d \u{feff}").as_deref(),
            Some("a b cd")
        );
        assert_eq!(one_line("e\u{301}te\u{301}").as_deref(), Some("été"));
        assert_eq!(one_line(" — … "), None);
    }
}
