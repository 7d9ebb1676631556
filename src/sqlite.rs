//! The ledger in one SQLite file: one process writes it, any number read it meanwhile.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use crate::{
    feed::state::{FeedState, Listed},
    fetch::SiteState,
    id::{ArticleId, FeedId},
    ledger::{
        Batch, Change, Claims, EventMark, Health, Ledger, LedgerError, Seen, Take, Tenure,
        changes::Changes, entry_rules, suspects::Suspects,
    },
    record,
    site::Site,
};

pub use self::reader::SqliteReader;

use self::{
    fault::{fault, unreadable},
    halted_sites::Barred,
    health::HealthNow,
    job_thread::{Lane, Queued, closed},
    lock::Lock,
    schema::PARTITIONS,
    writer::{FileWriter, WriteJob},
};

mod apply;
pub(crate) mod copy;
mod fault;
mod halted_sites;
mod health;
mod job_thread;
mod lock;
mod mailbox;
mod reader;
mod restore;
mod retention;
mod retry_requests;
mod schema;
mod writer;

/// Batches and questions that wait at most, each: back-pressure reaches the poller before memory grows.
const QUEUE: usize = 256;

/// A question to the file.
type Question = Box<dyn FnOnce(&Connection) + Send>;

/// The ledger in a file.
#[derive(Debug)]
pub struct SqliteLedger {
    shared: Arc<FileShared>,
    /// How often the file was opened: the epoch of every tenure of this opening.
    epoch: u64,
    // Dropped in this order: the threads end before the lock is let go.
    reads: Lane<Question>,
    writes: Lane<WriteJob>,
    _lock: Lock,
}

/// What the threads and the callers share.
#[derive(Debug)]
struct FileShared {
    claims: Claims,
    changes: Changes,
    suspects: Suspects,
    barred: Barred,
    health: HealthNow,
}

impl SqliteLedger {
    /// Opens the file, and makes it if there is none. Records older than `keep` go; `None` keeps them for ever.
    ///
    /// # Errors
    /// `Taken` when another process runs on it, `Unfit` when it is of another version or program, `Disk` when it cannot
    /// be written.
    pub fn open(path: &Path, keep: Option<Duration>) -> Result<Self, LedgerError> {
        let lock = Lock::take(path)?;
        let mut file = schema::open(path)?;
        let shared = Arc::new(FileShared {
            claims: Claims::default(),
            changes: Changes::default(),
            suspects: Suspects::default(),
            barred: Barred::default(),
            health: HealthNow::opened(),
        });
        retry_requests::move_in(&mut file, &shared.barred)?;
        let (clean, epoch) =
            restore::begin(&mut file).map_err(|error| fault("begin a run", error))?;
        let sites = restore::sites(&file)?;
        if !clean {
            restore::suspect(&file, &shared, &sites, Timestamp::now())?;
            let alone = shared.suspects.left();
            tracing::warn!(
                alone,
                "the last run ended uncleanly; what it may have held is tried alone"
            );
        }
        shared.health.count(&file);
        shared.changes.ownership();
        shared.changes.mark(sites);
        let reading = schema::open_to_read(path)?;
        let writer = FileWriter::new(file, Arc::clone(&shared), retention::Keep::new(keep));
        Ok(Self {
            shared,
            epoch,
            reads: Lane::start("ledger-read", QUEUE, move |queue| {
                for (question, _place) in queue as std::sync::mpsc::Receiver<Queued<Question>> {
                    question(&reading);
                }
            })?,
            writes: Lane::start("ledger-write", QUEUE, move |queue| writer.run(&queue))?,
            _lock: lock,
        })
    }

    /// Asks the reading thread.
    async fn ask<A: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<A, LedgerError> + Send + 'static,
    ) -> Result<A, LedgerError> {
        let (reply, answer) = oneshot::channel();
        let question: Question = Box::new(move |file| {
            reply.send(question(file)).ok();
        });
        self.reads.send(question).await?;
        answer.await.map_err(|_| closed())?
    }

    /// An answer about a site, which from now on stands still when a record of it cannot be read: its owner is gone.
    fn of_site<A>(&self, site: &Site, answer: Result<A, LedgerError>) -> Result<A, LedgerError> {
        let Err(LedgerError::Unreadable { detail }) = answer else {
            return answer;
        };
        if self.shared.barred.bar(site, &detail) {
            self.shared.changes.ownership();
        }
        Err(LedgerError::Stale {
            partition: site.partition(PARTITIONS),
        })
    }

    /// Reads a state of a site kept as JSON under an id.
    async fn state_of<S: DeserializeOwned + Send + 'static>(
        &self,
        site: &Site,
        query: &'static str,
        id: String,
    ) -> Result<Option<S>, LedgerError> {
        let state = self.state(query, id, site.partition(PARTITIONS)).await;
        self.of_site(site, state)
    }

    /// Reads a state kept as JSON under an id.
    async fn state<S: DeserializeOwned + Send + 'static>(
        &self,
        query: &'static str,
        id: String,
        part: u32,
    ) -> Result<Option<S>, LedgerError> {
        self.ask(move |file| {
            let json: Option<String> = file
                .prepare_cached(query)
                .and_then(|mut state| {
                    state
                        .query_row(params![id, part], |row| row.get(0))
                        .optional()
                })
                .map_err(|error| fault("read a state", error))?;
            json.map(|json| entry_rules::read_state(&json))
                .transpose()
                .map_err(|error| unreadable(&format!("the state of {id}"), &error))
        })
        .await
    }
}

