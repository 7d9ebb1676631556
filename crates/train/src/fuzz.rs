//! Damaged text, CoNLL-U and model files, for a while: nothing may panic, every span must be of the text, every tree
//! must be one, and what is written must read back.

mod file;

use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dateline::language::conllu::{self, Block, ConlluWriter};
use dateline::language::parser::Parser;
use dateline::language::{self, Sentence};

use crate::FuzzArgs;
use crate::param::Rng;

const SEEDS: [&str; 4] = [
    "Gen. Khan said: “We won't leave the U.S. before Jan. 5,” he'd've added (see http://a.org/x?y=1).",
    "KABUL, Afghanistan — At least $4.5m, or 10% of the total, was paid at 7:30PM on 9/11/2001 by O'Brien's AT&T.",
    "1. Stop! 2. Go?! ... […] a@b.co.uk cannot gonna ''quote'' -- :) #tag @name 80's x.y.z 713-853-3989 e-mail",
    "Žluťoučký kůň 北京 مرحبا 🙂 \u{200d}\u{301}\u{ad}ﬁ İ\u{130} ß \r\n\t\u{a0}\u{2028}\u{feff}\u{200b}\u{0}\u{7f}\u{b}\u{85}",
];
/// Pieces that damage CoNLL-U.
const COLUMNS: [&str; 14] = [
    "\t",
    "\n",
    "\n\n",
    "1-2",
    "2-1",
    "1.1",
    "0",
    "_",
    "18446744073709551616",
    "-",
    "#",
    "\u{feff}",
    "|",
    "SpaceAfter=No",
];
/// A model is damaged once in so many texts: each is kept in memory for ever.
const TEXTS_A_MODEL: u64 = 50;

/// Parses mutated input; fails with the input that breaks a promise.
pub(crate) fn fuzz(args: &FuzzArgs) -> Result<(), Box<dyn Error>> {
    let clock = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(1, |time| time.as_nanos() as u64)
    };
    let seed = args.seed.unwrap_or_else(clock);
    writeln!(std::io::stdout(), "seed {seed}")?;
    let mut rng = Rng(seed);
    let mut parser = language::parser("en")?;
    let end = Instant::now() + Duration::from_secs(args.seconds);
    let small = file::small(&mut rng);
    let (mut texts, mut models) = (0u64, 0u64);
    while Instant::now() < end {
        let text = mutated(&mut rng);
        let sentences = parser.parse(&text);
        let written = written(&text, &sentences);
        check(&text, &sentences)
            .and_then(|()| reads_back(&text, &sentences, &written))
            .map_err(|promise| format!("{promise}: {text:?}"))?;
        damaged_conllu(&mut rng, &mut parser, &written)?;
        if texts.is_multiple_of(TEXTS_A_MODEL) {
            models += u64::from(file::damaged(&mut rng, &small));
        }
        texts += 1;
    }
    writeln!(
        std::io::stdout(),
        "{texts} texts and as many CoNLL-U files in {} s, {models} damaged models that could be read: none broke a promise",
        args.seconds
    )?;
    Ok(())
}

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[below(rng, from.len())]
}

fn below(rng: &mut Rng, count: usize) -> usize {
    (rng.next() % count.max(1) as u64) as usize
}

/// Pieces of the seeds, cut, repeated and mixed with random characters.
fn mutated(rng: &mut Rng) -> String {
    let mut text = String::new();
    for _ in 0..=rng.next() % 12 {
        let letters: Vec<char> = pick(rng, &SEEDS).chars().collect();
        let from = below(rng, letters.len());
        let to = from + below(rng, letters.len() - from + 1);
        let times = if rng.next().is_multiple_of(16) {
            1 + rng.next() % 200
        } else {
            1
        };
        for _ in 0..times {
            text.extend(&letters[from..to]);
        }
        if rng.next().is_multiple_of(3) {
            let most = if rng.next().is_multiple_of(2) {
                0x250
            } else {
                0x11_0000
            };
            text.extend(char::from_u32(rng.next() as u32 % most));
        }
    }
    text
}

