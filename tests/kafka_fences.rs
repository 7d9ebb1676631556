//! Who is fenced and who is not: workers that are gone, batches that come late, producers that the broker gave up.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    task::Poll,
    thread,
    time::Duration,
};

use dateline::{
    config::KafkaConfig,
    kafka::{Hook, HookStep, KafkaLedger, KafkaReader},
    ledger::{Batch, EntryTurn, Ledger as _, LedgerError, Outlet, Take, Why},
    site::Site,
};
use jiff::Timestamp;

use crate::support::{
    broker,
    conformance::{id, post, records, settled},
    flow::{
        Flow, Worker,
        crowd::{self, Owning, wait_until},
        finish, none_lost_none_repeated,
    },
};

#[test]
fn the_open_transaction_of_a_killed_worker_is_ended_by_those_who_take_over() {
    let Some((_, _turn)) = broker::shared() else {
        return;
    };
    // This cluster ends no transaction within the time of this test.
    let timings = vec![("KAFKA_TIMINGS", "late".to_owned())];
    let Some(broker) = broker::Broker::start("late", timings) else {
        return;
    };
    let flow = Flow::endless(&broker.address, "fenced", 24);
    let options = [("FLOW_HOLD_MS", "100")];
    let mut workers: Vec<Worker> = (0..3).map(|_| flow.worker(&options)).collect();
    crowd::share(&mut workers, &flow);
    let (lost, killed) = crowd::kill_in_a_transaction(&mut workers);
    // Session, rebalance and grace take 8 s.
    let at_most = Duration::from_secs(20);
    let took = crowd::gone_on(&mut workers, &flow, &lost, killed, at_most);
    let tally = finish(&flow, &mut workers);
    broker.kill();
    let all: Vec<Owning> = workers.iter_mut().map(Worker::owning).collect();
    eprintln!("its sites went on after {took:?}: {all:?}");
    none_lost_none_repeated(&tally, "fenced");
    assert!(all.iter().any(|of| of.fenced >= 1), "{all:?}");
    assert!(all.iter().all(|of| of.lost == 0), "{all:?}");
}

#[test]
fn a_worker_that_loses_partitions_in_the_middle_of_a_transaction_is_not_fenced() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let flow = Flow::endless(&broker.address, "grace", 24);
    // Long enough for whoever takes a partition over to look at who left a transaction open before it, and again.
    let options = [("FLOW_HOLD_MS", "200"), ("FLOW_TRANSACTION_MS", "60000")];
    let mut workers: Vec<Worker> = (0..2).map(|_| flow.worker(&options)).collect();
    crowd::share(&mut workers, &flow);
    for worker in &mut workers {
        crowd::pause_in_a_transaction_of_all(worker, &flow);
    }
    let before: Vec<BTreeSet<u32>> = workers.iter_mut().map(Worker::owned).collect();
    let mut third = flow.worker(&options);
    wait_until("they give up partitions", Duration::from_secs(20), || {
        let now: Vec<BTreeSet<u32>> = workers.iter_mut().map(Worker::owned).collect();
        now.iter().map(BTreeSet::len).sum::<usize>() < before.iter().map(BTreeSet::len).sum()
    });
    thread::sleep(Duration::from_secs(4));
    assert!(
        workers.iter_mut().all(Worker::is_in_transaction),
        "they are in the middle of one"
    );
    let waits = third.owned();
    for worker in &workers {
        worker.go_on();
    }
    workers.push(third);
    crowd::share(&mut workers, &flow);
    let tally = finish(&flow, &mut workers);
    let all: Vec<Owning> = workers.iter_mut().map(Worker::owning).collect();
    eprintln!("the third owned {waits:?} before they went on; {all:?}");
    none_lost_none_repeated(&tally, "grace");
    assert!(waits.is_empty(), "it did not wait for {waits:?}");
    let is_whole = |of: &Owning| (of.fenced, of.lost) == (0, 0);
    assert!(all.iter().all(is_whole), "{all:?}");
}

