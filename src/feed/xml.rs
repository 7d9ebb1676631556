//! A forgiving reader of tags: what is no tag is text, nothing recurses, nothing is copied.

/// What a document type declaration begins with, in any case.
const DOCTYPE: &str = "!doctype";

/// A piece of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum XmlToken<'a> {
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

/// What ends a piece of markup and may be missing.
#[derive(Debug, Clone, Copy)]
enum Ender {
    Comment,
    Cdata,
    Item,
    Entry,
}

impl Ender {
    fn text(self) -> &'static str {
        match self {
            Self::Comment => "-->",
            Self::Cdata => "]]>",
            Self::Item => "</item>",
            Self::Entry => "</entry>",
        }
    }
}

/// Reads tokens from a text, in time that grows with its length whatever stands in it: what has been looked for to
/// the end in vain is not looked for again.
#[derive(Debug)]
pub(super) struct TagReader<'a> {
    text: &'a str,
    at: usize,
    /// By [`Ender`]: from here on there is none.
    absent: [usize; 4],
    /// Where the last comment that was looked at ends, so that many opened before it are not each looked for.
    comment: Option<usize>,
    /// Where the one document type declaration stands that may have a subset in brackets.
    doctype: Option<usize>,
}

impl<'a> TagReader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            absent: [usize::MAX; 4],
            comment: None,
            doctype: None,
        }
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

    /// Where the next such end stands, counted from a position.
    fn end_from(&mut self, from: usize, ender: Ender) -> Option<usize> {
        let absent = &mut self.absent[ender as usize];
        if from >= *absent {
            return None;
        }
        let rest = self.text.as_bytes().get(from..)?;
        let found = memchr::memmem::find(rest, ender.text().as_bytes());
        if found.is_none() {
            *absent = from;
        }
        found
    }

    /// The next token; comments, declarations and instructions are passed over.
    pub(super) fn next(&mut self) -> Option<XmlToken<'a>> {
        loop {
            let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
            if let Some(tag) = rest.strip_prefix('<') {
                match self.read_markup(tag) {
                    Markup::XmlToken(token) => return Some(token),
                    Markup::Skipped => continue,
                    Markup::Text => {}
                }
            }
            let end = find_byte(&rest.as_bytes()[1..], b'<').map_or(rest.len(), |at| at + 1);
            self.at += end;
            return Some(XmlToken::Text(&rest[..end]));
        }
    }

    fn read_markup(&mut self, tag: &'a str) -> Markup<'a> {
        let start = self.at + 1;
        if tag.starts_with("!--") {
            let inside = start + 3;
            self.at = self.comment_end(inside).unwrap_or(inside);
            return Markup::Skipped;
        }
        if let Some(rest) = tag.strip_prefix("![CDATA[") {
            let end = self.cdata_end(start + 8, rest);
            self.at = (start + 8 + end + 3).min(self.text.len());
            return Markup::XmlToken(XmlToken::Cdata(&rest[..end]));
        }
        if tag.starts_with('?') {
            self.at = start + find_instruction_end(tag);
            return Markup::Skipped;
        }
        if tag.starts_with('!') {
            self.at = start + self.declaration_end(start, tag);
            return Markup::Skipped;
        }
        if let Some(rest) = tag.strip_prefix('/') {
            // No end tag holds another tag: looking no further than `<` keeps a row of unclosed ones linear.
            let end = memchr::memchr2(b'>', b'<', rest.as_bytes());
            let name = end.map(|end| rest[..end].trim()).unwrap_or_default();
            let (Some(end), true) = (end, is_name(name)) else {
                return Markup::Text;
            };
            if rest.as_bytes()[end] == b'<' {
                return Markup::Text;
            }
            self.at = start + 1 + end + 1;
            return Markup::XmlToken(XmlToken::End { name });
        }
        self.read_start_tag(tag, start)
    }

    /// Where a comment is over whose inside begins at a position; none where it is never closed. One in which an item
    /// ends before another comment begins was left open: the end that comes is that of the other.
    fn comment_end(&mut self, inside: usize) -> Option<usize> {
        let end = match self.comment {
            Some(end) if end >= inside => end,
            _ => inside + self.end_from(inside, Ender::Comment)?,
        };
        self.comment = Some(end);
        let comment = &self.text.as_bytes()[inside..end];
        let open = memchr::memmem::find(comment, b"<!--").map(|next| &comment[..next]);
        let holds = |before: &[u8], end: Ender| {
            memchr::memmem::find(before, end.text().as_bytes()).is_some()
        };
        let left_open =
            open.is_some_and(|before| holds(before, Ender::Item) || holds(before, Ender::Entry));
        (!left_open).then_some(end + 3)
    }

    /// Where a CDATA section ends; one that is never closed ends before the item's own end.
    fn cdata_end(&mut self, from: usize, rest: &str) -> usize {
        self.end_from(from, Ender::Cdata)
            .or_else(|| self.end_from(from, Ender::Item))
            .or_else(|| self.end_from(from, Ender::Entry))
            .unwrap_or(rest.len())
    }

    /// The length of a declaration with its `>`. To the first document type declaration belongs the subset that it
    /// has in brackets; a document has no second one.
    fn declaration_end(&mut self, start: usize, tag: &str) -> usize {
        let doctype = tag
            .get(..DOCTYPE.len())
            .is_some_and(|name| name.eq_ignore_ascii_case(DOCTYPE));
        let subset = if doctype && *self.doctype.get_or_insert(start) == start {
            find_subset_end(tag)
        } else {
            None
        };
        subset
            .or_else(|| find_byte(tag.as_bytes(), b'>'))
            .map_or(tag.len(), |at| at + 1)
    }

    fn read_start_tag(&mut self, tag: &'a str, start: usize) -> Markup<'a> {
        let name_end = tag.find(|c: char| c.is_whitespace() || ['>', '/', '<'].contains(&c));
        let Some(name_end) = name_end else {
            return Markup::Text;
        };
        let name = &tag[..name_end];
        if !is_name(name) {
            return Markup::Text;
        }
        let Some(end) = find_tag_end(&tag[name_end..]) else {
            return Markup::Text;
        };
        let inside = &tag[name_end..name_end + end];
        self.at = start + name_end + end + 1;
        let empty = inside.ends_with('/');
        let attributes = inside.strip_suffix('/').unwrap_or(inside);
        Markup::XmlToken(XmlToken::Start {
            name,
            attributes,
            empty,
        })
    }
}

enum Markup<'a> {
    XmlToken(XmlToken<'a>),
    Skipped,
    Text,
}

/// The `>` that ends a document type declaration, the subset in brackets passed over.
fn find_subset_end(tag: &str) -> Option<usize> {
    let mut brackets = 0_usize;
    for (at, byte) in tag.bytes().enumerate() {
        match byte {
            b'[' => brackets += 1,
            b']' => brackets = brackets.saturating_sub(1),
            b'>' if brackets == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// The length of a processing instruction with its `?>`; one that lacks it before the next tag ends at `>`.
fn find_instruction_end(tag: &str) -> usize {
    let before = find_byte(tag.as_bytes(), b'<').unwrap_or(tag.len());
    tag[..before]
        .find("?>")
        .map(|at| at + 2)
        .or_else(|| find_byte(tag.as_bytes(), b'>').map(|at| at + 1))
        .unwrap_or(tag.len())
}

/// The `>` that ends a tag, quotes considered; where a quote is never closed, the first one.
fn find_tag_end(rest: &str) -> Option<usize> {
    let mut quote = None;
    let mut last = b' ';
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            // Elsewhere a quote opens no value: it would swallow what follows up to the next one.
            (None, b'"' | b'\'') if last == b'=' => quote = Some(byte),
            (None, b'<') => return None,
            (Some(open), byte) if byte == open => quote = None,
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
    }
    find_byte(rest.as_bytes(), b'>')
}

fn is_name(name: &str) -> bool {
    let inside =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'-' | b'.');
    match name.as_bytes() {
        [b'a'..=b'z' | b'A'..=b'Z' | b'_', rest @ ..] if rest.iter().all(|byte| inside(*byte)) => {
            true
        }
        _ => {
            name.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && name
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.'))
        }
    }
}

/// The first place of a byte.
fn find_byte(bytes: &[u8], wanted: u8) -> Option<usize> {
    memchr::memchr(wanted, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<XmlToken<'_>> {
        let mut reader = TagReader::new(text);
        std::iter::from_fn(|| reader.next()).collect()
    }

    #[test]
    fn what_is_no_tag_is_text() {
        let read = tokens("<t>a < b && c <3</t>");
        let texts: String = read
            .iter()
            .filter_map(|t| {
                if let XmlToken::Text(s) = t {
                    Some(*s)
                } else {
                    None
                }
            })
            .collect();
        assert_eq!(texts, "a < b && c <3");
        assert_eq!(read.last(), Some(&XmlToken::End { name: "t" }));
    }

    #[test]
    fn comments_declarations_and_subsets_are_passed_over() {
        let text = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x \"y>\">]><!-- <b> --><a/>";
        assert_eq!(
            tokens(text),
            [XmlToken::Start {
                name: "a",
                attributes: "",
                empty: true
            }]
        );
    }

    #[test]
    fn a_comment_that_is_left_open_swallows_no_item() {
        let names = |text| -> Vec<String> {
            let starts = tokens(text).into_iter().filter_map(|token| match token {
                XmlToken::Start { name, .. } => Some(name.to_owned()),
                _ => None,
            });
            starts.collect()
        };
        assert_eq!(
            names("<a><!-- x <item></item><item>"),
            ["a", "item", "item"]
        );
        let closed_later = "<item><!-- x </item><item></item><!-- made by us --><end>";
        assert_eq!(names(closed_later), ["item", "item", "end"]);
        assert_eq!(names("<a><!-- <item></item> --><b>"), ["a", "b"]);
    }

    #[test]
    fn an_instruction_ends_at_its_own_mark_and_brackets_in_it_mean_nothing() {
        let read = tokens("<?p [?><a/><!-- ]> <b/> --><?xml version='1.0'><c/><?p <d/><![e]><f/>");
        let names: Vec<_> = read
            .iter()
            .filter_map(|token| match token {
                XmlToken::Start { name, .. } => Some(*name),
                _ => None,
            })
            .collect();
        assert_eq!(names, ["a", "c", "f"]);
    }

    #[test]
    fn only_the_first_document_type_declaration_has_a_subset() {
        let read = tokens("<!DOCTYPE a [<!ENTITY b \"\">]><a/><!DOCTYPE b [><c/>]>");
        assert!(matches!(read[0], XmlToken::Start { name: "a", .. }));
        assert!(matches!(read[1], XmlToken::Start { name: "c", .. }));
    }

    #[test]
    fn an_end_tag_that_is_not_closed_is_text() {
        let read = tokens("<a></a</b></c");
        assert_eq!(read[1], XmlToken::Text("</a"));
        assert_eq!(read[2], XmlToken::End { name: "b" });
        assert_eq!(read[3], XmlToken::Text("</c"));
    }

    #[test]
    fn an_unclosed_cdata_section_ends_before_the_end_of_its_item() {
        let read = tokens("<item><title><![CDATA[x</item><item>");
        assert_eq!(read[2], XmlToken::Cdata("x"));
        assert!(read.contains(&XmlToken::Start {
            name: "item",
            attributes: "",
            empty: false
        }));
    }
}
