//! A file as the source or the target of a copy, and the temporary file into which a cluster's topics are read.

mod rows;
mod source;
#[cfg(feature = "kafka")]
mod stage;
mod target;

pub(in crate::ledger) use self::{source::Source, target::Target};
pub(super) use source::Sources;
#[cfg(feature = "kafka")]
pub(in crate::ledger) use stage::Stage;

pub(in crate::ledger) use super::schema::PARTITIONS;
