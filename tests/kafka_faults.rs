//! Nothing is lost and nothing is published twice, whatever is killed, suspended or away: workers as processes of their
//! own on a real broker.
#![cfg(feature = "kafka")]

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use dateline::{
    ledger::{
        Batch, Ledger as _, LedgerError, MAX_KILLS, Seen, Take, Why,
        kafka::{KafkaLedger, Reader},
    },
    site::Site,
};
use jiff::Timestamp;
use rdkafka::{
    ClientConfig, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    producer::{BaseProducer, BaseRecord, Producer as _},
};

#[path = "support/broker.rs"]
mod broker;
#[path = "support/conformance.rs"]
mod conformance;
#[path = "support/flow.rs"]
mod flow;
#[path = "support/worker.rs"]
mod program;
#[path = "support/raw_site.rs"]
mod raw_site;

use conformance::{post, records, settled};
use flow::{Flow, Tally, Watch, Worker, finish};
use program::{Home, Settings};
use raw_site::{RawSite, Step, answer};

/// `DATELINE_SOAK=1` runs the whole of what is promised, CI a share of it.
fn share(ci: u32, soak: u32) -> u32 {
    if std::env::var_os("DATELINE_SOAK").is_some() {
        soak
    } else {
        ci
    }
}

/// Not a test: the process that the tests start.
#[test]
#[ignore = "started by the tests of this file"]
fn a_process_of_its_own() {
    flow::be_a_worker();
}

/// A seeded random number below a bound (xorshift, Marsaglia 2003).
fn random(state: &mut u64, below: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state % below
}

/// Records of a topic in all states, aborted ones among them.
fn uncommitted(address: &str, topic: &str) -> usize {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("group.id", "none")
        .set("isolation.level", "read_uncommitted")
        .set("enable.partition.eof", "true")
        .set("auto.offset.reset", "earliest")
        .create()
        .expect("a reader");
    let metadata = consumer
        .fetch_metadata(Some(topic), Duration::from_secs(5))
        .expect("the broker answers");
    let mut left = metadata.topics()[0].partitions().len();
    let mut list = TopicPartitionList::new();
    list.add_partition_range(topic, 0, left as i32 - 1);
    list.set_all_offsets(rdkafka::Offset::Beginning)
        .expect("an offset");
    consumer.assign(&list).expect("assigned");
    let mut count = 0;
    while left > 0 {
        match consumer.poll(Duration::from_secs(10)) {
            Some(Ok(_)) => count += 1,
            Some(Err(KafkaError::PartitionEOF(_))) => left -= 1,
            Some(Err(_)) => {}
            None => break,
        }
    }
    count
}

fn none_lost_none_repeated(tally: &Tally, what: &str) {
    eprintln!("{what}: {tally:?}");
    assert!(tally.posted > 0, "{what}: nothing flowed");
    assert_eq!((tally.lost, tally.repeated), (0, 0), "{what}: {tally:?}");
    assert_eq!(
        tally.articles + tally.set_aside,
        tally.posted,
        "{what}: {tally:?}"
    );
}

fn median(times: &mut [u128]) -> u128 {
    times.sort_unstable();
    times[times.len() / 2]
}

#[test]
fn a_worker_killed_at_random_moments_loses_and_repeats_nothing() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let kills = share(40, 200);
    let flow = Flow::endless(&broker.address, "killed", 20);
    let mut seed = 0x5eed_0004_u64;
    let (mut open, mut times) = (0, Vec::new());
    for kill in 0..kills {
        let mut worker = flow.worker(&[("FLOW_HOLD_MS", "60"), ("FLOW_INSTANCE", "one")]);
        let heard = worker.hear("first", Duration::from_secs(40));
        let (at, _) =
            heard.unwrap_or_else(|| panic!("kill {kill}, seed 5eed0004: {:?}", worker.said));
        times.push((at - worker.started).as_millis());
        thread::sleep(Duration::from_millis(50 + random(&mut seed, 700)));
        worker.kill();
        let steps = ["begun", "drained", "sent", "committed"];
        let last = worker
            .said
            .iter()
            .rev()
            .find(|(_, line)| steps.contains(&line.as_str()));
        open += u32::from(last.is_some_and(|(_, line)| line == "drained" || line == "sent"));
    }
    let tally = finish(&flow, &mut [flow.worker(&[("FLOW_INSTANCE", "one")])]);
    let topic = format!("{}.articles", flow.prefix);
    let copies = uncommitted(&broker.address, &topic) - tally.articles;
    let restart = median(&mut times[1..]);
    eprintln!(
        "kills {kills}, in an open transaction {open}, aborted copies {copies}, restart to first commit p50 {restart} ms, \
         innocent pages set aside {} of {}",
        tally.set_aside, tally.posted
    );
    none_lost_none_repeated(&tally, "killed");
    assert!(
        open * 4 >= kills && copies * 4 >= kills as usize,
        "the kills must hit open transactions: {open} of {kills}, {copies} copies"
    );
    // No page of this flow kills: one that is set aside was out alone when a kill from outside came, twice.
    assert!(
        tally.set_aside * 10 <= kills as usize,
        "{} innocent pages were set aside",
        tally.set_aside
    );
    // The promise is 2 s; on a shared machine, twice that.
    assert!(
        restart < 4_000,
        "restart to first commit took {restart} ms in the median"
    );
}

