//! Bytes of a feed to text: byte order mark, valid UTF-8, header, declaration, detection, in this order.
//!
//! Valid UTF-8 with multi-byte characters beats what header and declaration say: both lie more often than chance
//! makes another encoding look like UTF-8.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// So much of the text that is not ASCII tells its encoding.
const DETECTED_BYTES: usize = 8 * 1024;
/// A declaration stands within the first bytes.
const DECLARATION_BYTES: usize = 1_024;
/// Text that claims no other encoding and has at most one bad byte in so many, and one character of several bytes for
/// two bad ones, is UTF-8 with bad bytes: other encodings hit upon such characters by chance only.
const BAD_BYTES_SHARE: usize = 200;

/// The text of a document; bytes that mean nothing become U+FFFD.
pub(super) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some(text) = utf32(bytes) {
        return Cow::Owned(text);
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    if let Some(encoding) = wide(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        // ISO-2022-JP is ASCII to the eye: only its declaration tells.
        let declared = bytes.contains(&0x1b).then(|| declared(bytes)).flatten();
        return declared.map_or(Cow::Borrowed(text), |encoding| encoding.decode(bytes).0);
    }
    let said = content_type.and_then(of_header).or_else(|| declared(bytes));
    if let Some(encoding) = said.filter(|encoding| *encoding != UTF_8) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    if mostly_utf8(bytes) {
        return String::from_utf8_lossy(bytes);
    }
    detected(bytes).decode_without_bom_handling(bytes).0
}

/// The encoding that the words which are not ASCII look most like. Others tell nothing, and the detector is slow.
fn detected(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut fed = 0;
    for word in bytes.split(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b'<' | b'>')) {
        if fed >= DETECTED_BYTES {
            break;
        }
        if !word.is_ascii() {
            let word = &word[..word.len().min(DETECTED_BYTES)];
            detector.feed(word, false);
            detector.feed(b" ", false);
            fed += word.len() + 1;
        }
    }
    detector.feed(b"", true);
    detector.guess(None, Utf8Detection::Allow)
}

/// The `charset` of a content type.
fn of_header(content_type: &str) -> Option<&'static Encoding> {
    let lower = content_type.to_ascii_lowercase();
    let (_, label) = lower.split_once("charset=")?;
    let label = label.trim_matches(['"', '\'', ' ']);
    Encoding::for_label(label.split([';', '"', '\'']).next()?.trim().as_bytes())
}

/// The encoding of an XML declaration.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION_BYTES)]);
    let (_, rest) = head.split_once("<?xml")?;
    let (_, rest) = rest
        .split_once("?>")
        .map_or(("", rest), |(inside, _)| ("", inside))
        .1
        .split_once("encoding")?;
    let label = rest.trim_start_matches([' ', '=', '\t', '\n', '\r']);
    let quote = label.chars().next().filter(|c| ['"', '\''].contains(c))?;
    Encoding::for_label(label[1..].split(quote).next()?.trim().as_bytes())
}

/// UTF-16 without a mark: every other byte of the first characters is zero.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes.get(..4)? {
        [0, b'<', 0, _] => Some(UTF_16BE),
        [b'<', 0, _, 0] => Some(UTF_16LE),
        _ => None,
    }
}

/// UTF-32 with or without a mark, which no browser's encoding list has.
fn utf32(bytes: &[u8]) -> Option<String> {
    let big = match bytes.get(..4)? {
        [0, 0, 0xfe, 0xff] | [0, 0, 0, b'<'] => true,
        [0xff, 0xfe, 0, 0] | [b'<', 0, 0, 0] => false,
        _ => return None,
    };
    let scalar = |four: &[u8]| {
        let four = [four[0], four[1], four[2], four[3]];
        let number = if big {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        };
        char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER)
    };
    Some(
        bytes
            .chunks_exact(4)
            .map(scalar)
            .filter(|c| *c != '\u{feff}')
            .collect(),
    )
}

fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut bad, mut good) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    bad * BAD_BYTES_SHARE <= bytes.len() && 2 * good >= bad
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_utf8_beats_a_declaration_that_lies() {
        let text = "<?xml version='1.0' encoding='iso-8859-1'?><t>caf\u{e9}</t>";
        assert_eq!(
            decode(text.as_bytes(), Some("text/xml; charset=windows-1251")),
            text
        );
    }

    #[test]
    fn header_then_declaration_name_other_encodings() {
        let bytes =
            b"<?xml version=\"1.0\" encoding=\"windows-1251\"?><t>\xcf\xf0\xe8\xe2\xe5\xf2</t>";
        assert!(decode(bytes, None).contains("\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}"));
        let koi8 = b"<t>\xf0\xd2\xc9\xd7\xc5\xd4</t>";
        assert!(decode(koi8, Some("text/xml; charset=koi8-r")).contains("\u{41f}\u{440}"));
    }

    #[test]
    fn wide_encodings_are_read_with_and_without_a_mark() {
        let text = "<a>\u{e9}</a>";
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&utf16, None), text);
        let utf32: Vec<u8> = text
            .chars()
            .flat_map(|c| (c as u32).to_le_bytes())
            .collect();
        assert_eq!(decode(&utf32, None), text);
    }

    #[test]
    fn undeclared_bytes_are_detected_or_kept_as_utf8_with_holes() {
        let latin =
            b"<title>Not\xedcias do Brasil em portugu\xeas, a\xe7\xe3o e emo\xe7\xe3o</title>";
        assert!(decode(latin, None).contains("Not\u{ed}cias"));
        let mut holed = "\u{e9}".repeat(300).into_bytes();
        holed.push(0xff);
        assert!(decode(&holed, None).ends_with('\u{fffd}'));
    }
}
