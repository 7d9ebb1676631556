//! Bytes of a feed or a page to text: what the bytes themselves show, then what header and document say of them.
//!
//! Both say what is not so more often than chance makes another encoding look like UTF-8. So valid UTF-8 is UTF-8;
//! of what is claimed else, that counts which the bytes refute least, and a guess stands in where all is refuted.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    Encoding, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED,
};

/// So much of the text that is not ASCII tells its encoding.
const DETECTED_BYTES: usize = 8 * 1024;
/// A declaration stands within the first bytes, also where warnings of a server come before the document.
const DECLARATION_BYTES: usize = 4 * 1024;
/// So much of a document tells whether its characters are two bytes wide.
// That much markup stands in front of any text.
const WIDE_BYTES: usize = 1024;
/// Text that claims no other encoding and has at most one bad byte in so many, and one character of several bytes for
/// two bad ones, is UTF-8 with bad bytes.
// Other encodings hit upon such characters by chance only.
const BAD_BYTES_SHARE: usize = 200;
/// With so many whole characters for each bad byte it is UTF-8 whatever is claimed.
// In a text of another encoding of two bytes a character, about one in ten happens to be a whole character of UTF-8.
const SURELY_UTF8: usize = 10;
/// A claim is refuted where more than one in so many characters beyond ASCII means nothing.
// Stray bytes of another encoding come singly, a wrong encoding spoils a good part of all.
const REFUTED_SHARE: usize = 20;
/// How ISO-2022-JP begins a run of kanji (RFC 1468).
// No other text has these bytes.
const KANJI: [&[u8]; 2] = [b"\x1b$B", b"\x1b$@"];

/// The text of a document; bytes that mean nothing become U+FFFD.
pub(crate) fn decode_text<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    // Before the marks: the little-endian one of UTF-32 begins with that of UTF-16.
    if let Some(text) = read_utf32(bytes) {
        return Cow::Owned(text);
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    // Before UTF-8: markup in UTF-16 is valid UTF-8 full of zeros.
    if let Some(encoding) = find_wide(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    let claims = || {
        let header = content_type.and_then(find_charset);
        [find_declared(bytes), header].into_iter().flatten()
    };
    if let Ok(text) = std::str::from_utf8(bytes) {
        return if is_iso_2022_jp(bytes, claims()) {
            ISO_2022_JP.decode_without_bom_handling(bytes).0
        } else {
            Cow::Borrowed(text)
        };
    }
    weigh(bytes, claims().filter(|encoding| *encoding != UTF_8))
}

/// The text of UTF-8 that a program took for Windows-1252 and encoded again, where all of it is such: no writer means
/// letters that are whole characters of UTF-8 throughout.
pub(crate) fn undo_second_encoding(text: &str) -> Option<String> {
    // The first character beyond ASCII begins such a whole one, which no single letter does.
    let at = text.find(|c: char| !c.is_ascii())?;
    let mut first = text[at..].chars();
    let begins = first
        .next()
        .is_some_and(|c| matches!(c, '\u{c2}'..='\u{f4}'));
    if !begins || first.next().is_none_or(|c| c.is_ascii()) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        bytes.push(as_byte(c)?);
    }
    String::from_utf8(bytes).ok()
}

/// The byte that a program read as this character, by ISO 8859-1 or Windows-1252.
fn as_byte(c: char) -> Option<u8> {
    u8::try_from(u32::from(c)).ok().or_else(|| {
        let mut utf8 = [0; 4];
        let (byte, _, lossy) = WINDOWS_1252.encode(c.encode_utf8(&mut utf8));
        byte.first().copied().filter(|_| !lossy)
    })
}

