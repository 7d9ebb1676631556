//! Attributes of a tag that was written by hand or by a careless program: quotes and brackets within values are text.

use std::collections::HashMap;

use crate::feed::text::decode_entities;

/// Names of attributes are no longer than this; so far is looked whether a quote ends a value.
const MAX_NAME: usize = 64;

/// The attributes of a tag by their names in lower case, their entities decoded; of two of a name the first. A value
/// that is cut off by the end of the file is none.
pub(super) fn read_attributes(inside: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut rest = inside;
    while let Some((name, after)) = next_name(rest) {
        let (value, left) = read_value(after);
        rest = left;
        if let Some(value) = value {
            let key = name.to_ascii_lowercase();
            found
                .entry(key)
                .or_insert_with(|| decode_entities(value.trim()));
        }
    }
    found
}

/// The next name with `=` behind it, and what follows.
fn next_name(text: &str) -> Option<(&str, &str)> {
    let mut rest = text;
    loop {
        let start = rest.find(|c: char| c.is_ascii_alphabetic() || c == '_')?;
        rest = &rest[start..];
        let end = name_length(rest);
        let after = rest[end..].trim_start();
        if let Some(value) = after.strip_prefix('=') {
            return Some((&rest[..end], value.trim_start()));
        }
        rest = &rest[end.max(1)..];
    }
}

fn name_length(text: &str) -> usize {
    let inside =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.' | b'-');
    text.bytes().take_while(inside).count()
}

/// A value, unless the file ends within it, and what follows.
fn read_value(text: &str) -> (Option<&str>, &str) {
    let Some(quote) = text.chars().next().filter(|c| ['"', '\''].contains(c)) else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return (Some(text[..end].trim_end_matches('/')), &text[end..]);
    };
    let inside = &text[1..];
    let ends = inside.match_indices(quote).map(|(at, _)| at);
    let end = ends.clone().find(|at| ends_value(&inside[at + 1..]));
    match end {
        Some(end) => (Some(&inside[..end]), &inside[end + 1..]),
        None => (None, ""),
    }
}

/// Whether a value can be over here: at the end of its tag, or where another attribute begins.
fn ends_value(after: &str) -> bool {
    let after = after.trim_start();
    let end = name_length(&after[..after.floor_char_boundary(after.len().min(MAX_NAME))]);
    let is_next = end > 0 && after[end..].trim_start().starts_with('=');
    is_next || after.trim_end_matches('/').trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_in_a_value_are_a_part_of_it() {
        let read = read_attributes(
            r#" text="the "quiet" paper" title='it's' TYPE=rss xmlUrl="https://q.example.org/a?b=1&c=2"/"#,
        );
        assert_eq!(read["text"], "the \"quiet\" paper");
        assert_eq!(read["title"], "it's");
        assert_eq!(read["type"], "rss");
        assert_eq!(read["xmlurl"], "https://q.example.org/a?b=1&c=2");
    }

    #[test]
    fn a_value_that_is_cut_off_is_none() {
        let read = read_attributes(r#" text="A &amp; B" xmlUrl="https://a.exam"#);
        assert_eq!(read["text"], "A & B");
        assert!(!read.contains_key("xmlurl"));
    }
}
