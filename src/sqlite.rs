//! The ledger in one SQLite file: one process writes it, any number read it meanwhile.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use rusqlite::Connection;
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
    fault::ledger_error,
    halted_sites::Barred,
    health::HealthNow,
    job_thread::{Lane, Queued, closed_error},
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
mod states;
mod writer;

/// Batches and questions that wait at most, each.
// Back-pressure reaches the poller before memory grows.
const QUEUE: usize = 256;

/// A question to the file.
type FileQuestion = Box<dyn FnOnce(&Connection) + Send>;

/// The ledger in a file.
#[derive(Debug)]
pub struct SqliteLedger {
    shared: Arc<FileShared>,
    /// How often the file was opened: the epoch of every tenure of this opening.
    epoch: u64,
    // Dropped in this order: the threads end before the lock is released.
    reads: Lane<FileQuestion>,
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

impl FileShared {
    /// Nothing is known yet of a file that was just opened.
    fn of_opened_file() -> Self {
        Self {
            claims: Claims::default(),
            changes: Changes::default(),
            suspects: Suspects::default(),
            barred: Barred::default(),
            health: HealthNow::of_opened_file(),
        }
    }
}

impl SqliteLedger {
    /// Opens the file, and makes it if there is none. Records older than `keep` go; `None` keeps them for ever.
    ///
    /// # Errors
    /// `Taken` when another process runs on it, `Unfit` when it is of another version or program, `Disk` when it cannot
    /// be written.
    pub fn open(path: &Path, keep: Option<Duration>) -> Result<Self, LedgerError> {
        let lock = Lock::take_lock(path)?;
        let mut file = schema::open_to_write(path)?;
        let shared = Arc::new(FileShared::of_opened_file());
        retry_requests::move_in(&mut file, &shared.barred)?;
        let (clean, epoch) =
            restore::begin_run(&mut file).map_err(|error| ledger_error("begin a run", error))?;
        let sites = restore::sites_with_entries(&file)?;
        if !clean {
            restore::suspect_entries(&file, &shared, &sites, Timestamp::now())?;
            let alone = shared.suspects.count_left();
            tracing::warn!(
                alone,
                "the last run ended uncleanly; what it may have held is tried alone"
            );
        }
        shared.health.count_mailboxes(&file);
        shared.changes.mark_ownership();
        shared.changes.mark_sites(sites);
        let reading = schema::open_to_read(path)?;
        let writer = FileWriter::new(file, Arc::clone(&shared), retention::Keep::new(keep));
        Ok(Self {
            shared,
            epoch,
            reads: Lane::start_thread("ledger-read", QUEUE, move |queue| {
                for (question, _place) in queue as std::sync::mpsc::Receiver<Queued<FileQuestion>> {
                    question(&reading);
                }
            })?,
            writes: Lane::start_thread("ledger-write", QUEUE, move |queue| {
                writer.run_until_closed(&queue);
            })?,
            _lock: lock,
        })
    }
}

impl Ledger for SqliteLedger {
    async fn next_change(&self) -> Change {
        loop {
            if let Some(change) = self.shared.changes.take_change() {
                return change;
            }
            tokio::select! {
                () = self.shared.changes.wait_for_mark() => {}
                () = self.shared.claims.wait_for_release() => {
                    let freed = self.shared.suspects.freed_sites(&self.shared.claims, Timestamp::now());
                    self.shared.changes.mark_sites(freed);
                }
            }
        }
    }

    fn find_tenure(&self, site: &Site) -> Option<Tenure> {
        let partition = site.partition_among(PARTITIONS);
        (!self.shared.barred.is_halted(site)).then_some(Tenure {
            partition,
            epoch: self.epoch,
        })
    }

    async fn read_feed(&self, site: &Site, id: &FeedId) -> Result<Option<FeedState>, LedgerError> {
        let query = "SELECT json FROM _feeds WHERE id = ?1 AND part = ?2";
        self.state_of(site, query, id.to_string()).await
    }

    async fn read_listed(&self, site: &Site, id: &FeedId) -> Result<Option<Listed>, LedgerError> {
        let query = "SELECT json FROM _listed WHERE id = ?1 AND part = ?2";
        self.state_of(site, query, id.to_string()).await
    }

    async fn read_site(&self, site: &Site) -> Result<Option<SiteState>, LedgerError> {
        // A site has one partition, so its name alone is the key.
        let query = "SELECT json FROM _sites WHERE site = ?1 AND ?2 >= 0";
        self.state_of(site, query, site.to_string()).await
    }

    async fn take_entry(&self, site: &Site, now: Timestamp) -> Result<Take, LedgerError> {
        let tenure = Tenure {
            partition: site.partition_among(PARTITIONS),
            epoch: self.epoch,
        };
        loop {
            let (shared, of) = (Arc::clone(&self.shared), site.clone());
            let found = self
                .ask_file(move |file| mailbox::take_entry(file, &shared, &of, tenure, now))
                .await;
            let found = self.of_site(site, found)?;
            let (dropped, claims): (Vec<_>, Vec<_>) = found.dropped.into_iter().unzip();
            if !dropped.is_empty() {
                let (reply, answer) = oneshot::channel();
                self.writes
                    .queue_job(WriteJob::Tidy(dropped, reply))
                    .await?;
                answer.await.map_err(|_| closed_error())??;
            }
            // Kept until all are cleared: the next look would find the same rows again.
            drop(claims);
            if let Some(take) = found.take {
                return Ok(take);
            }
        }
    }

    async fn read_seen(&self, site: &Site, id: ArticleId) -> Result<Option<Seen>, LedgerError> {
        let part = site.partition_among(PARTITIONS);
        let seen = self
            .ask_file(move |file| apply::mark_of(file, &id.to_string(), part))
            .await;
        let seen = self.of_site(site, seen)?;
        // The file is swept by the hour, so a mark may outlive its ninety days there.
        Ok(seen.filter(|seen| !entry_rules::is_forgotten(seen, Timestamp::now())))
    }

    fn claims(&self) -> &Claims {
        &self.shared.claims
    }

    async fn commit(&self, batch: Batch) -> Result<Timestamp, LedgerError> {
        let tenure = batch.tenure;
        if tenure.epoch != self.epoch || tenure.partition >= PARTITIONS {
            return Err(LedgerError::Stale {
                partition: tenure.partition,
            });
        }
        let (reply, answer) = oneshot::channel();
        let job = WriteJob::Commit(Box::new(batch), tenure.partition, reply);
        self.writes.queue_job(job).await?;
        answer.await.map_err(|_| closed_error())?
    }

    async fn read_event(&self, mark: &EventMark) -> Result<Option<record::Event>, LedgerError> {
        let query = "SELECT json FROM _outlet WHERE outlet = 2 AND id = ?1 AND revision = ?2";
        match self.read_state(query, mark.id.clone(), mark.revision).await {
            Err(LedgerError::Unreadable { detail }) => {
                tracing::error!(detail, "an event that is gone cannot be taken back");
                Ok(None)
            }
            event => event,
        }
    }

    fn health(&self) -> Health {
        self.shared.read_health()
    }

    async fn close(&self) -> Result<(), LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.writes.queue_job(WriteJob::Close(reply)).await?;
        answer.await.map_err(|_| closed_error())??;
        self.reads.finish_queue();
        self.writes.finish_queue();
        Ok(())
    }
}
