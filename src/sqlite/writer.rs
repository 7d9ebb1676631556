//! The one thread that writes: batches that wait together share one transaction and one flush to disk.

use std::{
    collections::BTreeSet,
    slice,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::{
    FileShared,
    apply::{self, PreparedRows},
    fault::ledger_error,
    job_thread::Queued,
    retention, retry_requests, schema,
};
use crate::{
    ledger::{Batch, Cleared, LedgerError, Seen, entry_rules},
    site::Site,
};

/// Batches that share one transaction, at most.
// A flush costs about 4 ms, a batch well below 1 ms.
const GROUP: usize = 256;
/// How often an idle writer looks for what another process asked for, and for what has grown too old.
// A person who asked for something to be read again waits for it.
const LOOK: Duration = Duration::from_secs(1);

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum WriteJob {
    /// Commit a batch of a partition.
    Commit(
        Box<Batch>,
        u32,
        oneshot::Sender<Result<Timestamp, LedgerError>>,
    ),
    /// Clear entries that are settled already.
    Tidy(Vec<Dropped>, oneshot::Sender<Result<(), LedgerError>>),
    /// Mark a clean end.
    Close(oneshot::Sender<Result<(), LedgerError>>),
}

/// An entry that need not be read, as it was seen in the mailbox.
#[derive(Debug)]
pub(super) struct Dropped {
    pub(super) cleared: Cleared,
    pub(super) part: u32,
    /// The mark in place of its own.
    pub(super) refreshed: Option<Box<Seen>>,
}

/// A job that only has to be written.
#[derive(Debug)]
enum Work {
    Batch(
        Box<PreparedRows>,
        oneshot::Sender<Result<Timestamp, LedgerError>>,
    ),
    Tidy(Vec<Dropped>, oneshot::Sender<Result<(), LedgerError>>),
    Close(oneshot::Sender<Result<(), LedgerError>>),
}

/// The writer's side of the file.
#[derive(Debug)]
pub(super) struct FileWriter {
    file: Connection,
    shared: Arc<FileShared>,
    keep: retention::Keep,
    /// `PRAGMA data_version`: changes when another process has written.
    outside: i64,
    looked: Instant,
}

impl FileWriter {
    pub(super) fn new(file: Connection, shared: Arc<FileShared>, keep: retention::Keep) -> Self {
        Self {
            file,
            shared,
            keep,
            outside: 0,
            looked: Instant::now(),
        }
    }

    /// Works until the queue is closed.
    pub(super) fn run_until_closed(mut self, queue: &Receiver<Queued<WriteJob>>) {
        loop {
            match queue.recv_timeout(LOOK) {
                Ok(first) => {
                    let mut group = vec![first];
                    group.extend(queue.try_iter().take(GROUP - 1));
                    self.commit_group(group);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // Also while batches come without a pause, which a timeout alone would never see.
            if self.looked.elapsed() >= LOOK {
                self.looked = Instant::now();
                self.look_after_file();
            }
        }
    }

    fn commit_group(&mut self, group: Vec<Queued<WriteJob>>) {
        let recorded = entry_rules::whole_second(Timestamp::now());
        let (jobs, places): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let work: Vec<Work> = jobs
            .into_iter()
            .filter_map(|job| prepare_job(job, recorded))
            .collect();
        let mut posted = BTreeSet::new();
        let done = self.write_all(&work, recorded, &mut posted);
        self.shared.health.count_mailboxes(&self.file);
        self.shared.changes.mark_sites(posted);
        for (job, done) in work.into_iter().zip(done) {
            self.shared.health.note_answer(done.as_ref().err());
            answer_job(job, done, recorded);
        }
        // Given back only now: earlier, another queue full of batches could wait in memory beside this group.
        drop(places);
    }

    /// Writes jobs together; what failed in company is tried alone.
    fn write_all(
        &mut self,
        work: &[Work],
        recorded: Timestamp,
        posted: &mut BTreeSet<Site>,
    ) -> Vec<Result<(), LedgerError>> {
        // So that only the one at fault fails.
        match self.write_group(work, recorded, posted) {
            Ok(()) => work.iter().map(|_| Ok(())).collect(),
            Err(error) if work.len() == 1 => vec![Err(error)],
            Err(_) => {
                let alone = work.iter().map(slice::from_ref);
                alone
                    .map(|job| self.write_group(job, recorded, posted))
                    .collect()
            }
        }
    }

    /// Writes jobs in one transaction of their own.
    fn write_group(
        &mut self,
        work: &[Work],
        recorded: Timestamp,
        posted: &mut BTreeSet<Site>,
    ) -> Result<(), LedgerError> {
        let mut sites = BTreeSet::new();
        let tx = self
            .file
            // Begun as a writer: one that reads first fails at once where `set-aside retry` commits in between.
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| ledger_error("begin a commit", error))?;
        for job in work {
            match job {
                Work::Batch(batch, _) => {
                    apply::apply_batch(&tx, batch, recorded, &self.shared.barred, &mut sites)?;
                }
                Work::Tidy(dropped, _) => tidy_dropped(&tx, dropped)?,
                Work::Close(_) => {
                    // What is not tried yet of an earlier unclean end is suspected by the next run too.
                    let untried = self.shared.suspects.count_left() > 0;
                    schema::write_meta(&tx, "clean", if untried { "0" } else { "1" })
                        .map_err(|error| ledger_error("mark a clean end", error))?;
                }
            }
        }
        tx.commit().map_err(|error| ledger_error("commit", error))?;
        posted.append(&mut sites);
        Ok(())
    }

    /// Looks for what another process asked for, and deletes what is too old.
    fn look_after_file(&mut self) {
        let outside = self
            .file
            .pragma_query_value(None, "data_version", |row| row.get(0));
        if let Ok(outside) = outside
            && outside != self.outside
        {
            match retry_requests::move_in(&mut self.file, &self.shared.barred) {
                Ok(sites) => {
                    // Only what was moved in counts as seen: after a fault the next look tries again.
                    self.outside = outside;
                    self.shared.changes.mark_sites(sites);
                }
                Err(error) => self.shared.health.note_answer(Some(&error)),
            }
        }
        if let Err(error) = self.keep.sweep_old(&mut self.file, Timestamp::now()) {
            tracing::warn!(%error, "what is too old could not be let go");
        }
    }
}

/// Makes a job ready to be written, or answers why it cannot be.
fn prepare_job(job: WriteJob, recorded: Timestamp) -> Option<Work> {
    match job {
        WriteJob::Commit(batch, part, reply) => {
            match PreparedRows::prepare_batch(*batch, part, recorded) {
                Ok(prepared) => Some(Work::Batch(Box::new(prepared), reply)),
                Err(error) => {
                    reply.send(Err(error)).ok();
                    None
                }
            }
        }
        WriteJob::Tidy(dropped, reply) => Some(Work::Tidy(dropped, reply)),
        WriteJob::Close(reply) => Some(Work::Close(reply)),
    }
}

/// Answers a job; nobody may be waiting any more, which changes nothing.
fn answer_job(job: Work, done: Result<(), LedgerError>, recorded: Timestamp) {
    match job {
        Work::Batch(_, reply) => {
            reply.send(done.map(|()| recorded)).ok();
        }
        Work::Tidy(_, reply) | Work::Close(reply) => {
            reply.send(done).ok();
        }
    }
}

/// Clears entries that are settled, and writes marks anew that are worn.
fn tidy_dropped(tx: &Connection, dropped: &[Dropped]) -> Result<(), LedgerError> {
    let cannot = |error| ledger_error("clear entries that are settled", error);
    for entry in dropped {
        apply::clear_entries(tx, entry.part, &[entry.cleared]).map_err(cannot)?;
        let id = entry.cleared.id.to_string();
        let Some(seen) = &entry.refreshed else {
            continue;
        };
        let Seen::Settled(settled) = seen.as_ref() else {
            continue;
        };
        let json = entry_rules::seen_json(seen)?;
        let when = settled.when.as_microsecond();
        tx.prepare_cached(
            "UPDATE _seen SET counts_from = ?3, json = ?4 WHERE id = ?1 AND part = ?2",
        )
        .and_then(|mut mark| mark.execute(params![id, entry.part, when, json]))
        .map_err(cannot)?;
    }
    Ok(())
}