#[test]
fn a_transaction_held_for_too_long_costs_its_worker_the_producer_and_nothing_else() {
    let Some((_, _turn)) = broker::shared() else {
        return;
    };
    let Some(broker) = broker::Broker::start("held", Vec::new()) else {
        return;
    };
    let flow = Flow::endless(&broker.address, "held", 12);
    // As an operator may set it; otherwise the next producer's transactions last longer.
    let options = [("FLOW_HOLD_MS", "20"), ("FLOW_TRANSACTION_MS", "5000")];
    let mut workers: Vec<Worker> = (0..2).map(|_| flow.worker(&options)).collect();
    crowd::share(&mut workers, &flow);
    // A transaction may take 5 s, and the cluster looks each second.
    let too_long = Duration::from_secs(8);
    workers[0].pause_at("sent");
    let before = workers[0].owning();
    thread::sleep(too_long);
    let after = went_on_with_another_producer(&mut workers[0], 0, &before.owned);
    let again = u32::try_from(before.owned.len()).expect("a few partitions");
    assert_eq!(
        (after.restored, &after.owned),
        (before.restored + again, &before.owned),
        "all that it owns is restored again"
    );
    workers[0].pause_at("sent");
    broker.stop();
    thread::sleep(too_long);
    broker.restart();
    // The other worker may write to these partitions by now: each is closed between two of its transactions.
    let mut held = after.owned.clone();
    wait_until("the cluster gives it up", Duration::from_secs(60), || {
        let open = crowd::open_partitions(&flow);
        held.retain(|partition| open.contains(partition));
        held.is_empty()
    });
    let after = went_on_with_another_producer(&mut workers[0], 1, &BTreeSet::new());
    eprintln!("in the end {after:?}");
    let tally = finish(&flow, &mut workers);
    broker.kill();
    none_lost_none_repeated(&tally, "held");
}

#[test]
fn a_worker_whose_transaction_outlived_its_time_has_more_for_the_next() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let flow = Flow::endless(&broker.address, "longer", 6);
    let mut workers = [flow.worker(&[])];
    crowd::share(&mut workers, &flow);
    // A transaction may take 5 s at first, and the cluster looks each second.
    let too_long = Duration::from_secs(8);
    workers[0].pause_at("sent");
    let before = workers[0].owning();
    thread::sleep(too_long);
    went_on_with_another_producer(&mut workers[0], 0, &before.owned);
    workers[0].pause_at("sent");
    thread::sleep(too_long);
    workers[0].go_on();
    let committed = workers[0].hear("committed", Duration::from_secs(30));
    assert!(committed.is_some(), "{}", workers[0].state());
    let tally = finish(&flow, &mut workers);
    none_lost_none_repeated(&tally, "longer");
    assert_eq!(workers[0].owning().lost, 1, "{}", workers[0].state());
}

/// Lets a worker's transaction go on that the cluster has given up: it loses one more producer, owns these partitions
/// again, or any, and commits with the next producer.
fn went_on_with_another_producer(worker: &mut Worker, lost: u32, owned: &BTreeSet<u32>) -> Owning {
    assert_eq!(worker.owning().lost, lost, "{}", worker.state());
    worker.go_on();
    let mut now = Owning::default();
    let patience = Duration::from_secs(60);
    wait_until("it owns partitions again", patience, || {
        now = worker.owning();
        now.lost == lost + 1 && !now.owned.is_empty() && now.owned.is_superset(owned)
    });
    let committed = worker.hear("committed", Duration::from_secs(30));
    assert!(committed.is_some(), "{}", worker.state());
    now
}

/// Sites of late batches.
const SITES: usize = 16;

/// Posts an entry to each of many sites and takes it in hand.
async fn in_hand(ledger: &KafkaLedger, now: Timestamp) -> Vec<(Site, Box<EntryTurn>)> {
    let mut turns = Vec::new();
    for n in 0..SITES {
        let site = Site::of_host(&format!("late{n}.test"));
        let batch = Batch {
            posts: vec![post(&site, &format!("late{n}"), Why::New, now)],
            ..Batch::begin(ledger.find_tenure(&site).expect("an owned site"))
        };
        ledger.commit(batch).await.expect("posted");
        match ledger.take_entry(&site, now).await.expect("a mailbox") {
            Take::Turn(turn) => turns.push((site, turn)),
            other => panic!("{other:?}"),
        }
    }
    turns
}

/// What settles the `n`th of them, with its article.
fn settling(n: usize, turn: &EntryTurn, now: Timestamp) -> Batch {
    Batch {
        seen: vec![(turn.id, settled(now, 1))],
        cleared: vec![turn.to_cleared()],
        records: vec![records::article(&format!("late{n}"), 1)],
        ..Batch::begin(turn.tenure)
    }
}

