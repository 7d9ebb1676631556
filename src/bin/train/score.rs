//! How well a model does on a treebank: on given tokens, and from raw text.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;

use dateline::language::conllu::{Block, Word};
use dateline::language::model::Model;
use dateline::language::parser::Parser;
use dateline::language::{Sentence, Span, Token};

/// Counts of right answers.
#[derive(Debug, Default, Clone)]
pub(crate) struct Score {
    words: usize,
    uas: usize,
    las: usize,
    upos: usize,
    xpos: usize,
    lemma: usize,
    /// A relation's words in gold, in the answer, and right in both head and relation.
    pub relations: BTreeMap<String, [usize; 3]>,
}

impl Score {
    pub(crate) fn line(&self) -> String {
        let [uas, las, upos, xpos, lemma] = [self.uas, self.las, self.upos, self.xpos, self.lemma]
            .map(|count| 100.0 * count as f64 / self.words.max(1) as f64);
        format!("UAS {uas:.2}  LAS {las:.2}  UPOS {upos:.2}  XPOS {xpos:.2}  lemma {lemma:.2}")
    }

    /// One word's answer beside the truth; `head` is the answer's head as the truth counts it.
    fn count(&mut self, gold: &Word, token: &Token, head: usize) {
        self.words += 1;
        let both = head == gold.head && token.relation == gold.relation;
        self.uas += usize::from(head == gold.head);
        self.las += usize::from(both);
        self.upos += usize::from(token.upos == gold.upos);
        self.xpos += usize::from(token.xpos == gold.xpos);
        self.lemma += usize::from(token.lemma == gold.lemma);
        self.relations.entry(gold.relation.clone()).or_default()[0] += 1;
        let entry = self
            .relations
            .entry(token.relation.to_string())
            .or_default();
        entry[1] += 1;
        entry[2] += usize::from(both);
    }
}

/// Reads a model and keeps it for ever, as the built-in one is.
pub(crate) fn load(bytes: Vec<u8>) -> Result<&'static Model, Box<dyn Error>> {
    Ok(Box::leak(Box::new(Model::read(bytes.leak())?)))
}

/// Parses the given tokens of a treebank and compares.
pub(crate) fn gold_tokens(model: &'static Model, blocks: &[Block]) -> Score {
    let mut text = String::new();
    let mut sentences: Vec<Sentence> = blocks.iter().map(|block| given(block, &mut text)).collect();
    Parser::new(model).analyse(&text, &mut sentences);
    let mut score = Score::default();
    for (block, sentence) in blocks.iter().zip(&sentences) {
        for ((_, gold), token) in block.words.iter().zip(&sentence.tokens) {
            score.count(gold, token, token.head.map_or(0, |head| head + 1));
        }
    }
    score
}

/// A sentence with the tokens of a block, its forms added to `text`.
fn given(block: &Block, text: &mut String) -> Sentence {
    let mut sentence = Sentence::default();
    for (_, word) in &block.words {
        let start = text.len();
        text.push_str(&word.form);
        let span = Span {
            start,
            end: text.len(),
        };
        sentence.tokens.push(Token {
            span,
            clitic: word.clitic,
            ..Token::default()
        });
        text.push(' ');
    }
    sentence
}

/// The text of a treebank, and where each gold word and sentence stands in it.
pub(crate) struct Raw {
    pub text: String,
    words: Vec<Vec<Span>>,
}

/// How the lost paragraphs of a treebank are stood in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// All on one line: the hardest reading.
    One,
    /// A line ends after a sentence without a final stop, as headings, greetings and items do in print.
    Unstopped,
}

impl Raw {
    pub(crate) fn new(blocks: &[Block], lines: Lines) -> Self {
        let mut raw = Self {
            text: String::new(),
            words: Vec::new(),
        };
        for block in blocks {
            let mut spans = Vec::new();
            for (_, word) in &block.words {
                let start = raw.text.len();
                raw.text.push_str(&word.form);
                spans.push(Span {
                    start,
                    end: raw.text.len(),
                });
                if !word.glued {
                    raw.text.push(' ');
                }
            }
            let stopped = raw
                .text
                .trim_end()
                .ends_with(['.', '!', '?', '…', '"', '”', '\'', '’', ')', ']']);
            if lines == Lines::Unstopped && !stopped {
                raw.text.push('\n');
            }
            raw.words.push(spans);
        }
        raw
    }

    /// F1 of sentences and of words, in percent, and the score over the gold words (a word that was cut otherwise is
    /// wrong in everything).
    pub(crate) fn score(&self, blocks: &[Block], sentences: &[Sentence]) -> (f64, f64, Score) {
        let found: HashMap<Span, (usize, usize)> = sentences
            .iter()
            .enumerate()
            .flat_map(|(s, sentence)| {
                sentence
                    .tokens
                    .iter()
                    .enumerate()
                    .map(move |(t, token)| (token.span, (s, t)))
            })
            .collect();
        let spans: std::collections::HashSet<Span> =
            sentences.iter().map(|sentence| sentence.span).collect();
        let (mut right_sentences, mut right_words) = (0, 0);
        let mut score = Score::default();
        for (block, words) in blocks.iter().zip(&self.words) {
            let [first, .., last] =
                [words.first(), words.last()].map(|span| span.copied().unwrap_or_default());
            right_sentences += usize::from(spans.contains(&Span {
                start: first.start,
                end: last.end,
            }));
            for ((_, gold), span) in block.words.iter().zip(words) {
                let Some((s, t)) = found.get(span) else {
                    score.count(gold, &Token::default(), usize::MAX);
                    continue;
                };
                right_words += 1;
                let token = &sentences[*s].tokens[*t];
                let head = token.head.map_or(0, |head| {
                    let head = sentences[*s].tokens[head].span;
                    words
                        .iter()
                        .position(|span| *span == head)
                        .map_or(usize::MAX, |at| at + 1)
                });
                score.count(gold, token, head);
            }
        }
        let answered: usize = sentences.iter().map(|sentence| sentence.tokens.len()).sum();
        let gold: usize = self.words.iter().map(Vec::len).sum();
        let f1 = |right: usize, gold: usize, answered: usize| {
            200.0 * right as f64 / (gold + answered).max(1) as f64
        };
        (
            f1(right_sentences, blocks.len(), sentences.len()),
            f1(right_words, gold, answered),
            score,
        )
    }
}
