//! What spoke for and against an event, in words.

use super::weigh::{Curve, KNOWN};

/// Where the numbers known of a group begin that tell of one thing, and what it is.
const SUBJECTS: [(usize, &str); 13] = [
    (0, "the words"),
    (4, "how it is told"),
    (12, "told more than once"),
    (16, "where in the article it stands"),
    (22, "what else the article tells"),
    (43, "its parties"),
    (68, "the grammar"),
    (73, "the form of the word"),
    (79, "the headline and the paragraph"),
    (82, "the headline"),
    (84, "what was told before"),
    (93, "how the word stands in its sentence"),
    (KNOWN, "its type"),
];
/// A subject that moves the odds less, in their logarithm, is not told.
const LEAST: f32 = 0.25;
/// Subjects told on each side.
const MOST: usize = 3;

/// The subjects that moved the odds most: those for the event, then those against it, each with how far.
pub(crate) fn reasons(curve: &Curve, row: &[f32]) -> Vec<String> {
    let mut sums = [0.0; SUBJECTS.len()];
    for (at, sum) in curve.terms(row).enumerate() {
        sums[subject(at)] += sum;
    }
    let mut order = (0..sums.len())
        .filter(|&at| sums[at].abs() >= LEAST)
        .collect::<Vec<_>>();
    order.sort_by(|&a, &b| sums[b].abs().total_cmp(&sums[a].abs()));
    let side = |name: &str, holds: &dyn Fn(f32) -> bool| {
        order
            .iter()
            .filter(|&&at| holds(sums[at]))
            .take(MOST)
            .map(|&at| format!("{name} {}: {:+.1}", SUBJECTS[at].1, sums[at]))
            .collect::<Vec<_>>()
    };
    let mut out = side("for", &|sum| sum > 0.0);
    out.extend(side("against", &|sum| sum < 0.0));
    out
}

/// The subject of a number that is weighed: known ones, odds of the first four, logarithms of all, then the type.
fn subject(at: usize) -> usize {
    let known = match at {
        _ if at < KNOWN => at,
        _ if at < KNOWN + 4 => 0,
        _ if at < 2 * KNOWN + 4 => at - KNOWN - 4,
        _ => KNOWN,
    };
    SUBJECTS
        .iter()
        .rposition(|(first, _)| *first <= known)
        .unwrap_or(0)
}
