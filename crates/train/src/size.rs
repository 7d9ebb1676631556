//! What the parser takes of a machine: the size of its file, the time to load it, the memory it holds.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use dateline::language::model::Model;
use dateline::language::parser::Parser;

/// Sentences parsed before memory is read, each of other words, so that every buffer is as large as it gets.
const SENTENCES: usize = 500;
/// Words that the sentences are made of.
const WORDS: [&str; 24] = [
    "Police",
    "arrested",
    "the",
    "minister",
    "of",
    "Kabul",
    "after",
    "a",
    "bombing",
    "in",
    "which",
    "soldiers",
    "were",
    "killed",
    "by",
    "gunmen",
    ",",
    "officials",
    "said",
    "on",
    "Friday",
    "that",
    "talks",
    "resumed",
];
/// Words a sentence.
const LENGTH: usize = 25;

/// Loads a model, the built-in one unless a file is given, parses, and prints size, time and memory. Nothing else may
/// have been read before it: memory is that of the process.
pub(crate) fn measure(
    out: &mut impl Write,
    file: Option<&Path>,
) -> Result<&'static Model, Box<dyn Error>> {
    let text = text();
    let before = memory();
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let bytes: &'static [u8] = match file {
        Some(path) => std::fs::read(path)?.leak(),
        None => dateline_english::MODEL,
    };
    let model: &'static Model = Box::leak(Box::new(Model::read(bytes)?));
    let loading = start.elapsed().as_secs_f64() * 1e3;
    let cpu = cpu_seconds()
        .zip(cpu)
        .map_or(f64::NAN, |(after, before)| after - before)
        * 1e3;
    let loaded = memory();
    let mut parser = Parser::new(model);
    for sentence in text.lines() {
        parser.parse(sentence);
    }
    let parsed = memory();
    writeln!(
        out,
        "model file {:.2} MB, version {}, loaded cold in {loading:.1} ms ({cpu:.1} ms of processor time)",
        bytes.len() as f64 / 1e6,
        model.version()
    )?;
    for (what, memory) in [
        ("before loading", before),
        ("loaded", loaded),
        (&format!("after {SENTENCES} sentences"), parsed),
    ] {
        match memory {
            Some([now, most]) => {
                writeln!(out, "resident {what}: {now:.1} MB, at most {most:.1} MB")?;
            }
            None => writeln!(out, "resident {what}: this system does not tell")?,
        }
    }
    Ok(model)
}

/// Sentences a line, no two alike, with words that no table lists.
fn text() -> String {
    let mut text = String::new();
    for number in 0..SENTENCES {
        for place in 0..LENGTH {
            let index = number * 7 + place * (1 + number % 5);
            text.push_str(WORDS[index % WORDS.len()]);
            if index.is_multiple_of(3) {
                // Another ending makes another word.
                text.extend(
                    ('a'..='z')
                        .cycle()
                        .skip(index * 11 % 26)
                        .take(1 + number % 4),
                );
            }
            text.push(' ');
        }
        text.push_str(".\n");
    }
    text
}

/// Resident memory of this process in megabytes, now and at most, where the system tells.
fn memory() -> Option<[f64; 2]> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name))?;
        let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kilobytes * 1024.0 / 1e6)
    };
    Some([field("VmRSS")?, field("VmHWM")?])
}

/// Processor time of this thread, where the system tells: on a shared machine the clock measures the neighbours too.
pub(crate) fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ')
        .next()?
        .parse::<f64>()
        .ok()
        .map(|nanoseconds| nanoseconds / 1e9)
}
