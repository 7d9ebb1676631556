//! Boosted trees: a sum of small trees, each of which sorts a row of numbers into a leaf.

/// One split or leaf.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// Which number is looked at; of no meaning in a leaf.
    pub feature: u16,
    /// The node for numbers up to `threshold`; 0 in a leaf.
    pub low: u16,
    /// The node for larger numbers.
    pub high: u16,
    /// The bound, or the value of a leaf.
    pub value: f32,
}

/// Trees one after another, each with its root first.
#[derive(Debug, Clone, Default)]
pub struct Trees {
    /// What all trees start from.
    pub base: f32,
    /// The nodes of each tree; places count from the tree's root.
    pub trees: Vec<Vec<Node>>,
}

impl Trees {
    /// The sum of the leaves that a row comes to.
    pub fn sum(&self, row: &[f32]) -> f32 {
        let mut sum = self.base;
        for tree in &self.trees {
            let mut at = 0;
            let mut node = tree[0];
            while node.low != 0 && at < tree.len() {
                let value = row.get(usize::from(node.feature)).copied().unwrap_or(0.0);
                at = usize::from(if value <= node.value {
                    node.low
                } else {
                    node.high
                });
                node = tree[at];
            }
            sum += node.value;
        }
        sum
    }
}
