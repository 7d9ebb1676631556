//! Feeds in markup: RSS 0.9x to 2.0, RSS 1.0 (RDF), Atom 0.3 and 1.0, CDF, news sitemaps; well-formed or not.
//!
//! One pass over the tags by local name. An item that is broken costs itself at most, never the feed.

use std::time::Duration;

use url::Url;

use super::{
    ParsedFeed,
    item::{Item, address, attribute, content, title},
    names::{Family, Names},
    parse::MAX_ENTRIES,
    text::line,
    xml::{Reader, Token, split_name},
};

/// Elements of one item that are never closed; past these its remaining ones are read up to the next tag only,
/// so that reading stays linear.
const MAX_UNCLOSED: usize = 32;
/// `ttl` and update periods past a week are mistakes.
const LONGEST_HINT: Duration = Duration::from_secs(7 * 86_400);
/// Parts of a feed that have titles and links of their own.
const NOT_THE_FEED: &[&str] = &[
    "image",
    "textinput",
    "textinput1",
    "source",
    "author",
    "contributor",
    "cloud",
];

/// Reads a document; `None` when it holds no feed.
pub(super) fn read(text: &str, base: &Url) -> Option<ParsedFeed> {
    let mut document = Document {
        reader: Reader::new(text),
        names: Names::default(),
        feed: ParsedFeed::default(),
        base: base.clone(),
        found: false,
        period: None,
        frequency: 1,
    };
    document.read();
    document.finish()
}

struct Document<'a> {
    reader: Reader<'a>,
    names: Names<'a>,
    feed: ParsedFeed,
    base: Url,
    found: bool,
    period: Option<Duration>,
    frequency: u32,
}

impl<'a> Document<'a> {
    fn read(&mut self) {
        while let Some(token) = self.reader.next() {
            let Token::Start {
                name,
                attributes,
                empty,
            } = token
            else {
                continue;
            };
            self.names.declare(attributes);
            let local = split_name(name).1.to_ascii_lowercase();
            if is_root(&local) {
                self.root(name, attributes);
            } else if self.found && is_item(&local) && self.item_family(name) {
                if self.feed.entries.len() >= MAX_ENTRIES {
                    return;
                }
                self.item(&local, attributes, empty);
            } else if self.found && !empty {
                self.feed_child(name, attributes);
            } else if self.found {
                self.empty_child(name, attributes);
            }
        }
    }

    fn root(&mut self, name: &'a str, attributes: &'a str) {
        if !self.found {
            self.names.root(split_name(name).0);
        }
        self.found = true;
        let own = attribute(attributes, "xml:base").or_else(|| attribute(attributes, "base"));
        if let Some(own) = own.and_then(|own| self.base.join(&own).ok()) {
            self.base = own;
        }
        if self.feed.language.is_none() {
            self.feed.language =
                attribute(attributes, "xml:lang").filter(|language| !language.is_empty());
        }
    }

    fn item_family(&self, name: &'a str) -> bool {
        matches!(
            self.names.of(name).0,
            Family::Core | Family::Atom | Family::Rdf
        )
    }

    /// Reads an item up to its end, or to the start of the next.
    fn item(&mut self, own: &str, attributes: &'a str, empty: bool) {
        let mut item = Item::new(attributes, self.base.clone());
        let mut unclosed = 0;
        loop {
            let before = self.reader.clone();
            if empty {
                break;
            }
            match self.reader.next() {
                None => break,
                Some(Token::End { name }) if ends_item(name, own) => break,
                Some(Token::Start { name, .. }) if split_name(name).1.eq_ignore_ascii_case(own) => {
                    self.reader = before;
                    break;
                }
                Some(Token::Start {
                    name,
                    attributes,
                    empty,
                }) => {
                    self.names.declare(attributes);
                    let (family, local) = self.names.of(name);
                    if Item::wants(family, &local) {
                        let inside = if empty {
                            ""
                        } else {
                            self.inside(name, own, &mut unclosed)
                        };
                        item.take(family, &local, attributes, inside);
                    } else if !empty && !is_group(family, &local) {
                        self.inside(name, own, &mut unclosed);
                    }
                }
                Some(_) => {}
            }
        }
        self.feed.entries.push(item.entry());
    }

