//! Names of elements by family, whatever prefix a feed gives them and whether it declares it or not.

use std::{borrow::Cow, collections::HashMap};

use super::tags::{split_attributes, split_name};

/// Where a name comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// RSS, Atom, CDF, sitemaps: the format itself.
    Core,
    /// Atom inside another format.
    Atom,
    /// Dublin Core elements and terms.
    Dublin,
    /// `content:encoded`.
    Content,
    /// Media RSS.
    Media,
    /// Podcasts.
    Itunes,
    /// FeedBurner.
    Burner,
    /// RSS 1.0 syndication hints.
    Syndication,
    /// News sitemaps.
    News,
    /// RDF.
    Rdf,
    /// Everything else: passed over.
    Other,
}

/// Parts of namespace addresses, in the spellings that feeds use, and the family they stand for.
const ADDRESSES: &[(&str, Family)] = &[
    ("purl.org/dc/", Family::Dublin),
    // The first that fits counts: modules stand before `purl.org/rss`, which is a part of their addresses.
    ("purl.org/rss/1.0/modules/content", Family::Content),
    ("purl.org/rss/1.0/modules/syndication", Family::Syndication),
    ("purl.org/rss/1.0/modules/", Family::Other),
    ("search.yahoo.com/mrss", Family::Media),
    ("itunes.com/dtds", Family::Itunes),
    ("feedburner", Family::Burner),
    ("sitemap-news", Family::News),
    ("sitemaps.org", Family::Core),
    ("sitemap/0.", Family::Core),
    ("rdf-syntax-ns", Family::Rdf),
    ("w3.org/2005/atom", Family::Atom),
    ("purl.org/atom", Family::Atom),
    ("purl.org/rss", Family::Core),
    ("purl.org/net/rss1.1", Family::Core),
    ("userland.com", Family::Core),
    ("netscape.com/rdf", Family::Core),
    ("netscape.com/publish", Family::Core),
    ("channel.netscape.com", Family::Core),
    ("blogs.law.harvard.edu", Family::Core),
];

/// What a prefix means where nobody declares it.
const PREFIXES: &[(&str, Family)] = &[
    ("", Family::Core),
    ("rss", Family::Core),
    ("atom", Family::Atom),
    ("atom10", Family::Atom),
    ("a10", Family::Atom),
    ("dc", Family::Dublin),
    ("dcterms", Family::Dublin),
    ("content", Family::Content),
    ("media", Family::Media),
    ("itunes", Family::Itunes),
    ("feedburner", Family::Burner),
    ("sy", Family::Syndication),
    ("news", Family::News),
    ("rdf", Family::Rdf),
];

/// What the prefixes of a document mean.
#[derive(Debug, Default)]
pub(super) struct ElementNames<'a> {
    declared: HashMap<&'a str, Family>,
    /// The prefix of the document's root: names with it are the format's own.
    own: &'a str,
}

impl<'a> ElementNames<'a> {
    /// Takes in the declarations of a tag.
    pub(super) fn enter_declarations(&mut self, attributes: &'a str) {
        if attributes.is_empty() || memchr::memmem::find(attributes.as_bytes(), b"xmlns:").is_none()
        {
            return;
        }
        for (name, value) in split_attributes(attributes) {
            let Some(prefix) = name.strip_prefix("xmlns:") else {
                continue;
            };
            let lower = value.to_ascii_lowercase();
            let family = ADDRESSES.iter().find(|(part, _)| lower.contains(part));
            let usual = PREFIXES.iter().any(|(known, _)| *known == prefix);
            match family {
                Some((_, family)) => drop(self.declared.insert(prefix, *family)),
                None if !usual => drop(self.declared.insert(prefix, Family::Other)),
                // A usual prefix in front of an address that nobody knows means what it always means.
                None => {}
            }
        }
    }

    /// Names the root's prefix.
    pub(super) fn enter_root(&mut self, prefix: &'a str) {
        self.own = prefix;
    }

    /// The family of a name, and its local part in lower case.
    pub(super) fn family_of(&self, name: &'a str) -> (Family, Cow<'a, str>) {
        let (prefix, local) = split_name(name);
        (self.family_of_prefix(prefix), lower_case(local))
    }

    fn family_of_prefix(&self, prefix: &str) -> Family {
        if prefix.is_empty() || prefix == self.own {
            return Family::Core;
        }
        let usual = || {
            PREFIXES
                .iter()
                .find(|(known, _)| *known == prefix)
                .map(|(_, family)| *family)
        };
        self.declared
            .get(prefix)
            .copied()
            .or_else(usual)
            .unwrap_or(Family::Other)
    }
}

/// A name in lower case; most are already.
pub(super) fn lower_case(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