impl Ledger for SqliteLedger {
    async fn change(&self) -> Change {
        loop {
            if let Some(change) = self.shared.changes.take() {
                return change;
            }
            tokio::select! {
                () = self.shared.changes.marked() => {}
                () = self.shared.claims.released() => {
                    let freed = self.shared.suspects.freed(&self.shared.claims, Timestamp::now());
                    self.shared.changes.mark(freed);
                }
            }
        }
    }

    fn tenure(&self, site: &Site) -> Option<Tenure> {
        let partition = site.partition(PARTITIONS);
        (!self.shared.barred.holds(site)).then_some(Tenure {
            partition,
            epoch: self.epoch,
        })
    }

    async fn feed(&self, site: &Site, id: &FeedId) -> Result<Option<FeedState>, LedgerError> {
        let query = "SELECT json FROM _feeds WHERE id = ?1 AND part = ?2";
        self.state_of(site, query, id.to_string()).await
    }

    async fn listed(&self, site: &Site, id: &FeedId) -> Result<Option<Listed>, LedgerError> {
        let query = "SELECT json FROM _listed WHERE id = ?1 AND part = ?2";
        self.state_of(site, query, id.to_string()).await
    }

    async fn site(&self, site: &Site) -> Result<Option<SiteState>, LedgerError> {
        // A site has one partition, so its name alone is the key.
        let query = "SELECT json FROM _sites WHERE site = ?1 AND ?2 >= 0";
        self.state_of(site, query, site.to_string()).await
    }

    async fn take(&self, site: &Site, now: Timestamp) -> Result<Take, LedgerError> {
        let tenure = Tenure {
            partition: site.partition(PARTITIONS),
            epoch: self.epoch,
        };
        loop {
            let (shared, of) = (Arc::clone(&self.shared), site.clone());
            let found = self
                .ask(move |file| mailbox::take(file, &shared, &of, tenure, now))
                .await;
            let found = self.of_site(site, found)?;
            let (dropped, claims): (Vec<_>, Vec<_>) = found.dropped.into_iter().unzip();
            if !dropped.is_empty() {
                let (reply, answer) = oneshot::channel();
                self.writes.send(WriteJob::Tidy(dropped, reply)).await?;
                answer.await.map_err(|_| closed())??;
            }
            drop(claims);
            if let Some(take) = found.take {
                return Ok(take);
            }
        }
    }

    async fn seen(&self, site: &Site, id: ArticleId) -> Result<Option<Seen>, LedgerError> {
        let part = site.partition(PARTITIONS);
        let seen = self
            .ask(move |file| apply::mark_of(file, &id.to_string(), part))
            .await;
        let seen = self.of_site(site, seen)?;
        Ok(seen.filter(|seen| !entry_rules::forgotten(seen, Timestamp::now())))
    }

    fn claims(&self) -> &Claims {
        &self.shared.claims
    }

    async fn commit(&self, batch: Batch) -> Result<Timestamp, LedgerError> {
        let Some(tenure) = batch.tenure else {
            let detail = "a batch without the proof of its owner".to_owned();
            return Err(LedgerError::Fault { detail });
        };
        if tenure.epoch != self.epoch || tenure.partition >= PARTITIONS {
            return Err(LedgerError::Stale {
                partition: tenure.partition,
            });
        }
        let (reply, answer) = oneshot::channel();
        let job = WriteJob::Commit(Box::new(batch), tenure.partition, reply);
        self.writes.send(job).await?;
        answer.await.map_err(|_| closed())?
    }

    async fn event(&self, mark: &EventMark) -> Result<Option<record::Event>, LedgerError> {
        let query = "SELECT json FROM _outlet WHERE outlet = 2 AND id = ?1 AND revision = ?2";
        match self.state(query, mark.id.clone(), mark.revision).await {
            Err(LedgerError::Unreadable { detail }) => {
                tracing::error!(detail, "an event that is gone cannot be taken back");
                Ok(None)
            }
            event => event,
        }
    }

    fn health(&self) -> Health {
        self.shared.now()
    }

    async fn close(&self) -> Result<(), LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.writes.send(WriteJob::Close(reply)).await?;
        answer.await.map_err(|_| closed())??;
        self.reads.finish();
        self.writes.finish();
        Ok(())
    }
}
