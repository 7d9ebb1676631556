//! Values as they are written in a feed's markup: attributes, texts, titles, addresses, ids.

use std::borrow::Cow;

use url::Url;

use super::{
    text::{decoded, is_html, line, plain},
    xml::{self, Reader, Token},
};
use crate::{fetch::MAX_URL_BYTES, id};

/// An attribute's value, its entities decoded.
pub(super) fn attribute(attributes: &str, wanted: &str) -> Option<String> {
    xml::attributes(attributes)
        .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| decoded(value.trim()))
}

/// The inside of an element as text: entities decoded once, CDATA as it is, tags as they are.
pub(super) fn content(inside: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'<', b'&', inside.as_bytes()).is_none() {
        return Cow::Borrowed(inside);
    }
    let mut reader = Reader::new(inside);
    let mut out = String::with_capacity(inside.len());
    let mut from = 0;
    while let Some(token) = reader.next() {
        let to = reader.position();
        match token {
            Token::Text(text) => out.push_str(&decoded(text)),
            Token::Cdata(text) => out.push_str(text),
            Token::Start { .. } | Token::End { .. } => {
                let raw = reader.slice(from, to);
                out.push_str(&raw[raw.find('<').unwrap_or(0)..]);
            }
        }
        from = to;
    }
    Cow::Owned(out)
}

/// Plain text of a title: HTML, escaped or not, is taken out; `type="text"` of Atom is not HTML.
pub(super) fn title(inside: &str, attributes: &str) -> Option<String> {
    let text = content(inside);
    let literal =
        attribute(attributes, "type").is_some_and(|kind| kind == "text" || kind == "text/plain");
    let text = if !literal && is_html(&text) {
        plain(&text)
    } else {
        line(&text)
    };
    Some(text).filter(|text| !text.is_empty())
}

/// An address as it is written in a feed, against its base; one that is too long to be asked is none.
pub(super) fn address(text: &str, base: &Url) -> Option<Url> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_URL_BYTES {
        return None;
    }
    let text = if text
        .bytes()
        .all(|byte| byte > b' ' && byte != 0x7f && byte != 0xc2)
    {
        Cow::Borrowed(text)
    } else {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        Cow::Owned(text.replace(' ', "%20"))
    };
    base.join(&text)
        .ok()
        .filter(|url| ["http", "https"].contains(&url.scheme()))
        .filter(|url| url.as_str().len() <= MAX_URL_BYTES)
}

/// The base of relative addresses that a tag states, against the one before.
pub(super) fn base_of(attributes: &str, base: &Url) -> Option<Url> {
    let own = attribute(attributes, "xml:base").or_else(|| attribute(attributes, "base"))?;
    let own = Some(own).filter(|own| own.len() <= MAX_URL_BYTES)?;
    let joined = base.join(&own).ok()?;
    (joined.as_str().len() <= MAX_URL_BYTES).then_some(joined)
}

/// A name made of words: a hash.
pub(super) fn urn(parts: &[&str]) -> String {
    format!("urn:sha256:{}", id::to_hex(&id::hash(parts)))
}
