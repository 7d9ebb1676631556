//! From scores of arcs to a tree: each word's best head if that is a tree, else the best projective tree.

/// No arc.
pub(super) const NEVER: f32 = -1e9;

/// Fills `heads` (0 the root, else 1 + index) from `scores`: a row a word, a column a head. Exactly one word hangs on
/// the root, and there are no cycles.
pub(super) fn decode(scores: &[f32], heads: &mut Vec<usize>) {
    let n = heads_of_best(scores, heads);
    if n > 0 && !is_tree(heads) {
        Chart::new(scores, n).decode(heads);
    }
}

/// The best head of each word; gives the number of words.
fn heads_of_best(scores: &[f32], heads: &mut Vec<usize>) -> usize {
    heads.clear();
    let n = words(scores.len());
    for row in scores.chunks_exact(n + 1) {
        let mut best = 0;
        for (to, score) in row.iter().enumerate() {
            if *score > row[best] {
                best = to;
            }
        }
        heads.push(best);
    }
    n
}

/// The n of n·(n + 1) scores.
fn words(scores: usize) -> usize {
    let mut n = (scores as f64).sqrt() as usize;
    while n * (n + 1) > scores {
        n -= 1;
    }
    n
}

fn is_tree(heads: &[usize]) -> bool {
    if heads.iter().filter(|head| **head == 0).count() != 1 {
        return false;
    }
    // seen[i]: the walk that came by; a walk that meets itself is a cycle.
    let mut seen = vec![0; heads.len()];
    for start in 0..heads.len() {
        let mut at = start;
        while seen[at] == 0 {
            seen[at] = start + 1;
            match heads[at] {
                0 => break,
                head => at = head - 1,
            }
        }
        if heads[at] != 0 && seen[at] == start + 1 {
            return false;
        }
    }
    true
}

/// Eisner's chart over the words, the root chosen last.
struct Chart<'a> {
    scores: &'a [f32],
    n: usize,
    /// Best scores and split points of spans `[from][to]`: closed to the right of `from`, closed to the left of `to`,
    /// arc from `from` to `to`, arc from `to` to `from`.
    best: [Vec<f32>; 4],
    // 16 bits are enough: no more than `LONGEST_TOKENS` words are parsed together.
    split: [Vec<u16>; 4],
}

const RIGHT: usize = 0;
const LEFT: usize = 1;
const ARC_RIGHT: usize = 2;
const ARC_LEFT: usize = 3;

impl<'a> Chart<'a> {
    fn new(scores: &'a [f32], n: usize) -> Self {
        let empty = || vec![0.0; n * n];
        let none = || vec![0; n * n];
        Self {
            scores,
            n,
            best: [empty(), empty(), empty(), empty()],
            split: [none(), none(), none(), none()],
        }
    }

    fn arc(&self, head: usize, dependent: usize) -> f32 {
        self.scores[dependent * (self.n + 1) + head + 1]
    }

    fn decode(mut self, heads: &mut [usize]) {
        for length in 1..self.n {
            for from in 0..self.n - length {
                self.fill(from, from + length);
            }
        }
        let root = (0..self.n)
            .max_by(|a, b| self.rooted(*a).total_cmp(&self.rooted(*b)))
            .unwrap_or(0);
        heads[root] = 0;
        self.trace(root, heads);
    }

    fn rooted(&self, root: usize) -> f32 {
        let last = self.n - 1;
        self.scores[root * (self.n + 1)]
            + self.best[LEFT][root]
            + self.best[RIGHT][root * self.n + last]
    }

    fn fill(&mut self, from: usize, to: usize) {
        let n = self.n;
        let cell = from * n + to;
        let (inner, at) = self.best_split(from, to - 1, |chart, k| {
            chart.best[RIGHT][from * n + k] + chart.best[LEFT][(k + 1) * n + to]
        });
        for (kind, arc) in [
            (ARC_RIGHT, self.arc(from, to)),
            (ARC_LEFT, self.arc(to, from)),
        ] {
            self.best[kind][cell] = inner + arc;
            self.split[kind][cell] = at as u16;
        }
        let (right, at) = self.best_split(from + 1, to, |chart, k| {
            chart.best[ARC_RIGHT][from * n + k] + chart.best[RIGHT][k * n + to]
        });
        self.best[RIGHT][cell] = right;
        self.split[RIGHT][cell] = at as u16;
        let (left, at) = self.best_split(from, to - 1, |chart, k| {
            chart.best[LEFT][from * n + k] + chart.best[ARC_LEFT][k * n + to]
        });
        self.best[LEFT][cell] = left;
        self.split[LEFT][cell] = at as u16;
    }

    fn best_split(
        &self,
        first: usize,
        last: usize,
        score: impl Fn(&Self, usize) -> f32,
    ) -> (f32, usize) {
        let mut best = (f32::MIN, first);
        for at in first..=last {
            let score = score(self, at);
            if score > best.0 {
                best = (score, at);
            }
        }
        best
    }

    fn trace(&self, root: usize, heads: &mut [usize]) {
        let mut open = vec![(LEFT, 0, root), (RIGHT, root, self.n - 1)];
        while let Some((kind, from, to)) = open.pop() {
            if from == to {
                continue;
            }
            let at = usize::from(self.split[kind][from * self.n + to]);
            match kind {
                RIGHT => open.extend([(ARC_RIGHT, from, at), (RIGHT, at, to)]),
                LEFT => open.extend([(LEFT, from, at), (ARC_LEFT, at, to)]),
                _ => {
                    let (head, dependent) = if kind == ARC_RIGHT {
                        (from, to)
                    } else {
                        (to, from)
                    };
                    heads[dependent] = head + 1;
                    open.extend([(RIGHT, from, at), (LEFT, at + 1, to)]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_heads_that_form_a_tree_are_kept() {
        // Word 1 is the root, words 0 and 2 hang on it.
        let scores = [
            0.0, NEVER, 5.0, 0.0, 5.0, 0.0, NEVER, 0.0, 0.0, 0.0, 5.0, NEVER,
        ];
        let mut heads = Vec::new();
        decode(&scores, &mut heads);
        assert_eq!(heads, [2, 0, 2]);
    }

    #[test]
    fn a_cycle_is_broken_where_it_costs_least() {
        // 0 and 1 would each hang on the other; 0 loses less by hanging on the root.
        let scores = [4.0, NEVER, 5.0, 0.0, 5.0, NEVER];
        let mut heads = Vec::new();
        decode(&scores, &mut heads);
        assert_eq!(heads, [0, 1]);
    }

    #[test]
    fn any_scores_give_one_root_and_no_cycle() {
        let mut state = 1u64;
        for n in 1..24 {
            let scores: Vec<f32> = (0..n * (n + 1))
                .map(|i| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    if i % (n + 1) == i / (n + 1) + 1 {
                        NEVER
                    } else {
                        (state >> 40) as f32
                    }
                })
                .collect();
            let mut heads = Vec::new();
            decode(&scores, &mut heads);
            assert!(is_tree(&heads), "{heads:?}");
        }
    }
}
