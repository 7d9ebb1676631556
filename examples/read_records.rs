//! Reads events from a ledger file, also beside a running worker: `cargo run --release --example read_records -- dateline.db`
//!
//! Each event says who did what to whom, and where it stands in the text. `Outlet::Articles` and `Outlet::SetAside` are
//! read the same way.
#![allow(clippy::print_stdout, reason = "an example prints what it read")]

use std::path::PathBuf;

use dateline::{
    ledger::{Outlet, Position},
    record::Event,
    sqlite::SqliteReader,
};

/// Records that are read at once.
const PAGE: usize = 500;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("dateline.db"), PathBuf::from);
    let reader = SqliteReader::open(&path)?;
    let mut after = Position(0);
    loop {
        let records = reader.read_after(Outlet::Events, after, PAGE)?;
        let Some(last) = records.last() else {
            return Ok(());
        };
        after = last.position;
        for record in &records {
            let event: Event = serde_json::from_str(&record.json)?;
            println!("{} {} {}", event.id, event.r#type, event.status);
        }
    }
}
