//! The gates of forms met before: those of the first layer depend on the form alone.

use super::cells::squash;
use crate::language::model::Model;
use crate::language::rows::{INPUT_MOST, Rows};

/// Forms whose gates are remembered.
// 4,096 rows of 576 numbers in 16 bits are under 5 MB.
const REMEMBERED: usize = 4096;
/// What a gate of 1.0 is remembered as; gates are within ±1.
const GATE_ONE: f32 = 32767.0;

/// Gates by form, in a table where a new form takes the place of an old one.
#[derive(Debug, Default)]
pub(super) struct GateMemory {
    keys: Vec<u64>,
    gates: Vec<i16>,
    vector: Vec<f32>,
    row: Rows,
    sums: Vec<f32>,
}

impl GateMemory {
    /// Replaces `out` by the gates of the forms.
    pub(super) fn gates(&mut self, model: &Model, forms: &[&str], out: &mut Vec<f32>) {
        let width = 6 * model.sizes.h;
        if self.gates.len() != REMEMBERED * width {
            self.keys = vec![0; REMEMBERED];
            self.gates = vec![0; REMEMBERED * width];
        }
        out.clear();
        for form in forms {
            let key = identity(form);
            let slot = (key >> 32) as usize % REMEMBERED;
            if self.keys[slot] != key {
                self.keys[slot] = key;
                self.learn(model, form, slot * width);
            }
            let row = &self.gates[slot * width..][..width];
            out.extend(row.iter().map(|gate| f32::from(*gate) * (1.0 / GATE_ONE)));
        }
    }

    fn learn(&mut self, model: &Model, form: &str, start: usize) {
        self.vector.clear();
        self.vector.resize(model.sizes.d, 0.0);
        model.embed(form, &mut self.vector);
        self.row.fill(&self.vector, model.sizes.d, INPUT_MOST);
        model.gates1.apply(&self.row, &mut self.sums);
        squash(&mut self.sums, model.sizes.h);
        for (slot, gate) in self.gates[start..].iter_mut().zip(&self.sums) {
            *slot = (gate * GATE_ONE) as i16;
        }
    }

    /// Bytes held.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        2 * self.gates.capacity() + 8 * self.keys.capacity() + self.row.bytes()
    }
}

/// A 64-bit hash of the form, never 0.
fn identity(form: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in form.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
    (hash ^ (hash >> 29)).max(1)
}
