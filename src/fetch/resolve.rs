//! Names to addresses: looked up on threads for that, and refused whole when one address is not allowed.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use thiserror::Error;
use tokio::{sync::Semaphore, task::spawn_blocking, time::Instant};

use super::policy::{Lookup, Policy, without_dot};

/// Lookups at once.
// One that hangs holds a thread for up to half a minute.
const MAX_LOOKUPS: usize = 64;
/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 16;
/// What a name leads to is asked again after this long, as browsers do.
// A request waits for its turn at an address and is then dialled by what was looked up for that.
const KEPT: Duration = Duration::from_secs(60);
/// Names whose addresses are kept; others are looked up each time.
const MAX_KEPT: usize = 4_096;

/// Why a name cannot be dialled.
#[derive(Debug, Error)]
pub(super) enum Unresolved {
    /// At least one of its addresses is not allowed: who mixes them has the other ones tried next.
    #[error("the name leads to an address that is not public")]
    Private,
    /// It has none, or the lookup failed.
    #[error("the name has no address")]
    None(#[source] io::Error),
}

/// The guard on names: what it returns is what is dialled, so a name cannot change its address in between.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    policy: Arc<Policy>,
    lookups: Arc<Semaphore>,
    kept: Arc<Mutex<HashMap<String, FreshAddresses>>>,
}

/// The addresses of a name, checked, and since when.
#[derive(Debug)]
struct FreshAddresses(Instant, Vec<SocketAddr>);

impl FreshAddresses {
    fn is_fresh(&self) -> bool {
        self.0.elapsed() < KEPT
    }
}

impl Resolver {
    pub(super) fn new(policy: Arc<Policy>) -> Self {
        Self {
            policy,
            lookups: Arc::new(Semaphore::new(MAX_LOOKUPS)),
            kept: Arc::default(),
        }
    }

    /// The addresses to dial for a name, the port left open.
    pub(super) async fn addresses(&self, name: &str) -> Result<Vec<SocketAddr>, Unresolved> {
        let name = without_dot(name);
        if let Some(address) = self.policy.pinned(name) {
            return Ok(vec![SocketAddr::new(address, 0)]);
        }
        if let Some(kept) = self.kept.lock().get(name).filter(|kept| kept.is_fresh()) {
            return Ok(kept.1.clone());
        }
        let found = self.look_up(name).await.map_err(Unresolved::None)?;
        if found.is_empty() {
            return Err(Unresolved::None(io::ErrorKind::NotFound.into()));
        }
        // The operator's own proxy may well be at a private address; it is dialled, never read.
        let all_allowed =
            self.is_proxy(name) || found.iter().all(|&address| self.policy.reaches(address));
        if !all_allowed {
            return Err(Unresolved::Private);
        }
        let found: Vec<SocketAddr> = found
            .into_iter()
            .take(MAX_ADDRESSES)
            .map(|address| SocketAddr::new(address, 0))
            .collect();
        self.keep(name, found.clone());
        Ok(found)
    }

    /// Forgets what a name led to: no answer came from there.
    pub(super) fn forget(&self, name: &str) {
        self.kept.lock().remove(without_dot(name));
    }

    fn keep(&self, name: &str, found: Vec<SocketAddr>) {
        let mut kept = self.kept.lock();
        if kept.len() >= MAX_KEPT {
            kept.retain(|_, kept| kept.is_fresh());
        }
        // Where all are fresh a name is rather looked up again: feeds name as many hosts as they like.
        if kept.len() < MAX_KEPT {
            kept.insert(name.to_owned(), FreshAddresses(Instant::now(), found));
        }
    }

    /// Whether the name of the operator's own proxy is asked for.
    fn is_proxy(&self, name: &str) -> bool {
        self.policy
            .proxy
            .as_ref()
            .is_some_and(|proxy| proxy.host_str() == Some(name))
    }

    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        // The permit goes with the thread, which outlives a caller that gave up.
        let permit = Arc::clone(&self.lookups)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        let (lookup, name): (Lookup, String) = (self.policy.lookup.clone(), name.to_owned());
        spawn_blocking(move || {
            let found = lookup.addresses(&name);
            drop(permit);
            found
        })
        .await
        .map_err(io::Error::other)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolver(addresses: &'static [&'static str], private: &[&str]) -> Resolver {
        let mut policy = Policy::new("dateline-test");
        policy.private = private
            .iter()
            .map(|range| range.parse().expect("a range of the test"))
            .collect();
        policy.lookup = Lookup::with(move |_| {
            Ok(addresses
                .iter()
                .map(|text| text.parse().expect("an address of the test"))
                .collect())
        });
        Resolver::new(Arc::new(policy))
    }

    #[tokio::test]
    async fn a_public_name_is_dialled_by_the_addresses_that_were_checked() {
        let found = resolver(&["93.184.216.34", "2606:4700::1111"], &[])
            .addresses("example.org")
            .await;
        let found: Vec<String> = found
            .expect("public addresses")
            .iter()
            .map(|a| a.ip().to_string())
            .collect();
        assert_eq!(found, ["93.184.216.34", "2606:4700::1111"]);
    }

    #[tokio::test]
    async fn one_private_address_among_public_ones_refuses_the_name() {
        for addresses in [
            &["127.0.0.1"][..],
            &["93.184.216.34", "10.0.0.1"],
            &["::1", "2606:4700::1111"],
            &["93.184.216.34", "::ffff:169.254.169.254"],
        ] {
            let found = resolver(addresses, &[]).addresses("rebind.example").await;
            assert!(
                matches!(found, Err(Unresolved::Private)),
                "{addresses:?}: {found:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_told_from_a_private_one() {
        let found = resolver(&[], &[]).addresses("nowhere.example").await;
        assert!(matches!(found, Err(Unresolved::None(_))));
    }

    #[tokio::test]
    async fn a_range_of_the_operator_opens_a_name() {
        assert!(
            resolver(&["10.1.2.3"], &["10.0.0.0/8"])
                .addresses("intranet.example")
                .await
                .is_ok()
        );
    }
}
