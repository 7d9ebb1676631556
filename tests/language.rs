//! What the parser promises of any text, whatever its length.

use std::collections::HashSet;
use std::io::Write;
use std::process::{Command, Stdio};

use dateline::language::{self, Sentence, Token};
use proptest::prelude::*;

use crate::support::{clock::thread_seconds, command::output};
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
    fn any_characters_even_control_characters_give_spans_and_trees(text in any::<String>()) {
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
/// 50 kB of them otherwise.
const PARSED: [&str; 6] = ["a", "a-", "'", "www.", "北", "\u{301}"];
/// A tenfold length takes ten times as long, and no more than this on a machine with neighbours.
const MOST_TIMES: f64 = 25.0;
/// A shorter time is taken as this long: new memory alone takes as much.
const NOISE_SECONDS: f64 = 0.01;
/// A neighbour that takes the processor's cache lengthens one try or two; what grows faster than the text does so in each.
const TRIES: usize = 4;

/// Asserts that the time of `work` grows with the length of the text and no faster: `bytes` of it take no more than
/// `MOST_TIMES` a tenth of them, in one of `TRIES`.
fn assert_linear(
    what: &str,
    bytes: usize,
    part: &str,
    end: &str,
    work: impl Fn(&str) -> Vec<Sentence>,
) {
    let time = |bytes: usize| {
        let text = part.repeat(bytes / part.len()) + end;
        let start = thread_seconds();
        let sentences = work(&text);
        let spent = thread_seconds() - start;
        assert_spans_cover(&text, &sentences);
        spent
    };
    let is_linear = (0..TRIES).any(|_| {
        let (short, long) = (time(bytes / 10), time(bytes));
        eprintln!(
            "{what} {part:?}: {} bytes in {short:.3} s, {bytes} in {long:.3} s",
            bytes / 10
        );
        long <= MOST_TIMES * short.max(NOISE_SECONDS)
    });
    assert!(is_linear, "{what} {part:?} grows faster than its text");
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
        let bytes = if whole { LONG_BYTES } else { LONG_BYTES / 20 };
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
    let bytes = dateline_english::MODEL;
    assert!(bytes.len() <= 12_000_000, "{}", bytes.len());
}

#[test]
fn a_damaged_model_is_refused() {
    use language::model::{Model, ModelError};
    let good = dateline_english::MODEL;
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

fn dateline_parse() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dateline"));
    command.arg("parse");
    command
}

/// Gives the exit code and what was said, with `input` on standard input and `out` as standard output.
fn parse_into(input: &[u8], arguments: &[&str], out: Stdio) -> (Option<i32>, String) {
    let mut child = dateline_parse()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(out)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    stdin
        .write_all(input)
        .expect("all input is read before anything is written");
    drop(stdin);
    let done = child.wait_with_output().expect("the binary ends");
    (
        done.status.code(),
        String::from_utf8_lossy(&done.stderr).into_owned(),
    )
}

#[test]
fn parse_says_what_is_wrong_with_its_input_and_exits_64() {
    for (input, arguments, said) in [
        (
            "1\ta\n",
            &["--conllu", "-"][..],
            "line 1 is not CoNLL-U: a word has ten columns",
        ),
        (
            "Die Regierung hat am Freitag ein neues Gesetz gegen die Steuerflucht vorgelegt.",
            &["-"],
            "no model for this language: de",
        ),
        ("", &["/nowhere/at/all"], "cannot read /nowhere/at/all"),
    ] {
        let (code, text) = parse_into(input.as_bytes(), arguments, Stdio::null());
        assert_eq!(code, Some(64), "{text}");
        assert!(text.contains(said), "{text}");
    }
    let (code, text) = parse_into(b"\xff\xfe", &["-"], Stdio::null());
    assert_eq!(code, Some(64), "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn parse_exits_74_on_a_full_disk() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let (code, text) = parse_into(
        b"Police arrested two men.",
        &["-"],
        full.expect("Linux has it").into(),
    );
    assert_eq!(code, Some(74), "{text}");
    assert!(text.contains("No space left"), "{text}");
}

#[test]
fn parse_ends_quietly_when_nobody_reads_its_output() {
    let mut child = dateline_parse()
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    stdin
        .write_all("Police arrested two men.\n".repeat(100).as_bytes())
        .expect("it is read");
    drop(stdin);
    let done = child.wait_with_output().expect("the binary ends");
    assert_eq!(done.status.code(), Some(0));
    assert!(
        done.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

#[test]
fn parse_names_what_made_its_output_and_reads_it_again() {
    let (folder, text) = (
        tempfile::tempdir().expect("a temporary folder"),
        "\u{feff}They can't.She left.\nA line",
    );
    let path = folder.path().join("text");
    std::fs::write(&path, text).expect("the folder is writable");
    let first = String::from_utf8(output(dateline_parse().arg(&path))).expect("CoNLL-U is UTF-8");
    let made = concat!(
        "# generator = dateline ",
        env!("CARGO_PKG_VERSION"),
        ", model "
    );
    assert!(first.starts_with(made), "{first}");
    assert!(
        first.contains("2-3\tcan't\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No|start_char=6|end_char=11"),
        "{first}"
    );
    assert!(
        first.contains("SpaceAfter=No|start_char=11|end_char=12"),
        "{first}"
    );
    std::fs::write(&path, &first).expect("the folder is writable");
    let again = output(dateline_parse().arg("--conllu").arg(&path));
    assert_eq!(String::from_utf8(again).expect("CoNLL-U is UTF-8"), first);
}
