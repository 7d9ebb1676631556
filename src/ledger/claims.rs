//! Ids that are claimed: one article is worked on once at a time in a process.

use std::{collections::HashSet, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::id::ArticleId;

/// The ids claimed in this process.
#[derive(Debug, Clone, Default)]
pub struct Claims(Arc<HeldClaims>);

#[derive(Debug, Default)]
struct HeldClaims {
    ids: Mutex<HashSet<ArticleId>>,
    released: Notify,
}

impl Claims {
    /// Claims an id until the claim is dropped; `None` when it is taken.
    pub fn claim_id(&self, id: ArticleId) -> Option<Claim> {
        let mut held = self.0.ids.lock();
        held.insert(id).then(|| Claim {
            id,
            claims: self.clone(),
        })
    }

    /// Whether the id is claimed.
    pub fn is_claimed(&self, id: ArticleId) -> bool {
        let held = self.0.ids.lock();
        held.contains(&id)
    }

    /// Whether any id is claimed.
    pub fn any_claimed(&self) -> bool {
        let held = self.0.ids.lock();
        !held.is_empty()
    }

    /// Waits until a claim is given back; one that was given back before is noticed at once.
    pub(crate) async fn wait_for_release(&self) {
        self.0.released.notified().await;
    }
}

/// The right to work on an id; given back when dropped.
#[derive(Debug)]
pub struct Claim {
    id: ArticleId,
    claims: Claims,
}

impl Claim {
    /// The id claimed.
    pub fn id(&self) -> ArticleId {
        self.id
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let held = &self.claims.0;
        let mut ids = held.ids.lock();
        ids.remove(&self.id);
        drop(ids);
        // Kept for the one who waits next: a release while nobody waits is not missed.
        held.released.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_claimed_once_until_it_is_given_back() {
        let claims = Claims::default();
        let id = ArticleId::of(&["test", "a"]);
        let claim = claims.claim_id(id);
        assert!(claim.is_some() && claims.claim_id(id).is_none() && claims.is_claimed(id));
        drop(claim);
        assert!(claims.claim_id(id).is_some());
    }
}
