//! The ledger on Kafka: many workers, each owning partitions, nothing on local disk.
//!
//! The group subscribes to `entries` alone; the owner of `entries`/p reads p of the other state topics beside it. Five
//! threads: one polls the group, one restores what is assigned, one follows the mailboxes, one reads single records
//! back, one writes transactions.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    fmt,
    sync::{Arc, Weak, mpsc::Receiver},
    thread::JoinHandle,
};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::{mpsc as tasks, oneshot};

use self::{
    cluster::{commands, grants, topics},
    format::{names::TopicNames, records::PreparedRecords},
    hold::{
        partition::Partition,
        rebalance::ConsumerGroup,
        shared::{ClusterShared, Hold},
    },
    read::point_read,
    write::writer::BatchJob,
};
use crate::{
    config::KafkaConfig,
    feed::state::{FeedState, Listed},
    fetch::SiteState,
    id::{ArticleId, FeedId},
    ledger::{
        Batch, Change, Claims, EventMark, Figure, Health, Ledger, LedgerError, Seen, Take, Tenure,
        entry_rules,
    },
    record,
    site::Site,
};

mod close;
mod cluster;
mod config_faults;
pub(crate) mod copy;
mod feed_lists;
mod figures;
mod format;
mod hold;
mod inbox;
mod layout;
mod open;
mod read;
mod start;
mod take;
mod takeover;
mod write;

pub use self::config_faults::{check_config, list_config_faults};
pub use self::hold::shared::{Hook, HookStep};
pub use self::read::outlet::{Begin, KafkaReader};
pub use self::read::tail::Tail;

/// What the cluster must have: the command that makes each topic, and the grants for a user, one a line.
pub fn topics_plan(config: &KafkaConfig, user: &str) -> Result<Vec<String>, LedgerError> {
    let names = TopicNames::from_config(config)?;
    let plans = topics::plan_topics(config, &names);
    let mut lines =
        vec!["# Topics; dateline makes those that are missing where it may.".to_owned()];
    lines.extend(
        plans
            .iter()
            .map(|plan| plan.create_command(&config.brokers)),
    );
    lines.insert(1, format!("# To each command {}.", commands::WHO));
    lines.push(String::new());
    lines.push("# Grants for a cluster that asks for them.".to_owned());
    lines.extend(grants::needed_acls(&names, &config.brokers, user));
    Ok(lines)
}

/// A worker's ledger on a cluster.
pub struct KafkaLedger {
    shared: Arc<ClusterShared>,
    jobs: Mutex<Option<tasks::Sender<BatchJob>>>,
    /// Its threads hold the group, and leave it when they end.
    group: Weak<ConsumerGroup>,
    /// Ends when the cluster has let this worker go.
    left: Mutex<Option<Receiver<Infallible>>>,
    orders: tasks::Sender<point_read::Order>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl fmt::Debug for KafkaLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaLedger")
            .field("shared", &self.shared)
            .finish_non_exhaustive()
    }
}

/// What is answered once the writing thread is gone.
fn closing() -> LedgerError {
    LedgerError::Unreachable {
        detail: "the ledger is being closed".to_owned(),
    }
}

impl KafkaLedger {
    /// Partitions owned and restored.
    pub fn owned_partitions(&self) -> Vec<u32> {
        let owned =
            |partition: &u32| matches!(self.shared.lock_slot(*partition).hold, Hold::Owned(_));
        (0..self.shared.partitions).filter(owned).collect()
    }

    async fn write_batch(
        &self,
        tenure: Tenure,
        prepared: PreparedRecords,
    ) -> Result<(), LedgerError> {
        let answer = self.send_batch(tenure, prepared).await?;
        answer.await.map_err(|_| closing())?
    }

    /// Hands a batch to the writing thread; the answer comes once its transaction has ended.
    async fn send_batch(
        &self,
        tenure: Tenure,
        prepared: PreparedRecords,
    ) -> Result<oneshot::Receiver<Result<(), LedgerError>>, LedgerError> {
        let jobs = self.jobs.lock().clone();
        let (reply, answer) = oneshot::channel();
        let job = BatchJob {
            tenure,
            prepared,
            reply,
        };
        let sent = jobs.ok_or_else(closing)?.send(job).await;
        sent.map_err(|_| closing())?;
        Ok(answer)
    }

