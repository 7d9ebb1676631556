//! Copying a ledger into an empty one: states and records as they are, whatever kind and partition count either has.
//!
//! States lie in the partition of their site. Sites, entries and feeds name it; a mark does not, for an id is a hash.
//! Where the partition counts differ, a mark goes into every partition its site may be in: one that nobody asks for
//! costs 24 bytes for 90 days, one that is missing an article published twice.

use std::path::Path;

#[cfg(feature = "kafka")]
use crate::{config::KafkaConfig, kafka::copy as cluster};
use crate::{
    ledger::{
        LedgerError, Outlet, Seen,
        transfer::{MovedState, Spread, StateKind},
    },
    sqlite::copy as file,
};

#[cfg(feature = "kafka")]
use crate::ledger::transfer::TopicRow;

use self::{
    home_partitions::home_partitions,
    marks::{GatheredMarks, written_at},
    target::CopyTarget,
};

mod home_partitions;
mod marks;
mod target;

/// Where a ledger is.
#[derive(Debug, Clone, Copy)]
pub enum LedgerPlace<'a> {
    /// In a file.
    File(&'a Path),
    /// On a cluster.
    #[cfg(feature = "kafka")]
    Cluster(&'a KafkaConfig),
}

/// How much was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// States of sites.
    pub sites: u64,
    /// States of feeds.
    pub feeds: u64,
    /// Entries that wait.
    pub entries: u64,
    /// Marks of addresses that were seen.
    pub marks: u64,
    /// Articles, every revision.
    pub articles: u64,
    /// Events, every revision.
    pub events: u64,
    /// What was set aside.
    pub set_aside: u64,
}

/// Copies a whole ledger into an empty one.
///
/// # Errors
/// `Taken` while a worker runs on either side, `Unfit` when the target is not empty or half of a copy that was broken
/// off, `Unreachable` and `Disk` as for a worker. Whatever ends it early, the target is refused by workers.
pub async fn copy_ledger(
    from: LedgerPlace<'_>,
    to: LedgerPlace<'_>,
) -> Result<Copied, LedgerError> {
    if is_same_place(from, to) {
        let detail = "the two configurations name one ledger".to_owned();
        return Err(LedgerError::Unfit { detail });
    }
    match from {
        LedgerPlace::File(path) => {
            let source = file::FileSource::open(path)?;
            let target = CopyTarget::open(to).await?;
            off_the_async_threads(move || target.fill_target(&source)).await
        }
        #[cfg(feature = "kafka")]
        LedgerPlace::Cluster(config) => {
            let source = cluster::ClusterSource::open(config).await?;
            let target = CopyTarget::open(to).await?;
            off_the_async_threads(move || {
                let staged = stage_topics(&source)?;
                // A worker that has started since has written what the gathered topics lack.
                target.fill_unless(&staged, || source.no_worker())
            })
            .await
        }
    }
}

/// Gathers the topics of a cluster in a temporary file: the log of a topic holds a key many times.
#[cfg(feature = "kafka")]
fn stage_topics(source: &cluster::ClusterSource) -> Result<file::FileSource, LedgerError> {
    let mut stage = file::CopyStage::new(source.partitions())?;
    source.each_row(|row| match row {
        TopicRow::State(found) => stage.put_state(&found),
        TopicRow::Cleared { id, part } => stage.clear_entry(&id, part),
        TopicRow::Record(record) => stage.put_record(&record),
        TopicRow::Ended { part, cleanly } => {
            stage.note_end(part, cleanly);
            Ok(())
        }
    })?;
    stage.finish_stage()
}

fn is_same_place(from: LedgerPlace<'_>, to: LedgerPlace<'_>) -> bool {
    match (from, to) {
        (LedgerPlace::File(a), LedgerPlace::File(b)) => {
            a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
        }
        #[cfg(feature = "kafka")]
        (LedgerPlace::Cluster(a), LedgerPlace::Cluster(b)) => {
            a.brokers == b.brokers && a.prefix == b.prefix && a.topics == b.topics
        }
        #[cfg(feature = "kafka")]
        _ => false,
    }
}

/// Copying waits for disk and cluster.
async fn off_the_async_threads<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, LedgerError> {
    let fault = |error| LedgerError::Fault {
        detail: format!("copy: {error}"),
    };
    tokio::task::spawn_blocking(work).await.map_err(fault)?
}

impl CopyTarget {
    fn fill_target(self, source: &file::FileSource) -> Result<Copied, LedgerError> {
        self.fill_unless(source, || Ok(()))
    }

    /// Fills the target; it becomes a ledger only when nothing has disturbed the source meanwhile.
    fn fill_unless(
        mut self,
        source: &file::FileSource,
        undisturbed: impl FnOnce() -> Result<(), LedgerError>,
    ) -> Result<Copied, LedgerError> {
        let (mut copied, spread) = (Copied::default(), source.spread());
        self.begin_copy(spread)?;
        let mut marks = GatheredMarks::default();
        source.each_state(|state| {
            if state.kind == StateKind::Mark {
                copied.marks += self.copy_marks(marks.next(state)?, spread)?;
                return Ok(());
            }
            copied.marks += self.copy_marks(marks.take_last(), spread)?;
            copied.count_state(state.kind);
            let to = self.partitions();
            home_partitions(state.part, spread.partitions, state.site.as_ref(), to)
                .try_for_each(|part| self.put_state(&state, part))
        })?;
        copied.marks += self.copy_marks(marks.take_last(), spread)?;
        source.each_record(|record| {
            copied.count_record(record.outlet);
            self.publish_record(&record)
        })?;
        undisturbed()?;
        self.finish_copy()?;
        Ok(copied)
    }

    /// Writes the marks of one address into the partitions its site may be in, into each the one written last; of how
    /// many addresses it did.
    fn copy_marks(
        &mut self,
        marks: Option<Vec<(MovedState, Seen)>>,
        spread: Spread,
    ) -> Result<u64, LedgerError> {
        let Some(marks) = marks else {
            return Ok(0);
        };
        let to = self.partitions();
        for part in 0..to {
            let there = marks.iter().filter(|(state, _)| {
                home_partitions(state.part, spread.partitions, state.site.as_ref(), to)
                    .any(|home| home == part)
            });
            if let Some((state, _)) = there.max_by_key(|(_, seen)| written_at(seen)) {
                self.put_state(state, part)?;
            }
        }
        Ok(1)
    }
}

impl Copied {
    fn count_state(&mut self, kind: StateKind) {
        match kind {
            StateKind::Site => self.sites += 1,
            StateKind::Feed => self.feeds += 1,
            StateKind::Entry => self.entries += 1,
            // A mark is written into several partitions: `copy_marks` counts its address once.
            StateKind::Listed | StateKind::Mark => {}
        }
    }

    fn count_record(&mut self, outlet: Outlet) {
        match outlet {
            Outlet::Articles => self.articles += 1,
            Outlet::Events => self.events += 1,
            Outlet::SetAside => self.set_aside += 1,
        }
    }
}
