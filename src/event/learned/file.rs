//! The file of the learned coder: what is in it, written by the trainer and read in place.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{
    gate::Gate,
    network::Network,
    path::PATHS,
    shape::{INPUT, PAIR, SHAPES, WAY},
    trees::{Node, Trees},
    weigh::Curve,
};
use crate::language::model::{Table, checksum, put_rows};

/// The first bytes of a file.
const MAGIC: &[u8; 8] = b"DLEVENT2";

static ENGLISH: LazyLock<Option<Learned>> =
    LazyLock::new(|| Learned::read(include_bytes!("../events.model")));

/// Everything that was learned.
#[derive(Debug)]
pub struct Learned {
    checksum: u64,
    /// Which sentences are read.
    pub gate: Gate,
    /// The network.
    pub network: Network,
    /// Which code a word means.
    pub resolver: Trees,
    /// How likely two tellings are of one act.
    pub same: Curve,
    /// How likely a group is an event.
    pub event: Curve,
    /// How likely its actors, and its recipients, are right.
    pub sides: [Curve; 2],
}

/// What the trainer writes.
#[derive(Debug, Default, Clone)]
pub struct Parts {
    /// Which sentences are read.
    pub gate: Gate,
    /// Hashes of features in ascending order.
    pub keys: Vec<u32>,
    /// A row a feature.
    pub rows: Vec<f32>,
    /// The matrices in the order of the shapes.
    pub dense: Vec<Vec<f32>>,
    /// Which code a word means.
    pub resolver: Trees,
    /// How likely two tellings are of one act.
    pub same: Curve,
    /// How likely a group is an event.
    pub event: Curve,
    /// How likely its actors, and its recipients, are right.
    pub sides: [Curve; 2],
}

/// What was learned for English; none in a build whose file is empty.
pub fn english() -> Option<&'static Learned> {
    ENGLISH.as_ref()
}

impl Learned {
    /// Reads a file; none where it is damaged or of another version.
    pub fn read(bytes: &'static [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (sum, body) = rest.split_at_checked(8)?;
        let checksum = checksum(body);
        if sum != checksum.to_le_bytes() {
            return None;
        }
        let mut reader = Reader { rest: body };
        let gate = reader.gate()?;
        let count = reader.number()?;
        let keys = reader.take(count * 4)?.as_chunks::<4>().0;
        let rows = keys
            .iter()
            .enumerate()
            .map(|(row, key)| (u32::from_le_bytes(*key), row as u32))
            .collect::<HashMap<_, _>>();
        let table = Table::new(reader.take(count * (INPUT + 4))?, INPUT);
        let ways = Table::new(reader.take(PATHS * (PAIR + 4))?, PAIR);
        let mut dense = Vec::new();
        for (at, (inputs, outputs)) in SHAPES.into_iter().enumerate() {
            if at != WAY {
                dense.push(reader.floats(inputs * outputs)?);
            }
        }
        Some(Self {
            checksum,
            gate,
            network: Network::new(rows, table, ways, dense)?,
            resolver: reader.trees()?,
            same: reader.curve()?,
            event: reader.curve()?,
            sides: [reader.curve()?, reader.curve()?],
        })
    }

    /// Eight hexadecimal digits of the checksum.
    pub fn version(&self) -> String {
        format!("{:08x}", self.checksum >> 32)
    }
}

/// What is left of a file.
struct Reader {
    rest: &'static [u8],
}

impl Reader {
    fn take(&mut self, count: usize) -> Option<&'static [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<usize> {
        let bytes: [u8; 4] = self.take(4)?.try_into().ok()?;
        Some(u32::from_le_bytes(bytes) as usize).filter(|number| *number < 1 << 24)
    }

    fn float(&mut self) -> Option<f32> {
        Some(f32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn floats(&mut self, count: usize) -> Option<Vec<f32>> {
        (0..count).map(|_| self.float()).collect()
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn gate(&mut self) -> Option<Gate> {
        let bias = self.float()?;
        let count = self.number()?;
        let mut weights = HashMap::with_capacity(count);
        for _ in 0..count {
            let key = u32::from_le_bytes(self.take(4)?.try_into().ok()?);
            weights.insert(key, self.float()?);
        }
        Some(Gate { weights, bias })
    }

    fn trees(&mut self) -> Option<Trees> {
        let base = self.float()?;
        let mut trees = Vec::new();
        for _ in 0..self.number()? {
            let mut tree = Vec::new();
            let count = self.number()?;
            for at in 0..count {
                let node = Node {
                    feature: self.short()?,
                    low: self.short()?,
                    high: self.short()?,
                    value: self.float()?,
                };
                let further = |next: u16| usize::from(next) > at && usize::from(next) < count;
                if node.low != 0 && !(further(node.low) && further(node.high)) {
                    return None;
                }
                tree.push(node);
            }
            if tree.is_empty() {
                return None;
            }
            trees.push(tree);
        }
        Some(Trees { base, trees })
    }

    fn curve(&mut self) -> Option<Curve> {
        let count = self.number()?;
        Some(Curve {
            means: self.floats(count)?,
            weights: self.floats(count)?,
            bias: self.float()?,
        })
    }
}

/// Writes a file.
pub fn write(parts: &Parts) -> Vec<u8> {
    let mut body = Vec::new();
    put_floats(&mut body, &[parts.gate.bias]);
    put_number(&mut body, parts.gate.weights.len());
    let mut weights = parts.gate.weights.iter().collect::<Vec<_>>();
    weights.sort_by_key(|(key, _)| **key);
    for (key, weight) in weights {
        body.extend(key.to_le_bytes());
        put_floats(&mut body, &[*weight]);
    }
    put_number(&mut body, parts.keys.len());
    body.extend(parts.keys.iter().flat_map(|key| key.to_le_bytes()));
    put_rows(&mut body, &parts.rows, INPUT);
    put_rows(&mut body, &parts.dense[WAY], PAIR);
    for (at, values) in parts.dense.iter().enumerate() {
        if at != WAY {
            put_floats(&mut body, values);
        }
    }
    put_trees(&mut body, &parts.resolver);
    for curve in [&parts.same, &parts.event].into_iter().chain(&parts.sides) {
        put_number(&mut body, curve.means.len());
        put_floats(&mut body, &curve.means);
        put_floats(&mut body, &curve.weights);
        put_floats(&mut body, &[curve.bias]);
    }
    let mut file = MAGIC.to_vec();
    file.extend(checksum(&body).to_le_bytes());
    file.extend(body);
    file
}

fn put_trees(body: &mut Vec<u8>, forest: &Trees) {
    put_floats(body, &[forest.base]);
    put_number(body, forest.trees.len());
    for tree in &forest.trees {
        put_number(body, tree.len());
        for node in tree {
            for short in [node.feature, node.low, node.high] {
                body.extend(short.to_le_bytes());
            }
            put_floats(body, &[node.value]);
        }
    }
}

fn put_number(body: &mut Vec<u8>, number: usize) {
    body.extend((number as u32).to_le_bytes());
}

fn put_floats(body: &mut Vec<u8>, values: &[f32]) {
    body.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}
