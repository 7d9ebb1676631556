//! What may stand inside a token: marks within words and numbers, clitics at the end of a word.

use crate::language::words::{self, WordKind};

pub(super) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric()
        || letter == '_'
        || matches!(letter, '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200d}')
}

/// Bytes of the longest start of `text` whose characters all pass.
pub(super) fn run(text: &str, passes: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !passes(letter)).unwrap_or(text.len())
}

/// A number with what may stand inside it (`1,000.5`, `10:30`, `9/11`, `713-853-3989`), cut before a unit (`5|pm`).
pub(super) fn number(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let digits = |from: usize| {
        bytes[from..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let mut end = digits(0);
    if end == 0 {
        return None;
    }
    let first = end;
    while let Some(mark) = bytes.get(end) {
        let next = digits(end + 1);
        let joins = match mark {
            b'.' | b',' | b':' | b'/' => next > 0,
            b'-' => first == 3 && (next == 3 || next == 4),
            _ => false,
        };
        if !joins {
            break;
        }
        end += 1 + next;
    }
    let letters = run(&rest[end..], is_word);
    let tail = &rest[end..end + letters];
    if letters == 0 || words::is(tail, WordKind::Unit) {
        return Some(end);
    }
    (end > first).then_some(end + letters)
}

/// Whether a hyphen stays inside: after a prefix, never before a number.
pub(super) fn keeps_hyphen(before: &str, after: &str) -> bool {
    let letters = after.starts_with(char::is_alphabetic);
    letters && words::is(before, WordKind::Prefix) && !after.eq_ignore_ascii_case("and")
}

/// Whether a hyphen before white space belongs to a word that was not finished (`th- the`).
pub(super) fn breaks_off(before: &str, after: &str) -> bool {
    let fragment = before.len() <= 3 && before.chars().all(char::is_alphabetic);
    after.is_empty() && fragment && !words::is(before, WordKind::Prefix)
}

/// Whether the dot at `end` is inside a name (`enron.com`), letters (`U.S`) or a listed abbreviation (`Ph.D`).
pub(super) fn dotted(rest: &str, end: usize, next: usize) -> bool {
    if next == 0 {
        return false;
    }
    let after = &rest[end + 1..end + 1 + next];
    let before = &rest[..end];
    let last = before.rsplit('.').next().unwrap_or(before);
    let single = |s: &str| s.len() == 1 && s.as_bytes()[0].is_ascii_alphabetic();
    let lower =
        !after.starts_with(char::is_uppercase) || after.bytes().all(|b| b.is_ascii_uppercase());
    (single(last) && single(after))
        || (lower
            && words::is(after, WordKind::Suffix)
            && !rest[end + 1 + next..].starts_with(is_word))
        || (before.len() < 8
            && after.len() < 8
            && words::is(&[before, ".", after, "."].concat(), WordKind::Abbreviation))
}

pub(super) fn clitic_tail(text: &str) -> bool {
    ["s", "m", "re", "ve", "ll", "d"]
        .iter()
        .any(|tail| text.eq_ignore_ascii_case(tail))
}

/// Where the last clitic of a word begins: `do|n't`, `Iran|'s`; the plural of a number (`80's`) has none.
pub(super) fn clitic(word: &str) -> Option<usize> {
    let at = word.rfind(['\'', '’', '`']).filter(|at| *at > 0)?;
    let mark = word[at..].chars().next()?.len_utf8();
    let tail = &word[at + mark..];
    let before = &word[..at];
    if tail.eq_ignore_ascii_case("t") && before.len() > 1 && before.ends_with(['n', 'N']) {
        return Some(at - 1);
    }
    let number = before.ends_with(|c: char| c.is_ascii_digit());
    (clitic_tail(tail) && !number).then_some(at)
}

pub(super) fn face(rest: &str) -> Option<usize> {
    (2..=3).rev().find(|&length| {
        rest.get(..length)
            .is_some_and(|face| words::is(face, WordKind::Face))
            && !rest[length..].starts_with(is_word)
    })
}
