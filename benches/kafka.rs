//! What the ledger on Kafka costs: a commit by records, and a whole worker an article by stage, on a real broker that is brought
//! up here. Run with `cargo bench --bench kafka`.

#[cfg(feature = "kafka")]
#[path = "../tests/support/broker.rs"]
mod broker;
#[cfg(feature = "kafka")]
#[path = "../tests/support/conformance.rs"]
mod conformance;
#[cfg(feature = "kafka")]
#[path = "kafka/cpu.rs"]
mod cpu;
#[cfg(feature = "kafka")]
#[path = "../tests/support/folder.rs"]
mod folder;
#[cfg(feature = "kafka")]
#[path = "../tests/support/http.rs"]
mod http;
#[cfg(feature = "kafka")]
#[path = "kafka/measured.rs"]
mod measured;
#[cfg(feature = "kafka")]
#[path = "../tests/support/news.rs"]
mod news;

#[cfg(feature = "kafka")]
fn main() -> std::io::Result<()> {
    use std::io::Write as _;
    let Some((broker, _turn)) = broker::shared() else {
        let none = "no broker here (see above): the ledger on Kafka is not measured";
        return writeln!(std::io::stdout(), "{none}");
    };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(measured::commits(&broker.address))?;
    runtime.block_on(measured::worker(&broker.address))
}

#[cfg(not(feature = "kafka"))]
fn main() -> std::io::Result<()> {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "built without Kafka: nothing to measure")
}
