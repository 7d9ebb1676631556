//! A file as the source or the target of a copy, and the temporary file into which a cluster's topics are read.

mod rows;
mod source;
#[cfg(feature = "kafka")]
mod stage;
mod target;

pub(super) use self::source::Sources;
#[cfg(feature = "kafka")]
pub(crate) use self::stage::Stage;
pub(crate) use self::{source::Source, target::Target};

pub(crate) use super::schema::PARTITIONS;
