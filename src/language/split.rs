//! Sentences from paragraphs: where one ends, and which lines are headings.

use super::token::tokens;
use super::words::{self, WordKind};
use super::{Sentence, Span, Token};

/// A line without a final stop and with at most this many tokens is a heading, if it is a paragraph of its own.
const HEADING_TOKENS: usize = 20;
/// A paragraph of one sentence with more tokens than this is moved, not copied.
// It is no news, but may be megabytes.
const MOVED_TOKENS: usize = 1024;

/// Cuts a text into sentences of tokens. A line break ends a sentence; spans are of `text`.
pub fn split(text: &str) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut buffer = Vec::new();
    for line in text.split('\n') {
        buffer.clear();
        tokens(
            text,
            Span {
                start,
                end: start + line.len(),
            },
            &mut buffer,
        );
        paragraph(text, &mut buffer, &mut sentences);
        start += line.len() + 1;
    }
    sentences
}

fn paragraph(text: &str, tokens: &mut Vec<Token>, sentences: &mut Vec<Sentence>) {
    let first = sentences.len();
    let mut start = 0;
    let mut at = 0;
    while at < tokens.len() {
        let end = end_of(text, tokens, start, at);
        if let Some(end) = end {
            sentences.push(sentence(tokens[start..end].to_vec()));
            start = end;
            at = end;
        } else {
            at += 1;
        }
    }
    if start < tokens.len() {
        let mut last = sentence(if start == 0 && tokens.len() > MOVED_TOKENS {
            std::mem::take(tokens)
        } else {
            tokens[start..].to_vec()
        });
        last.heading = sentences.len() == first && is_heading(text, &last.tokens);
        sentences.push(last);
    }
}

fn sentence(tokens: Vec<Token>) -> Sentence {
    let start = tokens.first().map_or(0, |token| token.span.start);
    let end = tokens.last().map_or(start, |token| token.span.end);
    Sentence {
        span: Span { start, end },
        tokens,
        heading: false,
    }
}

fn is_heading(text: &str, tokens: &[Token]) -> bool {
    let stop = tokens.last().is_some_and(|last| {
        last.span
            .of(text)
            .ends_with(['.', '!', '?', '…', ':', ';', ',', '"', '”', '’', ')'])
    });
    !stop && tokens.len() <= HEADING_TOKENS
}

/// One past the last token of the sentence, if the token at `at` ends it.
fn end_of(text: &str, tokens: &[Token], start: usize, at: usize) -> Option<usize> {
    let stop = tokens[at].span.of(text);
    let face = words::is(stop, WordKind::Face);
    let strong = face || stop.chars().all(|c| matches!(c, '.' | '!' | '?' | '…'));
    let abbreviation = !strong && stop.len() > 1 && stop.ends_with('.');
    if !strong && !abbreviation {
        return None;
    }
    let mut end = at + 1;
    while end < tokens.len() && closes(text, tokens, end) {
        end += 1;
    }
    let next = tokens.get(end)?;
    let gap = next.span.start > tokens[end - 1].span.end;
    let next_text = next.span.of(text);
    if abbreviation {
        let may = !words::is(stop, WordKind::Title) && (stop.len() != 2 || end != at + 1);
        let starts =
            words::is(next_text, WordKind::Starter) && next_text.starts_with(char::is_uppercase);
        return (may && gap && starts).then_some(end);
    }
    let listed = at == start + 1 && is_item(tokens[start].span.of(text));
    if listed || (!gap && !next_text.starts_with(char::is_uppercase)) {
        return None;
    }
    let quoted = end > at + 1 && !stop.starts_with('.');
    if quoted
        && tokens[end..]
            .iter()
            .take(4)
            .any(|t| words::is(t.span.of(text), WordKind::Said))
    {
        return None;
    }
    let plain = end == at + 1 && begins_lower(text, tokens, start, at, next_text);
    (begins(next_text) || plain).then_some(end)
}

