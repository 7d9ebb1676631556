//! Starting: the cluster, its topics, the group, the threads.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::mpsc as tasks;

use super::{
    KafkaLedger,
    cluster::{
        connect::{Connection, Isolation},
        topics,
    },
    format::names::TopicNames,
    hold::{
        rebalance::{self, ConsumerGroup},
        shared::{ClusterShared, Hook, LedgerEnd, Setting},
    },
    inbox::Inbox,
    layout,
    read::{follow::Follower, point_read},
    takeover::restore::Restorer,
    write::writer::{BatchJob, TransactionWriter},
};
use crate::{config::KafkaConfig, ledger::LedgerError};

/// Batches that wait for the writing thread; whoever commits more waits.
const JOBS: usize = 256;
/// Records that wait to be read back.
// A visit asks for one at a time.
const ORDERS: usize = 64;
/// Rebalances, and partitions to follow, that wait for their thread: far more than there are in the time of one restore.
const ORDERED: usize = 1_024;

/// Connects and looks at the topics.
pub(super) async fn prepare_start(
    config: &KafkaConfig,
    hook: Option<Hook>,
) -> Result<Setting, LedgerError> {
    let names = TopicNames::from_config(config)?;
    let process = random_text();
    let has_name = !config.instance.is_empty();
    let own = if has_name { &config.instance } else { &process };
    let transactional_id = format!("{}-{own}", names.transactional);
    let connection = Connection::from_config(config, &transactional_id)?;
    let reader = Arc::new(connection.open_reader(Isolation::Committed)?);
    let (waiting, waited) = (connection.clone(), Arc::clone(&reader));
    let at_most = config.start_timeout;
    run_blocking(move || waiting.wait_for_answer(&waited, at_most)).await??;
    let plans = topics::plan_topics(config, &names);
    let found = topics::ensure_topics(&connection, &reader, &plans).await?;
    report_topics(&found, &plans);
    let layout = layout::Layout {
        connection: connection.clone(),
        names: names.clone(),
        partitions: found.partitions,
    };
    run_blocking(move || layout.agree_on_layout(&reader)).await??;
    Ok(Setting {
        connection,
        names,
        partitions: found.partitions,
        outlets: found.outlets,
        process,
        transactional_id,
        named: has_name,
        advice: found.advice,
        hook,
    })
}

/// Says which topics were made, for how long they keep their records, and what of them should be set otherwise.
fn report_topics(found: &topics::FoundTopics, plans: &[topics::TopicPlan]) {
    if !found.made.is_empty() {
        let made = |plan: &&topics::TopicPlan| found.made.contains(&plan.name);
        let kept: Vec<String> = plans
            .iter()
            .filter(made)
            .filter_map(topics::TopicPlan::retention_in_words)
            .collect();
        let (topics, retention) = (found.made.join(", "), kept.join(", "));
        tracing::info!(target: "dateline::topics", topics, retention, "topics made; [kafka.retention] sets how long");
    }
    for advice in &found.advice {
        tracing::warn!(advice, "topic settings");
    }
}

/// Runs what waits for the cluster where it holds nobody up.
pub(super) async fn run_blocking<T: Send + 'static>(
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<T, LedgerError> {
    let fault = |error| LedgerError::Fault {
        detail: format!("start: {error}"),
    };
    tokio::task::spawn_blocking(run).await.map_err(fault)
}

