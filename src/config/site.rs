//! What is special about one site.

use std::{collections::BTreeMap, time::Duration};

/// Rules of one site.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteRules {
    /// Gap between two requests.
    pub pace: Option<Duration>,
    /// Phrases that are no part of a story there, beside the shipped ones.
    pub remove: Vec<String>,
    /// Parameters of addresses that only track; addresses without them become alias keys.
    pub tracking: Vec<String>,
    /// Whether its certificate is looked at; it is where nothing is said.
    pub verify_tls: Option<bool>,
}

impl SiteRules {
    /// These rules with those of another place: what both set is taken from here, lists are joined.
    #[must_use]
    pub fn merged_with(&self, other: &Self) -> Self {
        let joined = |one: &[String], two: &[String]| {
            let more = two.iter().filter(|text| !one.contains(text));
            one.iter().chain(more).cloned().collect()
        };
        Self {
            pace: self.pace.or(other.pace),
            remove: joined(&self.remove, &other.remove),
            tracking: joined(&self.tracking, &other.tracking),
            verify_tls: self.verify_tls.or(other.verify_tls),
        }
    }

    /// Whether whatever certificate it shows is taken.
    pub fn is_unverified(&self) -> bool {
        self.verify_tls == Some(false)
    }
}

/// A warning for each site whose certificate is not looked at.
pub fn unverified_warnings(sites: &BTreeMap<String, SiteRules>) -> impl Iterator<Item = String> {
    let open = sites.iter().filter(|(_, rules)| rules.is_unverified());
    open.map(|(site, _)| format!("verify_tls of {site}: whoever is on the way can be that site"))
}