/// Whether the token at `at` closes a quote or bracket right after the stop.
fn closes(text: &str, tokens: &[Token], at: usize) -> bool {
    let glued = tokens[at].span.start == tokens[at - 1].span.end;
    let mark = tokens[at].span.of(text);
    glued
        && matches!(
            mark,
            ")" | "]" | "}" | "”" | "’" | "\"" | "'" | "''" | "»" | "*"
        )
}

/// Whether a sentence may begin with this word in lower case, as in careless writing: after one clear stop that neither
/// belongs to a shortened word (`approx.`, `bldg.`) nor to a name (`Yahoo!`).
fn begins_lower(text: &str, tokens: &[Token], start: usize, at: usize, next: &str) -> bool {
    if at == start || !next.starts_with(char::is_alphabetic) || words::is(next, WordKind::Said) {
        return false;
    }
    let before = tokens[at - 1].span.of(text);
    let vowel = before.contains(['a', 'e', 'i', 'o', 'u', 'y', 'A', 'E', 'I', 'O', 'U', 'Y']);
    let word = before.len() > 1 && (vowel || !before.starts_with(char::is_alphabetic));
    match tokens[at].span.of(text) {
        "." => word,
        "!" => word && !before.starts_with(char::is_uppercase),
        stop => word && stop.ends_with('?'),
    }
}

/// Whether a sentence may begin with this token.
fn begins(token: &str) -> bool {
    let Some(first) = token.chars().next() else {
        return false;
    };
    first.is_uppercase()
        || token.starts_with("http")
        || first.is_numeric()
        || matches!(
            first,
            '"' | '“'
                | '‘'
                | '\''
                | '`'
                | '('
                | '['
                | '«'
                | '$'
                | '-'
                | '–'
                | '—'
                | '•'
                | '*'
                | '#'
                | '<'
                | '>'
        )
        || (first.is_alphabetic() && !first.is_lowercase())
}

/// The number or letter of an item in a list (`1.`, `b.`).
fn is_item(token: &str) -> bool {
    token.len() <= 3 && token.bytes().all(|b| b.is_ascii_digit())
        || token.len() == 1 && token.bytes().all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        split(text)
            .iter()
            .map(|sentence| sentence.span.of(text))
            .collect()
    }

    #[test]
    fn a_title_does_not_end_a_sentence() {
        assert_eq!(
            cut("Gen. Khan met Mr. Doe. They spoke."),
            ["Gen. Khan met Mr. Doe.", "They spoke."]
        );
    }

    #[test]
    fn a_country_of_initials_ends_a_sentence_before_a_usual_first_word() {
        assert_eq!(
            cut("He left the U.S. The U.S. Navy stayed."),
            ["He left the U.S.", "The U.S. Navy stayed."]
        );
    }

    #[test]
    fn a_state_or_a_month_is_abbreviated_with_a_capital_only() {
        for text in [
            "He fell ill. Doctors came.",
            "They mine iron ore. Exports rose.",
            "He lives in Boston, Mass. Police came.",
            "It was a critical mass. Nobody left.",
        ] {
            assert_eq!(cut(text).len(), 2, "{text}");
        }
        assert_eq!(
            cut("He left Springfield, Ill. on Monday, Nov. Five came.").len(),
            1
        );
    }

    #[test]
    fn closing_quotes_belong_to_the_sentence_they_close() {
        assert_eq!(
            cut("“We won.” He left. “Why?” she asked."),
            ["“We won.”", "He left.", "“Why?” she asked."]
        );
    }

    #[test]
    fn a_short_line_without_a_stop_is_a_heading() {
        let sentences = split("Talks resume in Geneva\nThe talks resumed.");
        assert_eq!(
            sentences.iter().map(|s| s.heading).collect::<Vec<_>>(),
            [true, false]
        );
    }

    #[test]
    fn the_number_of_an_item_stays_with_it() {
        assert_eq!(
            cut("1. Stop the war. 2. Go home."),
            ["1. Stop the war.", "2. Go home."]
        );
    }
}
