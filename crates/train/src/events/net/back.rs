//! From the losses back to every weight.

use dateline::event::learned::STATUSES;
use dateline::event::learned::seen::PLACE;
use dateline::event::learned::shape::{
    ARTICLE, ARTICLE_CELLS, ARTICLE_GATES, GATES1, GATES2, HELD, HIDDEN, HIDE, HIDE_ARTICLE, INPUT,
    KIND, KINDS, PROJECT, STATUS, STATUS_OF_KIND,
};

use super::super::example::MASKED;
use super::{Drops, Net, PARTY_SHARE, Pass, STATUS_SHARE, WIDE, cells, multiply, pair, soften};
use crate::matrix::add;
use crate::param::Rng;

impl Net {
    pub(super) fn backward(&mut self, pass: &Pass<'_>, drops: Drops, rng: &mut Rng) -> [f32; 3] {
        // A fixed scale: the mean over articles, so that short and long ones count by what they tell.
        let scale = 1.0 / pass.batch.len() as f32;
        let mut dhidden = vec![0.0; pass.hidden.len()];
        let kind = self.learn_kinds(pass, scale, &mut dhidden);
        let status = self.learn_statuses(pass, scale * STATUS_SHARE, &mut dhidden);
        let mut dwords = vec![0.0; pass.words.len()];
        let party = self.learn_parties(pass, scale * PARTY_SHARE, drops, rng, &mut dwords);
        for ((d, value), mask) in dhidden.iter_mut().zip(&pass.hidden).zip(&pass.mask_hidden) {
            *d = if *value > 0.0 { *d * mask } else { 0.0 };
        }
        let (hide, bias) = pair(&mut self.dense, HIDE);
        bias.learn_bias(&dhidden);
        hide.learn_rows(&pass.words, &dhidden, &mut dwords);
        self.learn_around(pass, &dhidden, &mut dwords);
        self.learn_layers(pass, &dwords);
        [kind * scale, status * scale, party * scale]
    }

    fn learn_kinds(&mut self, pass: &Pass<'_>, scale: f32, dhidden: &mut [f32]) -> f32 {
        let mut scores = self.dense[KIND].apply(&pass.hidden, &self.dense[KIND + 1]);
        let mut loss = 0.0;
        let kinds = pass.batch.iter().flat_map(|e| &e.kinds);
        for (row, &kind) in scores.chunks_exact_mut(KINDS).zip(kinds) {
            if kind == MASKED {
                row.fill(0.0);
                continue;
            }
            loss += soften(row, &[kind as usize]);
            row.iter_mut().for_each(|d| *d *= scale);
        }
        let (weights, bias) = pair(&mut self.dense, KIND);
        bias.learn_bias(&scores);
        weights.learn_rows(&pass.hidden, &scores, dhidden);
        loss
    }

    fn learn_statuses(&mut self, pass: &Pass<'_>, scale: f32, dhidden: &mut [f32]) -> f32 {
        let kinds = pass
            .batch
            .iter()
            .flat_map(|e| e.kinds.iter().zip(&e.statuses));
        let told = kinds
            .enumerate()
            .filter(|(_, (_, status))| **status != MASKED)
            .map(|(at, (kind, status))| (at, *kind as usize, *status as usize))
            .collect::<Vec<_>>();
        let mut rows = Vec::with_capacity(told.len() * HIDDEN);
        for &(at, ..) in &told {
            rows.extend_from_slice(&pass.hidden[at * HIDDEN..][..HIDDEN]);
        }
        let mut scores = self.dense[STATUS].apply(&rows, &self.dense[STATUS + 1]);
        let mut loss = 0.0;
        for (row, &(_, kind, status)) in scores.chunks_exact_mut(STATUSES.len()).zip(&told) {
            add(row, self.dense[STATUS_OF_KIND].row(kind));
            loss += soften(row, &[status]);
            row.iter_mut().for_each(|d| *d *= scale);
            self.dense[STATUS_OF_KIND].learn_row(kind, row);
        }
        let mut drows = vec![0.0; rows.len()];
        let (weights, bias) = pair(&mut self.dense, STATUS);
        bias.learn_bias(&scores);
        weights.learn_rows(&rows, &scores, &mut drows);
        for (&(at, ..), d) in told.iter().zip(drows.chunks_exact(HIDDEN)) {
            add(&mut dhidden[at * HIDDEN..], d);
        }
        loss
    }

    /// Through what is known of each sentence in its article.
    fn learn_around(&mut self, pass: &Pass<'_>, dhidden: &[f32], dwords: &mut [f32]) {
        let mut dsentence = vec![0.0; pass.lengths.len() * HIDDEN];
        for (sentence, (&start, &length)) in pass.starts.iter().zip(&pass.lengths).enumerate() {
            let rows = dhidden[start * HIDDEN..][..length * HIDDEN].chunks_exact(HIDDEN);
            for row in rows {
                add(&mut dsentence[sentence * HIDDEN..], row);
            }
        }
        let mut daround = vec![0.0; pass.around.len()];
        self.dense[HIDE_ARTICLE].learn_rows(&pass.around, &dsentence, &mut daround);
        let mut dout = Vec::with_capacity(pass.article.out.len());
        for row in daround.chunks_exact(ARTICLE) {
            dout.extend_from_slice(&row[..2 * ARTICLE_CELLS]);
        }
        multiply(&mut dout, &pass.mask_article);
        let mut drows = vec![0.0; pass.sentence_rows.len()];
        cells::backward(
            pair(&mut self.dense, ARTICLE_GATES),
            &pass.article,
            &pass.sentence_rows,
            &dout,
            &pass.sentences,
            &mut drows,
        );
        let rows = drows
            .chunks_exact(HELD + PLACE)
            .zip(pass.tops.chunks_exact(HELD));
        for (row, tops) in rows {
            for (at, (&top, d)) in tops.iter().zip(row).enumerate() {
                dwords[top * WIDE + at] += d;
            }
        }
    }

    /// Through the two layers down to the features.
    fn learn_layers(&mut self, pass: &Pass<'_>, dwords: &[f32]) {
        let count = dwords.len() / WIDE;
        let mut dtwo = Vec::with_capacity(count * HELD);
        let mut dx = Vec::with_capacity(count * INPUT);
        for row in dwords.chunks_exact(WIDE) {
            dtwo.extend_from_slice(&row[..HELD]);
            dx.extend_from_slice(&row[HELD..]);
        }
        multiply(&mut dtwo, &pass.mask_two);
        let mut done = dtwo.clone();
        let layers = pair(&mut self.dense, GATES2);
        cells::backward(layers, &pass.two, &pass.h1, &dtwo, &pass.lengths, &mut done);
        multiply(&mut done, &pass.mask_one);
        let layers = pair(&mut self.dense, GATES1);
        cells::backward(layers, &pass.one, &pass.x, &done, &pass.lengths, &mut dx);
        multiply(&mut dx, &pass.mask_input);
        let mut start = 0;
        for (row, &end) in dx.chunks_exact(INPUT).zip(&pass.used_ends) {
            for feature in &pass.used[start..end] {
                self.table.learn(*feature as usize, row);
            }
            start = end;
        }
        let mut none = vec![0.0; pass.vectors.len()];
        self.dense[PROJECT].learn_rows(&pass.vectors, &dx, &mut none);
    }
}
