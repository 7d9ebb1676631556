//! OPML from anybody: outline by outline, whatever stands between them and whether it is well-formed or not.

use std::collections::HashMap;

use super::{LeftOut, ListedOutline, Said, attributes::read_attributes};

/// Where an outline's tag is over at the latest: at the next of these.
const ENDS: [&str; 5] = ["<outline", "</outline", "</body", "</opml", "<!--"];
/// Names of the attribute that holds the address of a feed.
const ADDRESSES: [&str; 3] = ["xmlurl", "feedurl", "xml_url"];

/// What an outline that is not closed yet is.
#[derive(Debug)]
struct Open {
    /// The name of a folder; none of a feed.
    folder: Option<String>,
    is_comment: bool,
}

/// The outlines of a document that are feeds, or should be.
pub(super) fn read_opml(text: &str) -> Vec<ListedOutline> {
    // Letters of ASCII change their case in place, so positions are the same in both.
    let lower = text.to_ascii_lowercase();
    let (mut found, mut open) = (Vec::new(), Vec::new());
    let (mut at, mut line, mut counted) = (0, 1, 0);
    while let Some(start) = next_markup(&lower, at) {
        let breaks = lower[counted..start].bytes().filter(|byte| *byte == b'\n');
        line += breaks.count();
        counted = start;
        let rest = &lower[start..];
        if rest.starts_with("<!--") {
            at = start + rest.find("-->").map_or(4, |end| end + 3);
        } else if rest.starts_with("</") {
            open.pop();
            at = start + 2;
        } else {
            let end = next_markup(&lower, start + 1).unwrap_or(text.len());
            let tag = OutlineTag::read(&text[start + "<outline".len()..end]);
            found.extend(tag.listed(line, &open));
            open.extend(tag.opened(&open));
            at = end;
        }
    }
    found
}

/// Where the next tag of an outline, or a comment, begins.
fn next_markup(lower: &str, from: usize) -> Option<usize> {
    memchr::memchr_iter(b'<', lower.as_bytes().get(from..)?)
        .map(|at| from + at)
        .find(|&at| ENDS.iter().any(|end| lower[at..].starts_with(end)))
        .filter(|&at| !lower[at..].starts_with("</body") && !lower[at..].starts_with("</opml"))
}

/// The tag of an outline.
struct OutlineTag {
    said: HashMap<String, String>,
    is_empty: bool,
}

impl OutlineTag {
    /// Reads what stands between the name of a tag and the next tag; brackets before its end are a part of a value.
    fn read(inside: &str) -> Self {
        let ends = ["</body", "</BODY", "</opml", "</OPML"];
        let end = ends.iter().filter_map(|end| inside.find(end)).min();
        let inside = &inside[..end.unwrap_or(inside.len())];
        let inside = inside.rfind('>').map_or(inside, |end| &inside[..end]);
        let inside = inside.trim();
        Self {
            said: read_attributes(inside),
            is_empty: inside.ends_with('/'),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let said = self.said.get(name).map(|text| text.trim());
        said.filter(|text| !text.is_empty())
    }

    /// Its name; programs that know none write the address there.
    fn name(&self) -> Option<&str> {
        let name = self.get("title").or_else(|| self.get("text"));
        name.filter(|name| Some(*name) != self.address())
    }

    fn is_feed(&self) -> bool {
        let kind = self.get("type").unwrap_or_default().to_ascii_lowercase();
        ["rss", "atom", "feed", "rdf"].contains(&kind.as_str())
    }

    fn address(&self) -> Option<&str> {
        let named = ADDRESSES.iter().find_map(|name| self.get(name));
        named.or_else(|| self.get("url").filter(|_| self.is_feed()))
    }

    fn is_comment(&self) -> bool {
        self.get("iscomment")
            .is_some_and(|said| said.eq_ignore_ascii_case("true"))
    }

    /// What is to be remembered of an outline that holds others.
    fn opened(&self, open: &[Open]) -> Option<Open> {
        let folder = self.name().filter(|_| self.address().is_none());
        (!self.is_empty).then(|| Open {
            folder: folder.map(str::to_owned),
            is_comment: self.is_comment() || open.last().is_some_and(|parent| parent.is_comment),
        })
    }

    /// The feed that an outline is, or why it is none; nothing where it is a folder.
    fn listed(&self, line: usize, open: &[Open]) -> Option<ListedOutline> {
        let is_comment = self.is_comment() || open.last().is_some_and(|parent| parent.is_comment);
        if let Some(reason) = self.reason_against(is_comment) {
            return Some(Err(LeftOut {
                line,
                name: self.name().map(str::to_owned),
                reason: reason.to_owned(),
            }));
        }
        let folders = open.iter().filter_map(|open| open.folder.clone());
        let owned = |name: &str| self.get(name).map(str::to_owned);
        self.address().map(|address| {
            Said {
                line,
                address: Some(address.to_owned()),
                name: self.name().map(str::to_owned),
                id: owned("dateline:id"),
                interval: owned("dateline:interval"),
                language: owned("language"),
                country: owned("dateline:country").or_else(|| owned("country")),
                tags: folders.chain(self.tags()).collect(),
            }
            .into_listed()
        })
    }

    fn reason_against(&self, is_comment: bool) -> Option<&'static str> {
        let has_address = self.address().is_some();
        let is_leaf = self.is_empty || self.is_feed();
        match self.get("type").unwrap_or_default() {
            _ if has_address && is_comment => Some("it is commented out (isComment)"),
            _ if has_address => None,
            "include" => Some("it is another list, which is not read"),
            _ if is_leaf && (self.get("htmlurl").is_some() || self.get("url").is_some()) => {
                Some("it names a page and no feed: dateline feeds add finds the feeds of a page")
            }
            _ if is_leaf && self.is_feed() => Some("it has no address of a feed"),
            _ => None,
        }
    }

