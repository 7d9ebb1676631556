//! The learned coder: a network reads the sentences of a story, the grammar's findings among its features; its mentions
//! are given parties, grouped and weighed.
//!
//! The trainer sees what the coder sees: both go through `Reading`.

pub mod file;
pub mod gate;
pub mod group;
pub mod mention;
pub mod network;
pub mod path;
pub mod people;
pub mod reading;
mod reasons;
pub mod resolver;
pub mod same;
pub mod seen;
pub mod shape;
pub mod trees;
pub mod weigh;

pub(crate) use reasons::reasons;

/// The types in the order of the network's answers, after "none".
pub const TYPES: [&str; 16] = [
    "ACCUSE",
    "REQUEST",
    "ASSAULT",
    "AGREE",
    "COERCE",
    "CONSULT",
    "SUPPORT",
    "REJECT",
    "PROTEST",
    "THREATEN",
    "CONCEDE",
    "SANCTION",
    "RETREAT",
    "MOBILIZE",
    "COOPERATE",
    "AID",
];
/// How an act is told, in the order of the network's answers: the first is an event.
pub const STATUSES: [&str; 8] = [
    "asserted",
    "arguable",
    "historical",
    "future",
    "hypothetical",
    "generic",
    "negated",
    "opinion",
];

/// A number between the ends of a list of names.
pub fn type_index(name: &str) -> Option<usize> {
    TYPES.iter().position(|known| *known == name)
}
