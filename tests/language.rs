//! What the parser promises of any text, and how well it does on treebanks kept in a folder beside the checkout.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

use dateline::language::{self, Sentence, Span, Token, conllu};
use proptest::prelude::*;

/// Every token is where it says, in order, and only blanks lie between.
fn assert_spans_cover(text: &str, sentences: &[Sentence]) {
    let mut end = 0;
    for sentence in sentences {
        let tokens = &sentence.tokens;
        assert_eq!(
            tokens.first().map(|t| t.span.start),
            Some(sentence.span.start)
        );
        assert_eq!(tokens.last().map(|t| t.span.end), Some(sentence.span.end));
        for token in tokens {
            assert!(token.span.start >= end && token.span.end > token.span.start);
            assert!(text[end..token.span.start].chars().all(language::is_blank));
            assert!(!token.span.of(text).is_empty());
            end = token.span.end;
        }
    }
    assert!(text[end..].chars().all(language::is_blank));
}

/// One root, and from every word a way to it.
fn assert_tree(sentence: &Sentence) {
    assert_eq!(
        sentence
            .tokens
            .iter()
            .filter(|token| token.head.is_none())
            .count(),
        1
    );
    for start in 0..sentence.tokens.len() {
        let mut seen = HashSet::new();
        let mut at = start;
        while let Some(head) = sentence.tokens[at].head {
            assert!(seen.insert(at), "a cycle");
            at = head;
        }
    }
}

fn assert_sound(text: &str) {
    let sentences = language::parse(text);
    assert_spans_cover(text, &sentences);
    sentences.iter().for_each(assert_tree);
}

proptest! {
    #[test]
    fn any_text_gives_spans_that_cover_it_and_trees(text in "\\PC{0,200}") {
        assert_sound(&text);
    }

    #[test]
    fn any_mix_of_news_and_marks_gives_spans_that_cover_it_and_trees(
        parts in prop::collection::vec(prop::sample::select(vec![
            "Gen.", "U.S.", "said", "“", "”", "'s", "n't", "don't", "-", "--", "...", "[…]", "$4.5m", "7:30PM", "a@b.org",
            "http://a.b/c?d", "etc.", "(", ")", "\n", " ", " ", " ", "Kabul", "killed", "was", ".", "?!", ":)", "\u{301}",
        ]), 0..80)
    ) {
        assert_sound(&parts.concat());
    }
}

/// What a megabyte is made of, without a space in it but for one.
const RUNS: [&str; 34] = [
    "a", "a-", "a'", "a's", "a.", "a@", "a@b.", "a@b-c@b-", ".", "9", "9-", "1,", "http://",
    "www.", "www.,", "“", "ü", "A.", "etc.", "etc.,", "'", "’", "`", "''a", "\"", "a ", "北",
    "\u{301}", "a\u{301}", "\u{200b}", "\u{feff}", ".)", "-", "x's",
];
const LONG_BYTES: usize = 1_000_000;
/// Those whose megabyte goes through the parser in every run of the tests; the others do with `DATELINE_SOAK` set, and
/// 100 kB of them otherwise.
const PARSED: [&str; 7] = ["a", "a-", "'", "www.", "北", "\u{301}", "a@b."];
/// A tenfold length takes ten times as long, and no more than this on a machine with neighbours.
const MOST_TIMES: f64 = 25.0;
/// A shorter time is taken as this long: new memory alone takes as much.
const NOISE_SECONDS: f64 = 0.01;

/// Processor time of this thread, where the system tells, so that the neighbours are not measured; else the clock's.
fn seconds() -> f64 {
    let own = std::fs::read_to_string("/proc/thread-self/schedstat");
    let own = own
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    own.map_or_else(
        || {
            static START: LazyLock<Instant> = LazyLock::new(Instant::now);
            START.elapsed().as_secs_f64()
        },
        |nanoseconds| nanoseconds / 1e9,
    )
}

/// Asserts that the time of `work` grows with the length of the text and no faster: `bytes` of it take no more than
/// `MOST_TIMES` a tenth of them.
fn assert_linear(
    what: &str,
    bytes: usize,
    part: &str,
    end: &str,
    work: impl Fn(&str) -> Vec<Sentence>,
) {
    let time = |bytes: usize| {
        let text = part.repeat(bytes / part.len()) + end;
        let start = seconds();
        let sentences = work(&text);
        let spent = seconds() - start;
        assert_spans_cover(&text, &sentences);
        spent
    };
    let (short, long) = (time(bytes / 10), time(bytes));
    let figures = format!(
        "{what} {part:?}: {} bytes in {short:.3} s, {bytes} in {long:.3} s",
        bytes / 10
    );
    println!("{figures}");
    assert!(long <= MOST_TIMES * short.max(NOISE_SECONDS), "{figures}");
}

