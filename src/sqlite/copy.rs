//! A file as the source or the target of a copy, and the temporary file into which a cluster's topics are read.

mod rows;
mod source;
#[cfg(feature = "kafka")]
mod stage;
mod target;

pub(super) use self::source::SourceTable;
#[cfg(feature = "kafka")]
pub(crate) use self::stage::CopyStage;
pub(crate) use self::{source::FileSource, target::FileTarget};

pub(crate) use super::schema::PARTITIONS;
