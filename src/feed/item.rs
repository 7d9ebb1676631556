//! One item of a feed in markup, gathered child by child.

use jiff::Timestamp;
use url::Url;

use super::{
    Entry,
    limits::MAX_AUTHORS,
    names::Family,
    text::{line, plain},
    values::{address, attribute, base_of, content, title, urn},
    xml::{self, Reader, Token},
};
use crate::date::{believe_dates, read_feed_date};

/// What is known of an item so far. Of two of a kind the better source stays, else the first.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) base: Url,
    id: Option<String>,
    about: Option<String>,
    identifier: Option<String>,
    permalink: bool,
    titles: [Option<String>; 3],
    link: Option<Url>,
    bare_link: Option<Url>,
    other_link: Option<Url>,
    original_link: Option<Url>,
    published: Option<Timestamp>,
    issued: Option<Timestamp>,
    updated: Option<Timestamp>,
    created: Option<Timestamp>,
    authors: Vec<String>,
    full: Option<String>,
    short: Option<String>,
}

impl Item {
    /// An item with the attributes of its own tag.
    pub(super) fn new(attributes: &str, base: Url) -> Self {
        let base = base_of(attributes, &base).unwrap_or(base);
        let href = attribute(attributes, "href").and_then(|href| address(&href, &base));
        let updated = attribute(attributes, "lastmod").and_then(|text| read_feed_date(&text));
        Self {
            id: None,
            identifier: None,
            about: attribute(attributes, "rdf:about").or_else(|| attribute(attributes, "about")),
            permalink: true,
            titles: [None, None, None],
            link: href,
            bare_link: None,
            other_link: None,
            original_link: None,
            published: None,
            issued: None,
            updated,
            created: None,
            authors: Vec::new(),
            full: None,
            short: None,
            base,
        }
    }

    /// Whether a child is of interest: its inside is then handed to [`Self::take`].
    pub(super) fn wants(family: Family, local: &str) -> bool {
        match family {
            Family::Core | Family::Atom => matches!(
                local,
                "title"
                    | "link"
                    | "guid"
                    | "id"
                    | "pubdate"
                    | "published"
                    | "issued"
                    | "updated"
                    | "modified"
                    | "created"
                    | "date"
                    | "description"
                    | "summary"
                    | "content"
                    | "author"
                    | "abstract"
                    | "a"
                    | "loc"
                    | "lastmod"
                    | "body"
                    | "encoded"
                    | "url"
                    | "lastbuilddate"
            ),
            Family::Dublin => matches!(
                local,
                "title"
                    | "date"
                    | "creator"
                    | "issued"
                    | "modified"
                    | "created"
                    | "identifier"
                    | "description"
                    | "available"
            ),
            Family::Content => local == "encoded",
            Family::Media => matches!(local, "title" | "description"),
            Family::Itunes => matches!(local, "summary" | "author"),
            Family::Burner => local == "origlink",
            Family::News => matches!(local, "title" | "publication_date"),
            Family::Rdf | Family::Syndication | Family::Other => false,
        }
    }

    /// Takes in a child.
    pub(super) fn take(&mut self, family: Family, local: &str, attributes: &str, inside: &str) {
        match local {
            "title" => self.take_title(family, attributes, inside),
            "link" | "a" | "loc" | "url" => self.take_link(family, attributes, inside),
            "guid" | "id" => self.take_id(attributes, inside),
            "identifier" => {
                self.identifier = Some(line(&content(inside))).filter(|id| !id.is_empty());
            }
            "origlink" => self.original_link = address(&content(inside), &self.base),
            "author" | "creator" => self.take_author(inside),
            "encoded" | "content" | "body" => self.take_text(attributes, inside, true),
            "description" | "summary" | "abstract" => self.take_text(attributes, inside, false),
            _ => self.take_date(family, local, inside),
        }
    }

    fn take_title(&mut self, family: Family, attributes: &str, inside: &str) {
        let rank = match family {
            Family::Core | Family::News => 0,
            Family::Atom | Family::Dublin => 1,
            _ => 2,
        };
        let title = title(inside, attributes);
        if self.titles[rank].is_none() {
            self.titles[rank] = title;
        }
    }

