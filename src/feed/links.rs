//! From what stands where an address should be to the address, or to none.

use std::borrow::Cow;

use url::Url;

use super::values::read_attribute;
use crate::fetch::MAX_URL_BYTES;

/// What stands around an address and is no part of it.
const PADDING: [char; 6] = ['"', '\'', '<', '>', '\u{200b}', '\u{feff}'];
/// How relative references begin that can be nothing else.
const RELATIVE_STARTS: [&str; 4] = ["/", "?", "./", "../"];
/// How names of pages end: `story.html` is a path, `example.org/x` begins with a host.
const PAGE_ENDS: [&str; 14] = [
    "html", "htm", "xhtml", "shtml", "php", "asp", "aspx", "jsp", "cfm", "cgi", "pl", "xml", "pdf",
    "txt",
];

/// The address that a text of a feed is, against its base. A text of no such shape ("tba", "N/A") is none, a host
/// without its scheme is taken for one, and one that is too long to be asked is none.
pub(super) fn read_address(text: &str, base: &Url) -> Option<Url> {
    let text = unwrap(text);
    match shape_of(&text) {
        AddressShape::Reference => join(&text, base),
        AddressShape::Host => join(&format!("{}://{text}", base.scheme()), base),
        AddressShape::Words => None,
    }
}

/// The address of a link in an attribute, where a bare word is a path as any other.
pub(super) fn resolve_href(text: &str, base: &Url) -> Option<Url> {
    join(&unwrap(text), base)
}

/// The base of relative addresses that a tag states, against the one before.
pub(super) fn base_of(attributes: &str, base: &Url) -> Option<Url> {
    let own =
        read_attribute(attributes, "xml:base").or_else(|| read_attribute(attributes, "base"))?;
    let own = Some(own).filter(|own| own.len() <= MAX_URL_BYTES)?;
    let joined = base.join(&own).ok()?;
    (joined.as_str().len() <= MAX_URL_BYTES).then_some(joined)
}

fn join(text: &str, base: &Url) -> Option<Url> {
    if text.is_empty() || text.len() > MAX_URL_BYTES {
        return None;
    }
    base.join(text)
        .ok()
        .filter(|url| ["http", "https"].contains(&url.scheme()))
        .filter(|url| url.as_str().len() <= MAX_URL_BYTES)
}

/// A text without what pads it; one that was wrapped over lines is put together, other blanks in it are escaped.
fn unwrap(text: &str) -> Cow<'_, str> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || PADDING.contains(&c));
    let is_plain = |byte: u8| byte > b' ' && byte != 0x7f && byte != 0xc2;
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let lines = text.split(['\n', '\r']).map(str::trim);
    let text: String = lines.collect();
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    Cow::Owned(text.replace(' ', "%20"))
}

/// What a text looks like.
#[derive(Debug, PartialEq, Eq)]
enum AddressShape {
    /// An address, or a path.
    Reference,
    /// A host, perhaps with a path, whose scheme was left out.
    Host,
    /// Anything else.
    Words,
}

fn shape_of(text: &str) -> AddressShape {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    let has_scheme = scheme.is_some_and(|scheme| {
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    if has_scheme || RELATIVE_STARTS.iter().any(|start| text.starts_with(start)) {
        return AddressShape::Reference;
    }
    let strange = |c: char| c.is_whitespace() || matches!(c, '@' | ',' | '#' | '(' | ')');
    if text.contains("%20") || text.contains(strange) {
        return AddressShape::Words;
    }
    let (first, rest) = text.split_once(['/', '?']).unwrap_or((text, ""));
    let is_whole = first.len() == text.len();
    if is_host(first) && (!is_whole || first.to_ascii_lowercase().starts_with("www.")) {
        return AddressShape::Host;
    }
    let is_page = first
        .rsplit_once('.')
        .is_some_and(|(name, end)| !name.is_empty() && is_page_end(end));
    let is_path = !is_whole && rest.contains(|c: char| c.is_ascii_digit() || "-_.=".contains(c));
    if is_page || is_path || (!is_whole && first.contains(|c: char| c.is_ascii_digit())) {
        AddressShape::Reference
    } else {
        AddressShape::Words
    }
}

fn is_page_end(end: &str) -> bool {
    PAGE_ENDS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(end))
}

/// Whether a text is the name of a host: labels, the last of letters and no name of a kind of pages.
fn is_host(text: &str) -> bool {
    let name = text.split_once(':').map_or(text, |(name, _)| name);
    let label =
        |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    let Some((front, last)) = name.rsplit_once('.') else {
        return false;
    };
    let named = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic);
    front.split('.').all(label) && named && !is_page_end(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("https://news.example.org/feeds/all.xml").expect("a constant address")
    }

    fn read(text: &str) -> Option<String> {
        read_address(text, &base()).map(|url| url.to_string())
    }

    #[test]
    fn a_text_that_is_no_address_gives_none() {
        for text in [
            "N/A",
            "n/a",
            "tba",
            "TBA",
            "none",
            "null",
            "-",
            "",
            "#",
            "#top",
            "n.a.",
            "Read more here",
            "desk@example.org",
            "mailto:desk@example.org",
            "javascript:void(0)",
            "to be announced/soon",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_host_without_its_scheme_is_no_path_on_the_host_of_the_feed() {
        for (text, expected) in [
            ("www.example.com/x", "https://www.example.com/x"),
            ("www.example.com", "https://www.example.com/"),
            ("example.com/2024/story", "https://example.com/2024/story"),
            ("example.com:8080/a", "https://example.com:8080/a"),
            ("//cdn.example.com/a", "https://cdn.example.com/a"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn relative_addresses_are_read_against_their_base() {
        for (text, expected) in [
            ("/story/1", "https://news.example.org/story/1"),
            ("story.html", "https://news.example.org/feeds/story.html"),
            (
                "2024/05/story",
                "https://news.example.org/feeds/2024/05/story",
            ),
            ("../a", "https://news.example.org/a"),
            ("?id=1", "https://news.example.org/feeds/all.xml?id=1"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn an_address_that_is_wrapped_or_padded_is_put_together() {
        for text in [
            "https://example.org/one/\n      two",
            "\u{feff} <https://example.org/one/two> ",
            "\"https://example.org/one/two\"",
            "https://example.org/\r\n\tone/two\n",
        ] {
            assert_eq!(
                read(text).as_deref(),
                Some("https://example.org/one/two"),
                "{text}"
            );
        }
        assert_eq!(
            read("https://example.org/one two").as_deref(),
            Some("https://example.org/one%20two")
        );
    }
}
