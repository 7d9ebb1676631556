//! Feeds: what is configured, what is remembered, what they list.

pub mod state;