/// The partitions that a worker last said it owns.
fn owned(worker: &mut Worker) -> BTreeSet<u32> {
    owning(&worker.last("own").unwrap_or_default()).owned
}

/// A line `own [0, 3] restored 2 lost 0`.
struct Owning {
    owned: BTreeSet<u32>,
    /// Partitions restored so far.
    restored: u32,
    /// Producers lost so far, after each of which all that is owned is restored again.
    lost: u32,
}

fn owning(line: &str) -> Owning {
    let list = line.split(['[', ']']).nth(1).unwrap_or_default();
    let after = |word: &str| {
        let mut words = line.split(' ').skip_while(|each| *each != word);
        words.nth(1).and_then(|n| n.parse().ok()).unwrap_or(0)
    };
    Owning {
        owned: list.split(", ").filter_map(|n| n.parse().ok()).collect(),
        restored: after("restored"),
        lost: after("lost"),
    }
}

fn wait_until(what: &str, at_most: Duration, mut is: impl FnMut() -> bool) {
    let until = Instant::now() + at_most;
    while !is() {
        assert!(Instant::now() < until, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn balanced(workers: &mut [Worker], partitions: usize) -> bool {
    let owned: Vec<BTreeSet<u32>> = workers.iter_mut().map(owned).collect();
    let all: BTreeSet<u32> = owned.iter().flatten().copied().collect();
    all.len() == partitions && owned.iter().all(|owned| !owned.is_empty())
}

#[test]
fn the_sites_of_a_killed_worker_go_on_at_the_others() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    takeover(broker, "takeover", share(4, 20), Duration::from_secs(10));
}

#[test]
fn with_kafkas_own_timings_sites_of_a_killed_worker_go_on_within_fifteen_seconds() {
    let Some((_, _turn)) = broker::shared() else {
        return;
    };
    let timings = vec![("KAFKA_TIMINGS", "broker".to_owned())];
    let Some(broker) = broker::Broker::start("timings", timings) else {
        return;
    };
    takeover(&broker, "timings", 1, Duration::from_secs(15));
    broker.kill();
}

fn takeover(broker: &broker::Broker, prefix: &str, rounds: u32, at_most: Duration) {
    let flow = Flow::endless(&broker.address, prefix, 24);
    let options = [("FLOW_HOLD_MS", "150")];
    let mut workers: Vec<Worker> = (0..3).map(|_| flow.worker(&options)).collect();
    let mut times = Vec::new();
    for _ in 0..rounds {
        wait_until(
            "three workers share the partitions",
            Duration::from_secs(60),
            || balanced(&mut workers, 6),
        );
        let mut victim = workers.remove(0);
        let lost = owned(&mut victim);
        victim
            .hear("drained", Duration::from_secs(20))
            .expect("transactions go on");
        victim.kill();
        let killed = Instant::now();
        let mut missing: BTreeSet<u32> = lost.clone();
        wait_until("its sites go on", Duration::from_secs(60), || {
            for worker in &mut workers {
                worker.catch_up();
                for (at, line) in worker.said.iter().rev().take_while(|(at, _)| *at > killed) {
                    let number = line
                        .strip_prefix("settled ")
                        .and_then(|n| n.parse::<u32>().ok());
                    if let Some(number) = number.filter(|_| *at > killed) {
                        missing.remove(&Site::of_host(&format!("site{number}.test")).partition(6));
                    }
                }
            }
            missing.is_empty()
        });
        times.push(killed.elapsed().as_millis());
        workers.push(flow.worker(&options));
    }
    let middle = median(&mut times);
    let longest = times.iter().max().copied().unwrap_or_default();
    let promised = at_most.as_millis();
    eprintln!("{prefix} ms {times:?}: p50 {middle}, longest {longest}, promised {promised}");
    let tally = finish(&flow, &mut workers);
    none_lost_none_repeated(&tally, prefix);
    assert!(middle < promised, "{middle} ms in the median");
    // The cluster, the workers and other work share this machine.
    assert!(longest < 2 * promised, "{longest} ms");
}

#[test]
fn a_worker_suspended_past_its_session_repeats_nothing_and_comes_back() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let rounds = share(2, 10);
    let flow = Flow::endless(&broker.address, "suspended", 24);
    let folder = tempfile::tempdir().expect("a temporary folder");
    for pause_at in ["drained", "sent"] {
        let flag = folder.path().join(pause_at);
        let flag_text = flag.to_string_lossy().into_owned();
        let hold = ("FLOW_HOLD_MS", "50");
        let mut workers: Vec<Worker> = (0..2).map(|_| flow.worker(&[hold])).collect();
        workers.push(flow.worker(&[
            hold,
            ("FLOW_PAUSE_AT", pause_at),
            ("FLOW_PAUSE_FLAG", &flag_text),
        ]));
        for round in 0..rounds {
            wait_until(
                "three workers share the partitions",
                Duration::from_secs(60),
                || balanced(&mut workers, 6),
            );
            let before = owned(&mut workers[2]);
            flow::flag(&flag);
            workers[2]
                .hear("paused", Duration::from_secs(30))
                .expect("it comes to the step");
            workers[2].signal("STOP");
            wait_until(
                "the others take its partitions",
                Duration::from_secs(30),
                || {
                    let others: BTreeSet<u32> = workers[..2].iter_mut().flat_map(owned).collect();
                    before.is_subset(&others)
                },
            );
            // The new owners work before it is woken.
            thread::sleep(Duration::from_secs(2));
            workers[2].signal("CONT");
            eprintln!("suspended at {pause_at}, round {round}");
        }
        wait_until("it rejoins by itself", Duration::from_secs(60), || {
            balanced(&mut workers, 6)
        });
        for worker in &mut workers {
            assert_eq!(worker.stop(), Some(0));
        }
    }
    let tally = finish(&flow, &mut [flow.worker(&[]), flow.worker(&[])]);
    none_lost_none_repeated(&tally, "suspended");
}

#[test]
fn of_two_workers_with_one_instance_name_the_older_ends_with_75() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let flow = Flow::endless(&broker.address, "instance", 6);
    let mut older = flow.worker(&[("FLOW_INSTANCE", "same")]);
    older
        .hear("first", Duration::from_secs(30))
        .expect("it works");
    let mut newer = flow.worker(&[("FLOW_INSTANCE", "same")]);
    assert_eq!(
        older.end(Duration::from_secs(20)),
        Some(75),
        "{:?}",
        older.said
    );
    let tally = finish(&flow, std::slice::from_mut(&mut newer));
    none_lost_none_repeated(&tally, "instance");
}

