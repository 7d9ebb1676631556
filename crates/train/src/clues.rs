//! Learns how much each clue weighs when the country of a party is read, from articles coded by hand.
//!
//! A party is a choice among the codes of its article; the odds of each are a sum over clues, by situation. The table is
//! text, so that what was learned can be read. The same input gives the same file to the byte.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use dateline::event::cast::{
    clue::CLUES,
    lesson::{self, Lesson},
};
use dateline::event::{Coder, LexiconSource, Story};
use dateline::record::Published;
use serde_json::Value;

/// How often every party is learned from; more gains nothing on the articles for choosing.
const EPOCHS: usize = 12;
/// The first step of a weight, and how much of a weight is taken back at each.
const RATE: f32 = 0.15;
const DECAY: f32 = 2e-5;
/// Weights nearer to nothing change no choice.
const LEAST: f32 = 0.05;
/// The head of the table.
const HEAD: &str = "# written by the trainer: how much a clue weighs when the country of a party is read\nsituation\tclue\tweight\n";

/// What `train clues` is told.
#[derive(Debug, Args)]
pub(crate) struct CluesArgs {
    /// The folder of coded articles, with `train/truth.jsonl` and `dev/truth.jsonl`
    #[arg(long)]
    news: PathBuf,
    /// The table to write: config/lexicon/clues.tsv
    #[arg(long)]
    table: Option<PathBuf>,
    /// Print the parties for choosing whose country or sector is read wrong by the built-in table
    #[arg(long)]
    misses: bool,
}

/// A party with its truth.
struct Coded {
    lesson: Lesson,
    code: String,
    sector: String,
    text: String,
}

/// Learns, writes, and prints how many parties of the articles for choosing are read right.
pub(crate) fn clues(args: &CluesArgs) -> Result<(), Box<dyn Error>> {
    let coder = Coder::new(&LexiconSource::embedded(), &[])?;
    if let Some(table) = &args.table {
        let weights = fit(&read(&coder, &args.news.join("train/truth.jsonl"))?);
        std::fs::write(table, write(&weights))?;
    }
    let mut out = std::io::stdout().lock();
    let dev = read(&coder, &args.news.join("dev/truth.jsonl"))?;
    let right = |coded: &&Coded| fold(&coded.lesson.meant) == fold(&coded.code);
    let told = dev.iter().filter(|coded| !coded.sector.is_empty());
    let said = |coded: &&Coded| coded.lesson.sectors.contains(&coded.sector);
    writeln!(
        out,
        "by the built-in table: country right {} of {}, sector right {} of {}",
        dev.iter().filter(right).count(),
        dev.len(),
        told.clone().filter(said).count(),
        told.count()
    )?;
    for coded in dev.iter().filter(|_| args.misses) {
        let Coded {
            lesson,
            code,
            sector,
            text,
        } = coded;
        if !right(&coded) {
            let (meant, head, evidence) = (&lesson.meant, lesson.head, lesson.evidence);
            writeln!(out, "{code:4} read as {meant:4} {head}.{evidence} {text:?}")?;
        }
        if !sector.is_empty() && !said(&coded) {
            writeln!(out, "sector {sector} read as {:?} {text:?}", lesson.sectors)?;
        }
    }
    Ok(())
}

/// The organisations of states are one.
fn fold(code: &str) -> &str {
    match code {
        "UNO" | "EUR" => "IGO",
        code => code,
    }
}

/// PLOVER's sector for the letters that the coded articles use.
fn sector(text: &str) -> String {
    let plover = match text {
        "MED" => "JRN",
        "HLH" => "MED",
        "RAD" => "REB",
        other => other,
    };
    plover.to_owned()
}

fn read(coder: &Coder, path: &Path) -> Result<Vec<Coded>, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)?;
    let mut out = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        article(coder, &serde_json::from_str(line)?, &mut out);
    }
    Ok(out)
}

