//! Reading: whole partitions, single records, mailboxes as they grow, published records.

pub(super) mod find_offsets;
pub(super) mod follow;
pub(super) mod log_ends;
pub(super) mod outlet;
pub(super) mod point_read;
pub(super) mod scan;
pub(super) mod tail;