    /// The inside of the element whose start was just read. One that is not closed before its item ends holds what
    /// stands before the next tag.
    fn inside(&mut self, name: &str, item: &str, unclosed: &mut usize) -> &'a str {
        let from = self.reader.position();
        let mut depth = 1_usize;
        let mut first_tag = None;
        loop {
            let before = self.reader.position();
            let token = self.reader.next();
            let mut ends = token.is_none();
            match token {
                Some(Token::Start {
                    name: inner, empty, ..
                }) => {
                    depth += usize::from(!empty && inner == name);
                    ends = is_same_item(inner, item);
                }
                Some(Token::End { name: inner }) if inner.eq_ignore_ascii_case(name) => depth -= 1,
                Some(Token::End { name: inner }) => ends = ends_item(inner, item),
                Some(_) => continue,
                None => {}
            }
            if depth == 0 {
                return self.reader.slice(from, before);
            }
            let end = *first_tag.get_or_insert(before);
            if ends || *unclosed >= MAX_UNCLOSED {
                *unclosed += 1;
                self.reader.rewind(end);
                return self.reader.slice(from, end);
            }
        }
    }

    /// A child of the feed itself.
    fn feed_child(&mut self, name: &'a str, attributes: &'a str) {
        let (family, local) = self.names.of(name);
        if NOT_THE_FEED.contains(&local.as_str()) {
            self.skip(name);
            return;
        }
        let wanted = matches!(
            (family, local.as_str()),
            (
                Family::Core | Family::Atom,
                "title" | "language" | "ttl" | "hour" | "day"
            ) | (Family::Syndication, "updateperiod" | "updatefrequency")
                | (Family::Itunes, "new-feed-url")
                | (Family::Dublin, "language")
        );
        if !wanted {
            if local == "link" {
                self.empty_child(name, attributes);
            }
            return;
        }
        let mut unclosed = 0;
        let inside = self.inside(name, "item", &mut unclosed);
        self.hint(&local, attributes, inside);
    }

    fn hint(&mut self, local: &str, attributes: &str, inside: &str) {
        let text = line(&content(inside));
        let hints = &mut self.feed.hints;
        match local {
            "title" if self.feed.title.is_none() => self.feed.title = title(inside, attributes),
            "language" => self.feed.language = Some(text).filter(|text| !text.is_empty()),
            "ttl" => {
                hints.ttl = text
                    .parse()
                    .ok()
                    .map(|minutes: u32| Duration::from_secs(60 * u64::from(minutes)));
            }
            "hour" => hints
                .skip_hours
                .extend(text.parse::<u8>().ok().map(|hour| hour % 24)),
            "day" => hints.skip_days.extend(weekday(&text)),
            "updateperiod" => self.period = period(&text),
            "updatefrequency" => self.frequency = text.parse().unwrap_or(1).max(1),
            "new-feed-url" => hints.new_address = address(&text, &self.base),
            _ => {}
        }
    }

    fn empty_child(&mut self, name: &'a str, attributes: &'a str) {
        let (family, local) = self.names.of(name);
        if local != "link" || !matches!(family, Family::Core | Family::Atom) {
            return;
        }
        if attribute(attributes, "rel").as_deref() == Some("self") {
            let own = attribute(attributes, "href").and_then(|href| address(&href, &self.base));
            self.feed.hints.own_address = own;
        }
    }

    /// Passes over an element with all that is in it, unless it is not closed before an item begins.
    fn skip(&mut self, name: &str) {
        let mut unclosed = 0;
        self.inside(name, "item", &mut unclosed);
    }

    fn finish(mut self) -> Option<ParsedFeed> {
        let every = self.period.map(|period| period / self.frequency);
        self.feed.hints.update_every = every.filter(|every| *every <= LONGEST_HINT);
        self.feed.hints.ttl = self.feed.hints.ttl.filter(|ttl| *ttl <= LONGEST_HINT);
        self.found.then_some(self.feed)
    }
}

fn is_root(local: &str) -> bool {
    matches!(local, "rss" | "rdf" | "feed" | "channel" | "urlset")
}

fn is_item(local: &str) -> bool {
    matches!(local, "item" | "entry" | "url")
}

fn is_same_item(name: &str, item: &str) -> bool {
    split_name(name).1.eq_ignore_ascii_case(item)
}

fn ends_item(name: &str, item: &str) -> bool {
    let local = split_name(name).1;
    local.eq_ignore_ascii_case(item) || is_root(&local.to_ascii_lowercase())
}

/// Elements of an item whose children are read as the item's own.
fn is_group(family: Family, local: &str) -> bool {
    matches!(
        (family, local),
        (Family::Media, "group" | "content") | (Family::News, "news") | (Family::Rdf, _)
    )
}

fn period(text: &str) -> Option<Duration> {
    let hours = match text {
        "hourly" => 1,
        "daily" => 24,
        "weekly" => 7 * 24,
        "monthly" => 30 * 24,
        "yearly" => 365 * 24,
        _ => return None,
    };
    Some(Duration::from_secs(hours * 3_600))
}

fn weekday(text: &str) -> Option<u8> {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let start = text.get(..3)?.to_ascii_lowercase();
    days.iter()
        .position(|day| *day == start)
        .map(|day| day as u8)
}
