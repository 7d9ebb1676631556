//! dateline: from news feeds to structured events.
pub mod article;
pub mod board;
pub mod config;
pub mod feed;
pub mod fetch;
pub mod id;
pub mod language;
pub mod ledger;
pub mod record;
pub mod serve;
pub mod set_aside;
pub mod site;
pub mod stop;
pub mod telemetry;