fn check(text: &str, sentences: &[Sentence]) -> Result<(), &'static str> {
    let mut end = 0;
    let blank = |gap: &str| gap.chars().all(language::is_blank);
    for sentence in sentences {
        let heads: Vec<usize> = sentence
            .tokens
            .iter()
            .map(|token| token.head.map_or(0, |head| head + 1))
            .collect();
        if !is_tree(&heads) {
            return Err("every sentence is a tree with one root");
        }
        for token in &sentence.tokens {
            let sound = token.span.start >= end && !token.span.of(text).is_empty();
            if !sound || !blank(&text[end..token.span.start]) {
                return Err("spans cover the text in order");
            }
            end = token.span.end;
        }
    }
    if blank(&text[end..]) {
        Ok(())
    } else {
        Err("spans cover the text")
    }
}

/// Whether heads, counted from 1, are one tree with one root.
fn is_tree(heads: &[usize]) -> bool {
    let ends = |start: usize| {
        let mut at = start;
        (0..=heads.len()).any(|_| match heads[at] {
            0 => true,
            head => {
                at = head - 1;
                false
            }
        })
    };
    heads.iter().filter(|head| **head == 0).count() == 1 && (0..heads.len()).all(ends)
}

fn written(text: &str, sentences: &[Sentence]) -> String {
    let mut writer = ConlluWriter::new(text);
    let mut out = String::new();
    for (index, sentence) in sentences.iter().enumerate() {
        writer.sentence(&mut out, sentence, sentences.get(index + 1));
    }
    out
}

/// Forms, heads and places are the same after writing and reading.
fn reads_back(text: &str, sentences: &[Sentence], written: &str) -> Result<(), &'static str> {
    let blocks = conllu::read(written).map_err(|error| error.fault)?;
    if blocks.len() != sentences.len() {
        return Err("as many sentences are read as were written");
    }
    for (block, sentence) in blocks.iter().zip(sentences) {
        if block.words.len() != sentence.tokens.len() {
            return Err("as many words are read as were written");
        }
        for ((_, word), token) in block.words.iter().zip(&sentence.tokens) {
            let same = word.form == token.span.of(text)
                && word.head == token.head.map_or(0, |head| head + 1)
                && word.relation == token.relation
                && word.clitic == (token.clitic && token.span != sentence.tokens[0].span);
            if !same {
                return Err("words read back as they were written");
            }
            let place = |name: &str| {
                let mut parts = word.misc.split('|');
                parts.find_map(|part| part.strip_prefix(name)?.parse::<usize>().ok())
            };
            let characters = |byte: usize| Some(text[..byte].chars().count());
            if place("start_char=") != characters(token.span.start)
                || place("end_char=") != characters(token.span.end)
            {
                return Err("places count the characters of the text");
            }
        }
    }
    Ok(())
}

/// CoNLL-U with pieces cut out and put in: refused, or read and analysed to trees.
fn damaged_conllu(rng: &mut Rng, parser: &mut Parser, good: &str) -> Result<(), String> {
    let mut text = good.to_string();
    for _ in 0..rng.next() % 4 {
        let from = text.floor_char_boundary(below(rng, text.len() + 1));
        let to = text.floor_char_boundary((from + below(rng, 6)).min(text.len()));
        text.replace_range(from..to.max(from), pick(rng, &COLUMNS));
    }
    let Ok(blocks) = conllu::read(&text) else {
        return Ok(());
    };
    let sound = |block: &Block| {
        block.tokens().map(|(_, _, parts)| parts).sum::<usize>() == block.words.len()
    };
    let heads: Vec<Vec<usize>> = crate::given::with_parser(parser, &blocks)
        .iter()
        .map(|block| block.words.iter().map(|(_, word)| word.head).collect())
        .collect();
    if blocks.iter().all(sound) && heads.iter().all(|heads| heads.is_empty() || is_tree(heads)) {
        Ok(())
    } else {
        Err(format!(
            "a file that was read is analysed in full: {text:?}"
        ))
    }
}
