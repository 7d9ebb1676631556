//! Codes a folder of texts and prints how much of what they tell was found, and how much of what was found is right.

mod report;
mod score;
mod text;
mod truth;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use dateline::event::{Coder, LexiconSource, Publish};

use crate::{
    report::print_report,
    score::{Tally, score_text},
    text::read_texts,
    truth::read_truth,
};

/// Scores dateline's events against a truth written by hand.
#[derive(Debug, Parser)]
struct Args {
    /// A folder with `truth.tsv` and `*.txt`, or with `stories/*.txt`
    folder: PathBuf,
    /// Name each event that was missed, and each that is wrong
    #[arg(long)]
    misses: bool,
    /// Fail where the precision of types is below this
    #[arg(long, default_value_t = 0.0)]
    min_precision: f64,
    /// Fail where the recall of types is below this
    #[arg(long, default_value_t = 0.0)]
    min_recall: f64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match measure(&args) {
        Ok(tally) => {
            print_report(&tally);
            let (precision, recall) = (tally.types.precision(), tally.types.recall());
            if precision < args.min_precision || recall < args.min_recall {
                eprintln!(
                    "below the floor: precision {precision:.3} of {}, recall {recall:.3} of {}",
                    args.min_precision, args.min_recall
                );
                return ExitCode::FAILURE;
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(args: &Args) -> Result<Tally, Box<dyn std::error::Error>> {
    let truth = read_truth(&args.folder.join("truth.tsv"))?;
    let texts = read_texts(&args.folder)?;
    if let Some(stray) = truth.keys().find(|name| !texts.contains_key(*name)) {
        return Err(format!("truth.tsv tells of {stray}, and there is no such text").into());
    }
    let coder = Coder::new(&LexiconSource::embedded(), &[])?;
    let publish = Publish::default();
    let mut tally = Tally::default();
    for (name, events) in &truth {
        let text = &texts[name];
        let mut found = coder.code(&text.story());
        found.retain(|event| publish.allows(event));
        score_text(name, text, events, &found, &mut tally)?;
    }
    if args.misses {
        report::print_misses(&tally);
    }
    Ok(tally)
}
