//! Taking partitions over: from whom, and what that worker left behind.

pub(super) mod dead_workers;
pub(super) mod owner;
pub(super) mod restore;
