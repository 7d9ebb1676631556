//! The keys of `[fetch]`, with the hosts and the rules of sites below it.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use url::Url;

use super::{
    super::{ConfigTable, FetchConfig, Secret, SiteRules, value},
    HOUR, MINUTE, SECOND, closed,
};
use crate::{fetch::Range, site::Site};

pub(super) fn fetch(table: &ConfigTable<'_>) -> FetchConfig {
    FetchConfig {
        pace: table.duration("pace", Duration::from_millis(1_500), Duration::ZERO..=HOUR),
        private: table
            .list("private", "ranges such as \"127.0.0.0/8\"", |text| {
                text.parse::<Range>().map_err(|error| error.to_string())
            })
            .unwrap_or_default(),
        proxy: empty_is_none(
            table,
            "proxy",
            "an address such as \"http://proxy.example.org:3128\"",
            |text| {
                let url = Url::parse(text).map_err(|error| format!("is no address: {error}"))?;
                match url.scheme() {
                    "http" | "https" => Ok(Secret::new(text.to_owned())),
                    scheme if scheme.starts_with("socks") => {
                        Err("is a SOCKS proxy, which this program cannot use".to_owned())
                    }
                    _ => Err("is no http address".to_owned()),
                }
            },
        ),
        ca_file: table
            .text("ca_file")
            .filter(|path| !path.is_empty())
            .map(|path| table.beside(&path)),
        hosts: closed(table, "hosts", hosts),
        sites: closed(table, "sites", sites),
        retries: table
            .list("retries", "durations such as \"10m\"", value::duration)
            .unwrap_or_else(|| vec![MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR]),
        concurrency: table.whole("concurrency", 256, 1..=10_000) as usize,
    }
}

fn empty_is_none<T>(
    table: &ConfigTable<'_>,
    key: &str,
    accepted: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let read = table.parsed(key, accepted, |text| {
        if text.is_empty() {
            Ok(None)
        } else {
            parse(text).map(Some)
        }
    });
    read.flatten()
}

fn hosts(table: &ConfigTable<'_>) -> BTreeMap<String, IpAddr> {
    let mut made = BTreeMap::new();
    for name in table.names() {
        let address = table.parsed(&name, "an IP address", |text| {
            text.parse()
                .map_err(|_| format!("`{text}` is no IP address"))
        });
        made.extend(address.map(|address| (name.to_lowercase(), address)));
    }
    made
}

/// Rules of sites by name; a name such as `www.example.org` stands for its site.
pub(crate) fn sites(table: &ConfigTable<'_>) -> BTreeMap<String, SiteRules> {
    let mut made = BTreeMap::new();
    for name in table.names() {
        let rules = closed(table, &name, site_rules);
        let host = name.trim();
        let is_host = !host.is_empty()
            && (host.parse::<IpAddr>().is_ok() || !host.contains(['/', ':', ' ', '@', '?']));
        if !is_host {
            let problem = format!("`{name}` is no host name");
            table.fault(&name, problem, "a host name such as \"example.org\"");
            continue;
        }
        let site = Site::of_host(host).as_str().to_owned();
        if made.insert(site.clone(), rules).is_some() {
            let problem = format!("the rules of {site} are set twice");
            table.fault(&name, problem, "each site once");
        }
    }
    made
}

/// `pace`, `remove`, `tracking` and `verify_tls` of one site.
fn site_rules(table: &ConfigTable<'_>) -> SiteRules {
    let pace = table
        .has("pace")
        .then(|| table.duration("pace", SECOND, Duration::ZERO..=HOUR));
    SiteRules {
        pace,
        remove: table
            .list("remove", "phrases", |text| Ok(text.to_owned()))
            .unwrap_or_default(),
        tracking: table
            .list(
                "tracking",
                "names of parameters",
                |text| Ok(text.to_owned()),
            )
            .unwrap_or_default(),
        verify_tls: table
            .has("verify_tls")
            .then(|| table.flag("verify_tls", true)),
    }
}
