//! Trains the learned coder of events from articles coded by hand.
//!
//! The articles are read once, as the coder reads them. A network is trained on all of them, and one on each two thirds:
//! the rest, unseen, shows how much its mentions are worth, and from that the weighing of groups is learned. Everything
//! goes into one file. The same input gives the same file to the byte.

mod boost;
mod cells;
mod course;
mod example;
mod first;
mod fit;
mod logit;
mod net;
mod news;
mod same;
mod score;

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

/// What `train events` is told.
#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// The folder of coded articles, with `train/truth.jsonl` and `dev/truth.jsonl`
    #[arg(long)]
    news: PathBuf,
    /// The file to write
    #[arg(long, required_unless_present = "check")]
    model: Option<PathBuf>,
    /// A file that must be the same to the byte, else the exit code is 1
    #[arg(long)]
    check: Option<PathBuf>,
    /// How often every article is learned from
    #[arg(long, default_value_t = course::EPOCHS)]
    epochs: usize,
    /// Where trained networks are kept, and taken from where they are there: only for trying out what comes after them
    #[arg(long)]
    keep: Option<PathBuf>,
    /// How many networks are trained at a time
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

/// Trains, writes or compares, and prints how good the result is on the articles for choosing.
pub(crate) fn events(args: &EventsArgs) -> Result<(), Box<dyn Error>> {
    let mut err = std::io::stderr();
    let coder = news::coder()?;
    let mut train = news::rows(&args.news.join("train/truth.jsonl"))?;
    let mut dev = news::rows(&args.news.join("dev/truth.jsonl"))?;
    let gate = first::gate(&train);
    for (name, rows) in [("train", &train), ("dev", &dev)] {
        writeln!(err, "{name}: {}", first::describe(&gate, rows))?;
    }
    news::drop_headlines(&mut train, |at| at % 4 >= 2);
    news::drop_headlines(&mut dev, |_| true);
    let (train, dev) = (
        news::read(&coder, &gate, &train),
        news::read(&coder, &gate, &dev),
    );
    writeln!(
        err,
        "{} articles to learn from, {} to choose by",
        train.len(),
        dev.len()
    )?;
    let bytes = course::Course {
        epochs: args.epochs,
        keep: args.keep.clone(),
        threads: args.threads,
    }
    .run(gate, &train, &dev)?;
    if let Some(path) = &args.model {
        std::fs::write(path, &bytes)?;
    }
    if let Some(path) = &args.check
        && let Some(what) = crate::build::differs(&std::fs::read(path)?, &bytes)
    {
        return Err(what.into());
    }
    Ok(())
}
