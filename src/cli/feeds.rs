//! `dateline feeds`: the feed list with its health; feeds added by discovery; OPML in and out.

use std::{
    collections::HashSet,
    fs::OpenOptions,
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};

use super::{CommandFailure, ConfigArgs};
use crate::{config::Config, feed::list::FeedList};

mod add;
mod ask;
mod exchange;
mod list;
mod remove;

pub(super) use ask::probe;

/// Arguments of `feeds`.
#[derive(Debug, Args)]
pub(super) struct FeedsArgs {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the feeds with their health (default)
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Find the feeds of an address and add them to the list
    Add {
        /// The address of a feed, or of a site that has feeds
        url: String,
        /// Add all feeds found, not only the first
        #[arg(long)]
        all: bool,
    },
    /// Add the feeds of another program's list to ours: OPML, CSV, or addresses line by line
    Import {
        /// The file, or - for standard input
        #[arg(value_name = "FILE|-")]
        file: PathBuf,
    },
    /// Take a feed out of the list; what it brought stays in the ledger
    Remove {
        /// Its address, name or id
        feed: String,
    },
    /// Write the list as OPML to stdout
    Export,
}

pub(super) fn feeds(args: &FeedsArgs) -> Result<(), CommandFailure> {
    let path = &args.config.config;
    match &args.action {
        None => list::list(path, false),
        Some(Action::List { json }) => list::list(path, *json),
        Some(Action::Add { url, all }) => add::add_feeds(path, url, *all),
        Some(Action::Import { file }) => exchange::import_list(path, file),
        Some(Action::Remove { feed }) => remove::remove_feed(path, feed),
        Some(Action::Export) => exchange::export_list(path),
    }
}

/// The addresses that are listed.
fn addresses(list: &FeedList) -> HashSet<String> {
    let feeds = list.feeds.iter();
    feeds.map(|feed| feed.url.to_string()).collect()
}

fn append(config: &Config, entries: &str) -> Result<(), CommandFailure> {
    if entries.is_empty() {
        return Ok(());
    }
    let failed = |error: io::Error| {
        CommandFailure::Disk(format!("cannot write {}: {error}", config.feeds.display()))
    };
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&config.feeds)
        .map_err(failed)?;
    file.write_all(entries.as_bytes()).map_err(failed)
}
