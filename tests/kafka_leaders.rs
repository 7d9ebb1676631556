//! A cluster of two brokers whose leaders and coordinators change while workers write.

use std::{collections::BTreeMap, fs, time::Duration};

use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer as _},
};
use serde_json::json;

use crate::{
    kafka_faults::share,
    support::{
        broker::{self, Broker},
        flow::{
            Flow, Worker,
            crowd::{self, wait_until},
            finish, none_lost_none_repeated,
        },
        skip,
    },
};

/// Kafka's own tool that changes the order of a partition's brokers: the first of them is to lead it.
const REASSIGN: &str = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand";
/// Every leader has changed by then: the cluster looks each second, a broker that is gone is missed after six.
const CHANGED: Duration = Duration::from_secs(90);
/// Where the coordinators of groups and of transactions keep what they know: who leads a partition of it coordinates.
const COORDINATORS: [&str; 2] = ["__consumer_offsets", "__transaction_state"];

/// Two brokers of one cluster, the first of which is its controller too.
struct Pair {
    first: Broker,
    second: Broker,
}

impl Pair {
    fn start() -> Option<Self> {
        let copies = ("KAFKA_COPIES", "2".to_owned());
        let first = Broker::start("first", vec![copies.clone()])?;
        let beside = Broker::folder("first").to_string_lossy().into_owned();
        let second = Broker::start("second", vec![copies, ("KAFKA_BESIDE", beside)])?;
        Some(Self { first, second })
    }

    fn addresses(&self) -> String {
        format!("{},{}", self.first.address, self.second.address)
    }

    /// Who leads each partition of a flow, and those that say who coordinates.
    fn leaders(&self, flow: &Flow) -> BTreeMap<(String, i32), i32> {
        let reader: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", self.addresses())
            .create()
            .expect("a reader");
        let metadata = reader.fetch_metadata(None, Duration::from_secs(20));
        let metadata = metadata.expect("a broker answers");
        let ours = metadata.topics().iter().filter(|topic| {
            topic.name().starts_with(&flow.prefix) || COORDINATORS.contains(&topic.name())
        });
        let partitions = ours.flat_map(|topic| {
            let of = |one: &rdkafka::metadata::MetadataPartition| {
                ((topic.name().to_owned(), one.id()), one.leader())
            };
            topic.partitions().iter().map(of)
        });
        partitions.collect()
    }

    /// Waits until this broker leads everything; how many partitions that are.
    fn wait_for_leader(&self, flow: &Flow, number: i32) -> usize {
        let mut leaders = BTreeMap::new();
        wait_until("every leader changes", CHANGED, || {
            leaders = self.leaders(flow);
            leaders.values().all(|leader| *leader == number)
        });
        for topic in COORDINATORS {
            assert!(leaders.keys().any(|(name, _)| name == topic), "{topic}");
        }
        leaders.len()
    }

    /// Lets this broker lead every partition, and so coordinate every group and transaction.
    fn lead(&self, flow: &Flow, number: i32) -> usize {
        let leaders = self.leaders(flow).into_keys();
        let partitions: Vec<_> = leaders
            .map(|(topic, partition)| {
                json!({"topic": topic, "partition": partition, "replicas": [number, 3 - number]})
            })
            .collect();
        let file = Broker::folder("first").join("leaders.json");
        let plan = json!({"version": 1, "partitions": partitions});
        fs::write(&file, plan.to_string()).expect("a folder of the broker's own");
        let arguments = [
            "--bootstrap-server",
            &self.first.address,
            "--reassignment-json-file",
            &file.to_string_lossy(),
            "--execute",
        ];
        assert!(self.first.tool(REASSIGN, &arguments), "{plan}");
        self.wait_for_leader(flow, number)
    }
}

#[test]
fn every_leader_and_coordinator_changes_between_two_brokers_without_a_loss() {
    // Two brokers more on two cores beside all other tests: their sessions end for want of time.
    if std::env::var_os("DATELINE_SOAK").is_none() {
        skip::left_out("leaders change in the long versions alone (make soak)");
        return;
    }
    let Some((_, _turn)) = broker::shared() else {
        return;
    };
    let Some(pair) = Pair::start() else {
        return;
    };
    let changes = share(1, 49);
    let mut flow = Flow::endless(&pair.addresses(), "leaders", 12);
    flow.replication = 2;
    let mut workers = [flow.worker(&[]), flow.worker(&[])];
    crowd::share(&mut workers, &flow);
    let mut changed = 0;
    for change in 0..changes {
        let to = if change % 2 == 0 { 2 } else { 1 };
        changed += pair.lead(&flow, to);
        work_goes_on(&mut workers);
    }
    // The broker that leads everything now is gone without a word.
    pair.second.kill();
    let left = pair.wait_for_leader(&flow, 1);
    work_goes_on(&mut workers);
    let tally = finish(&flow, &mut workers);
    eprintln!("{changes} changes of {changed} leaders, and {left} by a kill");
    pair.first.kill();
    none_lost_none_repeated(&tally, "leaders");
}

/// What they do goes on: one of them commits once more and again, for the first may have been on its way. Who owns
/// partitions meanwhile is the group's affair.
fn work_goes_on(workers: &mut [Worker]) {
    let mut commits = || {
        let of = |worker: &mut Worker| {
            worker.catch_up();
            let said = worker.said.iter();
            said.filter(|(_, line)| line == "committed").count()
        };
        workers.iter_mut().map(of).sum::<usize>()
    };
    let before = commits();
    wait_until("the work goes on", CHANGED, || commits() >= before + 2);
}