/// Of the encodings that are claimed for bytes that are no valid UTF-8, the one that they refute least.
fn weigh<'a>(bytes: &'a [u8], claims: impl Iterator<Item = &'static Encoding>) -> Cow<'a, str> {
    let (good, bad) = count_utf8(bytes);
    if good >= SURELY_UTF8 * bad {
        return String::from_utf8_lossy(bytes);
    }
    let mut best: Option<(Cow<'a, str>, usize)> = None;
    for encoding in claims {
        let text = encoding.decode_without_bom_handling(bytes).0;
        let (faults, beyond) = count_faults(&text);
        if best.as_ref().is_none_or(|(_, fewest)| faults < *fewest) {
            best = Some((text, faults));
        }
        if faults * REFUTED_SHARE <= beyond {
            break;
        }
    }
    if best.is_none() && bad * BAD_BYTES_SHARE <= bytes.len() && 2 * good >= bad {
        return String::from_utf8_lossy(bytes);
    }
    match best {
        Some((text, faults)) if faults * REFUTED_SHARE <= count_faults(&text).1 => text,
        best => {
            let guessed = detect(bytes).decode_without_bom_handling(bytes).0;
            let faults = count_faults(&guessed).0;
            best.filter(|(_, fewest)| *fewest <= 4 * faults)
                .map_or(guessed, |(text, _)| text)
        }
    }
}

/// Characters of a text that no writer means, and all of those beyond ASCII.
fn count_faults(text: &str) -> (usize, usize) {
    let (mut faults, mut beyond) = (0, 0);
    for c in text.chars().filter(|c| !c.is_ascii()) {
        beyond += 1;
        faults += usize::from(matches!(
            c,
            '\u{80}'..='\u{9f}' | char::REPLACEMENT_CHARACTER
        ));
    }
    (faults, beyond)
}

/// Whole characters of several bytes, and breaks between them, as UTF-8 has it.
fn count_utf8(bytes: &[u8]) -> (usize, usize) {
    let (mut good, mut bad) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    (good, bad)
}

/// Whether text that is ASCII to the eye is Japanese.
fn is_iso_2022_jp(bytes: &[u8], mut claims: impl Iterator<Item = &'static Encoding>) -> bool {
    memchr::memchr(0x1b, bytes).is_some()
        && (claims.any(|encoding| encoding == ISO_2022_JP)
            || KANJI
                .iter()
                .any(|start| memchr::memmem::find(bytes, start).is_some()))
}

/// The encoding that the words which are not ASCII look most like. Others tell nothing, and the detector is slow.
fn detect(bytes: &[u8]) -> &'static Encoding {
    // ISO-2022-JP is plain ASCII; what comes here is no valid UTF-8, so it cannot be that.
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

/// The encoding that a `charset=` names, in a header or in the content of a `<meta>`.
fn find_charset(text: &str) -> Option<&'static Encoding> {
    let lower = text.to_ascii_lowercase();
    let mut rest = lower.as_str();
    while let Some((_, after)) = rest.split_once("charset") {
        rest = after;
        if let Some(value) = after.trim_start().strip_prefix('=') {
            let value = value.trim_start_matches(|c: char| c.is_whitespace() || "\"'".contains(c));
            let end = value.find(|c: char| c.is_whitespace() || ";\"'/>".contains(c));
            return name_encoding(&value[..end.unwrap_or(value.len())]);
        }
    }
    None
}

/// The encoding that a document declares itself: in its XML declaration, else in a `<meta>`.
fn find_declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(DECLARATION_BYTES)]);
    let head = head.to_ascii_lowercase();
    find_xml_declared(&head).or_else(|| {
        let metas = head.split("<meta").skip(1);
        metas
            .filter_map(|meta| meta.split('>').next())
            .find_map(find_charset)
    })
}

fn find_xml_declared(head: &str) -> Option<&'static Encoding> {
    let (_, rest) = head.split_once("<?xml")?;
    let inside = rest.split_once("?>").map_or(rest, |(inside, _)| inside);
    let (_, rest) = inside.split_once("encoding")?;
    let label = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '=');
    let quote = label.chars().next().filter(|c| ['"', '\''].contains(c))?;
    name_encoding(label[1..].split(quote).next()?.trim())
}

/// An encoding of the WHATWG list by any of its labels. Wide ones show themselves in the bytes and are no claim; a
/// document says of itself that it is private characters only by mistake (HTML, section 13.2.3.2).
fn name_encoding(label: &str) -> Option<&'static Encoding> {
    let named = Encoding::for_label(label.as_bytes())?;
    if named == X_USER_DEFINED {
        return Some(WINDOWS_1252);
    }
    let claimed = ![UTF_16BE, UTF_16LE, REPLACEMENT].contains(&named);
    claimed.then_some(named)
}

/// UTF-16 without a mark: every other byte of its markup is zero.
fn find_wide(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(WIDE_BYTES)];
    let zeros = |first: usize| {
        let every_other = head.iter().skip(first).step_by(2);
        every_other.filter(|byte| **byte == 0).count()
    };
    // Half of one kind and next to none of the other: neither ASCII with stray zeros nor wider characters.
    let half = head.len() / 4;
    let few = head.len() / 40;
    match (zeros(0), zeros(1)) {
        _ if head.len() < 4 => None,
        (big, little) if big >= half.max(1) && little <= few => Some(UTF_16BE),
        (big, little) if little >= half.max(1) && big <= few => Some(UTF_16LE),
        _ => None,
    }
}

