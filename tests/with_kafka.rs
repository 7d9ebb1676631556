//! Every test of what speaks to Kafka, in one binary: `cargo test --release --test with_kafka FILE` runs those of a file.

mod compose;
mod consumers;
mod kafka_faults;
mod kafka_fences;
mod kafka_grants;
mod kafka_identity;
mod kafka_leaders;
mod kafka_ledger;
mod kafka_operator;
mod kafka_secure;
mod kafka_settings;
mod kafka_steps;
mod kafka_worker;
mod ledger_copy;
mod support;

/// Not a test: the process that tests start to kill it.
#[test]
#[ignore = "started by kafka_faults and kafka_fences"]
fn a_process_of_its_own() {
    support::flow::be_a_worker();
}