fn random_text() -> String {
    // The seeds of hash tables are the one source of random numbers in the standard library.
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// Joins the group and starts the threads.
pub(super) fn start_ledger(
    setting: Setting,
    instance: &str,
    start_timeout: Duration,
) -> Result<KafkaLedger, LedgerError> {
    let shared = Arc::new(ClusterShared::from_setting(setting));
    let connection = &shared.connection;
    let (assigned_in, assigned) = mpsc::sync_channel(ORDERED);
    let (follow, follows) = mpsc::sync_channel(ORDERED);
    let (jobs_in, jobs) = tasks::channel(JOBS);
    let (orders_in, orders) = tasks::channel(ORDERS);
    // The group forms while the producer gets its id.
    // Nothing is ever sent: its end is what is waited for.
    let (member, left) = mpsc::sync_channel(0);
    let group = rebalance::join_group(&shared, instance, assigned_in, member)?;
    let restorer = Restorer::new(Arc::clone(&shared), jobs_in.clone(), follow)?;
    let follower = Follower::new(Arc::clone(&shared), connection.open_follower()?);
    let consumers = open_consumers(connection)?;
    let (jobs, orders) = (Inbox::from_receiver(jobs)?, Inbox::from_receiver(orders)?);
    let mut threads = Threads::none_started(&shared);
    let held = Arc::downgrade(&group);
    threads.start_writing(group, jobs, start_timeout)?;
    threads.start_thread("kafka-restore", move || restorer.run_until_over(&assigned))?;
    threads.start_thread("kafka-follow", move || follower.run_until_over(&follows))?;
    let of = Arc::clone(&shared);
    // Ends with the last sender of orders, which the ledger is.
    threads.start_detached("kafka-read", move || {
        point_read::run_reader(&of, &consumers, orders);
    })?;
    let started = std::mem::take(&mut threads.started);
    Ok(KafkaLedger {
        shared: Arc::clone(&shared),
        jobs: Mutex::new(Some(jobs_in)),
        group: held,
        left: Mutex::new(Some(left)),
        orders: orders_in,
        threads: Mutex::new(started),
    })
}

fn open_consumers(connection: &Connection) -> Result<point_read::Consumers, LedgerError> {
    Ok(point_read::Consumers {
        uncommitted: connection.open_reader(Isolation::Uncommitted)?,
        committed: connection.open_reader(Isolation::Committed)?,
    })
}

/// Threads that were started; a start that fails half-way ends them.
struct Threads {
    shared: Arc<ClusterShared>,
    started: Vec<JoinHandle<()>>,
}

impl Threads {
    fn none_started(shared: &Arc<ClusterShared>) -> Self {
        Self {
            shared: Arc::clone(shared),
            started: Vec::new(),
        }
    }

    /// The thread of the group and the one that writes as its member. The group is polled while the producer gets its
    /// id, so that neither waits for the other.
    fn start_writing(
        &mut self,
        group: Arc<ConsumerGroup>,
        jobs: Inbox<BatchJob>,
        start_timeout: Duration,
    ) -> Result<(), LedgerError> {
        let (polled, of) = (Arc::clone(&group), Arc::clone(&self.shared));
        self.start_thread("kafka-group", move || rebalance::poll_group(&polled, &of))?;
        let mut writer = TransactionWriter::new(Arc::clone(&self.shared), group, jobs);
        writer.start_first_producer(start_timeout)?;
        self.start_thread("kafka-write", move || writer.run_until_over())
    }

    fn start_thread(
        &mut self,
        name: &str,
        run: impl FnOnce() + Send + 'static,
    ) -> Result<(), LedgerError> {
        let handle = spawn_thread(&self.shared, name, run)?;
        self.started.push(handle);
        Ok(())
    }

    fn start_detached(
        &self,
        name: &str,
        run: impl FnOnce() + Send + 'static,
    ) -> Result<(), LedgerError> {
        spawn_thread(&self.shared, name, run).map(drop)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if !self.started.is_empty() {
            self.shared.end_threads();
        }
    }
}

/// Starts a thread; when it panics the ledger ends.
fn spawn_thread(
    shared: &Arc<ClusterShared>,
    name: &str,
    run: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, LedgerError> {
    // The others would wait for it.
    let (shared, of) = (Arc::clone(shared), name.to_owned());
    let guarded = move || {
        if catch_unwind(AssertUnwindSafe(run)).is_err() {
            shared.finish_with(LedgerEnd::Fault(format!("thread {of} panicked")));
        }
    };
    let builder = std::thread::Builder::new().name(name.to_owned());
    builder.spawn(guarded).map_err(|error| LedgerError::Fault {
        detail: format!("thread {name}: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_panics_ends_the_ledger() {
        let config = crate::kafka::cluster::connect::unreachable_config();
        let names = TopicNames::from_config(&config).expect("names");
        let shared = Arc::new(ClusterShared::from_setting(Setting {
            connection: Connection::from_config(&config, "id").expect("no setting at all"),
            names,
            partitions: 1,
            outlets: std::collections::BTreeMap::new(),
            process: "p".to_owned(),
            transactional_id: "t".to_owned(),
            named: false,
            advice: Vec::new(),
            hook: None,
        }));
        let started = spawn_thread(&shared, "kafka-test", || {
            std::panic::resume_unwind(Box::new("a bug"));
        });
        let ended = started.expect("a thread").join();
        assert!(ended.is_ok());
        let error = shared.refuse_unless_sound().expect_err("it cannot go on");
        assert_eq!(error.to_string(), "thread kafka-test panicked");
    }
}
