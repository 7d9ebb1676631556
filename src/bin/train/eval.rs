//! Prints what the README promises of the parser: accuracy, speed, size, memory.

use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use dateline::language::conllu::Block;
use dateline::language::model::Model;
use dateline::language::parser::Parser;

use crate::score::{Lines, Raw, Score, gold_tokens};
use crate::{EvalArgs, corpus};

/// Passes over the text whose median is the speed.
const PASSES: usize = 5;
const RELATIONS: [&str; 16] = [
    "root",
    "nsubj",
    "nsubj:pass",
    "obj",
    "iobj",
    "obl",
    "obl:agent",
    "xcomp",
    "ccomp",
    "nmod",
    "nmod:poss",
    "appos",
    "conj",
    "compound",
    "flat",
    "acl:relcl",
];

/// Measures a model, the built-in one unless a file is given.
pub(crate) fn eval(args: &EvalArgs) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    let bytes = match &args.model {
        Some(path) => std::fs::read(path)?,
        None => include_bytes!("../../language/english.model").to_vec(),
    };
    let size = bytes.len();
    let bytes: &'static [u8] = bytes.leak();
    let start = Instant::now();
    let model: &'static Model = Box::leak(Box::new(Model::read(bytes)?));
    let loading = start.elapsed();
    writeln!(
        out,
        "model file {:.2} MB, loaded in {:.1} ms",
        size as f64 / 1e6,
        loading.as_secs_f64() * 1e3
    )?;
    for name in ["en_ewt-dev", "en_ewt-test", "gum_news-devtest"] {
        let blocks = corpus::treebank(&args.treebank, name)?;
        measure(&mut out, name, model, &blocks)?;
    }
    writeln!(
        out,
        "resident with treebanks {} MB",
        resident_megabytes().unwrap_or(0)
    )?;
    Ok(())
}

fn measure(
    out: &mut impl Write,
    name: &str,
    model: &'static Model,
    blocks: &[Block],
) -> Result<(), Box<dyn Error>> {
    let gold = gold_tokens(model, blocks);
    writeln!(out, "\n{name}: {} sentences", blocks.len())?;
    writeln!(out, "  gold tokens        {}", gold.line())?;
    for (what, lines) in [
        ("raw, one line     ", Lines::One),
        ("raw, with headings", Lines::Unstopped),
    ] {
        let raw = Raw::new(blocks, lines);
        let sentences = Parser::new(model).parse(&raw.text);
        let (sentence, word, score) = raw.score(blocks, &sentences);
        writeln!(
            out,
            "  {what} {}  sentences F1 {sentence:.2}  tokens F1 {word:.2}",
            score.line()
        )?;
    }
    relations(out, &gold)?;
    let raw = Raw::new(blocks, Lines::Unstopped);
    let mut parser = Parser::new(model);
    let (mut wall, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..PASSES {
        let (start, before) = (Instant::now(), cpu_seconds());
        black_box(parser.parse(&raw.text));
        wall.push(start.elapsed().as_secs_f64());
        cpu.extend(
            cpu_seconds()
                .zip(before)
                .map(|(after, before)| after - before),
        );
    }
    let rate = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        blocks.len() as f64 / times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let (wall, cpu) = (rate(&mut wall), rate(&mut cpu));
    let speed = format!("{cpu:.0} sentences/s of processor time, {wall:.0} by the clock");
    writeln!(
        out,
        "  raw text to dependencies, one thread, median of {PASSES}: {speed}"
    )?;
    Ok(())
}

/// Processor time of this thread, where the system tells: on a shared machine the clock measures the neighbours too.
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ')
        .next()?
        .parse::<f64>()
        .ok()
        .map(|nanoseconds| nanoseconds / 1e9)
}

fn relations(out: &mut impl Write, score: &Score) -> std::io::Result<()> {
    for name in RELATIONS {
        let [gold, answered, right] = score.relations.get(name).copied().unwrap_or_default();
        let share = |of: usize| 100.0 * right as f64 / of.max(1) as f64;
        let f1 = 200.0 * right as f64 / (gold + answered).max(1) as f64;
        let (precision, recall) = (share(answered), share(gold));
        writeln!(
            out,
            "  {name:<12} precision {precision:5.1}  recall {recall:5.1}  F1 {f1:5.1}  ({gold})"
        )?;
    }
    Ok(())
}

/// Resident memory of this process, where the system tells.
fn resident_megabytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS"))?;
    Some(line.split_whitespace().nth(1)?.parse::<usize>().ok()? / 1024)
}
