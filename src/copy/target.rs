//! The ledger that is copied into, whatever kind it is.

use super::LedgerPlace;
#[cfg(feature = "kafka")]
use crate::kafka::copy as cluster;
use crate::ledger::transfer::{MovedState, Spread};
use crate::{
    ledger::{LedgerError, PublishedRecord},
    sqlite::copy as file,
};

/// A target, open and empty.
pub(super) enum CopyTarget {
    File(file::FileTarget),
    #[cfg(feature = "kafka")]
    Cluster(Box<cluster::ClusterTarget>),
}

impl CopyTarget {
    #[cfg_attr(
        not(feature = "kafka"),
        expect(clippy::unused_async, reason = "waits for a cluster, with Kafka")
    )]
    pub(super) async fn open(place: LedgerPlace<'_>) -> Result<Self, LedgerError> {
        match place {
            LedgerPlace::File(path) => file::FileTarget::open(path).map(Self::File),
            #[cfg(feature = "kafka")]
            LedgerPlace::Cluster(config) => {
                let target = cluster::ClusterTarget::open(config).await?;
                Ok(Self::Cluster(Box::new(target)))
            }
        }
    }

    pub(super) fn partitions(&self) -> u32 {
        match self {
            Self::File(_) => file::PARTITIONS,
            #[cfg(feature = "kafka")]
            Self::Cluster(target) => target.partitions(),
        }
    }

    pub(super) fn begin_copy(&mut self, spread: Spread) -> Result<(), LedgerError> {
        match self {
            Self::File(target) => target.begin_copy(spread.clean),
            #[cfg(feature = "kafka")]
            Self::Cluster(target) => target.begin_copy(spread.clean),
        }
    }

    pub(super) fn put_state(&mut self, state: &MovedState, part: u32) -> Result<(), LedgerError> {
        match self {
            Self::File(target) => target.put_state(state, part),
            #[cfg(feature = "kafka")]
            Self::Cluster(target) => target.put_state(state, part),
        }
    }

    pub(super) fn publish_record(&mut self, record: &PublishedRecord) -> Result<(), LedgerError> {
        match self {
            Self::File(target) => target.publish_record(record),
            #[cfg(feature = "kafka")]
            Self::Cluster(target) => target.publish_record(record),
        }
    }

    pub(super) fn finish_copy(self) -> Result<(), LedgerError> {
        match self {
            Self::File(target) => target.finish_copy(),
            #[cfg(feature = "kafka")]
            Self::Cluster(target) => target.finish_copy(),
        }
    }
}
