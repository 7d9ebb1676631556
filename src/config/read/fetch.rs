//! The keys of `[fetch]`, with the hosts and the rules of sites below it.

use std::{collections::BTreeMap, error::Error as _, net::IpAddr, time::Duration};

use url::{Host, Url};

use super::{
    super::{ConfigTable, FetchConfig, Secret, SiteRules, value},
    HOUR, MINUTE, SECOND, read_closed,
};
use crate::{
    fetch::{Range, check_certificates},
    site::Site,
};

pub(super) fn read_fetch(table: &ConfigTable<'_>) -> FetchConfig {
    FetchConfig {
        pace: table.read_duration("pace", Duration::from_millis(1_500), Duration::ZERO..=HOUR),
        private: table
            .read_list("private", "ranges such as \"127.0.0.0/8\"", |text| {
                text.parse::<Range>().map_err(|error| error.to_string())
            })
            .unwrap_or_default(),
        proxy: empty_is_none(
            table,
            "proxy",
            "an address such as \"http://proxy.example.org:3128\"",
            parse_proxy,
        ),
        ca_file: empty_is_none(table, "ca_file", "a file of certificates in PEM", |text| {
            let path = table.path_beside(text);
            check_certificates(&path).map_err(|error| {
                let why = error.source().map(|source| format!(": {source}"));
                format!("{error}{}", why.unwrap_or_default())
            })?;
            Ok(path)
        }),
        hosts: read_closed(table, "hosts", read_hosts),
        sites: read_closed(table, "sites", read_sites),
        retries: table
            .read_list(
                "retries",
                "durations such as \"10m\"",
                value::parse_duration,
            )
            .unwrap_or_else(|| vec![MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR]),
        concurrency: table.read_whole("concurrency", 256, 1..=10_000) as usize,
    }
}

fn parse_proxy(text: &str) -> Result<Secret, String> {
    let url = Url::parse(text).map_err(|error| format!("is no address: {error}"))?;
    match url.scheme() {
        "http" | "https" => Ok(Secret::new(text.to_owned())),
        scheme if scheme.starts_with("socks") => {
            Err("is a SOCKS proxy, which this program cannot use".to_owned())
        }
        _ => Err("is no http address".to_owned()),
    }
}

fn empty_is_none<T>(
    table: &ConfigTable<'_>,
    key: &str,
    accepted: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let read = table.read_parsed(key, accepted, |text| {
        if text.is_empty() {
            Ok(None)
        } else {
            parse(text).map(Some)
        }
    });
    read.flatten()
}

/// Addresses of hosts. A name may be written in its own letters (`bücher.test`) or as it is asked (`xn--bcher-kva.test`).
fn read_hosts(table: &ConfigTable<'_>) -> BTreeMap<String, IpAddr> {
    let mut made = BTreeMap::new();
    for name in table.key_names() {
        let address = table.read_parsed(&name, "an IP address", |text| {
            text.parse()
                .map_err(|_| format!("`{text}` is no IP address"))
        });
        let asked =
            Host::parse(&name).map_or_else(|_| name.to_lowercase(), |host| host.to_string());
        made.extend(address.map(|address| (asked, address)));
    }
    made
}

/// Rules of sites by name; a name such as `www.example.org` stands for its site.
pub(crate) fn read_sites(table: &ConfigTable<'_>) -> BTreeMap<String, SiteRules> {
    let mut made = BTreeMap::new();
    for name in table.key_names() {
        let rules = read_closed(table, &name, site_rules);
        let host = name.trim();
        let is_host = !host.is_empty()
            && (host.parse::<IpAddr>().is_ok() || !host.contains(['/', ':', ' ', '@', '?']));
        if !is_host {
            let problem = format!("`{name}` is no host name");
            table.record_fault(&name, problem, "a host name such as \"example.org\"");
            continue;
        }
        let site = Site::of_host(host).as_str().to_owned();
        if made.insert(site.clone(), rules).is_some() {
            let problem = format!("the rules of {site} are set twice");
            table.record_fault(&name, problem, "each site once");
        }
    }
    made
}

/// `pace`, `remove`, `tracking` and `verify_tls` of one site.
fn site_rules(table: &ConfigTable<'_>) -> SiteRules {
    let pace = table
        .has_key("pace")
        .then(|| table.read_duration("pace", SECOND, Duration::ZERO..=HOUR));
    SiteRules {
        pace,
        remove: table
            .read_list("remove", "phrases", |text| Ok(text.to_owned()))
            .unwrap_or_default(),
        tracking: table
            .read_list(
                "tracking",
                "names of parameters",
                |text| Ok(text.to_owned()),
            )
            .unwrap_or_default(),
        verify_tls: table
            .has_key("verify_tls")
            .then(|| table.read_flag("verify_tls", true)),
    }
}
