//! The frozen words of identity rules v1: tracking parameters, and redirectors that carry an address.

use std::collections::HashSet;

use url::Url;

const V1: &str = include_str!("../../../config/identity-1.txt");

/// Hosts of copies in Google's AMP cache.
const AMP_CACHE: &str = ".cdn.ampproject.org";

/// What an address says about where it really leads.
#[derive(Debug, Default)]
pub(super) struct Rules {
    params: HashSet<&'static str>,
    prefixes: Vec<&'static str>,
    redirectors: Vec<Redirector>,
}

#[derive(Debug)]
struct Redirector {
    host: &'static str,
    path: &'static str,
    params: Vec<&'static str>,
}

impl Rules {
    /// The rules of version 1.
    pub(super) fn v1() -> Self {
        let mut rules = Self::default();
        for line in V1.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            match (words.next(), words.next(), words.next()) {
                (Some("param"), Some(name), None) => drop(rules.params.insert(name)),
                (Some("prefix"), Some(start), None) => rules.prefixes.push(start),
                (Some("redirect"), Some(host), Some(path)) => {
                    rules.redirectors.push(Redirector {
                        host,
                        path,
                        params: words.collect(),
                    });
                }
                _ => {}
            }
        }
        rules
    }

    /// Whether a parameter, its name in lower case, only tracks.
    pub(super) fn tracks(&self, name: &str) -> bool {
        self.params.contains(name) || self.prefixes.iter().any(|start| name.starts_with(start))
    }

    /// The address that a redirector carries, or that an AMP viewer shows.
    pub(super) fn unwrapped(&self, url: &Url) -> Option<Url> {
        let (host, path) = (super::host_of(url), super::path_of(url));
        let viewer = is_google(host) && path.starts_with("/amp/");
        let cache =
            host.ends_with(AMP_CACHE) && (path.starts_with("/c/") || path.starts_with("/v/"));
        if viewer || cache {
            return shown(url);
        }
        let redirector = self.redirectors.iter().find(|r| r.is_at(host, &path))?;
        let carried = |name: &&str| {
            let carries = |(key, value): (_, std::borrow::Cow<'_, str>)| {
                (key == *name).then(|| value.into_owned())
            };
            let address = url.query_pairs().find_map(carries)?;
            Url::parse(&address)
                .ok()
                .filter(|inner| matches!(inner.scheme(), "http" | "https"))
        };
        redirector.params.iter().find_map(carried)
    }
}

impl Redirector {
    fn is_at(&self, host: &str, path: &str) -> bool {
        let same_host = if self.host == "google.*" {
            is_google(host)
        } else {
            self.host == host
        };
        same_host && self.path == path
    }
}

/// `google.com`, `google.de`, `google.co.uk`, `google.com.au`.
fn is_google(host: &str) -> bool {
    let Some(end) = host.strip_prefix("google.") else {
        return false;
    };
    let mut labels = end.split('.');
    match (labels.next(), labels.next(), labels.next()) {
        (Some(top), None, _) => top == "com" || top.len() == 2,
        (Some("co" | "com"), Some(top), None) => top.len() == 2,
        _ => false,
    }
}

/// What comes after the first part of the path: `s/host/path` is shown over https, `host/path` over http.
fn shown(url: &Url) -> Option<Url> {
    let mut parts = url
        .path()
        .split('/')
        .filter(|part| !part.is_empty())
        .skip(1)
        .peekable();
    let scheme = if parts.next_if_eq(&"s").is_some() {
        "https"
    } else {
        "http"
    };
    parts.peek().filter(|host| host.contains('.'))?;
    let mut shown = format!("{scheme}://{}", parts.collect::<Vec<_>>().join("/"));
    if let Some(query) = url.query() {
        shown = format!("{shown}?{query}");
    }
    Url::parse(&shown).ok()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_words_of_version_1_never_change() {
        let digest = Sha256::digest(V1.as_bytes());
        let first = u128::from_be_bytes(digest[..16].try_into().expect("a digest of 32 bytes"));
        let known = 0xf72d_cc66_24b6_677d_fae3_be8e_f7fe_27a1;
        assert_eq!(
            first, known,
            "the ids of everything ever published follow from this file"
        );
    }

    #[test]
    fn every_line_is_read() {
        let rules = Rules::v1();
        assert_eq!(
            (
                rules.params.len(),
                rules.prefixes.len(),
                rules.redirectors.len()
            ),
            (41, 9, 9)
        );
    }
}
