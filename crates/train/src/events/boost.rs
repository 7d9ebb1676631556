//! Boosted trees: each next tree mends what those before got wrong.

use dateline::event::learned::trees::{Node, Trees};
use dateline::language::curves::sigmoid;

/// Trees, leaves a tree, and the part of each that is taken.
const TREES: usize = 120;
const LEAVES: usize = 15;
const RATE: f32 = 0.07;
/// Rows in a leaf at least, and the weight of leaves that is held against large values.
const LEAST_ROWS: usize = 20;
const RIDGE: f64 = 1.0;
/// Classes a number is sorted into.
const BINS: usize = 64;

/// A leaf that may be split.
struct Leaf {
    node: usize,
    rows: Vec<u32>,
    split: Option<Split>,
}

#[derive(Clone, Copy)]
struct Split {
    gain: f64,
    feature: usize,
    bin: usize,
}

/// Learns whether a row is right.
pub(crate) fn fit<const N: usize>(rows: &[[f32; N]], right: &[bool]) -> Trees {
    let binned = Binned::new(rows);
    let share = right.iter().filter(|right| **right).count() as f32 / right.len().max(1) as f32;
    let share = share.clamp(1e-4, 1.0 - 1e-4);
    let base = (share / (1.0 - share)).ln();
    let mut sums = vec![base; rows.len()];
    let mut trees = Vec::new();
    for _ in 0..TREES {
        let slopes = sums
            .iter()
            .zip(right)
            .map(|(sum, right)| {
                let odds = sigmoid(*sum);
                (odds - f32::from(*right), odds * (1.0 - odds))
            })
            .collect::<Vec<_>>();
        trees.push(binned.tree(&slopes, &mut sums));
    }
    Trees { base, trees }
}

/// Numbers sorted into classes.
struct Binned {
    /// Upper bounds of the classes of each feature.
    bounds: Vec<Vec<f32>>,
    /// The class of each row, feature after feature.
    bins: Vec<Vec<u8>>,
}

impl Binned {
    fn new<const N: usize>(rows: &[[f32; N]]) -> Self {
        let mut binned = Self {
            bounds: Vec::new(),
            bins: Vec::new(),
        };
        for feature in 0..N {
            let mut values = rows.iter().map(|row| row[feature]).collect::<Vec<_>>();
            values.sort_by(f32::total_cmp);
            let mut bounds = (1..BINS)
                .filter_map(|part| values.get(values.len() * part / BINS).copied())
                .collect::<Vec<_>>();
            let mut distinct = values.clone();
            distinct.dedup();
            if distinct.len() <= BINS {
                distinct.pop();
                bounds = distinct;
            }
            bounds.dedup();
            let bin = |row: &[f32; N]| bounds.partition_point(|bound| *bound < row[feature]) as u8;
            binned.bins.push(rows.iter().map(bin).collect());
            binned.bounds.push(bounds);
        }
        binned
    }

    fn tree(&self, slopes: &[(f32, f32)], sums: &mut [f32]) -> Vec<Node> {
        let leaf = Node {
            feature: 0,
            low: 0,
            high: 0,
            value: 0.0,
        };
        let mut nodes = vec![leaf];
        let all = (0..slopes.len() as u32).collect::<Vec<_>>();
        let mut leaves = vec![Leaf {
            node: 0,
            split: self.split(&all, slopes),
            rows: all,
        }];
        while leaves.len() < LEAVES {
            let gain = |leaf: &Leaf| leaf.split.map_or(0.0, |split| split.gain);
            let Some(best) = (0..leaves.len())
                .filter(|&at| leaves[at].split.is_some())
                .max_by(|&a, &b| {
                    gain(&leaves[a])
                        .total_cmp(&gain(&leaves[b]))
                        .then(b.cmp(&a))
                })
            else {
                break;
            };
            let Leaf { node, rows, split } = leaves.swap_remove(best);
            let Some(split) = split else { break };
            let bins = &self.bins[split.feature];
            let (low, high): (Vec<u32>, Vec<u32>) = rows
                .into_iter()
                .partition(|&row| usize::from(bins[row as usize]) <= split.bin);
            nodes[node] = Node {
                feature: split.feature as u16,
                low: nodes.len() as u16,
                high: nodes.len() as u16 + 1,
                value: self.bounds[split.feature][split.bin],
            };
            for rows in [low, high] {
                leaves.push(Leaf {
                    node: nodes.len(),
                    split: self.split(&rows, slopes),
                    rows,
                });
                nodes.push(leaf);
            }
        }
        for leaf in leaves {
            let (g, h) = total(&leaf.rows, slopes);
            let value = -(g / (h + RIDGE)) as f32 * RATE;
            nodes[leaf.node].value = value;
            for row in leaf.rows {
                sums[row as usize] += value;
            }
        }
        nodes
    }

    /// The split that mends most.
    fn split(&self, rows: &[u32], slopes: &[(f32, f32)]) -> Option<Split> {
        if rows.len() < 2 * LEAST_ROWS {
            return None;
        }
        let (g, h) = total(rows, slopes);
        let worth = |g: f64, h: f64| g * g / (h + RIDGE);
        let mut best: Option<Split> = None;
        for (feature, bins) in self.bins.iter().enumerate() {
            let mut parts = [(0.0f64, 0.0f64, 0usize); BINS + 1];
            for &row in rows {
                let part = &mut parts[usize::from(bins[row as usize])];
                let (slope, bend) = slopes[row as usize];
                part.0 += f64::from(slope);
                part.1 += f64::from(bend);
                part.2 += 1;
            }
            let (mut low_g, mut low_h, mut count) = (0.0, 0.0, 0);
            for (bin, part) in parts[..self.bounds[feature].len()].iter().enumerate() {
                low_g += part.0;
                low_h += part.1;
                count += part.2;
                if count < LEAST_ROWS || rows.len() - count < LEAST_ROWS {
                    continue;
                }
                let gain = worth(low_g, low_h) + worth(g - low_g, h - low_h) - worth(g, h);
                if gain > best.map_or(1e-6, |best| best.gain) {
                    best = Some(Split { gain, feature, bin });
                }
            }
        }
        best
    }
}

fn total(rows: &[u32], slopes: &[(f32, f32)]) -> (f64, f64) {
    rows.iter().fold((0.0, 0.0), |(g, h), &row| {
        let (slope, bend) = slopes[row as usize];
        (g + f64::from(slope), h + f64::from(bend))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_learn_what_no_line_separates() {
        let rows = (0..400)
            .map(|at| [(at % 20) as f32, (at / 20) as f32])
            .collect::<Vec<_>>();
        let right = rows
            .iter()
            .map(|r| (r[0] > 6.0) != (r[1] > 12.0))
            .collect::<Vec<_>>();
        let trees = fit(&rows, &right);
        let fits = rows
            .iter()
            .zip(&right)
            .filter(|(row, right)| (trees.sum(*row) > 0.0) == **right);
        assert!(fits.count() > 390);
    }
}
