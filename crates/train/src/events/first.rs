//! Learns which sentences are worth reading, by their words alone.

use std::collections::HashMap;

use dateline::event::learned::gate::Gate;
use dateline::language::curves::sigmoid;

use super::news::{self, Row};

/// Passes over the sentences.
const PASSES: usize = 4;
/// The first step; each weight's own steps shrink as it learns.
const RATE: f32 = 0.1;
/// Holds weights small.
const RIDGE: f32 = 0.002;
/// What is looked at and was met less often in the articles is not weighed.
const LEAST: u32 = 4;
/// Of the sentences that tell an event this part is read; the rest tell it in ways that the network would hardly see.
const KEPT: f32 = 0.96;

/// Learns a gate; its bias is chosen on sentences of articles that the weights were not learned from.
pub(crate) fn gate(rows: &[Row]) -> Gate {
    let looks = rows.iter().map(news::looks).collect::<Vec<_>>();
    let mut counts: HashMap<u32, u32> = HashMap::new();
    for key in looks.iter().flatten().flat_map(|(seen, _)| seen) {
        *counts.entry(*key).or_default() += 1;
    }
    let mut scores = Vec::new();
    for half in 0..2 {
        let part = |other: usize| {
            let parts = looks.iter().enumerate();
            parts
                .filter(move |(at, _)| at % 2 == other)
                .flat_map(|(_, looks)| looks)
        };
        let gate = learn(&part(1 - half), &counts);
        let told = part(half).filter(|(_, told)| *told);
        scores.extend(told.map(|(seen, _)| gate.sum(seen)));
    }
    scores.sort_by(f32::total_cmp);
    let missed = (scores.len() as f32 * (1.0 - KEPT)) as usize;
    let mut gate = learn(&looks.iter().flatten(), &counts);
    gate.bias -= scores.get(missed).copied().unwrap_or(0.0);
    gate
}

fn learn<'l>(
    sentences: &(impl Iterator<Item = &'l (Vec<u32>, bool)> + Clone),
    counts: &HashMap<u32, u32>,
) -> Gate {
    let mut gate = Gate::default();
    let mut sums: HashMap<u32, f32> = HashMap::new();
    for _ in 0..PASSES {
        for (seen, told) in sentences.clone() {
            let off = f32::from(*told) - sigmoid(gate.sum(seen));
            gate.bias += 0.02 * off;
            for key in seen.iter().filter(|key| counts[*key] >= LEAST) {
                let weight = gate.weights.entry(*key).or_default();
                let slope = off - RIDGE * *weight;
                let sum = sums.entry(*key).or_default();
                *sum += slope * slope;
                *weight += RATE * slope / (1.0 + *sum).sqrt();
            }
        }
    }
    gate
}

/// How many sentences a gate opens to, and how many of those that tell an event.
pub(crate) fn describe(gate: &Gate, rows: &[Row]) -> String {
    let looks = rows.iter().flat_map(news::looks).collect::<Vec<_>>();
    let open = |told: bool| {
        let all = looks.iter().filter(|(_, tells)| *tells || !told);
        let open = all.clone().filter(|(seen, _)| gate.sum(seen) > 0.0).count();
        (open, all.count())
    };
    let (all, telling) = (open(false), open(true));
    format!(
        "{} of {} sentences are read, {} of {} that tell an event",
        all.0, all.1, telling.0, telling.1
    )
}