#[test]
fn a_megabyte_without_a_space_is_cut_in_linear_time() {
    for part in RUNS {
        assert_linear("split", LONG_BYTES, part, "", language::split);
    }
    let spaces = " ".repeat(LONG_BYTES / 4);
    for part in ["etc.,", "Gen.,", "A.", "5.", "www.", "'"] {
        assert_linear(
            "split before spaces",
            LONG_BYTES,
            part,
            &spaces,
            language::split,
        );
    }
}

#[test]
fn a_megabyte_without_a_space_is_parsed_in_linear_time() {
    let soak = std::env::var_os("DATELINE_SOAK").is_some();
    for part in RUNS {
        let whole = soak || PARSED.contains(&part);
        let bytes = if whole { LONG_BYTES } else { LONG_BYTES / 10 };
        assert_linear("parse", bytes, part, "", language::parse);
    }
}

#[test]
fn a_sentence_of_ten_thousand_words_is_one_tree() {
    let text = "the man saw a dog and ".repeat(1700);
    let sentences = language::parse(&text);
    assert_eq!(sentences.len(), 1);
    assert_tree(&sentences[0]);
}

fn word<'a>(text: &str, sentence: &'a Sentence, form: &str) -> &'a Token {
    sentence
        .tokens
        .iter()
        .find(|token| token.span.of(text) == form)
        .expect("the form is in the sentence")
}

#[test]
fn the_passive_is_told_from_the_active() {
    let text = "Five soldiers were killed by gunmen in Quetta on Friday.";
    let sentence = &language::parse(text)[0];
    assert_eq!(word(text, sentence, "soldiers").relation, "nsubj:pass");
    assert_eq!(word(text, sentence, "gunmen").relation, "obl:agent");
    assert_eq!(word(text, sentence, "killed").lemma, "kill");
    assert_eq!(word(text, sentence, "killed").head, None);
    assert_eq!(word(text, sentence, "Quetta").upos, "PROPN");
}

#[test]
fn parsing_twice_gives_the_same() {
    let text = "Police arrested two men in Lahore. They denied it.";
    let first = language::parse(text);
    language::parse("Something else entirely, to fill the memory with other words.");
    assert_eq!(language::parse(text), first);
}

#[test]
fn the_model_is_small() {
    let bytes = include_bytes!("../src/language/english.model");
    assert!(bytes.len() <= 12_000_000, "{}", bytes.len());
}

#[test]
fn a_damaged_model_is_refused() {
    use language::model::{Model, ModelError};
    let good = include_bytes!("../src/language/english.model");
    let mut bad = good.to_vec();
    bad[good.len() / 2] ^= 1;
    assert_eq!(Model::read(bad.leak()).err(), Some(ModelError::Damaged));
    assert_eq!(
        Model::read(&good[..good.len() - 4]).err(),
        Some(ModelError::Damaged)
    );
    assert_eq!(
        Model::read(b"something else").err(),
        Some(ModelError::Format)
    );
}

/// Words, right heads, right heads and relations, right parts of speech, in percent of words.
fn scores(name: &str) -> Option<[f64; 3]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/treebank")
        .join(format!("{name}.conllu.gz"));
    let Ok(file) = std::fs::File::open(&path) else {
        eprintln!("SKIPPED: no {}", path.display());
        return None;
    };
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file)
        .read_to_string(&mut text)
        .expect("the treebank is gzipped text");
    let blocks = conllu::read(&text).expect("the treebank is CoNLL-U");
    let mut forms = String::new();
    let mut sentences: Vec<Sentence> = Vec::new();
    for block in &blocks {
        let mut sentence = Sentence::default();
        for (_, word) in &block.words {
            let start = forms.len();
            forms.push_str(&word.form);
            let span = Span {
                start,
                end: forms.len(),
            };
            sentence.tokens.push(Token {
                span,
                ..Token::default()
            });
        }
        sentences.push(sentence);
    }
    language::parser("en")
        .expect("English is built in")
        .analyse(&forms, &mut sentences);
    let (mut words, mut right) = (0.0, [0.0; 3]);
    for (block, sentence) in blocks.iter().zip(&sentences) {
        for ((_, gold), token) in block.words.iter().zip(&sentence.tokens) {
            let head = token.head.map_or(0, |head| head + 1) == gold.head;
            words += 1.0;
            right[0] += f64::from(u8::from(head));
            right[1] += f64::from(u8::from(head && token.relation == gold.relation));
            right[2] += f64::from(u8::from(token.upos == gold.upos));
        }
    }
    Some(right.map(|count| 100.0 * count / words))
}

#[test]
fn attachment_and_tags_reach_what_the_readme_promises() {
    for (name, least) in [
        ("en_ewt-test", [86.0, 82.5, 95.5]),
        ("gum_news-devtest", [85.0, 81.0, 96.8]),
    ] {
        let Some(scores) = scores(name) else { continue };
        assert!(
            scores
                .iter()
                .zip(least)
                .all(|(score, least)| *score >= least),
            "{name}: {scores:?}"
        );
    }
}
