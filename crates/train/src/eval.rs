//! Prints what the README promises of the parser: accuracy, speed, size, memory.

use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use dateline::language::conllu::Block;
use dateline::language::model::Model;
use dateline::language::parser::Parser;

use crate::given::{self, Lines};
use crate::score::score;
use crate::size::{self, cpu_seconds};
use crate::{EvalArgs, corpus, report};

/// Passes over the text whose median is the speed.
const PASSES: usize = 5;

/// Measures a model, the built-in one unless a file is given.
pub(crate) fn eval(args: &EvalArgs) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    // Before anything else is in memory.
    let model = size::measure(&mut out, args.model.as_deref())?;
    for name in ["en_ewt-dev", "en_ewt-test", "gum_news-devtest"] {
        let blocks = corpus::treebank(&args.treebank, name)?;
        measure(&mut out, name, model, &blocks)?;
    }
    Ok(())
}

fn measure(
    out: &mut impl Write,
    name: &str,
    model: &'static Model,
    blocks: &[Block],
) -> Result<(), Box<dyn Error>> {
    let gold = score(blocks, &given::from_words(model, blocks))?;
    writeln!(out, "\n{name}: {} sentences", blocks.len())?;
    writeln!(out, "  gold tokens             {}", gold.line())?;
    for (what, lines) in [
        ("one line", Lines::One),
        ("paragraphs", Lines::Paragraph),
        ("breaks where no stop", Lines::Unstopped),
    ] {
        if lines == Lines::Paragraph && !blocks.iter().any(given::begins_paragraph) {
            writeln!(
                out,
                "  raw, {what:<20} not measured: this file has lost them"
            )?;
            continue;
        }
        let text = given::text(blocks, lines);
        let raw = score(blocks, &given::from_text(model, &text)?)?;
        let [sentences, tokens, words] =
            [raw.sentences, raw.tokens, raw.words].map(|count| count.shares()[2]);
        let cut =
            format!("sentences F1 {sentences:.2}  tokens F1 {tokens:.2}  words F1 {words:.2}");
        writeln!(out, "  raw, {what:<20} {}  {cut}", raw.line())?;
    }
    report::relations(out, &gold)?;
    let speed = speed(model, &given::text(blocks, Lines::Unstopped), blocks.len());
    writeln!(
        out,
        "  raw text to dependencies, one thread, median of {PASSES}: {speed}"
    )?;
    Ok(())
}

/// Sentences a second.
fn speed(model: &'static Model, text: &str, sentences: usize) -> String {
    let mut parser = Parser::new(model);
    let (mut wall, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..PASSES {
        let (start, before) = (Instant::now(), cpu_seconds());
        black_box(parser.parse(text));
        wall.push(start.elapsed().as_secs_f64());
        cpu.extend(
            cpu_seconds()
                .zip(before)
                .map(|(after, before)| after - before),
        );
    }
    let rate = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        sentences as f64 / times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let (wall, cpu) = (rate(&mut wall), rate(&mut cpu));
    format!("{cpu:.0} sentences/s of processor time, {wall:.0} by the clock")
}
