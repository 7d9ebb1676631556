//! One spelling for what dates write in many ways: digits of all scripts, spaces, letters with and without marks.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

/// The first digits of scripts that write dates with digits of their own.
const ZEROS: [u32; 12] = [
    0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xbe6, 0xc66, 0xce6, 0xe50, 0x1040, 0xff10,
];

/// The text with ASCII digits, plain spaces, and without what only guides the rendering.
pub(super) fn simplified(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        match c {
            // Marks of direction and joiners.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            // Thai shortens with full stops inside the word.
            '.' if is_thai(before) => {}
            '\u{2010}' | '\u{2011}' | '\u{2212}' => out.push('-'),
            '\u{ff0f}' => out.push('/'),
            '\u{ff1a}' => out.push(':'),
            '\u{ff0e}' => out.push('.'),
            c if c.is_whitespace() => out.push(' '),
            c => out.push(ascii_digit(c)),
        }
        before = c;
    }
    Cow::Owned(out)
}

fn is_thai(c: char) -> bool {
    ('\u{e01}'..='\u{e4f}').contains(&c)
}

fn ascii_digit(c: char) -> char {
    let code = c as u32;
    ZEROS
        .iter()
        .filter_map(|zero| code.checked_sub(*zero))
        .find(|digit| *digit < 10)
        .and_then(|digit| char::from_digit(digit, 10))
        .unwrap_or(c)
}

/// A word in lower case without the marks that publishers drop and add at will.
pub(super) fn bare_word(word: &str) -> String {
    let lower = word.to_lowercase();
    if lower.is_ascii() {
        return lower;
    }
    let kept = lower.nfd().filter(|c| !is_optional_mark(*c));
    kept.map(|c| match c {
        'ی' | 'ى' => 'ي',
        'ک' => 'ك',
        'ہ' | 'ۃ' | 'ة' => 'ه',
        'ı' => 'i',
        'ß' => 's',
        c => c,
    })
    .nfc()
    .collect()
}

/// Accents, vowel signs of Hebrew and Arabic, and the dot that makes new letters in Indian scripts.
pub(super) fn is_optional_mark(c: char) -> bool {
    matches!(c as u32,
        0x300..=0x36f | 0x591..=0x5c7 | 0x640 | 0x64b..=0x65f | 0x670 | 0x93c | 0x9bc)
}

/// Whether a character goes on with a word: letters and the marks that Indian and Thai words are written with.
pub(super) fn is_word_char(c: char) -> bool {
    c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c)
}
