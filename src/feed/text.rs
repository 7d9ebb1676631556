//! Text of feeds: entities, tags and control characters taken out.

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// Names of tags that stand within words are no longer than this (`strong`).
const LONGEST_INLINE: usize = 6;
/// Names of entities are no longer than this.
// The longest of HTML is `&CounterClockwiseContourIntegral;`.
const LONGEST_ENTITY: usize = 33;

/// Decodes entities once: `&amp;lt;` becomes `&lt;`. What is no entity stays as written, and so does one that a
/// document declares itself: nothing is ever expanded.
pub(super) fn decode_entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (length, character) = read_entity(rest);
        match character {
            Some((first, second)) => {
                out.push(first);
                out.extend(second);
            }
            None => out.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// The entity that a text begins with: its length in bytes, and what it stands for.
fn read_entity(text: &str) -> (usize, Option<(char, Option<char>)>) {
    let bound = text.floor_char_boundary(text.len().min(LONGEST_ENTITY));
    let body = &text[1..bound];
    if let Some(number) = body.strip_prefix('#') {
        return read_numeric(number);
    }
    let name_length = body.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let closed = body.as_bytes().get(name_length) == Some(&b';');
    // Without its semicolon it is no entity: `?a=1&copy=2` is an address.
    if !closed || name_length == 0 {
        return (1, None);
    }
    let usual = match &body[..name_length] {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        _ => None,
    };
    if let Some(usual) = usual {
        return (name_length + 2, Some((usual, None)));
    }
    let found = NAMED_ENTITIES.get(&body[..=name_length]).copied();
    let (first, second) = found.unwrap_or((0, 0));
    let second = char::from_u32(second).filter(|c| *c != '\0');
    let character = char::from_u32(first)
        .filter(|c| *c != '\0')
        .map(|first| (first, second));
    (
        if character.is_some() {
            name_length + 2
        } else {
            1
        },
        character,
    )
}

/// A character by its number; two numbers in a row may be the halves of one (`&#55357;&#56832;`), as programs write that
/// count in UTF-16.
fn read_numeric(number: &str) -> (usize, Option<(char, Option<char>)>) {
    let Some((length, value)) = number_of(number) else {
        return (1, None);
    };
    let second = number[length..].strip_prefix("&#").and_then(number_of);
    if let (0xd800..=0xdbff, Some((more, low @ 0xdc00..=0xdfff))) = (value, second) {
        let both = 0x1_0000 + ((value - 0xd800) << 10) + (low - 0xdc00);
        let whole = char::from_u32(both).unwrap_or(char::REPLACEMENT_CHARACTER);
        return (2 + length + 2 + more, Some((whole, None)));
    }
    // Numbers from 128 to 159 are meant as windows-1252, as every browser reads them.
    let c1 = value
        .checked_sub(0x80)
        .and_then(|at| C1_REPLACEMENTS.get(at as usize).copied().flatten());
    let character = c1
        .or_else(|| char::from_u32(value))
        .unwrap_or(char::REPLACEMENT_CHARACTER);
    (2 + length, Some((character, None)))
}

/// The number that a text begins with, in decimal or as `x` and hexadecimal: its length with a semicolon, its value.
fn number_of(number: &str) -> Option<(usize, u32)> {
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16),
        None => (number, 10),
    };
    let length = digits
        .bytes()
        .take_while(|c| char::from(*c).is_digit(radix))
        .count();
    let value = u32::from_str_radix(&digits[..length], radix).ok()?;
    let closed = usize::from(digits.as_bytes().get(length) == Some(&b';'));
    Some((usize::from(radix == 16) + length + closed, value))
}