/// UTF-32 with or without a mark, which no browser's encoding list has.
fn read_utf32(bytes: &[u8]) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_that_was_encoded_twice_is_read_once_more_and_others_stay() {
        assert_eq!(
            undo_second_encoding("The pilotâ€™s cafÃ© â€” closed").as_deref(),
            Some("The pilot’s café — closed")
        );
        assert_eq!(
            undo_second_encoding("The pilot\u{e2}\u{80}\u{99}s route").as_deref(),
            Some("The pilot’s route")
        );
        for text in [
            "Ça va, dit-il",
            "Ärzte in Zürich",
            "plain",
            "Â£5 and £6",
            "“Ã” is a letter",
        ] {
            assert_eq!(undo_second_encoding(text), None, "{text}");
        }
    }

    /// The list of the WHATWG's standard, but the two of UTF-16, UTF-8 itself and the two that hold no text.
    const LISTED: [&str; 35] = [
        "ibm866",
        "iso-8859-2",
        "iso-8859-3",
        "iso-8859-4",
        "iso-8859-5",
        "iso-8859-6",
        "iso-8859-7",
        "iso-8859-8",
        "iso-8859-8-i",
        "iso-8859-10",
        "iso-8859-13",
        "iso-8859-14",
        "iso-8859-15",
        "iso-8859-16",
        "koi8-r",
        "koi8-u",
        "macintosh",
        "windows-874",
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "windows-1253",
        "windows-1254",
        "windows-1255",
        "windows-1256",
        "windows-1257",
        "windows-1258",
        "x-mac-cyrillic",
        "gbk",
        "gb18030",
        "big5",
        "euc-jp",
        "iso-2022-jp",
        "shift_jis",
        "euc-kr",
    ];

    /// Letters that an encoding has.
    fn letters(encoding: &'static Encoding) -> Vec<char> {
        let all = ('\u{a1}'..='\u{6ff}')
            .chain('\u{e01}'..='\u{e3a}')
            .chain('\u{3041}'..='\u{9fa0}');
        let written = |c: &char| {
            let text = c.to_string();
            let (bytes, _, lost) = encoding.encode(&text);
            c.is_alphabetic() && !lost && encoding.decode_without_bom_handling(&bytes).0 == text
        };
        all.chain('\u{ac00}'..='\u{ac80}').filter(written).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn each_encoding_of_the_list_is_read_however_it_is_declared(
            picks in proptest::collection::vec(any::<prop::sample::Index>(), 6..60),
        ) {
            for label in LISTED {
                let encoding = Encoding::for_label(label.as_bytes()).expect("a label of the list");
                let letters = letters(encoding);
                let text: String = picks.iter().map(|pick| letters[pick.index(letters.len())]).collect();
                let document = |head: &str| format!("{head}<a>{text}</a>");
                for (head, header) in [
                    (format!("<?xml version=\"1.0\" encoding='{label}'?>"), None),
                    (format!("<html><meta charset=\"{label}\">"), None),
                    (String::new(), Some(format!("text/xml; charset={label}"))),
                    (format!("<?xml version=\"1.0\" encoding='{label}'?>"), Some("text/xml; charset=utf-8".to_owned())),
                ] {
                    let document = document(&head);
                    let bytes = encoding.encode(&document).0;
                    if encoding != ISO_2022_JP && std::str::from_utf8(&bytes).is_ok() {
                        continue;
                    }
                    prop_assert_eq!(&*decode_text(&bytes, header.as_deref()), &document, "{}", label);
                }
            }
        }

        #[test]
        fn utf_16_is_read_with_and_without_a_mark_whatever_is_declared(text in "[a-zà-ž一-三]{0,40}", mark: bool) {
            let document = format!("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><feed><title>{text}</title></feed>");
            let written = format!("{}{document}", if mark { "\u{feff}" } else { "" });
            let big: Vec<u8> = written.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let little: Vec<u8> = written.encode_utf16().flat_map(u16::to_le_bytes).collect();
            for bytes in [big, little] {
                for header in [None, Some("text/xml; charset=utf-16"), Some("text/xml; charset=utf-8")] {
                    prop_assert_eq!(&*decode_text(&bytes, header), &document);
                }
            }
        }
    }

    #[test]
    fn valid_utf8_beats_a_declaration_that_lies() {
        let text = "<?xml version='1.0' encoding='iso-8859-1'?><t>caf\u{e9}</t>";
        assert_eq!(
            decode_text(text.as_bytes(), Some("text/xml; charset=windows-1251")),
            text
        );
    }

    #[test]
    fn a_header_that_the_bytes_refute_hides_no_declaration() {
        for (label, bytes, expected) in [
            (
                "ISO-8859-15",
                &b"5 \xa4, une \xbduvre"[..],
                "5 \u{20ac}, une \u{153}uvre",
            ),
            (
                "windows-1257",
                b"\xd0iauliai, \xdbygis",
                "\u{160}iauliai, \u{16a}ygis",
            ),
            (
                "iso-8859-2",
                b"\xa3\xf3d\xbc, \xbfycie",
                "\u{141}\u{f3}d\u{17a}, \u{17c}ycie",
            ),
        ] {
            let declaration = format!("<?xml version=\"1.0\" encoding=\"{label}\"?>");
            let document = [declaration.as_bytes(), bytes].concat();
            for header in ["text/xml; charset=utf-8", "text/xml; charset=iso-8859-1"] {
                let text = decode_text(&document, Some(header));
                assert!(text.ends_with(expected), "{label}, {header}: {text}");
            }
        }
    }

    #[test]
    fn one_bad_byte_in_text_that_is_called_utf_16_costs_itself() {
        let story = "<p>Not one letter of the rest of it says what it is.</p>".repeat(4);
        let head = format!("<?xml version=\"1.0\" encoding=\"utf-16\"?>{story}");
        let document = [head.as_bytes(), b"<t>caf\xc3\xa9 \xc3\xa8 \xff one</t>"].concat();
        let text = decode_text(&document, Some("text/xml; charset=utf-16"));
        assert!(
            text.ends_with("<t>caf\u{e9} \u{e8} \u{fffd} one</t>"),
            "{text}"
        );
    }

    #[test]
    fn one_bad_byte_in_utf8_makes_no_other_encoding_of_it() {
        let text =
            "\u{c9}t\u{e9}, \u{e0} c\u{f4}t\u{e9} de la for\u{ea}t o\u{f9} \u{e7}a bo\u{ee}t "
                .repeat(2);
        let document = [
            b"<?xml version='1.0' encoding='iso-8859-1'?>",
            text.as_bytes(),
            b"\xff",
        ]
        .concat();
        assert!(decode_text(&document, None).contains(&text));
    }

    #[test]
    fn an_encoding_that_is_not_the_one_of_the_bytes_is_not_believed() {
        let text = "\u{421}\u{435}\u{433}\u{43e}\u{434}\u{43d}\u{44f} \u{432} \u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{435} \u{43f}\u{440}\u{43e}\u{448}\u{43b}\u{438} \u{43f}\u{435}\u{440}\u{435}\u{433}\u{43e}\u{432}\u{43e}\u{440}\u{44b}";
        let bytes = encoding_rs::WINDOWS_1251.encode(text).0;
        let read = decode_text(&bytes, Some("text/html; charset=shift_jis"));
        assert_eq!(read, text);
    }

    #[test]
    fn a_page_is_read_by_its_own_word_and_not_by_that_of_a_script() {
        assert_eq!(
            decode_text(b"caf\xe9", Some("text/html; charset=ISO-8859-1")),
            "caf\u{e9}"
        );
        let page = b"<script charset=\"utf-8\" src=x></script><meta http-equiv=content-type content=\"text/html; charset=windows-1250\">\x9a\xedrka";
        assert!(decode_text(page, None).ends_with("\u{161}\u{ed}rka"));
        assert_eq!(decode_text(b"\xff\xfea\0", None), "a");
    }

    #[test]
    fn undeclared_bytes_are_detected_or_kept_as_utf8_with_holes() {
        let latin =
            b"<title>Not\xedcias do Brasil em portugu\xeas, a\xe7\xe3o e emo\xe7\xe3o</title>";
        assert!(decode_text(latin, None).contains("Not\u{ed}cias"));
        let mut holed = "\u{e9}".repeat(300).into_bytes();
        holed.push(0xff);
        assert!(decode_text(&holed, None).ends_with('\u{fffd}'));
        let japanese = ISO_2022_JP_BYTES;
        assert_eq!(decode_text(japanese, None), "<t>\u{65e5}\u{672c}</t>");
    }

    const ISO_2022_JP_BYTES: &[u8] = b"<t>\x1b$BF|K\\\x1b(B</t>";

    #[test]
    fn wide_characters_are_read_with_and_without_a_mark() {
        let text = "<a>\u{e9}</a>";
        let utf32: Vec<u8> = text
            .chars()
            .flat_map(|c| (c as u32).to_le_bytes())
            .collect();
        assert_eq!(decode_text(&utf32, None), text);
    }
}
