//! The feeds of a site, from one of its pages: those it names, then the places where feeds usually are.

use std::collections::HashSet;

use url::Url;

use super::{
    decode::decode,
    values::{address as address_of, attribute},
    xml::{Reader, Token},
};

/// Places tried where a page names no feed that works; at most five requests.
const USUAL: [&str; 5] = ["/feed", "/rss", "/atom.xml", "/feed.xml", "/index.xml"];
/// Candidates taken from one page.
const MAX_NAMED: usize = 20;
/// Media types of feeds.
const KINDS: [&str; 6] = [
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/json",
    "application/rdf+xml",
    "text/xml",
];

/// A place where a feed may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its address.
    pub url: Url,
    /// As the page calls it.
    pub title: Option<String>,
}

/// Where the feeds of a page's site may be, the likeliest first.
pub fn discover(bytes: &[u8], address: &Url) -> Vec<Candidate> {
    let mut found = named_by(bytes, address);
    found.extend(usual(address));
    let mut seen = HashSet::new();
    found.retain(|candidate| seen.insert(candidate.url.clone()));
    found
}

/// Where feeds usually are on the site of an address.
pub fn usual(address: &Url) -> Vec<Candidate> {
    let places = USUAL.iter().filter_map(|path| address.join(path).ok());
    places.map(|url| Candidate { url, title: None }).collect()
}

/// The feeds that a page names.
pub fn named_by(bytes: &[u8], address: &Url) -> Vec<Candidate> {
    let text = decode(bytes, None);
    let mut reader = Reader::new(&text);
    let mut base = address.clone();
    let mut found: Vec<Candidate> = Vec::new();
    while let Some(token) = reader.next() {
        let Token::Start {
            name, attributes, ..
        } = token
        else {
            continue;
        };
        if name.eq_ignore_ascii_case("base") {
            let own = attribute(attributes, "href").and_then(|href| address_of(&href, address));
            base = own.unwrap_or(base);
        } else if name.eq_ignore_ascii_case("link") && found.len() < MAX_NAMED {
            found.extend(named(attributes, &base));
        }
    }
    found
}

fn named(attributes: &str, base: &Url) -> Option<Candidate> {
    let rel = attribute(attributes, "rel")?.to_ascii_lowercase();
    let kind = attribute(attributes, "type")?.to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let alternate = rel
        .split_whitespace()
        .any(|word| word == "alternate" || word == "feed");
    if !alternate || !KINDS.contains(&kind) {
        return None;
    }
    Some(Candidate {
        url: address_of(&attribute(attributes, "href")?, base)?,
        title: attribute(attributes, "title"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_that_a_page_names_come_before_the_usual_places() {
        let page = br#"<html><head><base href="/news/"><link rel=stylesheet type="text/css" href="a.css">
            <link rel="alternate" type="application/rss+xml" title="All &amp; more" href="rss.xml?a=1&amp;b=2">
            <link rel="alternate" type="application/feed+json" href="https://other.example.org/feed.json">"#;
        let address = Url::parse("https://example.org/index.html").expect("an address");
        let found = discover(page, &address);
        assert_eq!(
            found[0].url.as_str(),
            "https://example.org/news/rss.xml?a=1&b=2"
        );
        assert_eq!(found[0].title.as_deref(), Some("All & more"));
        assert_eq!(found[1].url.as_str(), "https://other.example.org/feed.json");
        assert_eq!(found.len(), 2 + USUAL.len());
    }
}
