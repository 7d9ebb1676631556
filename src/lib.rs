//! dateline: from news feeds to structured events.
//!
//! ```text
//! feeds.toml ─► feed::poll ─► fetch ─► feed::parse ─► Batch{feed state, entries} ──┐
//!                                                                                 ▼
//!                                                               ledger (SQLite file | Kafka)
//!                                                                                 │ an entry's turn
//!        Batch{article, events, seen} ◄── event ◄── language ◄── article ◄── fetch
//! ```
//!
//! Stages are plain functions; [`worker`] alone knows tasks and channels. All that one step settles is one
//! [`ledger::Batch`]: the [`ledger::Ledger`] commits it whole or not at all. In the order of the data, read [`feed`],
//! [`fetch`], [`article`], [`language`], [`event`], [`record`], [`ledger`], [`worker`], then [`cli`].
pub mod article;
pub mod cli;
pub mod config;
pub mod console;
pub mod copy;
mod date;
mod decode;
pub mod demo;
pub mod event;
pub mod feed;
pub mod fetch;
pub mod id;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod language;
pub mod ledger;
mod printable;
pub mod record;
pub mod set_aside;
pub mod site;
pub mod site_lines;
pub mod sqlite;
pub mod status;
pub mod status_server;
pub mod stop;
pub mod telemetry;
pub mod worker;
