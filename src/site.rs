//! A site: the unit that has one owner, one pace and one request in flight. Rule, list and hash are frozen:
//! they decide which worker owns what is already in a ledger.

use std::{fmt, net::IpAddr};

use sha2::{Digest, Sha256};
use url::{Host, Url};

/// Hosts that many publishers share, each under a label of its own: cut one label later. Frozen.
const SHARED: [&str; 20] = [
    "substack.com",
    "medium.com",
    "wordpress.com",
    "blogspot.com",
    "github.io",
    "gitlab.io",
    "tumblr.com",
    "livejournal.com",
    "ghost.io",
    "beehiiv.com",
    "typepad.com",
    "over-blog.com",
    "canalblog.com",
    "wixsite.com",
    "weebly.com",
    "netlify.app",
    "vercel.app",
    "pages.dev",
    "web.app",
    "herokuapp.com",
];

/// A host name cut to its site: `www.dawn.com` is of `dawn.com`, `feeds.bbc.co.uk` of `bbc.co.uk`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site(String);

impl Site {
    /// The site of a host name as an [`Url`] gives it: without `www.`, cut to its last two labels, or three when the
    /// last has two letters and the one before it at most three, one more on a shared host. An IP address is its own
    /// site, an IPv6 one without brackets.
    pub fn of_host(host: &str) -> Self {
        let bare = host.trim_matches(['[', ']']);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Self(address.to_string());
        }
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        let name = without_www(&name);
        let cut = last_labels(name, labels_of_site(name));
        let site = if SHARED.contains(&cut) {
            last_labels(name, 3)
        } else {
            cut
        };
        Self(without_www(site).to_owned())
    }

    /// The site of an address; `None` without a host.
    pub fn of_url(url: &Url) -> Option<Self> {
        Some(match url.host()? {
            Host::Domain(name) => Self::of_host(name),
            Host::Ipv4(address) => Self(address.to_string()),
            Host::Ipv6(address) => Self(address.to_string()),
        })
    }

    /// The site as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition of the site among `count`, which is at least 1: the first eight bytes of SHA-256 of `site/1`,
    /// a line feed and the site, as a big-endian number, modulo the count. Frozen.
    pub fn partition_among(&self, count: u32) -> u32 {
        let digest = Sha256::new()
            .chain_update("site/1\n")
            .chain_update(&self.0)
            .finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        (u64::from_be_bytes(first) % u64::from(count.max(1))) as u32
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn without_www(name: &str) -> &str {
    name.strip_prefix("www.")
        // `www.com` is a site, not a `com` without its `www`.
        .filter(|rest| rest.contains('.'))
        .unwrap_or(name)
}

fn labels_of_site(name: &str) -> usize {
    let mut labels = name.rsplit('.');
    let (last, before) = (labels.next().unwrap_or(""), labels.next().unwrap_or(""));
    // `co.uk`, `com.au`. A list of public suffixes changes with each release, and this rule must not.
    if last.len() == 2 && before.len() <= 3 {
        3
    } else {
        2
    }
}

/// The end of a name, at most so many labels.
fn last_labels(name: &str, count: usize) -> &str {
    let cut = name.rmatch_indices('.').nth(count - 1);
    cut.map_or(name, |(dot, _)| &name[dot + 1..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_site_of_known_hosts_never_changes() {
        for (host, site) in [
            ("dawn.com", "dawn.com"),
            ("www.dawn.com", "dawn.com"),
            ("WWW.Dawn.com.", "dawn.com"),
            ("feeds.bbci.co.uk", "bbci.co.uk"),
            ("www.bbc.co.uk", "bbc.co.uk"),
            ("a.b.c.abc.net.au", "abc.net.au"),
            ("news.nic.in", "news.nic.in"),
            ("timesofindia.indiatimes.com", "indiatimes.com"),
            ("www.spiegel.de", "spiegel.de"),
            ("rss.sueddeutsche.de", "sueddeutsche.de"),
            ("t.co", "t.co"),
            ("www.gov.uk", "gov.uk"),
            ("co.uk", "co.uk"),
            ("www.com", "www.com"),
            ("a.www.co.uk", "co.uk"),
            ("news.bbc.de", "news.bbc.de"),
            ("alice.substack.com", "alice.substack.com"),
            ("www.alice.substack.com", "alice.substack.com"),
            ("x.alice.wordpress.com", "alice.wordpress.com"),
            ("substack.com", "substack.com"),
            ("www.medium.com", "medium.com"),
            ("bob.github.io", "bob.github.io"),
            ("deep.bob.github.io", "bob.github.io"),
            ("shop.pages.dev", "shop.pages.dev"),
            ("localhost", "localhost"),
            ("site1.test", "site1.test"),
            ("127.0.0.1", "127.0.0.1"),
            ("[2001:DB8::1]", "2001:db8::1"),
            ("xn--80ak6aa92e.xn--p1ai", "xn--80ak6aa92e.xn--p1ai"),
            ("", ""),
        ] {
            assert_eq!(Site::of_host(host).as_str(), site, "{host}");
        }
    }

    #[test]
    fn the_partition_of_known_sites_never_changes() {
        for (host, of_16, of_7) in FROZEN_PARTITIONS {
            let site = Site::of_host(host);
            assert_eq!(
                (site.partition_among(16), site.partition_among(7)),
                (*of_16, *of_7),
                "{host}"
            );
        }
        assert_eq!(Site::of_host("dawn.com").partition_among(1), 0);
    }

    /// Host, partition of 16, partition of 7.
    const FROZEN_PARTITIONS: &[(&str, u32, u32)] = &[
        ("dawn.com", 0, 5),
        ("bbc.co.uk", 4, 0),
        ("spiegel.de", 13, 6),
        ("alice.substack.com", 4, 2),
        ("127.0.0.1", 0, 1),
        ("2001:db8::1", 10, 4),
        ("localhost", 15, 0),
        ("", 12, 6),
    ];

    #[test]
    fn sites_spread_over_all_partitions() {
        let mut counts = [0_u32; 16];
        for n in 0..1600 {
            counts[Site::of_host(&format!("site{n}.test")).partition_among(16) as usize] += 1;
        }
        assert!(
            counts.iter().all(|count| (60..=140).contains(count)),
            "{counts:?}"
        );
    }

    proptest! {
        #[test]
        fn the_site_of_a_site_is_itself(host in "([a-z0-9-]{1,5}\\.){0,5}[a-z]{2,4}") {
            let site = Site::of_host(&host);
            prop_assert_eq!(Site::of_host(site.as_str()), site);
        }

        #[test]
        fn any_text_has_a_site(host in "\\PC*") {
            prop_assert!(Site::of_host(&host).partition_among(16) < 16);
        }
    }
}
