//! Values as they are written in a feed's markup: attributes, texts, titles, ids.

use std::borrow::Cow;

use super::{
    tags::split_attributes,
    text::{decode_entities, html_of_plain, is_block, is_html, join_lines, strip_markup},
    xml::{TagReader, XmlToken},
};
use crate::id;

/// An attribute's value, its entities decoded.
pub(super) fn read_attribute(attributes: &str, wanted: &str) -> Option<String> {
    split_attributes(attributes)
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| decode_entities(value.trim()))
}

/// The inside of an element as text: entities decoded once, CDATA as it is, tags as they are.
pub(super) fn read_content(inside: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'<', b'&', inside.as_bytes()).is_none() {
        return Cow::Borrowed(inside);
    }
    let mut reader = TagReader::new(inside);
    let mut out = String::with_capacity(inside.len());
    let mut from = 0;
    while let Some(token) = reader.next() {
        let to = reader.position();
        match token {
            XmlToken::Text(text) => out.push_str(&decode_entities(text)),
            XmlToken::Cdata(text) => out.push_str(text),
            XmlToken::Start { .. } | XmlToken::End { .. } => {
                let raw = reader.slice(from, to);
                out.push_str(&raw[raw.find('<').unwrap_or(0)..]);
            }
        }
        from = to;
    }
    Cow::Owned(out)
}

/// How a text is written: Atom says it by type (RFC 4287, section 3.1), RSS leaves it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// HTML or not: the text itself tells.
    Open,
    /// Plain text.
    Text,
    /// Plain text by default. Entities that were escaped with the rest are decoded all the same: nobody means them.
    Untyped,
    /// HTML, escaped.
    Html,
    /// XHTML: elements of the document itself.
    Markup,
}

impl Written {
    /// How the inside of an element is written, by its attributes and by whether it is one of Atom's.
    pub(super) fn of(attributes: &str, is_atom: bool) -> Self {
        match read_attribute(attributes, "type").as_deref() {
            Some("text" | "text/plain") => Self::Text,
            Some("html" | "text/html") => Self::Html,
            Some("xhtml" | "application/xhtml+xml") => Self::Markup,
            None if is_atom => Self::Untyped,
            _ => Self::Open,
        }
    }
}

/// Plain text of a title.
pub(super) fn read_title(inside: &str, written: Written) -> Option<String> {
    let text = read_content(inside);
    let text = match written {
        Written::Markup => join_lines(&text_of_markup(inside)),
        Written::Untyped if has_elements(inside) => join_lines(&text_of_markup(inside)),
        Written::Untyped => join_lines(&decode_entities(&text)),
        Written::Html => strip_markup(&text),
        Written::Open if is_html(&text) => strip_markup(&text),
        Written::Text | Written::Open => join_lines(&text),
    };
    Some(text).filter(|text| !text.is_empty())
}

/// The inside of an element as HTML.
pub(super) fn read_html(inside: &str, written: Written) -> String {
    let text = read_content(inside);
    match written {
        Written::Markup if !inside.contains("<![CDATA[") => inside.to_owned(),
        Written::Text => html_of_plain(&text),
        Written::Untyped if !is_html(&text) => html_of_plain(&text),
        _ => text.into_owned(),
    }
}

/// Whether elements stand in a text that are not escaped.
fn has_elements(inside: &str) -> bool {
    let mut reader = TagReader::new(inside);
    std::iter::from_fn(|| reader.next()).any(|token| matches!(token, XmlToken::Start { .. }))
}

/// The text of elements, decoded once, tags, scripts and styles left out.
fn text_of_markup(inside: &str) -> String {
    let mut reader = TagReader::new(inside);
    let mut out = String::with_capacity(inside.len());
    let mut is_silent = false;
    while let Some(token) = reader.next() {
        if let XmlToken::Start { name, .. } | XmlToken::End { name } = token
            && ["script", "style"]
                .iter()
                .any(|silent| name.eq_ignore_ascii_case(silent))
        {
            is_silent = matches!(token, XmlToken::Start { empty: false, .. });
        }
        match token {
            _ if is_silent => {}
            XmlToken::Text(text) => out.push_str(&decode_entities(text)),
            XmlToken::Cdata(text) => out.push_str(text),
            XmlToken::Start { name, .. } | XmlToken::End { name } if is_block(name) => {
                out.push(' ')
            }
            XmlToken::Start { .. } | XmlToken::End { .. } => {}
        }
    }
    out
}

/// A name made of words: a hash.
pub(super) fn hash_to_urn(parts: &[&str]) -> String {
    format!("urn:sha256:{}", id::to_hex(&id::hash(parts)))
}
