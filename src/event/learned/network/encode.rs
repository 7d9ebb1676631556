//! The layers over the words of sentences, and over the sentences of an article.

use super::{
    super::{
        seen::Seen,
        shape::{ARTICLE, ARTICLE_CELLS, CELLS, HELD, INPUT, VECTOR},
    },
    Network,
};
use crate::language::{
    network::cells::{run, squash},
    rows::{INPUT_MOST, Rows},
    word_vector,
};

/// What the layers give, collected over the batches of an article.
#[derive(Default)]
pub(super) struct Pass {
    /// A row a word: what both layers hold, then the input.
    pub(super) words: Vec<f32>,
    /// A row a sentence: the largest numbers of its words, then its place.
    sentences: Vec<f32>,
}

impl Network {
    /// The two layers over each sentence.
    pub(super) fn encode(&self, seen: &[&Seen], pass: &mut Pass) {
        let lengths = seen.iter().map(|seen| seen.len()).collect::<Vec<_>>();
        let input = self.input(seen);
        let held = self.hold(&input, &lengths);
        let mut start = 0;
        for (seen, &length) in seen.iter().zip(&lengths) {
            let rows = &held[start * HELD..(start + length) * HELD];
            pass.sentences.extend(most_of(rows));
            pass.sentences.extend(seen.place);
            start += length;
        }
        for (held, input) in held.chunks_exact(HELD).zip(input.chunks_exact(INPUT)) {
            pass.words.extend_from_slice(held);
            pass.words.extend_from_slice(input);
        }
    }

    /// What goes into the layers: the vector of each word, and the rows of its features.
    fn input(&self, seen: &[&Seen]) -> Vec<f32> {
        let mut vectors = Vec::new();
        for form in seen.iter().flat_map(|seen| &seen.forms) {
            let start = vectors.len();
            vectors.resize(start + VECTOR, 0.0);
            word_vector(*form, &mut vectors[start..]);
        }
        let mut rows = Rows::default();
        let mut input = Vec::new();
        rows.fill(&vectors, VECTOR, INPUT_MOST);
        self.project.apply(&rows, &mut input);
        let words = seen
            .iter()
            .flat_map(|seen| (0..seen.len()).map(move |at| seen.of(at)));
        for (features, out) in words.zip(input.chunks_exact_mut(INPUT)) {
            for feature in features {
                if let Some(&row) = self.rows.get(feature) {
                    self.table.add_to(row as usize, out);
                }
            }
        }
        input
    }

    /// What the cells of both layers hold at each word.
    fn hold(&self, input: &[f32], lengths: &[usize]) -> Vec<f32> {
        let mut rows = Rows::default();
        let (mut gates, mut cells) = (Vec::new(), Vec::new());
        rows.fill(input, INPUT, INPUT_MOST);
        self.gates1.apply(&rows, &mut gates);
        squash(&mut gates, CELLS);
        let mut held = vec![0.0; input.len() / INPUT * HELD];
        run(&gates, CELLS, lengths, &mut held, &mut cells);
        rows.fill(&held, HELD, INPUT_MOST);
        self.gates2.apply(&rows, &mut gates);
        squash(&mut gates, CELLS);
        run(&gates, CELLS, lengths, &mut held, &mut cells);
        held
    }

    /// What each sentence's place in the article adds to the hidden numbers of its words.
    pub(super) fn around(&self, all: &[&Seen], pass: &Pass) -> Vec<f32> {
        let count = all.len();
        if count == 0 {
            return Vec::new();
        }
        let mut rows = Rows::default();
        let (mut gates, mut cells, mut out) = (Vec::new(), Vec::new(), Vec::new());
        let width = pass.sentences.len() / count;
        rows.fill(&pass.sentences, width, INPUT_MOST);
        self.article_gates.apply(&rows, &mut gates);
        squash(&mut gates, ARTICLE_CELLS);
        let mut held = vec![0.0; count * 2 * ARTICLE_CELLS];
        run(&gates, ARTICLE_CELLS, &[count], &mut held, &mut cells);
        let mut known = Vec::with_capacity(count * ARTICLE);
        for (held, seen) in held.chunks_exact(2 * ARTICLE_CELLS).zip(all) {
            known.extend_from_slice(held);
            known.extend_from_slice(&seen.place);
        }
        rows.fill(&known, ARTICLE, INPUT_MOST);
        self.hide_article.apply(&rows, &mut out);
        out
    }
}

/// The largest of each number over rows.
fn most_of(rows: &[f32]) -> Vec<f32> {
    let mut most = vec![f32::MIN; HELD];
    for row in rows.chunks_exact(HELD) {
        for (most, value) in most.iter_mut().zip(row) {
            *most = most.max(*value);
        }
    }
    most
}
