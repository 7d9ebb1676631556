//! Questions to the reading thread: states of sites and feeds, kept as JSON.

use rusqlite::Connection;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::{
    FileQuestion, SqliteLedger,
    apply::find_json,
    fault::{ledger_error, unreadable_error},
    job_thread::closed_error,
    schema::PARTITIONS,
};
use crate::{
    ledger::{LedgerError, entry_rules},
    site::Site,
};

impl SqliteLedger {
    /// Asks the reading thread.
    pub(super) async fn ask_file<A: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<A, LedgerError> + Send + 'static,
    ) -> Result<A, LedgerError> {
        let (reply, answer) = oneshot::channel();
        let question: FileQuestion = Box::new(move |file| {
            reply.send(question(file)).ok();
        });
        self.reads.queue_job(question).await?;
        answer.await.map_err(|_| closed_error())?
    }

    /// An answer about a site, which is halted from now on when a record of it cannot be read: its owner is gone.
    pub(super) fn of_site<A>(
        &self,
        site: &Site,
        answer: Result<A, LedgerError>,
    ) -> Result<A, LedgerError> {
        let Err(LedgerError::Unreadable { detail }) = answer else {
            return answer;
        };
        if self.shared.barred.halt_site(site, &detail) {
            self.shared.changes.mark_ownership();
        }
        Err(LedgerError::Stale {
            partition: site.partition_among(PARTITIONS),
        })
    }

    /// Reads a state of a site kept as JSON under an id.
    pub(super) async fn state_of<S: DeserializeOwned + Send + 'static>(
        &self,
        site: &Site,
        query: &'static str,
        id: String,
    ) -> Result<Option<S>, LedgerError> {
        let state = self
            .read_state(query, id, site.partition_among(PARTITIONS))
            .await;
        self.of_site(site, state)
    }

    /// Reads a state kept as JSON under an id.
    pub(super) async fn read_state<S: DeserializeOwned + Send + 'static>(
        &self,
        query: &'static str,
        id: String,
        part: u32,
    ) -> Result<Option<S>, LedgerError> {
        self.ask_file(move |file| {
            let json = find_json(file, query, &id, part);
            let json = json.map_err(|error| ledger_error("read a state", error))?;
            json.map(|json| entry_rules::read_state(&json))
                .transpose()
                .map_err(|error| unreadable_error(&format!("the state of {id}"), &error))
        })
        .await
    }
}
