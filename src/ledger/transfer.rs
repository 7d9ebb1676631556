//! A state of one ledger on its way into another, in the form that both understand.

use jiff::Timestamp;

#[cfg(feature = "kafka")]
use super::PublishedRecord;
use crate::site::Site;

/// What a state is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateKind {
    /// A site; the key is its name.
    Site,
    /// A feed; the key is its id.
    Feed,
    /// What a feed listed last; the key is the feed's id.
    Listed,
    /// A mark; the key is the id of the address.
    Mark,
    /// An entry; the key is its id.
    Entry,
}

/// A state on its way.
#[derive(Debug, Clone)]
pub(crate) struct MovedState {
    pub(crate) kind: StateKind,
    pub(crate) key: String,
    /// The partition it lay in.
    pub(crate) part: u32,
    /// Its site, where that is known.
    pub(crate) site: Option<Site>,
    /// When it was written, for states that expire by that.
    pub(crate) written: Timestamp,
    /// The state, in the form that files keep.
    pub(crate) json: String,
}

/// How the states of the source are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spread {
    /// Partitions; 1 where it is not known how they were cut.
    pub(crate) partitions: u32,
    /// Whether the last worker ended as it should.
    pub(crate) clean: bool,
}

/// What a cluster's topics hold, as it is read from them, states first.
#[cfg(feature = "kafka")]
#[derive(Debug)]
pub(crate) enum TopicRow {
    /// A state over the one that was there under its key.
    State(MovedState),
    /// An entry was cleared in a partition.
    Cleared { id: String, part: u32 },
    /// How the last owner of a partition ended.
    Ended { part: u32, cleanly: bool },
    /// A record of an outlet.
    Record(PublishedRecord),
}
