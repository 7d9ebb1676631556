//! A parser: one model at work on sentences, in batches, with buffers of its own.

use super::model::Model;
use super::network::{ParsedToken, Workspace};
use super::{Sentence, Token, lemma};

/// Tokens that go through the network together.
// Enough to keep its matrices busy, few enough to stay in cache.
const BATCH_TOKENS: usize = 256;
/// A longer run of tokens is parsed in pieces, since time and memory grow with the square.
const LONGEST_TOKENS: usize = 120;

/// A model with the buffers of one thread.
#[derive(Debug)]
pub struct Parser {
    model: &'static Model,
    workspace: Workspace,
    found: Vec<ParsedToken>,
}

impl Parser {
    /// A parser with empty buffers; they grow to about 7 MB, whatever is parsed.
    pub fn new(model: &'static Model) -> Self {
        Self {
            model,
            workspace: Workspace::default(),
            found: Vec::new(),
        }
    }

    /// What tells this model from others: [`Model::version`].
    pub fn version(&self) -> String {
        self.model.version()
    }

    /// The lemma of a form with these tags.
    #[cfg(test)]
    pub(super) fn lemma(&self, form: &str, upos: &str, xpos: &str) -> String {
        lemma::lemma(form, upos, xpos, &self.model.lemmas)
    }

    /// Cuts a text into sentences and analyses them.
    pub fn parse(&mut self, text: &str) -> Vec<Sentence> {
        let mut sentences = super::split(text);
        self.analyse(text, &mut sentences);
        sentences
    }

    /// Fills in tags, lemmas, heads and relations of the sentences of `text`.
    ///
    /// Sentences and the pieces of long ones go through the network in batches, whose buffers are all that is held
    /// however long the text is.
    pub fn analyse(&mut self, text: &str, sentences: &mut [Sentence]) {
        let mut forms = Vec::new();
        let mut batch = Vec::new();
        for index in 0..sentences.len() {
            let mut start = 0;
            for length in pieces(sentences[index].tokens.len()) {
                if forms.len() + length > BATCH_TOKENS {
                    self.batch(text, &mut forms, &mut batch, sentences);
                }
                let tokens = &sentences[index].tokens[start..start + length];
                forms.extend(tokens.iter().map(|token| token.span.of(text)));
                batch.push(TokenRun {
                    sentence: index,
                    start,
                    length,
                });
                start += length;
            }
        }
        self.batch(text, &mut forms, &mut batch, sentences);
    }

    /// Analyses the pieces of a batch and empties it.
    fn batch(
        &mut self,
        text: &str,
        forms: &mut Vec<&str>,
        batch: &mut Vec<TokenRun>,
        sentences: &mut [Sentence],
    ) {
        if batch.is_empty() {
            return;
        }
        let lengths: Vec<usize> = batch.iter().map(|piece| piece.length).collect();
        self.workspace
            .analyse(self.model, forms, &lengths, &mut self.found);
        let mut found = self.found.as_slice();
        for piece in batch.drain(..) {
            let (own, later) = found.split_at(piece.length);
            self.fill(
                text,
                own,
                piece.start,
                &mut sentences[piece.sentence].tokens,
            );
            found = later;
        }
        forms.clear();
    }

    /// Writes what was found for the piece that begins at `start`. The root of the first piece is that of the whole;
    /// those of later pieces hang on it.
    fn fill(&self, text: &str, found: &[ParsedToken], start: usize, tokens: &mut [Token]) {
        let mut root = tokens[..start]
            .iter()
            .position(|token| token.head.is_none());
        for (at, found) in (start..).zip(found) {
            let token = &mut tokens[at];
            (token.upos, token.xpos) = self.model.tags[found.tag];
            token.relation = self.model.relations[found.relation];
            token.head = found.head.checked_sub(1).map(|head| start + head);
            if token.head.is_none() {
                token.head = root;
                token.relation = if root.is_some() { "parataxis" } else { "root" };
                root = root.or(Some(at));
            } else if token.relation == "root" {
                token.relation = "parataxis";
            }
            let form = token.span.of(text);
            token.lemma = lemma::lemma(form, token.upos, token.xpos, &self.model.lemmas);
        }
    }
}

/// A part of a sentence that is parsed by itself.
#[derive(Debug)]
struct TokenRun {
    sentence: usize,
    /// Its first token in the sentence.
    start: usize,
    length: usize,
}

/// The lengths of the pieces a sentence is parsed in.
fn pieces(tokens: usize) -> impl Iterator<Item = usize> {
    let count = tokens.div_ceil(LONGEST_TOKENS).max(1);
    (0..count).map(move |piece| tokens * (piece + 1) / count - tokens * piece / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{detect, split};

    #[test]
    fn a_sentence_of_any_length_leaves_the_buffers_as_small_as_a_batch() {
        let text = "a-".repeat(10_000);
        let mut parser = detect::parser("en").expect("English is built in");
        let sentences = parser.parse(&text);
        assert_eq!(sentences.len(), 1);
        let bytes = parser.workspace.bytes();
        assert!(bytes < 8_000_000, "{bytes}");
        assert!(parser.found.capacity() <= 2 * BATCH_TOKENS);
    }

    #[test]
    fn sentences_parsed_together_or_alone_come_out_the_same() {
        let text = "Police arrested two men. They denied it. ".repeat(40)
            + &"the man saw a dog and ".repeat(60);
        let mut parser = detect::parser("en").expect("English is built in");
        let together = parser.parse(&text);
        let mut alone = split(&text);
        for sentence in &mut alone {
            parser.analyse(&text, std::slice::from_mut(sentence));
        }
        assert_eq!(together, alone);
    }
}
