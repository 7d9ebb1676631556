//! Damaged text, for a while: nothing may panic, every span must be of the text, every tree must be one.

use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};

use dateline::language::{self, Sentence};

use crate::param::Rng;

const SEEDS: [&str; 4] = [
    "Gen. Khan said: “We won't leave the U.S. before Jan. 5,” he'd've added (see http://a.org/x?y=1).",
    "KABUL, Afghanistan — At least $4.5m, or 10% of the total, was paid at 7:30PM on 9/11/2001 by O'Brien's AT&T.",
    "1. Stop! 2. Go?! ... […] a@b.co.uk cannot gonna ''quote'' -- :) #tag @name 80's x.y.z 713-853-3989 e-mail",
    "Žluťoučký kůň 北京 مرحبا 🙂 \u{200d}\u{301}\u{ad}ﬁ İ\u{130} ß \r\n\t\u{a0}\u{2028}",
];

/// Parses mutated text for `seconds`; fails with the text that breaks a promise.
pub(crate) fn fuzz(seconds: u64) -> Result<(), Box<dyn Error>> {
    let mut rng = Rng(1);
    let mut parser = language::parser("en")?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut texts = 0u64;
    while Instant::now() < end {
        let text = mutated(&mut rng);
        let sentences = parser.parse(&text);
        if let Err(promise) = check(&text, &sentences) {
            return Err(format!("{promise}: {text:?}").into());
        }
        texts += 1;
    }
    writeln!(
        std::io::stdout(),
        "{texts} texts in {seconds} s, none broke a promise"
    )?;
    Ok(())
}

/// Pieces of the seeds, cut, repeated and mixed with random characters.
fn mutated(rng: &mut Rng) -> String {
    let mut text = String::new();
    for _ in 0..=rng.next() % 12 {
        let letters: Vec<char> = SEEDS[rng.next() as usize % SEEDS.len()].chars().collect();
        let from = rng.next() as usize % letters.len();
        let to = from + rng.next() as usize % (letters.len() - from + 1);
        let times = if rng.next().is_multiple_of(16) {
            1 + rng.next() % 200
        } else {
            1
        };
        for _ in 0..times {
            text.extend(&letters[from..to]);
        }
        if rng.next().is_multiple_of(3) {
            text.extend(char::from_u32(rng.next() as u32 % 0x11_0000));
        }
    }
    text
}

fn check(text: &str, sentences: &[Sentence]) -> Result<(), &'static str> {
    let mut end = 0;
    for sentence in sentences {
        let n = sentence.tokens.len();
        if sentence
            .tokens
            .iter()
            .filter(|token| token.head.is_none())
            .count()
            != 1
        {
            return Err("one root");
        }
        for (index, token) in sentence.tokens.iter().enumerate() {
            let sound = token.span.start >= end && !token.span.of(text).is_empty();
            if !sound
                || text[end..token.span.start]
                    .chars()
                    .any(|c| !c.is_whitespace())
            {
                return Err("spans cover the text in order");
            }
            end = token.span.end;
            let mut at = index;
            let steps = (0..=n).find(|_| match sentence.tokens[at].head {
                Some(head) => {
                    at = head;
                    false
                }
                None => true,
            });
            if steps.is_none() {
                return Err("no cycles");
            }
        }
    }
    if text[end..].chars().any(|c| !c.is_whitespace()) {
        Err("spans cover the text")
    } else {
        Ok(())
    }
}
