//! Reading a model file.

use super::{BUCKETS, Layer, Model, Sizes, Table};
use crate::language::lemma::Exceptions;
use crate::language::rows::{Rows, WEIGHT_MOST};

/// What is left of a model file.
pub(super) struct ModelReader {
    rest: &'static [u8],
}

impl ModelReader {
    pub(super) fn new(rest: &'static [u8]) -> Self {
        Self { rest }
    }

    /// All parts in the order they are written.
    pub(super) fn model(&mut self, checksum: u64) -> Option<Model> {
        let sizes = self.sizes()?;
        let Sizes {
            d,
            h,
            a,
            l,
            tags,
            relations,
            words,
            affixes,
        } = sizes;
        let pairs = |names: Vec<&'static str>| names.into_iter().map(|name| name.split_once('|'));
        Some(Model {
            checksum,
            sizes,
            tags: pairs(self.names(Some(tags))?).collect::<Option<_>>()?,
            relations: self.names(Some(relations))?,
            lemmas: self.lemmas()?,
            keys: self.take(words * 4)?,
            word_rows: self.table(words, d)?,
            affix_rows: self.table(affixes, d)?,
            gates1: self.layer(d, 6 * h)?,
            gates2: self.layer(2 * h, 6 * h)?,
            tagger: self.layer(2 * h, tags)?,
            arc_dep: self.layer(2 * h, a)?,
            arc_head: self.layer(2 * h, a)?,
            arc_root: self.floats(a)?,
            arc: self.layer(a, a)?,
            arc_place: self.places(a)?,
            label_dep: self.layer(2 * h, l)?,
            // Without a bias of its own: the second part is the row of the root.
            label_head: self.layer(2 * h, l)?,
            label_place: self.floats(BUCKETS * l)?,
            label: self.layer(l, relations)?,
        })
    }

    fn sizes(&mut self) -> Option<Sizes> {
        let mut sizes = [0; 8];
        for size in &mut sizes {
            *size = self.number()?;
        }
        let [d, h, a, l, tags, relations, words, affixes] = sizes;
        // Rows of no numbers would panic where they are cut (`chunks_exact`).
        let none = [d, h, a, l, tags, relations].contains(&0);
        (!none).then_some(Sizes {
            d,
            h,
            a,
            l,
            tags,
            relations,
            words,
            affixes,
        })
    }

    /// Rows of bytes with one scale each.
    fn table(&mut self, rows: usize, width: usize) -> Option<Table> {
        let bytes = self.take(rows * (width + 4))?;
        Some(Table { bytes, width })
    }

    fn take(&mut self, count: usize) -> Option<&'static [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<usize> {
        let bytes: [u8; 4] = self.take(4)?.try_into().ok()?;
        // A bound keeps the products of sizes below from overflowing.
        Some(u32::from_le_bytes(bytes) as usize).filter(|number| *number < 1 << 24)
    }

    fn names(&mut self, count: Option<usize>) -> Option<Vec<&'static str>> {
        let length = self.number()?;
        let names: Vec<&str> = std::str::from_utf8(self.take(length)?)
            .ok()?
            .lines()
            .collect();
        count
            .is_none_or(|count| names.len() == count)
            .then_some(names)
    }

    /// Lines of class, form and lemma, between tabs.
    fn lemmas(&mut self) -> Option<Exceptions> {
        let mut lemmas = Exceptions::new();
        for line in self.names(None)? {
            let (class, rest) = line.split_once('\t')?;
            let (form, lemma) = rest.split_once('\t')?;
            lemmas.insert((class, form), lemma);
        }
        Some(lemmas)
    }

    fn floats(&mut self, count: usize) -> Option<Vec<f32>> {
        let (floats, _) = self.take(count * 4)?.as_chunks::<4>();
        Some(
            floats
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect(),
        )
    }

    fn layer(&mut self, inputs: usize, outputs: usize) -> Option<Layer> {
        Some(Layer {
            weights: Rows::columns(&self.floats(inputs * outputs)?, inputs, outputs),
            bias: self.floats(outputs)?,
        })
    }

    fn places(&mut self, numbers: usize) -> Option<Layer> {
        let mut weights = Rows::default();
        weights.fill(&self.floats(BUCKETS * numbers)?, numbers, WEIGHT_MOST);
        Some(Layer {
            weights,
            bias: vec![0.0; BUCKETS],
        })
    }
}
