//! How much each clue weighs in which situation: learned from coded news, kept as a table.

use std::collections::HashMap;

use super::clue::{CLUES, Candidate, Situation};
use crate::event::table::{Faults, Line};

/// What a head can be, and what evidence there can be; `*` stands for any.
pub(crate) const HEADS: [&str; 16] = [
    "he", "it", "they", "we", "i", "who", "office", "house", "force", "band", "folk", "name",
    "thing", "things", "other", "*",
];
pub(crate) const EVIDENCES: [&str; 9] = [
    "own", "before", "after", "aside", "surname", "noun", "owned", "none", "*",
];

/// The weights of all clues in all situations.
#[derive(Debug, Default)]
pub(crate) struct Weights {
    /// By head, evidence and clue, those of the wider situations added in.
    list: Vec<f32>,
}

impl Weights {
    /// Reads the table; a situation is `head.evidence` with `*` for any.
    pub(crate) fn read(lines: &[Line<'_>], faults: &mut Faults) -> Self {
        let mut own: HashMap<(usize, usize, usize), f32> = HashMap::new();
        for line in lines {
            let (head, evidence) = line.get("situation").split_once('.').unwrap_or(("*", "*"));
            let at = (
                HEADS.iter().position(|name| *name == head),
                EVIDENCES.iter().position(|name| *name == evidence),
                CLUES.iter().position(|name| *name == line.get("clue")),
            );
            match (at, line.get("weight").parse()) {
                ((Some(head), Some(evidence), Some(clue)), Ok(weight)) => {
                    own.insert((head, evidence, clue), weight);
                }
                _ => faults.add(line.file, line.number, "a situation, a clue and its weight"),
            }
        }
        Self {
            list: add_wider(&own),
        }
    }

    /// How likely each candidate is meant, in their order.
    pub(crate) fn weigh(&self, situation: Situation, candidates: &[Candidate<'_>]) -> Vec<f32> {
        let head = HEADS.iter().position(|name| *name == situation.head);
        let evidence = EVIDENCES
            .iter()
            .position(|name| *name == situation.evidence);
        let (Some(head), Some(evidence)) = (head, evidence) else {
            return vec![0.0; candidates.len()];
        };
        let from = (head * EVIDENCES.len() + evidence) * CLUES.len();
        let weights = self.list.get(from..from + CLUES.len()).unwrap_or_default();
        let score = |candidate: &Candidate<'_>| {
            let clues = candidate.clues.iter();
            clues
                .map(|&(clue, value)| value * weights.get(clue).copied().unwrap_or(0.0))
                .sum::<f32>()
        };
        let scores: Vec<f32> = candidates.iter().map(score).collect();
        let top = scores.iter().copied().fold(f32::MIN, f32::max);
        let raised: Vec<f32> = scores.iter().map(|score| (score - top).exp()).collect();
        let sum: f32 = raised.iter().sum();
        raised.iter().map(|one| one / sum).collect()
    }
}

/// For each situation its own weights and those of the wider ones it lies in.
fn add_wider(own: &HashMap<(usize, usize, usize), f32>) -> Vec<f32> {
    let (any_head, any_evidence) = (HEADS.len() - 1, EVIDENCES.len() - 1);
    let mut list = Vec::with_capacity(HEADS.len() * EVIDENCES.len() * CLUES.len());
    for head in 0..HEADS.len() {
        for evidence in 0..EVIDENCES.len() {
            for clue in 0..CLUES.len() {
                let keys = [
                    (any_head, any_evidence, clue),
                    (head, any_evidence, clue),
                    (any_head, evidence, clue),
                    (head, evidence, clue),
                ];
                list.push(keys.iter().filter_map(|key| own.get(key)).sum());
            }
        }
    }
    list
}
