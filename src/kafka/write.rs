//! Writing: batches that wait together become one transaction.

pub(super) mod deliveries;
pub(super) mod producer;
pub(super) mod transaction;
pub(super) mod writer;
