//! What a worker holds while it owns partitions: the group, its tenures, mailboxes and marks.

pub(super) mod mailbox;
pub(super) mod marks;
pub(super) mod partition;
pub(super) mod rebalance;
pub(super) mod shared;
