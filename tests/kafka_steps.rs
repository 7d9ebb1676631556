//! What each single request of a transaction may meet on its way: the end of its worker, a refusal, a slow broker.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    kafka_faults::{committed, is_soak, share},
    support::{
        flow::{Flow, Worker, crowd, finish, none_lost_none_repeated},
        wire::{
            Caught, Side,
            call::{CALLS, Call},
            wired,
        },
    },
};

/// A worker that starts anew is at work by then, on a busy machine too.
const AT_WORK: Duration = Duration::from_secs(60);

#[test]
fn a_kill_at_each_step_between_sending_and_committing_loses_and_repeats_nothing() {
    let Some((wired, _turn, _one)) = wired() else {
        return;
    };
    let rounds = share(1, 20);
    let wire = &wired.wire;
    let flow = Flow::endless(&wire.address(), "steps", 12);
    let mut kills: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..rounds {
        for call in CALLS {
            for side in [Side::Before, Side::After] {
                kill_at(&flow, || wire.stop_at(call, side), call);
                *kills.entry(format!("{side:?} {call:?}")).or_default() += 1;
            }
        }
    }
    let tally = finish(&flow, &mut [flow.worker(&[("FLOW_INSTANCE", "one")])]);
    eprintln!("kills {kills:?}");
    none_lost_none_repeated(&tally, "steps");
    assert_eq!(kills.len(), 2 * CALLS.len());
    assert!(kills.values().all(|count| *count == rounds), "{kills:?}");
}

/// Kills a worker while one of its requests stands on the wire, or the answer to it.
fn kill_at(flow: &Flow, trap: impl Fn() -> Caught, call: Call) {
    // A producer's id is asked for once, at the start.
    let at_start = (call == Call::InitProducerId).then(&trap);
    let mut worker = flow.worker(&[("FLOW_INSTANCE", "one")]);
    let caught = at_start.unwrap_or_else(|| {
        let first = worker.hear("first", AT_WORK);
        assert!(first.is_some(), "{}", worker.state());
        trap()
    });
    caught.wait(|| worker.state());
    worker.kill();
}

#[test]
fn a_broker_whose_answers_take_two_seconds_costs_time_but_no_memory() {
    let Some((wired, _turn, _one)) = wired() else {
        return;
    };
    let commits = share(1, 30);
    let wire = &wired.wire;
    let flow = Flow::endless(&wire.address(), "slow", 12);
    // The long version begins with the worker's own five seconds, in which nothing is committed; it takes more by itself.
    let options = [("FLOW_TRANSACTION_MS", "60000")];
    let mut workers = [flow.worker(if is_soak() { &[] } else { &options })];
    crowd::share(&mut workers, &flow);
    let worker = &mut workers[0];
    // The allocator has its room by then.
    for _ in 0..50 {
        committed(worker);
    }
    let before = worker.resident();
    wire.slow_to(Duration::from_secs(2));
    worker.catch_up();
    for _ in 0..commits {
        let heard = worker.hear("committed", Duration::from_secs(120));
        assert!(heard.is_some(), "{}", worker.state());
    }
    let after = worker.resident();
    eprintln!("{commits} commits at 2 s a request: {before} KiB before, {after} KiB after");
    wire.slow_to(Duration::ZERO);
    let tally = finish(&flow, &mut workers);
    none_lost_none_repeated(&tally, "slow");
    // A tenth is promised; 2 MiB more for an allocator that has just begun, a tenth of these small processes.
    assert!(
        after <= before + before / 10 + 2 * 1024,
        "memory grew from {before} to {after} KiB"
    );
}

/// Errors that a broker may answer with, by their numbers in the protocol: to be asked again.
const AGAIN: &[i16] = &[3, 5, 6, 7, 9, 13, 14, 15, 16, 19, 20, 51, 56];
/// Of the records, the group or the transaction: it is aborted.
const ABORT: &[i16] = &[2, 10, 12, 22, 25, 27, 32, 82, 87, 120];
/// Of the producer: it is of no use any more.
const PRODUCER: &[i16] = &[35, 42, 43, 45, 47, 48, 49, 50, 52, 59, 90];
/// For want of a grant.
const GRANT: &[i16] = &[29, 30, 31, 53];
/// A fault that the broker cannot name, and a number that no protocol has.
const UNKNOWN: &[i16] = &[-1, 9_999];
/// Of each kind that a worker outlives one, for every day.
const SOME: &[i16] = &[6, 120, 47, 9_999];

#[test]
fn each_error_of_each_request_of_a_transaction_loses_and_repeats_nothing() {
    let Some((wired, _turn, _one)) = wired() else {
        return;
    };
    let codes = [AGAIN, ABORT, PRODUCER, GRANT, UNKNOWN].concat();
    let codes = if is_soak() { &codes } else { SOME };
    let wire = &wired.wire;
    let flow = Flow::endless(&wire.address(), "refused", 12);
    let mut worker = flow.worker(&[]);
    committed(&mut worker);
    let mut answers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for call in &CALLS[1..] {
        for code in codes {
            wire.refuse(*call, *code, 1);
            let answer = met(&mut worker, || wire.left_to_refuse() == 0);
            if answer.starts_with("ends") {
                worker = flow.worker(&[]);
                committed(&mut worker);
            }
            let cases = answers.entry(answer).or_default();
            cases.push(format!("{call:?} {code}"));
        }
    }
    let tally = finish(&flow, std::slice::from_mut(&mut worker));
    let cases: usize = answers.values().map(Vec::len).sum();
    eprintln!("{cases} cases: {answers:#?}");
    none_lost_none_repeated(&tally, "refused");
    assert_eq!(cases, 5 * codes.len());
}

/// How a worker meets a refusal: it commits again, with its producer or the next, or ends and says why.
fn met(worker: &mut Worker, is_refused: impl Fn() -> bool) -> String {
    let before = worker.owning().lost;
    crowd::wait_until("the request is refused", AT_WORK, || {
        worker.catch_up();
        is_refused() || worker.has_ended()
    });
    worker.catch_up();
    // The first may have been said before the refusal.
    for _ in 0..2 {
        if worker.hear("committed", AT_WORK).is_none() {
            let code = worker.end(AT_WORK);
            let why = worker.last("error").unwrap_or_default();
            assert!(code.is_some() && !why.is_empty(), "{}", worker.state());
            return format!("ends with {}: {why}", code.unwrap_or_default());
        }
    }
    if worker.owning().lost > before {
        return "goes on with the next producer".to_owned();
    }
    "goes on".to_owned()
}