#[test]
fn workers_come_and_go_and_are_restarted_one_by_one_without_a_loss() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let flow = Flow::endless(&broker.address, "rolling", 24);
    let options = [("FLOW_HOLD_MS", "30")];
    let mut gone = Vec::new();
    let mut workers = vec![flow.worker(&options)];
    wait_until("one owns all", Duration::from_secs(30), || {
        balanced(&mut workers, 6)
    });
    workers.push(flow.worker(&options));
    workers.push(flow.worker(&options));
    wait_until("three share", Duration::from_secs(60), || {
        balanced(&mut workers, 6)
    });
    for _ in 0..3 {
        let mut oldest = workers.remove(0);
        assert_eq!(oldest.stop(), Some(0));
        gone.push(oldest);
        workers.push(flow.worker(&options));
        wait_until("three share again", Duration::from_secs(60), || {
            balanced(&mut workers, 6)
        });
    }
    for _ in 0..2 {
        let mut oldest = workers.remove(0);
        assert_eq!(oldest.stop(), Some(0));
        gone.push(oldest);
    }
    let tally = finish(&flow, &mut workers);
    none_lost_none_repeated(&tally, "rolling");
    assert_eq!(tally.set_aside, 0, "nobody ended uncleanly");
    gone.append(&mut workers);
    what_stays_is_not_restored_again(&mut gone);
}

