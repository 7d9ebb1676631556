//! One item of a feed in markup, gathered child by child.

use jiff::Timestamp;
use url::Url;

mod author;
pub(super) mod children;

use author::read_author;

use super::{
    Entry,
    limits::MAX_AUTHORS,
    links::{base_of, read_address, resolve_href},
    names::Family,
    text::join_lines,
    values::{Written, hash_to_urn, read_attribute, read_content, read_html, read_title},
};
use crate::date::{believe_dates, read_feed_date};

/// What is known of an item so far. Of two of a kind the better source stays, else the first.
#[derive(Debug)]
pub(super) struct MarkupItem {
    pub(super) base: Url,
    id: Option<String>,
    about: Option<String>,
    identifier: Option<String>,
    permalink: Permalink,
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
    /// The item's own, then what its media say of themselves, which is a caption.
    short: [Option<String>; 3],
    /// Whether the document is Atom: its texts say how they are written.
    is_atom: bool,
}

impl MarkupItem {
    /// An item with the attributes of its own tag.
    pub(super) fn new(attributes: &str, base: Url, is_atom: bool) -> Self {
        let base = base_of(attributes, &base).unwrap_or(base);
        let href = read_attribute(attributes, "href").and_then(|href| resolve_href(&href, &base));
        let updated = read_attribute(attributes, "lastmod").and_then(|text| read_feed_date(&text));
        Self {
            id: None,
            identifier: None,
            about: read_attribute(attributes, "rdf:about")
                .or_else(|| read_attribute(attributes, "about")),
            permalink: Permalink::Unsaid,
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
            short: [None, None, None],
            is_atom,
            base,
        }
    }

    /// Takes in a child.
    pub(super) fn take_child(
        &mut self,
        family: Family,
        local: &str,
        attributes: &str,
        inside: &str,
    ) {
        match local {
            "title" => self.take_title(family, attributes, inside),
            "link" | "a" | "loc" | "url" => self.take_link(family, attributes, inside),
            "guid" | "id" => self.take_id(attributes, inside),
            "identifier" => {
                self.identifier =
                    Some(join_lines(&read_content(inside))).filter(|id| !id.is_empty());
            }
            "origlink" => self.original_link = read_address(&read_content(inside), &self.base),
            "author" | "creator" => self.take_author(inside),
            "encoded" | "content" | "body" => self.take_full(family, attributes, inside),
            "description" | "summary" | "abstract" => self.take_short(family, attributes, inside),
            _ => self.take_date(family, local, inside),
        }
    }

    fn take_title(&mut self, family: Family, attributes: &str, inside: &str) {
        // By rank, whatever comes first: a picture has a title of its own (`media:title`).
        let rank = match family {
            Family::Core | Family::News => 0,
            Family::Atom | Family::Dublin => 1,
            _ => 2,
        };
        let title = read_title(inside, self.written(family, attributes));
        if self.titles[rank].is_none() {
            self.titles[rank] = title;
        }
    }

    fn take_link(&mut self, family: Family, attributes: &str, inside: &str) {
        let own = base_of(attributes, &self.base);
        let base = own.as_ref().unwrap_or(&self.base);
        let Some(href) = read_attribute(attributes, "href") else {
            let text = read_content(inside);
            if self.link.is_none() && family != Family::Atom {
                self.link = read_address(&text, base);
            }
            return;
        };
        let Some(url) = resolve_href(&href, base) else {
            return;
        };
        let kind = read_attribute(attributes, "type").unwrap_or_default();
        let page = kind.is_empty() || kind.contains("html");
        match read_attribute(attributes, "rel")
            .as_deref()
            .unwrap_or_default()
        {
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
        let id = join_lines(&read_content(inside));
        if self.id.is_none() && !id.is_empty() {
            self.permalink = Permalink::read(attributes);
            self.id = Some(id);
        }
    }

    fn take_author(&mut self, inside: &str) {
        let text = read_author(inside);
        if self.authors.len() < MAX_AUTHORS && !text.is_empty() && !self.authors.contains(&text) {
            self.authors.push(text);
        }
    }

    fn written(&self, family: Family, attributes: &str) -> Written {
        let is_atom = family == Family::Atom || (self.is_atom && family == Family::Core);
        Written::of(attributes, is_atom)
    }

    fn take_full(&mut self, family: Family, attributes: &str, inside: &str) {
        let is_remote = read_attribute(attributes, "src").is_some();
        if self.full.is_none() && !is_remote && !inside.trim().is_empty() {
            self.full = Some(read_html(inside, self.written(family, attributes)));
        }
    }

    fn take_short(&mut self, family: Family, attributes: &str, inside: &str) {
        let rank = match family {
            Family::Core | Family::Atom => 0,
            Family::Media => 2,
            _ => 1,
        };
        if self.short[rank].is_none() && !inside.trim().is_empty() {
            self.short[rank] = Some(read_html(inside, self.written(family, attributes)));
        }
    }

    fn take_date(&mut self, family: Family, local: &str, inside: &str) {
        let at = read_feed_date(&join_lines(&read_content(inside)));
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
    pub(super) fn into_entry(self) -> Entry {
        let title = self.titles.into_iter().flatten().next();
        let stated = self.id.or(self.about.clone()).or(self.identifier);
        let named = stated.as_deref().filter(|id| self.permalink.may_be(id));
        let from_id = named.and_then(|id| read_address(id, &self.base));
        let link = self.link.or(self.bare_link).or(from_id).or_else(|| {
            self.about
                .as_deref()
                .and_then(|a| read_address(a, &self.base))
        });
        let link = link.or(self.other_link);
        let short = self.short.into_iter().flatten().next();
        let published = self
            .published
            .or(self.issued)
            .or_else(|| self.created.filter(|_| self.updated.is_none()));
        let dates = believe_dates(published, self.updated.or(self.created));
        let published = dates.published;
        let words = (title.as_deref(), short.as_deref());
        let id = choose_id(stated, link.as_ref(), words, published);
        Entry {
            id,
            title,
            link,
            original_link: self.original_link,
            published,
            updated: dates.updated,
            date_refused: dates.refused,
            authors: self.authors,
            text: self.full.or(short),
        }
    }
}

/// What a guid says of being an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Permalink {
    Unsaid,
    No,
    Yes,
}

impl Permalink {
    fn read(attributes: &str) -> Self {
        let said = read_attribute(attributes, "ispermalink").unwrap_or_default();
        match said.trim().to_ascii_lowercase().as_str() {
            "false" => Self::No,
            "true" => Self::Yes,
            _ => Self::Unsaid,
        }
    }

    /// Whether a guid may be an address; one that is not said to be is, where it can be nothing else.
    fn may_be(self, guid: &str) -> bool {
        match self {
            Self::No => false,
            Self::Yes => true,
            Self::Unsaid => guid.starts_with("http") || guid.starts_with('/'),
        }
    }
}

/// The id of an item: the one it states, else its address; of one that has neither a name made of its title, else of its
/// text: the same for the same words, at every poll.
pub(super) fn choose_id(
    stated: Option<String>,
    link: Option<&Url>,
    (title, text): (Option<&str>, Option<&str>),
    published: Option<Timestamp>,
) -> String {
    if let Some(id) = stated.or_else(|| link.map(Url::to_string)) {
        return id;
    }
    let published = published.map(|at| at.to_string()).unwrap_or_default();
    let text = text.filter(|_| title.is_none()).unwrap_or_default();
    hash_to_urn(&[title.unwrap_or_default(), text, &published])
}
