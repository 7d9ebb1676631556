//! The English model that dateline parses with, as bytes.
//!
//! A package of its own: with it dateline's would be larger than a registry takes (10 MiB), and it changes seldom. What it
//! was made from, and under which licences, says `english.NOTICE`.

/// A model file as `dateline::language::model::Model::read` takes it.
pub static MODEL: &[u8] = include_bytes!("../english.model");
