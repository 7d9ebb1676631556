//! A parser: one model at work on sentences, in batches, with buffers of its own.

use super::model::Model;
use super::network::{Found, Workspace};
use super::{Sentence, Token, lemma};

/// Tokens that go through the network together: enough to keep its matrices busy, few enough to stay in cache.
const BATCH_TOKENS: usize = 256;
/// A longer run of tokens is parsed in pieces, since time and memory grow with the square.
const LONGEST_TOKENS: usize = 120;

/// A model with the buffers of one thread.
#[derive(Debug)]
pub struct Parser {
    model: &'static Model,
    workspace: Workspace,
    found: Vec<Found>,
}

impl Parser {
    /// A parser with empty buffers (they grow to about 4 MB).
    pub fn new(model: &'static Model) -> Self {
        Self {
            model,
            workspace: Workspace::default(),
            found: Vec::new(),
        }
    }

    /// Cuts a text into sentences and analyses them.
    pub fn parse(&mut self, text: &str) -> Vec<Sentence> {
        let mut sentences = super::split(text);
        self.analyse(text, &mut sentences);
        sentences
    }

    /// Fills in tags, lemmas, heads and relations of the sentences of `text`.
    pub fn analyse(&mut self, text: &str, sentences: &mut [Sentence]) {
        let mut rest = sentences;
        while !rest.is_empty() {
            let mut tokens = 0;
            let count = rest.iter().take_while(|sentence| {
                let first = tokens == 0;
                tokens += sentence.tokens.len();
                first || tokens <= BATCH_TOKENS
            });
            let (batch, later) = rest.split_at_mut(count.count());
            self.batch(text, batch);
            rest = later;
        }
    }

    fn batch(&mut self, text: &str, sentences: &mut [Sentence]) {
        let tokens = sentences.iter().flat_map(|sentence| &sentence.tokens);
        let forms: Vec<&str> = tokens.map(|token| token.span.of(text)).collect();
        let lengths: Vec<usize> = sentences
            .iter()
            .flat_map(|s| pieces(s.tokens.len()))
            .collect();
        self.workspace
            .analyse(self.model, &forms, &lengths, &mut self.found);
        let mut found = self.found.as_slice();
        for sentence in sentences {
            let (own, later) = found.split_at(sentence.tokens.len());
            self.fill(text, own, &mut sentence.tokens);
            found = later;
        }
    }

    fn fill(&self, text: &str, found: &[Found], tokens: &mut [Token]) {
        let mut start = 0;
        let mut root = None;
        for length in pieces(tokens.len()) {
            for at in start..start + length {
                let Found {
                    tag,
                    head,
                    relation,
                } = found[at];
                let token = &mut tokens[at];
                (token.upos, token.xpos) = self.model.tags[tag];
                token.relation = self.model.relations[relation];
                token.head = head.checked_sub(1).map(|head| start + head);
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
            start += length;
        }
    }
}

/// The lengths of the pieces a sentence is parsed in.
fn pieces(tokens: usize) -> impl Iterator<Item = usize> {
    let count = tokens.div_ceil(LONGEST_TOKENS).max(1);
    (0..count).map(move |piece| tokens * (piece + 1) / count - tokens * piece / count)
}
