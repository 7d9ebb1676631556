//! The model file: what is in it, and how it is read in place, without a copy of its tables.

mod read;
mod write;

use self::read::ModelReader;
use super::form;
use super::lemma::Exceptions;
use super::rows::Rows;

pub(crate) use write::put_rows;
pub use write::{ModelParts, sealed, write};

/// The first bytes of a model file.
const MAGIC: &[u8; 8] = b"DLMODEL1";
/// Classes of the signed distance from a word to its head, the root among them.
pub const BUCKETS: usize = 17;

/// The numbers that give the shapes of all parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Numbers in a word's vector.
    pub d: usize,
    /// Cells of a layer in one direction.
    pub h: usize,
    /// Numbers that arcs are scored with.
    pub a: usize,
    /// Numbers that relations are scored with.
    pub l: usize,
    /// Joint tags.
    pub tags: usize,
    /// Relations.
    pub relations: usize,
    /// Words with a vector.
    pub words: usize,
    /// Rows of the table of affixes.
    pub affixes: usize,
}

/// The class of the distance from the word at `at` to its head `to`: 0 is the root, else 1 + index.
pub fn bucket(at: usize, to: usize) -> usize {
    if to == 0 {
        return 0;
    }
    let distance = (to - 1).abs_diff(at);
    let class = match distance {
        0..=1 => 1,
        2 => 2,
        3 => 3,
        4 => 4,
        5..=6 => 5,
        7..=9 => 6,
        10..=14 => 7,
        _ => 8,
    };
    if to > at { class } else { class + 8 }
}

/// Why a model file was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Not one of our files, or another version of the format.
    #[error("this is not a model file of this version")]
    Format,
    /// The checksum differs: damaged or cut short.
    #[error("the model file is damaged")]
    Damaged,
}

/// One language's network, its tables read in place.
#[derive(Debug)]
pub struct Model {
    checksum: u64,
    pub(super) sizes: Sizes,
    pub(super) tags: Vec<(&'static str, &'static str)>,
    pub(super) relations: Vec<&'static str>,
    pub(super) lemmas: Exceptions,
    keys: &'static [u8],
    word_rows: Table,
    affix_rows: Table,
    pub(super) gates1: Layer,
    pub(super) gates2: Layer,
    pub(super) tagger: Layer,
    pub(super) arc_dep: Layer,
    pub(super) arc_head: Layer,
    pub(super) arc_root: Vec<f32>,
    pub(super) arc: Layer,
    /// A row a class of distance; its bias is nothing.
    pub(super) arc_place: Layer,
    pub(super) label_dep: Layer,
    pub(super) label_head: Layer,
    pub(super) label_place: Vec<f32>,
    pub(super) label: Layer,
}

/// Weights and bias of one step.
#[derive(Debug)]
pub(crate) struct Layer {
    /// A row an output.
    weights: Rows,
    pub(super) bias: Vec<f32>,
}

impl Layer {
    /// From a row an input.
    pub(crate) fn new(weights: &[f32], inputs: usize, bias: Vec<f32>) -> Self {
        Self {
            weights: Rows::columns(weights, inputs, bias.len()),
            bias,
        }
    }

    /// The bias once a row, plus the products.
    pub(crate) fn apply(&self, rows: &Rows, out: &mut Vec<f32>) {
        out.clear();
        for _ in 0..rows.len() {
            out.extend_from_slice(&self.bias);
        }
        rows.all().add_products(self.weights.all(), out);
    }

    /// The products alone.
    pub(super) fn apply_without_bias(&self, rows: &Rows, out: &mut Vec<f32>) {
        out.clear();
        out.resize(rows.len() * self.bias.len(), 0.0);
        rows.all().add_products(self.weights.all(), out);
    }
}

/// Rows of bytes with one scale each: a scale in four bytes, then a signed byte a number.
#[derive(Debug)]
pub(crate) struct Table {
    bytes: &'static [u8],
    width: usize,
}

impl Table {
    pub(crate) fn new(bytes: &'static [u8], width: usize) -> Self {
        Self { bytes, width }
    }

    pub(crate) fn add_to(&self, index: usize, out: &mut [f32]) {
        let size = self.width + 4;
        let Some(row) = self.bytes.get(index * size..(index + 1) * size) else {
            return;
        };
        let (scale, values) = row.split_at(4);
        let scale = scale.try_into().map_or(0.0, f32::from_le_bytes);
        let out = &mut out[..values.len()];
        for (at, value) in values.iter().enumerate() {
            out[at] += scale * f32::from(value.cast_signed());
        }
    }
}

impl Model {
    /// Reads a model file: checks its form and its checksum, and decodes the small matrices.
    pub fn read(bytes: &'static [u8]) -> Result<Self, ModelError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(ModelError::Format)?;
        let (sum, body) = rest.split_at_checked(8).ok_or(ModelError::Format)?;
        if sum != checksum(body).to_le_bytes() {
            return Err(ModelError::Damaged);
        }
        let checksum = u64::from_le_bytes(sum.try_into().map_err(|_| ModelError::Format)?);
        ModelReader::new(body)
            .model(checksum)
            .ok_or(ModelError::Format)
    }

    /// Eight hexadecimal digits of the checksum: two files with the same are the same model.
    pub fn version(&self) -> String {
        format!("{:08x}", self.checksum >> 32)
    }

    /// The vector of a form, the sum of its parts, added to `out`.
    pub(super) fn embed(&self, form: &str, out: &mut [f32]) {
        let word = self.find(form::key(form));
        if let Some(word) = word {
            self.word_rows.add_to(word, out);
        }
        let affixes = form::affixes(form);
        // The last is of the whole form: of one that training has not seen, that row is another word's.
        let used = affixes.len() - usize::from(word.is_none());
        for affix in &affixes[..used] {
            self.affix_rows.add_to(*affix, out);
        }
    }

    /// The vector of a word by its key, without those of its affixes, added to `out`.
    pub(super) fn add_vector(&self, key: u32, out: &mut [f32]) {
        if let Some(word) = self.find(key) {
            self.word_rows.add_to(word, out);
        }
    }

    fn find(&self, key: u32) -> Option<usize> {
        let (keys, _) = self.keys.as_chunks::<4>();
        keys.binary_search_by_key(&key, |bytes| u32::from_le_bytes(*bytes))
            .ok()
    }
}

/// A fast 64-bit sum over words of eight bytes, four lanes at a time; guards against damage, not malice.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x9e37_79b1_85eb_ca87;
    let (blocks, tail) = bytes.as_chunks::<32>();
    let mut lanes = [1u64, 2, 3, 4];
    for block in blocks {
        let (words, _) = block.as_chunks::<8>();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane = (*lane ^ u64::from_le_bytes(*word))
                .wrapping_mul(PRIME)
                .rotate_left(31);
        }
    }
    let mut sum = bytes.len() as u64;
    for value in lanes
        .into_iter()
        .chain(tail.iter().map(|byte| u64::from(*byte)))
    {
        sum = (sum ^ value).wrapping_mul(PRIME).rotate_left(27);
    }
    sum
}