/// Each restore followed a gain, and nobody gained a partition again that had been nobody else's in between.
fn what_stays_is_not_restored_again(workers: &mut [Worker]) {
    let mut gains: Vec<(Instant, u32, usize)> = Vec::new();
    for (number, worker) in workers.iter_mut().enumerate() {
        worker.catch_up();
        let (mut before, mut last, mut gained) = (BTreeSet::new(), None, 0);
        for (at, line) in worker
            .said
            .iter()
            .filter(|(_, line)| line.starts_with("own"))
        {
            let now = owning(line);
            let new: Vec<u32> = now.owned.difference(&before).copied().collect();
            gained += new.len() as u32;
            gains.extend(new.into_iter().map(|partition| (*at, partition, number)));
            before.clone_from(&now.owned);
            last = Some(now);
        }
        let last = last.expect("every worker came to own something");
        assert_eq!(last.lost, 0, "no producer was lost");
        assert_eq!(
            last.restored, gained,
            "worker {number} restored what it held"
        );
    }
    gains.sort_unstable();
    eprintln!("partitions changed hands {} times", gains.len());
    for partition in 0..6 {
        let of: Vec<usize> = gains
            .iter()
            .filter(|(_, of, _)| *of == partition)
            .map(|(.., number)| *number)
            .collect();
        let again = of.windows(2).any(|two| two[0] == two[1]);
        assert!(!again, "partition {partition} went to workers {of:?}");
    }
}

#[test]
fn a_broker_that_is_away_costs_nothing_but_time() {
    let Some((_, _turn)) = broker::shared() else {
        return;
    };
    let Some(broker) = broker::Broker::start("outage", Vec::new()) else {
        return;
    };
    // Longer than a session, a transaction's and a record's time, and one call.
    let away = Duration::from_secs(u64::from(share(20, 60)));
    let flow = Flow::endless(&broker.address, "outage", 24);
    let options = [("FLOW_HOLD_MS", "40")];
    let mut workers: Vec<Worker> = (0..2).map(|_| flow.worker(&options)).collect();
    for clean in [true, false] {
        wait_until("two share", Duration::from_secs(60), || {
            balanced(&mut workers, 6)
        });
        workers[0]
            .hear("committed", Duration::from_secs(20))
            .expect("it works");
        let memory: Vec<u64> = workers.iter().map(Worker::resident).collect();
        if clean {
            broker.stop();
        } else {
            broker.kill();
        }
        thread::sleep(away);
        let grown: Vec<u64> = workers.iter().map(Worker::resident).collect();
        broker.restart();
        let up = Instant::now();
        workers[0].catch_up();
        let (at, _) = workers[0]
            .hear("committed", Duration::from_secs(60))
            .expect("it goes on");
        let took = at.saturating_duration_since(up);
        eprintln!(
            "away {away:?}, clean {clean}: first commit {took:?} after, memory {memory:?} -> {grown:?} KiB"
        );
        // The promise is 10 s; on a shared machine, twice that.
        assert!(took < Duration::from_secs(20), "{took:?}");
        for (memory, grown) in memory.iter().zip(&grown) {
            // Clients that look for a broker again and again take some; what waits must not pile up.
            assert!(
                *grown <= memory + memory / 10 + 4 * 1024,
                "memory grew from {memory} to {grown} KiB"
            );
        }
    }
    let tally = finish(&flow, &mut workers);
    broker.kill();
    none_lost_none_repeated(&tally, "outage");
}

#[test]
fn a_page_that_kills_the_process_is_set_aside_and_everything_else_flows() {
    const KILLER: &str = "a-3-3-2";
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let flow = Flow::endless(&broker.address, "killer", 12);
    let options = [("FLOW_KILLER", KILLER), ("FLOW_HOLD_MS", "10")];
    let mut workers: Vec<Worker> = (0..3).map(|_| flow.worker(&options)).collect();
    wait_until("the topics are made", Duration::from_secs(60), || {
        workers
            .iter_mut()
            .any(|worker| worker.last("own").is_some())
    });
    let mut watch = Watch::of(&flow);
    let mut deaths = [0_u32; 3];
    wait_until("the page is set aside", Duration::from_secs(150), || {
        for (number, worker) in workers.iter_mut().enumerate() {
            if worker.has_ended() {
                thread::sleep(Duration::from_millis(50));
                let said = worker.last("killed by a page");
                assert!(
                    said.is_some(),
                    "it died of something else: {:?}",
                    worker.said
                );
                deaths[number] += 1;
                *worker = flow.worker(&options);
            }
        }
        watch.follow();
        watch.has(KILLER)
    });
    drop(watch);
    let tally = finish(&flow, &mut workers);
    eprintln!("deaths of the three workers {deaths:?}");
    none_lost_none_repeated(&tally, "killer");
    assert_eq!(tally.set_aside, 1, "only the page that kills");
    // It kills once unsuspected, and out alone as often as is allowed; whom, the group decides.
    assert_eq!(deaths.iter().sum::<u32>(), 1 + MAX_KILLS, "{deaths:?}");
    assert_eq!(MAX_KILLS, 2, "the third attempt sets it aside");
}