/// What became of late batches: those of the partitions that another ledger owns now were refused, the others stand,
/// and nothing but these is published.
async fn refused_where_it_is_the_others(
    answers: &[Result<Timestamp, LedgerError>],
    turns: &[(Site, Box<EntryTurn>)],
    other: &KafkaLedger,
    config: &KafkaConfig,
) {
    let mut taken = BTreeSet::new();
    for (n, (answer, (site, _))) in answers.iter().zip(turns).enumerate() {
        let is_the_others = other.find_tenure(site).is_some();
        match answer {
            Ok(_) => {
                assert!(!is_the_others, "taken, though {site} is the other's");
                taken.insert(id(&format!("late{n}")).to_string());
            }
            Err(LedgerError::Stale { .. }) => {
                assert!(is_the_others, "refused, though {site} is its own");
            }
            Err(error) => panic!("{error}"),
        }
    }
    let refused = turns.len() - taken.len();
    assert!(
        refused > 0 && !taken.is_empty(),
        "{refused} refused, {} taken",
        taken.len()
    );
    let reader = KafkaReader::open(config).await.expect("the broker answers");
    let published = reader.read_all(Outlet::Articles).await.expect("records");
    let ids: BTreeSet<String> = published.iter().map(|one| one.id.clone()).collect();
    assert_eq!((published.len(), ids), (taken.len(), taken));
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
        broker::owning_all(&first, 4).await;
        let now = Timestamp::now();
        let turns = in_hand(&first, now).await;
        let second = KafkaLedger::open(&config)
            .await
            .expect("the broker answers");
        broker::owning_all(&second, 2).await;
        let mut answers = Vec::new();
        for (n, (_, turn)) in turns.iter().enumerate() {
            answers.push(first.commit(settling(n, turn, now)).await);
        }
        refused_where_it_is_the_others(&answers, &turns, &second, &config).await;
        drop(turns);
        first.close().await.expect("closed");
        second.close().await.expect("closed");
    });
}

/// Holds the next transaction where it has begun and nothing is sent.
struct Hold {
    is_set: Arc<AtomicBool>,
    held: mpsc::Receiver<()>,
    go: mpsc::SyncSender<()>,
}

impl Hold {
    fn new() -> (Self, Hook) {
        let is_set = Arc::new(AtomicBool::new(false));
        let ((begun, held), (go, over)) = (mpsc::sync_channel(1), mpsc::sync_channel(1));
        let (asked, over) = (Arc::clone(&is_set), Mutex::new(over));
        let hook = move |step| {
            if step == HookStep::Begun && asked.swap(false, Ordering::AcqRel) {
                // The test may be over.
                begun.send(()).ok();
                let over = over.lock().unwrap_or_else(PoisonError::into_inner);
                over.recv_timeout(Duration::from_secs(60)).ok();
            }
        };
        (Self { is_set, held, go }, Arc::new(hook))
    }
}

#[test]
fn a_batch_that_waited_behind_a_transaction_while_its_partition_was_lost_is_refused() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let config = broker::config(&broker.address, &broker::unique("queued"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let (hold, hook) = Hold::new();
        let first = KafkaLedger::open_with(&config, Some(hook))
            .await
            .expect("the broker answers");
        broker::owning_all(&first, 4).await;
        let now = Timestamp::now();
        let turns = in_hand(&first, now).await;
        hold.is_set.store(true, Ordering::Release);
        let mut waiting = Vec::new();
        for (n, (_, turn)) in turns.iter().enumerate() {
            let mut commit = Box::pin(first.commit(settling(n, turn, now)));
            let waits = poll_fn(|cx| Poll::Ready(commit.as_mut().poll(cx).is_pending())).await;
            assert!(waits, "a batch with the writing thread is not answered yet");
            if waiting.is_empty() {
                let begun = hold.held.recv_timeout(Duration::from_secs(20));
                begun.expect("the first is in a transaction of its own");
            }
            waiting.push(commit);
        }
        let second = KafkaLedger::open(&config)
            .await
            .expect("the broker answers");
        broker::owning_all(&second, 2).await;
        hold.go.send(()).expect("the transaction is held");
        let mut answers = Vec::new();
        for commit in waiting {
            answers.push(commit.await);
        }
        refused_where_it_is_the_others(&answers, &turns, &second, &config).await;
        drop(turns);
        first.close().await.expect("closed");
        second.close().await.expect("closed");
    });
}
