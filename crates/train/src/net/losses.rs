//! What the network is taught: tags, arcs and relations. Each part gives its loss and adds to the gradients.

use dateline::language::curves::{exp, leaky};
use dateline::language::model::bucket;

use super::{
    BAD, BAH, BL, BR, BT, DIST_A, DIST_L, Example, Net, ROOT_A, ROOT_L, U, UH, WAD, WAH, WLD, WLH,
    WR, WT,
};
use crate::matrix::add;
use crate::matrix::dot;
use crate::param::axpy;

impl Net {
    pub(super) fn learn_tags(&mut self, example: &Example, y: &[f32], dy: &mut [f32]) -> f32 {
        let mut scores = self.dense[WT].apply(y, &self.dense[BT]);
        let mut loss = 0.0;
        for (row, tag) in scores.chunks_exact_mut(self.sizes.tags).zip(&example.tags) {
            match tag {
                Some(tag) => loss += softmax_loss(row, *tag),
                None => row.fill(0.0),
            }
        }
        self.dense[BT].learn_bias(&scores);
        self.dense[WT].learn(y, &scores, dy);
        loss
    }

    pub(super) fn learn_arcs(&mut self, example: &Example, y: &[f32], dy: &mut [f32]) -> f32 {
        let a = self.sizes.a;
        let n = example.heads.len();
        let dep = self.leaky_rows(y, WAD, BAD);
        let mut head = self.dense[ROOT_A].w.clone();
        head.extend(self.leaky_rows(y, WAH, BAH));
        let query = self.dense[U].apply(&dep, &self.dense[UH]);
        let mut ddep = vec![0.0; n * a];
        let mut dhead = vec![0.0; (n + 1) * a];
        let mut dquery = vec![0.0; n * a];
        let mut loss = 0.0;
        let mut scores = vec![0.0; n + 1];
        for at in 0..n {
            let (dep, query) = (&dep[at * a..(at + 1) * a], &query[at * a..(at + 1) * a]);
            for (to, score) in scores.iter_mut().enumerate() {
                let place = &self.dense[DIST_A].w[bucket(at, to) * a..][..a];
                *score = dot(query, &head[to * a..(to + 1) * a]) + dot(place, dep);
            }
            scores[at + 1] = -1e9;
            loss += softmax_loss(&mut scores, example.heads[at]);
            for (to, d) in scores.iter().enumerate().filter(|(_, d)| **d != 0.0) {
                let place = bucket(at, to) * a;
                axpy(
                    &mut dquery[at * a..(at + 1) * a],
                    *d,
                    &head[to * a..(to + 1) * a],
                );
                axpy(&mut dhead[to * a..(to + 1) * a], *d, query);
                axpy(
                    &mut ddep[at * a..(at + 1) * a],
                    *d,
                    &self.dense[DIST_A].w[place..place + a],
                );
                axpy(&mut self.dense[DIST_A].g[place..place + a], *d, dep);
            }
        }
        self.dense[UH].learn_bias(&dquery);
        self.dense[U].learn(&dep, &dquery, &mut ddep);
        self.dense[ROOT_A].learn_bias(&dhead[..a]);
        self.leaky_back(y, &dep, &mut ddep, (WAD, Some(BAD)), dy);
        self.leaky_back(y, &head[a..], &mut dhead[a..], (WAH, Some(BAH)), dy);
        loss
    }

    fn leaky_rows(&self, y: &[f32], w: usize, b: usize) -> Vec<f32> {
        let mut rows = self.dense[w].apply(y, &self.dense[b]);
        rows.iter_mut().for_each(|x| *x = leaky(*x));
        rows
    }

    fn leaky_back(
        &mut self,
        y: &[f32],
        out: &[f32],
        dout: &mut [f32],
        (w, b): (usize, Option<usize>),
        dy: &mut [f32],
    ) {
        for (d, out) in dout.iter_mut().zip(out) {
            if *out <= 0.0 {
                *d *= 0.1;
            }
        }
        if let Some(b) = b {
            self.dense[b].learn_bias(dout);
        }
        self.dense[w].learn(y, dout, dy);
    }

    pub(super) fn learn_labels(&mut self, example: &Example, y: &[f32], dy: &mut [f32]) -> f32 {
        let l = self.sizes.l;
        let n = example.heads.len();
        let dep = self.dense[WLD].apply(y, &self.dense[BL]);
        let mut head = self.dense[ROOT_L].w.clone();
        head.extend(self.dense[WLH].product(y));
        let mut hidden = vec![0.0; n * l];
        for at in 0..n {
            let to = example.heads[at];
            let row = &mut hidden[at * l..(at + 1) * l];
            add(row, &dep[at * l..(at + 1) * l]);
            add(row, &head[to * l..(to + 1) * l]);
            add(row, &self.dense[DIST_L].w[bucket(at, to) * l..][..l]);
            row.iter_mut().for_each(|x| *x = leaky(*x));
        }
        let mut scores = self.dense[WR].apply(&hidden, &self.dense[BR]);
        let mut loss = 0.0;
        for (row, relation) in scores
            .chunks_exact_mut(self.sizes.relations)
            .zip(&example.relations)
        {
            loss += softmax_loss(row, *relation);
        }
        let mut dhidden = vec![0.0; n * l];
        self.dense[BR].learn_bias(&scores);
        self.dense[WR].learn(&hidden, &scores, &mut dhidden);
        let mut dhead = vec![0.0; (n + 1) * l];
        for (at, (d, x)) in dhidden
            .chunks_exact_mut(l)
            .zip(hidden.chunks_exact(l))
            .enumerate()
        {
            for (d, x) in d.iter_mut().zip(x) {
                *d *= if *x > 0.0 { 1.0 } else { 0.1 };
            }
            let to = example.heads[at];
            axpy(&mut dhead[to * l..(to + 1) * l], 1.0, d);
            axpy(&mut self.dense[DIST_L].g[bucket(at, to) * l..][..l], 1.0, d);
        }
        self.dense[BL].learn_bias(&dhidden);
        self.dense[WLD].learn(y, &dhidden, dy);
        self.dense[ROOT_L].learn_bias(&dhead[..l]);
        self.dense[WLH].learn(y, &dhead[l..], dy);
        loss
    }
}

/// The loss of the right answer; scores become their gradient.
fn softmax_loss(scores: &mut [f32], right: usize) -> f32 {
    let best = scores.iter().copied().fold(f32::MIN, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = exp(*score - best);
        sum += *score;
    }
    let loss = -(scores[right] / sum).max(1e-20).ln();
    scores.iter_mut().for_each(|score| *score /= sum);
    scores[right] -= 1.0;
    loss
}