    /// The value of a key in memory, parsed.
    fn read_held<T: serde::de::DeserializeOwned>(
        &self,
        site: &Site,
        find: impl Fn(&Partition) -> Option<String>,
    ) -> Result<Option<T>, LedgerError> {
        self.shared.refuse_unless_sound()?;
        let partition = self.shared.home_partition(site);
        let json = match &self.shared.lock_slot(partition).hold {
            Hold::Owned(held) => find(held),
            _ => return Err(LedgerError::Stale { partition }),
        };
        let parsed = json.map(|json| serde_json::from_str(&json)).transpose();
        parsed.map_err(|error| self.stand_still(partition, &format!("a state: {error}")))
    }

    /// A record of a partition cannot be read: the partition is halted, the worker goes on.
    fn stand_still(&self, partition: u32, detail: &str) -> LedgerError {
        let epoch = self.shared.lock_slot(partition).epoch;
        self.shared
            .stop_partition(Tenure { partition, epoch }, detail);
        LedgerError::Stale { partition }
    }
}

impl Ledger for KafkaLedger {
    async fn next_change(&self) -> Change {
        loop {
            if let Some(change) = self.shared.changes.take_change() {
                return change;
            }
            tokio::select! {
                () = self.shared.changes.wait_for_mark() => {}
                () = self.shared.claims.wait_for_release() => self.shared.tell_freed(),
            }
        }
    }

    fn find_tenure(&self, site: &Site) -> Option<Tenure> {
        let partition = self.shared.home_partition(site);
        let slot = self.shared.lock_slot(partition);
        matches!(slot.hold, Hold::Owned(_)).then_some(Tenure {
            partition,
            epoch: slot.epoch,
        })
    }

    async fn read_feed(&self, site: &Site, id: &FeedId) -> Result<Option<FeedState>, LedgerError> {
        self.read_held(site, |held| held.feeds.get(id).cloned())
    }

    async fn read_listed(&self, site: &Site, id: &FeedId) -> Result<Option<Listed>, LedgerError> {
        self.read_listed(site, id).await
    }

    async fn read_site(&self, site: &Site) -> Result<Option<SiteState>, LedgerError> {
        self.read_held(site, |held| held.sites.get(site).cloned())
    }

    async fn take_entry(&self, site: &Site, now: Timestamp) -> Result<Take, LedgerError> {
        self.take_next(site, now).await
    }

    async fn read_seen(&self, site: &Site, id: ArticleId) -> Result<Option<Seen>, LedgerError> {
        self.read_seen(site, id).await
    }

    fn refuse_unless_sound(&self) -> Result<(), LedgerError> {
        self.shared.refuse_unless_sound()
    }

    fn unreachable_since(&self) -> Option<Timestamp> {
        self.shared.connection.link_state().down_since()
    }

    fn claims(&self) -> &Claims {
        &self.shared.claims
    }

    async fn commit(&self, batch: Batch) -> Result<Timestamp, LedgerError> {
        self.shared.refuse_unless_sound()?;
        let tenure = batch.tenure;
        if !self.shared.holds_tenure(tenure) {
            return Err(LedgerError::Stale {
                partition: tenure.partition,
            });
        }
        let recorded = entry_rules::whole_second(Timestamp::now());
        let prepared = PreparedRecords::prepare_batch(
            batch,
            &self.shared.names,
            self.shared.partitions,
            tenure.partition,
            recorded,
        )?
        .refuse_oversized(self.shared.connection.max_message_bytes())?;
        self.write_batch(tenure, prepared).await?;
        Ok(recorded)
    }

    async fn read_event(&self, mark: &EventMark) -> Result<Option<record::Event>, LedgerError> {
        let Some(json) =
            point_read::ask_reader(&self.orders, point_read::Want::Event(mark.clone())).await?
        else {
            return Ok(None);
        };
        serde_json::from_slice(&json)
            .map(Some)
            .map_err(|error| LedgerError::Fault {
                detail: format!("event that cannot be read: {error}"),
            })
    }

    fn health(&self) -> Health {
        self.read_health()
    }

    async fn exchange_lists(&self, own: &str) -> Result<BTreeSet<String>, LedgerError> {
        self.compare_lists(own).await
    }

    fn figures(&self) -> Vec<Figure> {
        self.read_figures()
    }

    async fn close(&self) -> Result<(), LedgerError> {
        self.mark_left_and_end().await
    }
}
