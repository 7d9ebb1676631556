//! The name of an author, however a feed writes it.

use crate::feed::{
    tags::split_name,
    text::strip_markup,
    values::read_content,
    xml::{TagReader, XmlToken},
};

/// The name of an author: by its element, else what stands there; of `address (Name)`, the style of RFC 822, the name.
pub(super) fn read_author(inside: &str) -> String {
    let name = read_child_text(inside, "name").or_else(|| read_child_text(inside, "email"));
    let text = name.unwrap_or_else(|| strip_markup(&read_content(inside)));
    match text.split_once('(') {
        Some((before, name)) if before.contains('@') => {
            name.trim_end_matches(')').trim().to_owned()
        }
        _ => text,
    }
}

/// The plain text of a child of an author.
fn read_child_text(inside: &str, wanted: &str) -> Option<String> {
    let mut reader = TagReader::new(inside);
    while let Some(token) = reader.next() {
        let XmlToken::Start {
            name, empty: false, ..
        } = token
        else {
            continue;
        };
        if split_name(name).1.eq_ignore_ascii_case(wanted) {
            let rest = reader.slice(reader.position(), inside.len());
            let end = rest.find("</").unwrap_or(rest.len());
            return Some(strip_markup(&read_content(&rest[..end]))).filter(|text| !text.is_empty());
        }
    }
    None
}
