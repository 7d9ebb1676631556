//! Site maps that an index of them lists.

use url::Url;

use super::{
    links::read_address,
    tags::split_name,
    values::read_content,
    xml::{TagReader, XmlToken},
};

/// Sitemaps named to a person who gave their index.
// A person chooses one of them; an index may have thousands.
const MAX_SITEMAPS: usize = 10;

/// The addresses that an index of sitemaps lists, some of them; none where a document is no such index.
pub(super) fn list_sitemaps(text: &str, base: &Url) -> Vec<Url> {
    let mut reader = TagReader::new(text);
    let mut tokens = std::iter::from_fn(|| reader.next());
    let starts = |token: &XmlToken, wanted: &str| matches!(token, XmlToken::Start { name, .. } if split_name(name).1.eq_ignore_ascii_case(wanted));
    let mut found = Vec::new();
    if !tokens.by_ref().any(|token| starts(&token, "sitemapindex")) {
        return found;
    }
    while found.len() < MAX_SITEMAPS && tokens.any(|token| starts(&token, "loc")) {
        if let Some(XmlToken::Text(text) | XmlToken::Cdata(text)) = tokens.next() {
            found.extend(read_address(&read_content(text), base));
        }
    }
    found
}
