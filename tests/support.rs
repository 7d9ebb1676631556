//! What tests share: sites and news on loopback, the built program as a worker, a broker, promises of a ledger.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its own part of it"
)]

#[cfg(feature = "kafka")]
pub(crate) mod broker;
pub(crate) mod browser;
pub(crate) mod clock;
pub(crate) mod command;
pub(crate) mod conformance;
#[cfg(feature = "kafka")]
pub(crate) mod flow;
pub(crate) mod folder;
pub(crate) mod http;
pub(crate) mod news;
pub(crate) mod papers;
pub(crate) mod raw_site;
pub(crate) mod samples;
pub(crate) mod skip;
pub(crate) mod tools;
#[cfg(feature = "kafka")]
pub(crate) mod wire;
pub(crate) mod worker;
