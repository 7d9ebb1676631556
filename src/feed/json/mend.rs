//! JSON that programs without a JSON library wrote: strings mended, objects found past a fault.

/// How far from a key its list may begin.
// Only a colon and white space may stand between them.
const MAX_GAP: usize = 64;

/// A document whose strings are well-formed: escapes that JSON has not (`\'`) stand for their character, halves of a
/// character (`\ud83d` alone) and raw control characters are blanked. Commas before a closing bracket are taken out.
pub(super) fn mend_strings(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut in_string) = (text, false);
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\\' if in_string => mend_escape(rest, &mut out),
            '"' => {
                in_string = !in_string;
                out.push(c);
                1
            }
            ',' if !in_string && closes_next(&rest[1..]) => 1,
            _ => {
                out.push(if c.is_control() { ' ' } else { c });
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    out
}

fn closes_next(rest: &str) -> bool {
    rest.trim_start().starts_with(['}', ']'])
}

/// Writes what an escape stands for; the length of what was read.
fn mend_escape(rest: &str, out: &mut String) -> usize {
    let Some(kind) = rest[1..].chars().next() else {
        return 1;
    };
    match kind {
        '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => {
            out.push_str(&rest[..2]);
            2
        }
        'u' => mend_number(rest, out),
        'x' => match read_hex(rest.get(2..4)) {
            Some(number) => {
                push_escaped(char::from_u32(number), out);
                4
            }
            None => 2,
        },
        other => {
            push_escaped(Some(other), out);
            1 + other.len_utf8()
        }
    }
}

/// Writes what `\uXXXX` stands for, two halves as they are; the length of what was read.
fn mend_number(rest: &str, out: &mut String) -> usize {
    match (read_unit(rest), rest.get(6..).and_then(read_unit)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => {
            out.push_str(&rest[..12]);
            12
        }
        (Some(0xd800..=0xdfff), _) => {
            out.push(char::REPLACEMENT_CHARACTER);
            6
        }
        (Some(_), _) => {
            out.push_str(&rest[..6]);
            6
        }
        (None, _) => {
            out.push('u');
            2
        }
    }
}

/// The number that an escape `\uXXXX` at the start of a text has.
fn read_unit(text: &str) -> Option<u32> {
    text.strip_prefix("\\u")
        .and_then(|digits| read_hex(digits.get(..4)))
}

fn read_hex(digits: Option<&str>) -> Option<u32> {
    let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

fn push_escaped(character: Option<char>, out: &mut String) {
    match character.filter(|c| !c.is_control()) {
        Some(c @ ('"' | '\\')) => out.extend(['\\', c]),
        Some(c) => out.push(c),
        None => out.push(' '),
    }
}

/// Where the inside of the list of a key begins.
pub(super) fn find_list(text: &str, key: &str) -> Option<usize> {
    let key = format!("\"{key}\"");
    let mut from = 0;
    while let Some(at) = text[from..].find(&key) {
        from += at + key.len();
        let after = &text[from..];
        let gap = after.find('[').filter(|gap| *gap < MAX_GAP);
        if let Some(gap) = gap.filter(|gap| {
            after[..*gap]
                .trim()
                .trim_start_matches(':')
                .trim()
                .is_empty()
        }) {
            return Some(from + gap + 1);
        }
    }
    None
}

/// Where the next object of a list begins, looked for from a position on: at a brace that follows the start of the
/// list, a comma, or the end of another object.
pub(super) fn find_object(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'{', bytes.get(from..)?)
        .map(|at| from + at)
        .find(|&at| {
            let before = bytes[..at]
                .iter()
                .rev()
                .find(|byte| !byte.is_ascii_whitespace());
            matches!(before, Some(b'[' | b',' | b'}'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_that_json_has_not_stand_for_their_character() {
        for (written, mended) in [
            (r#"{"a":"It\'s"}"#, r#"{"a":"It's"}"#),
            (r#"{"a":"\x41\q\"\\"}"#, r#"{"a":"Aq\"\\"}"#),
            (
                r#"{"a":"\ud83d\ude00 \ud83d!"}"#,
                "{\"a\":\"\\ud83d\\ude00 \u{fffd}!\"}",
            ),
            ("{\"a\":\"one\ntwo\"}", r#"{"a":"one two"}"#),
            (r#"{"a":[1,2,],}"#, r#"{"a":[1,2]}"#),
            (r#"{"a":"x,]"}"#, r#"{"a":"x,]"}"#),
        ] {
            assert_eq!(mend_strings(written), mended);
        }
    }
}