/// Text on one line: control characters and repeated white space are taken out.
pub(super) fn join_lines(text: &str) -> String {
    if is_line(text.as_bytes()) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            if !out.ends_with(' ') && !out.is_empty() {
                out.push(' ');
            }
        } else if !c.is_control() && !matches!(c, '\u{200b}' | '\u{feff}') {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Whether a text in ASCII is a line as it is.
fn is_line(text: &[u8]) -> bool {
    let mut last = b' ';
    for byte in text {
        if !(b' '..0x7f).contains(byte) || (*byte == b' ' && last == b' ') {
            return false;
        }
        last = *byte;
    }
    last != b' ' || text.is_empty()
}

/// The text of HTML on one line, without tags, scripts and styles.
pub(super) fn strip_markup(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    let mut missing = Missing::default();
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = tag_length(rest, &mut missing);
        if length == 1 {
            out.push('<');
        } else if is_block(&rest[1..]) {
            out.push(' ');
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    join_lines(&decode_entities(&out))
}

/// Plain text as HTML: what would be read as markup is escaped, and blank lines part paragraphs.
pub(super) fn html_of_plain(text: &str) -> String {
    let parted = text.contains("\n\n");
    if !parted && !is_html(text) {
        return text.to_owned();
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let parts = escaped.split("\n\n").map(str::trim);
    let paragraphs = parts.filter(|part| !part.is_empty());
    paragraphs.map(|part| format!("<p>{part}</p>\n")).collect()
}

/// Tags that part words; others, such as emphasis, stand within them.
pub(super) fn is_block(tag: &str) -> bool {
    let name: String = tag
        .trim_start_matches('/')
        .chars()
        .take(LONGEST_INLINE + 1)
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    !matches!(
        name.to_ascii_lowercase().as_str(),
        "a" | "abbr"
            | "b"
            | "cite"
            | "code"
            | "em"
            | "font"
            | "i"
            | "mark"
            | "q"
            | "s"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "tt"
            | "u"
    )
}

/// Ends of tags, comments, scripts and styles that were looked for to the end of a text in vain: they are not looked for again,
/// which keeps a row of unclosed ones linear.
#[derive(Debug, Default)]
struct Missing {
    tag: bool,
    comment: bool,
    element: [bool; 2],
}

/// Elements whose inside is no text, as they begin and end.
const SILENT: [(&str, &str); 2] = [("<script", "</script"), ("<style", "</style")];

/// The length of the tag, comment, script or style that a text begins with; 1 where `<` begins none.
fn tag_length(text: &str, missing: &mut Missing) -> usize {
    if text.starts_with(COMMENT) {
        return comment_length(text, missing);
    }
    let name = text[1..].strip_prefix('/').unwrap_or(&text[1..]);
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if missing.tag || (!named && !text.starts_with("<!") && !text.starts_with("<?")) {
        return 1;
    }
    for (kind, (open, close)) in SILENT.into_iter().enumerate() {
        let opens = text
            .get(..open.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(open));
        if !opens || missing.element[kind] {
            continue;
        }
        match text.find(close) {
            Some(end) => {
                return text[end..]
                    .find('>')
                    .map_or(text.len(), |last| end + last + 1);
            }
            None => missing.element[kind] = true,
        }
    }
    let end = memchr::memchr(b'>', text.as_bytes());
    missing.tag = end.is_none();
    end.map_or(1, |end| end + 1)
}

/// What a comment begins with.
const COMMENT: &str = "<!--";

/// The length of a comment; of one that is never closed only what opens it.
fn comment_length(text: &str, missing: &mut Missing) -> usize {
    // So that it swallows nothing.
    let end = (!missing.comment).then(|| text.find("-->")).flatten();
    missing.comment |= end.is_none();
    end.map_or(COMMENT.len(), |end| end + 3)
}

/// Whether a text, its entities decoded once, still carries HTML.
pub(super) fn is_html(text: &str) -> bool {
    let mut missing = Missing::default();
    memchr::memchr_iter(b'<', text.as_bytes()).any(|at| tag_length(&text[at..], &mut missing) > 1)
        || memchr::memchr_iter(b'&', text.as_bytes()).any(|at| read_entity(&text[at..]).1.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_decoded_once_and_nothing_else_is() {
        let text = "AT&T &amp;lt; &nbsp;&#8217;&#x2014;&#146; &bogus; &l9; &";
        assert_eq!(
            decode_entities(text),
            "AT&T &lt; \u{a0}\u{2019}\u{2014}\u{2019} &bogus; &l9; &"
        );
    }

    #[test]
    fn a_title_is_plain_text_on_one_line() {
        assert_eq!(
            strip_markup("<b>One</b>&nbsp;two<br>three\n <!-- x --><script>y</script>1 < 2"),
            "One two three 1 < 2"
        );
        assert_eq!(strip_markup("a<em>b</em>c"), "abc");
    }

    #[test]
    fn halves_of_a_character_that_stand_in_two_entities_are_one() {
        assert_eq!(decode_entities("a &#55357;&#56832; b"), "a \u{1f600} b");
        assert_eq!(decode_entities("&#xD83D;&#xDE00;!"), "\u{1f600}!");
        assert_eq!(decode_entities("&#55357; &#56832;"), "\u{fffd} \u{fffd}");
    }

    #[test]
    fn a_comment_that_is_never_closed_swallows_nothing() {
        assert_eq!(strip_markup("One <!-- two <b>three</b>"), "One two three");
    }

    #[test]
    fn control_characters_are_taken_out() {
        assert_eq!(join_lines(" a\u{1}\u{0}b \u{200b} c\r\n"), "ab c");
    }
}
