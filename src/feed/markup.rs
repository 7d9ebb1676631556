//! Feeds in markup: RSS 0.9x to 2.0, RSS 1.0 (RDF), Atom 0.3 and 1.0, CDF, news sitemaps; well-formed or not.
//!
//! One pass over the tags by local name. An item that is broken costs itself at most, never the feed.

use url::Url;

use super::{
    ParsedFeed,
    hints::GatheredHints,
    item::{MarkupItem, children::wants_child},
    links::{base_of, resolve_href},
    names::{ElementNames, Family, lower_case},
    newest::Newest,
    tags::split_name,
    text::join_lines,
    values::{Written, read_attribute, read_content, read_title},
    xml::{TagReader, XmlToken},
};

mod elements;

use elements::{
    ends_item, has_items_in, is_group, is_item, is_no_feed, is_root, is_same_item, says_of_feed,
};

/// An element that is never closed is only known for one at the end of its item, which is then read once more.
// So many times the length of the document may be read again; past these, such elements are read up to the next tag
// only: reading stays linear whatever is left open.
const READ_AGAIN: usize = 4;

/// Reads a document, of its items the newest; `None` when it holds no feed.
pub(super) fn read_markup(text: &str, base: &Url, max_entries: usize) -> Option<ParsedFeed> {
    let mut document = MarkupDocument {
        reader: TagReader::new(text),
        names: ElementNames::default(),
        feed: ParsedFeed::default(),
        newest: Newest::of_at_most(max_entries),
        hints: GatheredHints::default(),
        base: base.clone(),
        site: None,
        is_based: false,
        found: false,
        is_atom: false,
        spare: READ_AGAIN.saturating_mul(text.len()),
    };
    document.read_tags();
    document.feed.hints = document.hints.into_hints();
    (document.feed.entries, document.feed.past_the_cap) = document.newest.into_entries();
    document.found.then_some(document.feed)
}

/// Whether tags of items stand in a document, whatever else it is.
pub(super) fn has_items(text: &str) -> bool {
    let mut reader = TagReader::new(text);
    std::iter::from_fn(|| reader.next()).any(|token| match token {
        XmlToken::Start { name, .. } => {
            matches!(&*lower_case(split_name(name).1), "item" | "entry")
        }
        _ => false,
    })
}

struct MarkupDocument<'a> {
    reader: TagReader<'a>,
    names: ElementNames<'a>,
    feed: ParsedFeed,
    newest: Newest,
    hints: GatheredHints,
    base: Url,
    /// Where the feed's own site is, by its link.
    site: Option<Url>,
    /// Whether the document states the base of its addresses.
    is_based: bool,
    found: bool,
    is_atom: bool,
    /// Bytes that may still be read again.
    spare: usize,
}

impl<'a> MarkupDocument<'a> {
    fn read_tags(&mut self) {
        while let Some(token) = self.reader.next() {
            let XmlToken::Start {
                name,
                attributes,
                empty,
            } = token
            else {
                continue;
            };
            self.names.enter_declarations(attributes);
            let local = lower_case(split_name(name).1);
            if is_root(&local) {
                self.enter_root(name, attributes);
            } else if self.found && is_item(&local) && has_items_in(self.names.family_of(name).0) {
                self.read_item(&local, attributes, empty);
            } else if self.found && !empty {
                self.take_feed_child(name, attributes);
            } else if self.found {
                self.take_empty_child(name, attributes);
            }
        }
    }

    fn enter_root(&mut self, name: &'a str, attributes: &'a str) {
        if !self.found {
            let (prefix, local) = split_name(name);
            self.names.enter_root(prefix);
            self.is_atom = local.eq_ignore_ascii_case("feed");
        }
        self.found = true;
        if let Some(own) = base_of(attributes, &self.base) {
            self.base = own;
            self.is_based = true;
        }
        if self.feed.language.is_none() {
            self.feed.language =
                read_attribute(attributes, "xml:lang").filter(|language| !language.is_empty());
        }
    }

    /// What relative addresses of items are read against: the base that is stated, else the feed's own site where the
    /// feed is served by another host, which has none of its pages; else where the feed was found.
    fn item_base(&self) -> Url {
        let site = self
            .site
            .as_ref()
            .filter(|site| !self.is_based && site.host() != self.base.host());
        site.unwrap_or(&self.base).clone()
    }