    /// The tags of an outline: our own, one a line, else `category` with commas between (OPML 2.0), where a path names
    /// folders.
    fn tags(&self) -> Vec<String> {
        if let Some(own) = self.said.get("dateline:tags") {
            return own.split('\n').map(str::to_owned).collect();
        }
        let all = self.get("category").unwrap_or_default();
        let tags = all.split(',').map(|tag| tag.trim().trim_matches('/'));
        tags.map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::outline::{Outline, read_list};

    fn read(text: &str) -> (Vec<Outline>, Vec<LeftOut>) {
        let (mut feeds, mut left_out) = (Vec::new(), Vec::new());
        for listed in read_list(text.as_bytes()) {
            match listed {
                Ok(feed) => feeds.push(feed),
                Err(other) => left_out.push(other),
            }
        }
        (feeds, left_out)
    }

    #[test]
    fn one_outline_that_is_not_well_formed_costs_no_list() {
        for broken in [
            r#"<outline text="A" xmlUrl="https://b.example.org/?a=1&b=2"/>"#,
            r#"<outline text="R&D" htmlUrl="https://b.example.org/?x&y" xmlUrl="https://b.example.org/?a=1&b=2"/>"#,
            r#"<outline text="the "quiet" paper" XMLURL='https://b.example.org/?a=1&amp;b=2'/>"#,
            r#"<outline text="A < B > C" xmlUrl = "https://b.example.org/?a=1&amp;b=2" >"#,
            r#"<OUTLINE title="a&nbsp;b" xmlurl="https://b.example.org/?a=1&amp;b=2"></OUTLINE>"#,
        ] {
            let text = format!(
                "\n <?xml version=\"1.0\"?><opml><body><outline xmlUrl=\"https://a.example.org/\"/>{broken}\
                 <outline xmlUrl=\"https://c.example.org/\"/><outline text=\"cut\" xmlUrl=\"https://d.exa"
            );
            let (feeds, left_out) = read(&text);
            let urls: Vec<&str> = feeds.iter().map(|feed| feed.url.as_str()).collect();
            let all = [
                "https://a.example.org/",
                "https://b.example.org/?a=1&b=2",
                "https://c.example.org/",
            ];
            assert_eq!(urls, all, "{broken}: {left_out:?}");
        }
    }

    #[test]
    fn folders_and_categories_become_tags() {
        let (feeds, _) = read(
            r#"<opml><body><outline text="World"><outline text="Asia">
            <outline text="N" xmlUrl="https://a.example.org/" category="/News/Daily, asia" language="en-GB" country="GBR"/></outline>
            <outline text="O" xmlUrl="https://b.example.org/"></outline></outline>
            <outline text="P" xmlUrl="https://c.example.org/"/></body></opml>"#,
        );
        let tags: Vec<Vec<String>> = feeds.iter().map(|feed| feed.tags.clone()).collect();
        assert_eq!(
            tags,
            [
                vec!["World", "Asia", "News/Daily", "asia"],
                vec!["World"],
                vec![]
            ]
        );
        assert_eq!(feeds[0].language.as_deref(), Some("en-GB"));
        assert_eq!(feeds[0].country.as_deref(), Some("GBR"));
    }

    #[test]
    fn each_outline_that_is_left_out_is_named_with_its_line_and_reason() {
        let (feeds, left_out) = read(
            "<opml><body>\n<outline text='A' type='rss' htmlUrl='https://a.example.org/'/>\n\
             <outline text='B' type='rss' xmlUrl='ftp://b.example.org/'/>\n\
             <outline text='C' isComment='True' xmlUrl='https://c.example.org/'/>\n\
             <outline text='D' type='include' url='https://d.example.org/x.opml'/>\n<outline text='E'/>\
             <outline text='F' xmlUrl='N/A'/>",
        );
        assert_eq!(feeds, []);
        let named: Vec<(usize, &str)> = left_out
            .iter()
            .map(|left| (left.line, left.name.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(named, [(2, "A"), (3, "B"), (4, "C"), (5, "D"), (6, "F")]);
    }

    #[test]
    fn outlines_in_a_comment_are_not_there() {
        let text = "<opml><body><!-- <outline xmlUrl='https://a.example.org/'/> --><outline xmlUrl='https://b.example.org/'/>";
        assert_eq!(read(text).0.len(), 1);
    }

    #[test]
    fn addresses_of_feed_readers_are_web_addresses() {
        let (feeds, _) = read(
            "<opml><body><outline xmlUrl='feed://a.example.org/rss'/><outline xmlUrl='feed:https://b.example.org/rss'/>\
             <outline xmlUrl='c.example.org/rss'/>",
        );
        let urls: Vec<&str> = feeds.iter().map(|feed| feed.url.as_str()).collect();
        assert_eq!(
            urls,
            [
                "http://a.example.org/rss",
                "https://b.example.org/rss",
                "https://c.example.org/rss"
            ]
        );
    }
}