    fn take_link(&mut self, family: Family, attributes: &str, inside: &str) {
        let own = base_of(attributes, &self.base);
        let base = own.as_ref().unwrap_or(&self.base);
        let Some(href) = attribute(attributes, "href") else {
            let text = content(inside);
            if self.link.is_none() && family != Family::Atom {
                self.link = address(&text, base);
            }
            return;
        };
        let Some(url) = address(&href, base) else {
            return;
        };
        let kind = attribute(attributes, "type").unwrap_or_default();
        let page = kind.is_empty() || kind.contains("html");
        match attribute(attributes, "rel").as_deref().unwrap_or_default() {
            "" if page => {
                self.bare_link.get_or_insert(url);
            }
            "alternate" | "http://www.iana.org/assignments/relation/alternate" if page => {
                self.link.get_or_insert(url);
            }
            "alternate" | "self" | "related" => {
                self.other_link.get_or_insert(url);
            }
            _ => {}
        }
    }

    fn take_id(&mut self, attributes: &str, inside: &str) {
        let id = line(&content(inside));
        if self.id.is_none() && !id.is_empty() {
            let said = attribute(attributes, "ispermalink");
            self.permalink = !said.is_some_and(|said| said.eq_ignore_ascii_case("false"));
            self.id = Some(id);
        }
    }

    fn take_author(&mut self, inside: &str) {
        if self.authors.len() >= MAX_AUTHORS {
            return;
        }
        let name = inner(inside, "name").or_else(|| inner(inside, "email"));
        let text = name.unwrap_or_else(|| plain(&content(inside)));
        // RFC 822 style: address (Name).
        let text = match text.split_once('(') {
            Some((before, name)) if before.contains('@') => {
                name.trim_end_matches(')').trim().to_owned()
            }
            _ => text,
        };
        if !text.is_empty() && !self.authors.contains(&text) {
            self.authors.push(text);
        }
    }

    fn take_text(&mut self, attributes: &str, inside: &str, full: bool) {
        let place = if full {
            &mut self.full
        } else {
            &mut self.short
        };
        let remote = full && attribute(attributes, "src").is_some();
        if place.is_some() || remote || inside.trim().is_empty() {
            return;
        }
        *place = Some(content(inside).into_owned());
    }

    fn take_date(&mut self, family: Family, local: &str, inside: &str) {
        let at = read_feed_date(&line(&content(inside)));
        let place = match (family, local) {
            (_, "pubdate" | "published" | "publication_date") => &mut self.published,
            (_, "issued" | "available") => &mut self.issued,
            (_, "created") => &mut self.created,
            _ => &mut self.updated,
        };
        if place.is_none() {
            *place = at;
        }
    }

    /// The entry.
    pub(super) fn entry(self) -> Entry {
        let title = self.titles.into_iter().flatten().next();
        let stated = self.id.or(self.about.clone()).or(self.identifier);
        let named = stated
            .as_deref()
            .filter(|_| self.permalink)
            .filter(|id| id.starts_with("http"));
        let from_id = named.and_then(|id| address(id, &self.base));
        let link = self
            .link
            .or(self.bare_link)
            .or(from_id)
            .or_else(|| self.about.as_deref().and_then(|a| address(a, &self.base)));
        let link = link.or(self.other_link);
        let published = self
            .published
            .or(self.issued)
            .or_else(|| self.created.filter(|_| self.updated.is_none()));
        let (published, updated) = believe_dates(published, self.updated.or(self.created));
        let id = stated
            .or_else(|| link.as_ref().map(Url::to_string))
            .unwrap_or_else(|| fallback_id(title.as_deref(), self.short.as_deref(), published));
        Entry {
            id,
            title,
            link,
            original_link: self.original_link,
            published,
            updated,
            authors: self.authors,
            text: self.full.or(self.short),
        }
    }
}

/// The id of an item that has none and leads nowhere: the same for the same words, at every poll.
pub(super) fn fallback_id(
    title: Option<&str>,
    text: Option<&str>,
    published: Option<Timestamp>,
) -> String {
    let published = published.map(|at| at.to_string()).unwrap_or_default();
    let text = text.filter(|_| title.is_none()).unwrap_or_default();
    urn(&[title.unwrap_or_default(), text, &published])
}

/// The plain text of a child of an author.
fn inner(inside: &str, wanted: &str) -> Option<String> {
    let mut reader = Reader::new(inside);
    while let Some(token) = reader.next() {
        let Token::Start {
            name, empty: false, ..
        } = token
        else {
            continue;
        };
        if xml::split_name(name).1.eq_ignore_ascii_case(wanted) {
            let rest = reader.slice(reader.position(), inside.len());
            let end = rest.find("</").unwrap_or(rest.len());
            return Some(plain(&content(&rest[..end]))).filter(|text| !text.is_empty());
        }
    }
    None
}