    /// Reads an item up to its end, or to the start of the next.
    fn read_item(&mut self, own: &str, attributes: &'a str, empty: bool) {
        let mut item = MarkupItem::new(attributes, self.item_base(), self.is_atom);
        while let Some((name, attributes, empty)) = self.next_child(own, empty) {
            self.names.enter_declarations(attributes);
            let (family, local) = self.names.family_of(name);
            let wanted = wants_child(family, &local);
            if empty && wanted {
                item.take_child(family, &local, attributes, "");
            } else if wanted {
                let inside = self.read_inside(name, own);
                item.take_child(family, &local, attributes, inside);
            } else if !empty && !is_group(family, &local) {
                self.read_inside(name, own);
            }
        }
        self.newest.take_entry(item.into_entry());
    }

    /// The next tag inside an item: its name, its attributes, and whether it is empty. `None` at the end of the item,
    /// before the start of the next one, and in an item that is empty itself.
    fn next_child(&mut self, own: &str, empty: bool) -> Option<(&'a str, &'a str, bool)> {
        if empty {
            return None;
        }
        loop {
            let before = self.reader.position();
            match self.reader.next()? {
                XmlToken::End { name } if ends_item(name, own) => return None,
                XmlToken::Start { name, .. } if is_same_item(name, own) => {
                    self.reader.rewind(before);
                    return None;
                }
                XmlToken::Start {
                    name,
                    attributes,
                    empty,
                } => return Some((name, attributes, empty)),
                _ => {}
            }
        }
    }

    /// The inside of the element whose start was just read. One that is not closed before its item ends holds what
    /// stands before the next tag.
    fn read_inside(&mut self, name: &str, item: &str) -> &'a str {
        let from = self.reader.position();
        let mut depth = 1_usize;
        let mut first_tag = None;
        loop {
            let before = self.reader.position();
            let token = self.reader.next();
            let mut ends = token.is_none();
            match token {
                Some(XmlToken::Start {
                    name: inner, empty, ..
                }) => {
                    depth += usize::from(!empty && inner == name);
                    ends = is_same_item(inner, item);
                }
                Some(XmlToken::End { name: inner }) if inner.eq_ignore_ascii_case(name) => {
                    depth -= 1
                }
                Some(XmlToken::End { name: inner }) => ends = ends_item(inner, item),
                Some(_) => continue,
                None => {}
            }
            if depth == 0 {
                return self.reader.slice(from, before);
            }
            let end = *first_tag.get_or_insert(before);
            if ends || self.spare == 0 {
                let again = self.reader.position() - end;
                self.spare = self.spare.saturating_sub(again);
                self.reader.rewind(end);
                return self.reader.slice(from, end);
            }
        }
    }

    /// A child of the feed itself.
    fn take_feed_child(&mut self, name: &'a str, attributes: &'a str) {
        let (family, local) = self.names.family_of(name);
        if is_no_feed(&local) {
            // Passed over with all that is in it, unless it is not closed before an item begins.
            self.read_inside(name, "item");
            return;
        }
        if local == "link" {
            self.take_link(name, attributes);
        }
        if !says_of_feed(family, &local) {
            return;
        }
        let inside = self.read_inside(name, "item");
        match &*local {
            "title" if self.feed.title.is_some() => {}
            "title" => {
                let is_atom = self.is_atom || family == Family::Atom;
                self.feed.title = read_title(inside, Written::of(attributes, is_atom));
            }
            "language" => {
                self.feed.language =
                    Some(join_lines(&read_content(inside))).filter(|text| !text.is_empty());
            }
            hint => self
                .hints
                .take_element(hint, &join_lines(&read_content(inside)), &self.base),
        }
    }

    fn take_empty_child(&mut self, name: &'a str, attributes: &'a str) {
        let (family, local) = self.names.family_of(name);
        if local != "link" || !matches!(family, Family::Core | Family::Atom) {
            return;
        }
        let Some(href) = read_attribute(attributes, "href") else {
            return;
        };
        let url = resolve_href(&href, &self.base);
        match read_attribute(attributes, "rel").as_deref() {
            Some("self") => self.hints.take_own_address(url),
            None | Some("alternate") => self.site = self.site.take().or(url),
            Some(_) => {}
        }
    }

    /// A link of the feed that has an inside: in RSS the address of its site.
    fn take_link(&mut self, name: &'a str, attributes: &'a str) {
        self.take_empty_child(name, attributes);
        if self.site.is_none() && self.names.family_of(name).0 == Family::Core {
            let text = read_content(self.read_inside(name, "item"));
            self.site = Url::parse(text.trim())
                .ok()
                .filter(|site| ["http", "https"].contains(&site.scheme()));
        }
    }
}
