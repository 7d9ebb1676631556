//! Writing a model file.

use super::{MAGIC, Sizes, checksum};

/// The parts of a model file, as the trainer has them.
pub struct ModelParts<'a> {
    /// The shapes.
    pub sizes: Sizes,
    /// `UPOS|XPOS`, in order.
    pub tags: &'a [String],
    /// Relations, in order.
    pub relations: &'a [String],
    /// Class, form and lemma, between tabs, where the rules of spelling fail.
    pub lemmas: &'a [String],
    /// Keys of words in ascending order.
    pub keys: &'a [u32],
    /// A row a word, in the order of `keys`.
    pub words: &'a [f32],
    /// Rows of affixes.
    pub affixes: &'a [f32],
    /// The dense matrices in the order they are read.
    pub dense: &'a [&'a [f32]],
}

/// Writes a model file.
pub fn write(parts: &ModelParts) -> Vec<u8> {
    let Sizes {
        d,
        h,
        a,
        l,
        tags,
        relations,
        words,
        affixes,
    } = parts.sizes;
    let mut body = Vec::new();
    for size in [d, h, a, l, tags, relations, words, affixes] {
        body.extend((size as u32).to_le_bytes());
    }
    for names in [parts.tags, parts.relations, parts.lemmas] {
        let names = names.join("\n");
        body.extend((names.len() as u32).to_le_bytes());
        body.extend(names.as_bytes());
    }
    body.extend(parts.keys.iter().flat_map(|key| key.to_le_bytes()));
    put_rows(&mut body, parts.words, d);
    put_rows(&mut body, parts.affixes, d);
    body.extend(
        parts
            .dense
            .iter()
            .flat_map(|part| part.iter())
            .flat_map(|value| value.to_le_bytes()),
    );
    sealed(&body)
}

/// A file with this body: the mark of the format and the checksum before it.
pub fn sealed(body: &[u8]) -> Vec<u8> {
    let mut file = MAGIC.to_vec();
    file.extend(checksum(body).to_le_bytes());
    file.extend(body);
    file
}

/// Adds rows of bytes with one scale each.
pub(crate) fn put_rows(body: &mut Vec<u8>, rows: &[f32], width: usize) {
    for row in rows.chunks_exact(width) {
        let largest = row
            .iter()
            .fold(0.0f32, |largest, value| largest.max(value.abs()));
        // A row of zeros has no largest number to divide by.
        let scale = (largest / 127.0).max(1e-12);
        body.extend(scale.to_le_bytes());
        body.extend(
            row.iter()
                .map(|value| ((value / scale).round() as i8).cast_unsigned()),
        );
    }
}
