//! Two cuts of one text, and which word of one is which of the other.

use std::ops::Range;

use dateline::language::conllu::{Block, Word};

use super::Count;

/// A text as characters without white space, and what lies where in it.
pub(super) struct Side<'a> {
    pub(super) letters: Vec<char>,
    pub(super) sentences: Vec<Range<usize>>,
    pub(super) tokens: Vec<Range<usize>>,
    pub(super) words: Vec<Item<'a>>,
}

/// A syntactic word in its text.
pub(super) struct Item<'a> {
    pub(super) word: &'a Word,
    /// Its own characters, or those of the orthographic word it is part of.
    span: Range<usize>,
    /// Part of an orthographic word of several.
    part: bool,
    /// The index of its head; none for the root.
    pub(super) head: Option<usize>,
}

impl<'a> Side<'a> {
    pub(super) fn new(blocks: &'a [Block]) -> Self {
        let mut side = Self {
            letters: Vec::new(),
            sentences: Vec::new(),
            tokens: Vec::new(),
            words: Vec::new(),
        };
        for block in blocks.iter().filter(|block| !block.words.is_empty()) {
            let (start, first) = (side.letters.len(), side.words.len());
            let mut words = block.words.iter();
            for (form, _, parts) in block.tokens() {
                let begin = side.letters.len();
                side.letters
                    .extend(form.chars().filter(|letter| !letter.is_whitespace()));
                let span = begin..side.letters.len();
                side.tokens.push(span.clone());
                side.words
                    .extend(words.by_ref().take(parts).map(|(_, word)| Item {
                        word,
                        span: span.clone(),
                        part: parts > 1,
                        head: word.head.checked_sub(1).map(|head| first + head),
                    }));
            }
            side.sentences.push(start..side.letters.len());
        }
        side
    }
}

pub(super) fn same_text(gold: &[char], answer: &[char]) -> Result<(), String> {
    let differ = gold.iter().zip(answer).position(|(a, b)| a != b);
    let at = match differ {
        None if gold.len() == answer.len() => return Ok(()),
        differ => differ.unwrap_or(gold.len().min(answer.len())),
    };
    let near = |letters: &[char]| -> String { letters.iter().skip(at).take(20).collect() };
    Err(format!(
        "the texts differ at character {at}: {:?} and {:?}",
        near(gold),
        near(answer)
    ))
}

/// The spans in both of two ascending lists.
pub(super) fn common(gold: &[Range<usize>], answer: &[Range<usize>]) -> Count {
    let mut rest = answer.iter().peekable();
    let mut right = 0;
    for span in gold {
        while rest.next_if(|found| found.start < span.start).is_some() {}
        right += usize::from(rest.peek().is_some_and(|found| *found == span));
    }
    Count {
        gold: gold.len(),
        answered: answer.len(),
        right,
    }
}

/// Pairs of words of the same place: those that stand alone by their characters, the parts of orthographic words by
/// the longest sequence of forms both sides have.
pub(super) fn align(gold: &[Item], answer: &[Item]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let (mut g, mut a) = (0, 0);
    while g < gold.len() && a < answer.len() {
        if gold[g].part || answer[a].part {
            let (from_g, from_a) = (g, a);
            (g, a) = end_of_parts(gold, answer, g, a);
            same_forms(gold, answer, from_g..g, from_a..a, &mut pairs);
        } else if gold[g].span == answer[a].span {
            pairs.push((g, a));
            (g, a) = (g + 1, a + 1);
        } else if gold[g].span.start <= answer[a].span.start {
            g += 1;
        } else {
            a += 1;
        }
    }
    pairs
}

/// One past the words of both sides that an orthographic word at these touches, and those that they touch in turn.
fn end_of_parts(gold: &[Item], answer: &[Item], g: usize, a: usize) -> (usize, usize) {
    let (mut to_g, mut to_a) = (g, a);
    let reach = |item: &Item| if item.part { item.span.end } else { 0 };
    let mut end = reach(&gold[g]).max(reach(&answer[a]));
    loop {
        if gold.get(to_g).is_some_and(|item| item.span.start < end) {
            end = end.max(reach(&gold[to_g]));
            to_g += 1;
        } else if answer.get(to_a).is_some_and(|item| item.span.start < end) {
            end = end.max(reach(&answer[to_a]));
            to_a += 1;
        } else {
            return (to_g, to_a);
        }
    }
}

fn same_forms(
    gold: &[Item],
    answer: &[Item],
    of_gold: Range<usize>,
    of_answer: Range<usize>,
    pairs: &mut Vec<(usize, usize)>,
) {
    let (rows, columns) = (of_gold.len(), of_answer.len());
    let same = |g: usize, a: usize| {
        let (g, a) = (&gold[of_gold.start + g], &answer[of_answer.start + a]);
        g.word.form.to_lowercase() == a.word.form.to_lowercase()
    };
    // longest[g][a]: of the words from g and a on.
    let mut longest = vec![vec![0; columns + 1]; rows + 1];
    for g in (0..rows).rev() {
        for a in (0..columns).rev() {
            longest[g][a] = if same(g, a) {
                longest[g + 1][a + 1] + 1
            } else {
                longest[g + 1][a].max(longest[g][a + 1])
            };
        }
    }
    let (mut g, mut a) = (0, 0);
    while g < rows && a < columns {
        if same(g, a) {
            pairs.push((of_gold.start + g, of_answer.start + a));
            (g, a) = (g + 1, a + 1);
        } else if longest[g][a] == longest[g + 1][a] {
            g += 1;
        } else {
            a += 1;
        }
    }
}
