//! `dateline events`: the events of a story.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::event::ActorFile;

/// Arguments of `events`.
#[derive(Debug, Args)]
pub(super) struct EventsArgs {
    what: Option<String>,
}

pub(super) fn events(_: &EventsArgs) -> Result<(), Failure> {
    Err(Failure::Usage("not here yet".to_owned()))
}

pub(super) fn actor_files(_: &[PathBuf]) -> Result<Vec<ActorFile>, Failure> {
    Ok(Vec::new())
}
