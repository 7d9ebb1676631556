//! A site: the unit that has one owner, one pace and one request in flight.

use std::fmt;

/// A host name cut to its site (DESIGN: frozen rule).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site(String);

impl Site {
    /// The site of a host name.
    pub fn of_host(host: &str) -> Self {
        Self(host.to_owned())
    }

    /// The site of an address; `None` without a host.
    pub fn of_url(url: &url::Url) -> Option<Self> {
        url.host_str().map(Self::of_host)
    }

    /// The site as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition of the site among `count`.
    pub fn partition(&self, count: u32) -> u32 {
        self.0.len() as u32 % count
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
