//! JSON as pages write it: mended where it is none.

use serde_json::Value;

/// Parses a script, mended where it is not JSON: comments and CDATA marks around it, raw line breaks, `undefined`,
/// trailing commas, at last quotation marks inside values.
pub(super) fn parsed(script: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(script) {
        return Some(value);
    }
    let mended = mended(script);
    first_value(&mended).or_else(|| first_value(&quotes_escaped(&mended)))
}

/// The first value of a text; what stands behind it, a bracket too many as a rule, is passed over.
fn first_value(text: &str) -> Option<Value> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    values.next()?.ok()
}

fn mended(script: &str) -> String {
    let mut text = script.replace("undefined", "null");
    for mark in [
        "//<![CDATA[",
        "<![CDATA[",
        "//]]>",
        "]]>",
        "<!--",
        "//-->",
        "-->",
    ] {
        if text.contains(mark) {
            text = text.replace(mark, "");
        }
    }
    let text = text.trim();
    let text = text
        .strip_prefix("/*")
        .and_then(|text| text.strip_suffix("*/"))
        .unwrap_or(text);
    let mut mended = String::with_capacity(text.len());
    for c in text.trim().trim_end_matches(';').chars() {
        if matches!(c, '}' | ']') {
            let kept = mended.trim_end().trim_end_matches(',').len();
            mended.truncate(kept);
        }
        mended.push(if c.is_control() { ' ' } else { c });
    }
    mended
}

/// Inside a value, a quotation mark ends it only before what may follow a value.
fn quotes_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut inside, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        if c == '"' && inside && !escaped {
            let rest = text[at + 1..].trim_start();
            if rest.is_empty() || rest.starts_with([',', ':', '}', ']']) {
                inside = false;
            } else {
                out.push('\\');
            }
        } else if c == '"' && !escaped {
            inside = true;
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

/// Entities by name that values hold although JSON needs none.
const ENTITIES: [(&str, &str); 71] = [
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("lt", "<"),
    ("gt", ">"),
    ("rsquo", "’"),
    ("lsquo", "‘"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("hellip", "…"),
    ("amp", "&"),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("Auml", "Ä"),
    ("Ouml", "Ö"),
    ("Uuml", "Ü"),
    ("szlig", "ß"),
    ("agrave", "à"),
    ("aacute", "á"),
    ("acirc", "â"),
    ("atilde", "ã"),
    ("aring", "å"),
    ("aelig", "æ"),
    ("ccedil", "ç"),
    ("egrave", "è"),
    ("eacute", "é"),
    ("ecirc", "ê"),
    ("euml", "ë"),
    ("igrave", "ì"),
    ("iacute", "í"),
    ("icirc", "î"),
    ("iuml", "ï"),
    ("ntilde", "ñ"),
    ("ograve", "ò"),
    ("oacute", "ó"),
    ("ocirc", "ô"),
    ("otilde", "õ"),
    ("oslash", "ø"),
    ("ugrave", "ù"),
    ("uacute", "ú"),
    ("ucirc", "û"),
    ("yacute", "ý"),
    ("Aring", "Å"),
    ("AElig", "Æ"),
    ("Ccedil", "Ç"),
    ("Egrave", "È"),
    ("Eacute", "É"),
    ("Oslash", "Ø"),
    ("Oacute", "Ó"),
    ("Uacute", "Ú"),
    ("Ntilde", "Ñ"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("bdquo", "„"),
    ("sbquo", "‚"),
    ("euro", "€"),
    ("pound", "£"),
    ("copy", "©"),
    ("reg", "®"),
    ("trade", "™"),
    ("deg", "°"),
    ("middot", "·"),
    ("bull", "•"),
    ("iexcl", "¡"),
    ("iquest", "¿"),
    ("shy", "\u{ad}"),
    ("ordm", "º"),
    ("ordf", "ª"),
];
/// Characters of an entity between its signs.
const MAX_ENTITY: usize = 8;

/// A text with its entities read, by name and by number.
pub(crate) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').filter(|end| *end <= MAX_ENTITY + 1);
        if let Some((sign, end)) = end.and_then(|end| Some((entity(&rest[1..end])?, end))) {
            out.push_str(&sign);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<String> {
    let Some(number) = name.strip_prefix('#') else {
        let known = ENTITIES.iter().find(|(entity, _)| *entity == name)?;
        return Some(known.1.to_owned());
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
        .filter(|c| !c.is_control())
        .map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_read_by_name_and_number() {
        assert_eq!(
            unescaped("A &amp; B&#8230; &#x27;C&#039; &unknown; &"),
            "A & B… 'C' &unknown; &"
        );
    }
}
