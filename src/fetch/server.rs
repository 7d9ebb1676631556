//! How many requests one server gets at once: an address may serve many sites, each with a pace of its own.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests in flight to one address; a browser opens six connections to one host, for one reader.
const MAX_AT_ONCE: usize = 4;

/// The addresses that are being asked.
#[derive(Debug, Clone, Default)]
pub(super) struct Servers(Arc<Mutex<HashMap<IpAddr, Weak<Semaphore>>>>);

impl Servers {
    /// Waits for a place at an address; it is given back when dropped.
    pub(super) async fn place(&self, address: IpAddr) -> OwnedSemaphorePermit {
        let places = self.of(address).acquire_owned().await;
        places.expect("the semaphore is never closed")
    }

    fn of(&self, address: IpAddr) -> Arc<Semaphore> {
        let mut servers = self.0.lock();
        if let Some(places) = servers.get(&address).and_then(Weak::upgrade) {
            return places;
        }
        // Servers that nobody asks any more would stay in the map for ever.
        servers.retain(|_, places| places.strong_count() > 0);
        let places = Arc::new(Semaphore::new(MAX_AT_ONCE));
        servers.insert(address, Arc::downgrade(&places));
        places
    }
}