#[test]
fn a_late_batch_of_a_partition_lost_to_a_live_member_is_refused() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let config = broker::config(&broker.address, &broker::unique("late"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let first = KafkaLedger::open(&config)
            .await
            .expect("the broker answers");
        owning_all(&first, 4).await;
        let now = Timestamp::now();
        let sites: Vec<Site> = (0..16)
            .map(|n| Site::of_host(&format!("late{n}.test")))
            .collect();
        let mut turns = Vec::new();
        for (n, site) in sites.iter().enumerate() {
            let posts = vec![post(site, &format!("late{n}"), Why::New, now)];
            let batch = Batch {
                tenure: first.tenure(site),
                posts,
                ..Batch::default()
            };
            first.commit(batch).await.expect("posted");
            match first.take(site, now).await.expect("a mailbox") {
                Take::Turn(turn) => turns.push((site.clone(), turn)),
                other => panic!("{other:?}"),
            }
        }
        let second = KafkaLedger::open(&config)
            .await
            .expect("the broker answers");
        owning_all(&second, 2).await;
        let (mut refused, mut taken) = (0, 0);
        for (n, (site, turn)) in turns.iter().enumerate() {
            let batch = Batch {
                tenure: Some(turn.tenure),
                seen: vec![(turn.id, settled(now, 1))],
                cleared: vec![turn.cleared()],
                records: vec![records::article(&format!("late{n}"), 1)],
                ..Batch::default()
            };
            match first.commit(batch).await {
                Ok(_) => taken += 1,
                Err(LedgerError::Stale { .. }) => {
                    assert!(
                        second.tenure(site).is_some(),
                        "refused, so it is the other's"
                    );
                    refused += 1;
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert!(refused > 0 && taken > 0, "{refused} refused, {taken} taken");
        let reader = Reader::open(&config).await.expect("the broker answers");
        let published = reader
            .all(dateline::ledger::Outlet::Articles)
            .await
            .expect("records");
        assert_eq!(
            published.len(),
            taken,
            "nothing of a refused batch is published"
        );
        drop(turns);
        first.close().await.expect("closed");
        second.close().await.expect("closed");
    });
}

#[test]
fn restoring_many_marks_takes_little_time_and_memory() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let marks = share(200_000, 1_000_000) as usize;
    let mut config = broker::config(&broker.address, &broker::unique("marks"));
    config.partitions = 16;
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let ledger = KafkaLedger::open(&config)
            .await
            .expect("the broker answers");
        owning_all(&ledger, 16).await;
        let sites: Vec<Site> = (0..200)
            .map(|n| Site::of_host(&format!("marks{n}.test")))
            .collect();
        let now = Timestamp::now();
        let written: Vec<(usize, &Site)> =
            (0..marks / 1_000).map(|n| (n, &sites[n % 200])).collect();
        for (n, site) in &written {
            let id = |i: usize| conformance::id(&format!("mark{n}-{i}"));
            let seen: Vec<_> = (0..1_000).map(|i| (id(i), settled(now, 1))).collect();
            let batch = Batch {
                tenure: ledger.tenure(site),
                seen,
                ..Batch::default()
            };
            ledger.commit(batch).await.expect("marks are committed");
        }
        ledger.close().await.expect("closed");
        drop(ledger);
        let begun = Instant::now();
        let ledger = KafkaLedger::open(&config)
            .await
            .expect("the broker answers");
        owning_all(&ledger, 16).await;
        let (count, bytes) = ledger.marks();
        eprintln!(
            "{marks} marks restored in {:?}, {} bytes each",
            begun.elapsed(),
            bytes / count
        );
        assert_eq!(count, marks);
        assert!(bytes <= 24 * count, "{bytes} bytes for {count}");
        let (n, site) = written[7];
        let found = ledger
            .seen(site, conformance::id(&format!("mark{n}-1")))
            .await
            .expect("a mark");
        assert!(matches!(found, Some(Seen::Settled(_))), "{found:?}");
        ledger.close().await.expect("closed");
    });
}