/// The parties of an article's events, each once.
fn article(coder: &Coder, row: &Value, out: &mut Vec<Coded>) {
    let text = row["text"].as_str().unwrap_or_default();
    let day = row["published"].as_str().and_then(|day| day.get(..10));
    let story = Story {
        title: row["title"].as_str(),
        published: Published {
            day: day.and_then(|day| day.parse().ok()),
            ..Published::default()
        },
        ..Story::of_text(text)
    };
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let bytes: Vec<usize> = ends.collect();
    let events = row["events"].as_array().into_iter().flatten();
    let parties = events.flat_map(|event| {
        let sides = ["actors", "recipients"].iter();
        sides.flat_map(|side| event[*side].as_array().into_iter().flatten())
    });
    let mut seen = HashSet::new();
    let mut spans = Vec::new();
    let mut truths = Vec::new();
    for party in parties {
        let place = |key: &str| {
            bytes
                .get(usize::try_from(party[key].as_u64()?).ok()?)
                .copied()
        };
        let (Some(start), Some(end)) = (place("start"), place("end")) else {
            continue;
        };
        let code = party["code"].as_str().unwrap_or_default();
        if seen.insert((start, end, code)) {
            spans.push((start, end));
            truths.push((code, sector(party["sector"].as_str().unwrap_or_default())));
        }
    }
    let lessons = lesson::lessons(coder, &story, &spans);
    for ((lesson, (code, sector)), (start, end)) in lessons.into_iter().zip(truths).zip(spans) {
        if let Some(lesson) = lesson {
            let (code, text) = (code.to_owned(), text[start..end].to_owned());
            out.push(Coded {
                lesson,
                code,
                sector,
                text,
            });
        }
    }
}

/// The situations that a clue is weighed in: any, by head, by evidence, by both.
fn situations(lesson: &Lesson) -> [String; 4] {
    let (head, evidence) = (lesson.head, lesson.evidence);
    [
        "*.*".to_owned(),
        format!("{head}.*"),
        format!("*.{evidence}"),
        format!("{head}.{evidence}"),
    ]
}

/// For each candidate the numbers of weights and their strengths, and which candidates are right.
type Choice = (Vec<Vec<(usize, f32)>>, Vec<bool>);

/// Fits the weights to the choices, by steps that shrink with what each weight has moved.
fn fit(coded: &[Coded]) -> BTreeMap<(String, usize), f32> {
    let mut numbers = HashMap::new();
    let choices = choices(coded, &mut numbers);
    let mut weights = vec![0.0_f32; numbers.len()];
    let mut moved = vec![1e-6_f32; numbers.len()];
    let mut order: Vec<usize> = (0..choices.len()).collect();
    let mut state = 7_u64;
    for epoch in 0..EPOCHS {
        for i in (1..order.len()).rev() {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            order.swap(i, (state >> 33) as usize % (i + 1));
        }
        let rate = RATE * (1.0 - epoch as f32 / EPOCHS as f32);
        for &at in &order {
            step(&choices[at], rate, &mut weights, &mut moved);
        }
    }
    let named = numbers.into_iter();
    named.map(|(key, number)| (key, weights[number])).collect()
}

fn choices(coded: &[Coded], numbers: &mut HashMap<(String, usize), usize>) -> Vec<Choice> {
    let mut out = Vec::new();
    for Coded { lesson, code, .. } in coded {
        let candidates = &lesson.candidates;
        let right: Vec<bool> = candidates
            .iter()
            .map(|(c, _)| fold(c) == fold(code))
            .collect();
        if !right.contains(&true) {
            continue;
        }
        let keys = situations(lesson);
        let mut list = Vec::new();
        for (_, clues) in candidates {
            let mut row = Vec::new();
            for key in &keys {
                for &(clue, strength) in clues {
                    let next = numbers.len();
                    let number = *numbers.entry((key.clone(), clue)).or_insert(next);
                    row.push((number, strength));
                }
            }
            list.push(row);
        }
        out.push((list, right));
    }
    out
}

fn step((list, right): &Choice, rate: f32, weights: &mut [f32], moved: &mut [f32]) {
    let score = |row: &Vec<(usize, f32)>| row.iter().map(|&(id, v)| weights[id] * v).sum::<f32>();
    let scores: Vec<f32> = list.iter().map(score).collect();
    let top = scores.iter().copied().fold(f32::MIN, f32::max);
    let raised: Vec<f32> = scores.iter().map(|score| (score - top).exp()).collect();
    let all: f32 = raised.iter().sum();
    let good = raised.iter().zip(right).filter(|(_, right)| **right);
    let good: f32 = good.map(|(one, _)| one).sum();
    for ((row, one), right) in list.iter().zip(&raised).zip(right) {
        let wrong = one / all - if *right { one / good } else { 0.0 };
        for &(id, strength) in row {
            let slope = wrong * strength + DECAY * weights[id];
            moved[id] += slope * slope;
            weights[id] -= rate * slope / moved[id].sqrt();
        }
    }
}

fn write(weights: &BTreeMap<(String, usize), f32>) -> String {
    let mut out = HEAD.to_owned();
    for ((situation, clue), weight) in weights {
        if weight.abs() >= LEAST {
            out.extend([
                situation,
                "\t",
                CLUES[*clue],
                "\t",
                &format!("{weight:.2}\n"),
            ]);
        }
    }
    out
}
