//! What is written on the topics: their names, keys and records.

pub(super) mod names;
pub(super) mod records;