async fn owning_all(ledger: &KafkaLedger, count: usize) {
    let until = Instant::now() + Duration::from_secs(60);
    while ledger.owned().len() != count {
        assert!(Instant::now() < until, "owns {:?}", ledger.owned());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn a_mark_that_was_committed_this_moment_is_there() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let config = broker::config(&broker.address, &broker::unique("moment"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let ledger = KafkaLedger::open(&config)
            .await
            .expect("the broker answers");
        owning_all(&ledger, 4).await;
        let (site, now) = (Site::of_host("moment.test"), Timestamp::now());
        for n in 0..100 {
            let id = conformance::id(&format!("moment{n}"));
            let batch = Batch {
                tenure: ledger.tenure(&site),
                seen: vec![(id, settled(now, 1))],
                ..Batch::default()
            };
            ledger.commit(batch).await.expect("committed");
            // Read back from the log, where its transaction may not be marked as committed yet.
            let found = ledger.seen(&site, id).await.expect("a mark");
            assert!(matches!(found, Some(Seen::Settled(_))), "{n}: {found:?}");
        }
        ledger.close().await.expect("closed");
    });
}

#[test]
fn a_transaction_that_stands_open_holds_up_its_own_partition_only() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let config = broker::config(&broker.address, &broker::unique("open"));
    let topic = format!("{}entries", config.prefix);
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &broker.address)
        .set("transactional.id", broker::unique("somebody"))
        .set("transaction.timeout.ms", "300000")
        .create()
        .expect("a producer");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let first = KafkaLedger::open(&config)
            .await
            .expect("the broker answers");
        owning_all(&first, 4).await;
        first.close().await.expect("closed");
        drop(first);
        let patience = Duration::from_secs(20);
        producer.init_transactions(patience).expect("an id");
        producer.begin_transaction().expect("begun");
        let key = conformance::id("open").to_string();
        let record = BaseRecord::to(&topic).partition(0).key(&key).payload("{}");
        producer
            .send(record)
            .map_err(|(error, _)| error)
            .expect("sent");
        producer.flush(patience).expect("with the broker");
        let ledger = KafkaLedger::open(&config)
            .await
            .expect("the broker answers");
        owning_all(&ledger, 3).await;
        assert_eq!(ledger.owned(), [1, 2, 3]);
        producer.abort_transaction(patience).expect("aborted");
        owning_all(&ledger, 4).await;
        ledger.close().await.expect("closed");
    });
}

/// A feed without entries, and who asked for it.
async fn empty_feed() -> RawSite {
    let feed = "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Nothing</title></channel></rss>";
    RawSite::at([127, 0, 0, 1], move |head| {
        let sent = if head.contains("/robots.txt") {
            answer("404 Not Found", "", b"")
        } else {
            answer(
                "200 OK",
                "Content-Type: application/rss+xml\r\n",
                feed.as_bytes(),
            )
        };
        vec![Step::Send(sent)]
    })
    .await
}

/// The program with a feed, on a cluster.
fn program(address: &str, prefix: &str, instance: &str, site: &RawSite) -> Home {
    let mut settings = Settings::local(Vec::new(), vec![site.url("/feed").to_string()]);
    settings.more = format!(
        "[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"{address}\"\nprefix = \"{prefix}.\"\npartitions = 4\n\
         instance = \"{instance}\"\n"
    );
    Home::new(&settings)
}

#[test]
fn the_program_ends_with_75_when_its_instance_name_is_taken_though_it_owns_nothing() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let prefix = broker::unique("taken");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let site = runtime.block_on(empty_feed());
    let homes = [0, 1].map(|_| program(&broker.address, &prefix, "same", &site));
    let mut older = homes[0].start();
    homes[0].logged(&mut older, "partition restored");
    let mut newer = homes[1].start();
    let begun = Instant::now();
    assert_eq!(older.ended().code(), Some(75), "{}", homes[0].log());
    eprintln!("the older one ended after {:?}", begun.elapsed());
    assert!(
        homes[0].log().contains("instance name"),
        "{}",
        homes[0].log()
    );
    homes[1].logged(&mut newer, "partition restored");
    assert_eq!(newer.stop().code(), Some(0), "{}", homes[1].log());
}
