//! How well a model does on a treebank: attachment, tags, relations.

use std::collections::BTreeMap;

use dateline::language::conllu::Block;
use dateline::language::model::Model;
use dateline::language::parser::Parser;
use dateline::language::{Sentence, Span, Token};

/// Shares of all words, in percent.
#[derive(Debug, Default, Clone)]
pub struct Score {
    pub words: usize,
    pub uas: usize,
    pub las: usize,
    pub upos: usize,
    pub xpos: usize,
    pub lemma: usize,
    /// A relation's words in gold, in the answer, and right in both head and relation.
    pub relations: BTreeMap<String, [usize; 3]>,
}

impl Score {
    pub fn percent(&self, count: usize) -> f64 {
        100.0 * count as f64 / self.words.max(1) as f64
    }
}

/// Parses the gold tokens of a treebank and compares.
pub fn gold_tokens(model: &'static Model, blocks: &[Block]) -> Score {
    let mut text = String::new();
    let mut sentences: Vec<Sentence> = blocks.iter().map(|block| given(block, &mut text)).collect();
    Parser::new(model).analyse(&text, &mut sentences);
    let mut score = Score::default();
    for (block, sentence) in blocks.iter().zip(&sentences) {
        for ((_, gold), token) in block.words.iter().zip(&sentence.tokens) {
            score.words += 1;
            let head = token.head.map_or(0, |head| head + 1) == gold.head;
            let both = head && token.relation == gold.relation;
            score.uas += usize::from(head);
            score.las += usize::from(both);
            score.upos += usize::from(token.upos == gold.upos);
            score.xpos += usize::from(token.xpos == gold.xpos);
            score.lemma += usize::from(token.lemma == gold.lemma);
            score.relations.entry(gold.relation.clone()).or_default()[0] += 1;
            let entry = score
                .relations
                .entry(token.relation.to_string())
                .or_default();
            entry[1] += 1;
            entry[2] += usize::from(both);
        }
    }
    score
}

/// A sentence with the tokens of a block, its forms added to `text`.
pub fn given(block: &Block, text: &mut String) -> Sentence {
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
