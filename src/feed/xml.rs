//! A forgiving reader of tags: what is no tag is text, nothing recurses, nothing is copied.

/// A piece of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `<name …>`; `empty` for `<name …/>`.
    Start {
        name: &'a str,
        attributes: &'a str,
        empty: bool,
    },
    /// `</name>`.
    End { name: &'a str },
    /// Text as written, entities and all.
    Text(&'a str),
    /// The inside of a CDATA section.
    Cdata(&'a str),
}

/// Reads tokens from a text.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the next token begins.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Goes back to a position it has given.
    pub(super) fn rewind(&mut self, position: usize) {
        self.at = position;
    }

    /// The text between two positions.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// The next token; comments, declarations and instructions are passed over.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
            if let Some(tag) = rest.strip_prefix('<') {
                match self.markup(tag) {
                    Markup::Token(token) => return Some(token),
                    Markup::Skipped => continue,
                    Markup::Text => {}
                }
            }
            let end = find(&rest.as_bytes()[1..], b'<').map_or(rest.len(), |at| at + 1);
            self.at += end;
            return Some(Token::Text(&rest[..end]));
        }
    }

    fn markup(&mut self, tag: &'a str) -> Markup<'a> {
        let start = self.at + 1;
        if let Some(rest) = tag.strip_prefix("!--") {
            self.at = rest
                .find("-->")
                .map_or(self.text.len(), |end| start + 3 + end + 3);
            return Markup::Skipped;
        }
        if let Some(rest) = tag.strip_prefix("![CDATA[") {
            let end = cdata_end(rest);
            self.at = (start + 8 + end + 3).min(self.text.len());
            return Markup::Token(Token::Cdata(&rest[..end]));
        }
        if tag.starts_with(['!', '?']) {
            self.at = start + declaration_end(tag);
            return Markup::Skipped;
        }
        if let Some(rest) = tag.strip_prefix('/') {
            let Some(end) = find(rest.as_bytes(), b'>') else {
                return Markup::Text;
            };
            let name = rest[..end].trim();
            if !is_name(name) {
                return Markup::Text;
            }
            self.at = start + 1 + end + 1;
            return Markup::Token(Token::End { name });
        }
        self.start_tag(tag, start)
    }

    fn start_tag(&mut self, tag: &'a str, start: usize) -> Markup<'a> {
        let name_end = tag.find(|c: char| c.is_whitespace() || ['>', '/', '<'].contains(&c));
        let Some(name_end) = name_end else {
            return Markup::Text;
        };
        let name = &tag[..name_end];
        if !is_name(name) {
            return Markup::Text;
        }
        let Some(end) = tag_end(&tag[name_end..]) else {
            return Markup::Text;
        };
        let inside = &tag[name_end..name_end + end];
        self.at = start + name_end + end + 1;
        let empty = inside.ends_with('/');
        let attributes = inside.strip_suffix('/').unwrap_or(inside);
        Markup::Token(Token::Start {
            name,
            attributes,
            empty,
        })
    }
}

enum Markup<'a> {
    Token(Token<'a>),
    Skipped,
    Text,
}

/// Where a CDATA section ends; one that is never closed ends before the item's own end.
fn cdata_end(rest: &str) -> usize {
    rest.find("]]>")
        .or_else(|| rest.find("</item>"))
        .or_else(|| rest.find("</entry>"))
        .unwrap_or(rest.len())
}

/// The length of a declaration with its `>`; an internal subset in brackets belongs to it.
fn declaration_end(tag: &str) -> usize {
    let mut brackets = 0_usize;
    for (at, byte) in tag.bytes().enumerate() {
        match byte {
            b'[' => brackets += 1,
            b']' => brackets = brackets.saturating_sub(1),
            b'>' if brackets == 0 => return at + 1,
            _ => {}
        }
    }
    tag.find('>').map_or(tag.len(), |at| at + 1)
}

/// The `>` that ends a tag, quotes considered; where a quote is never closed, the first one.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    let mut last = b' ';
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') if last == b'=' => quote = Some(byte),
            (None, b'<') => return None,
            (Some(open), byte) if byte == open => quote = None,
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
    }
    find(rest.as_bytes(), b'>')
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || "_:-.".contains(c))
}

/// Name and value pairs of a tag, values as written.
pub(super) fn attributes(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (name, after) = rest.split_once('=')?;
        let name = name
            .trim()
            .rsplit(char::is_whitespace)
            .next()
            .unwrap_or_default();
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| ['"', '\''].contains(c));
        let (value, left) = match quote {
            Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        rest = left;
        Some((name, value))
    })
}

/// The name without its prefix, and the prefix.
pub(super) fn split_name(name: &str) -> (&str, &str) {
    name.rsplit_once(':').unwrap_or(("", name))
}

/// The first place of a byte.
fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    memchr::memchr(wanted, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut reader = Reader::new(text);
        std::iter::from_fn(|| reader.next()).collect()
    }

    #[test]
    fn what_is_no_tag_is_text() {
        let read = tokens("<t>a < b && c <3</t>");
        let texts: String = read
            .iter()
            .filter_map(|t| {
                if let Token::Text(s) = t {
                    Some(*s)
                } else {
                    None
                }
            })
            .collect();
        assert_eq!(texts, "a < b && c <3");
        assert_eq!(read.last(), Some(&Token::End { name: "t" }));
    }

    #[test]
    fn comments_declarations_and_subsets_are_passed_over() {
        let text = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x \"y>\">]><!-- <b> --><a/>";
        assert_eq!(
            tokens(text),
            [Token::Start {
                name: "a",
                attributes: "",
                empty: true
            }]
        );
    }

    #[test]
    fn an_unclosed_cdata_section_ends_before_the_end_of_its_item() {
        let read = tokens("<item><title><![CDATA[x</item><item>");
        assert_eq!(read[2], Token::Cdata("x"));
        assert!(read.contains(&Token::Start {
            name: "item",
            attributes: "",
            empty: false
        }));
    }

    #[test]
    fn attributes_are_read_with_any_quotes_and_none() {
        let read: Vec<_> = attributes(" a=\"1\" b = '2>' c=3 d").collect();
        assert_eq!(read, [("a", "1"), ("b", "2>"), ("c", "3")]);
    }
}
