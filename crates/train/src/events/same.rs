//! Learns whether two tellings are of one act, from those that were coded by hand as one event or as two.

use dateline::event::learned::mention::Told;
use dateline::event::learned::same;
use dateline::event::learned::weigh::Curve;

use super::logit;
use super::news::Coded;

/// Tellings less likely are mostly of nothing.
const LEAST_RANK: f32 = 0.1;
/// Holds weights small: there are some fifty, and tens of thousands of pairs.
const RIDGE: f64 = 20.0;

/// Learns from the tellings of articles that a network never saw.
pub(crate) fn learn<'t>(all: impl Iterator<Item = (&'t [Told], &'t Coded)>) -> Curve {
    let (mut rows, mut right) = (Vec::new(), Vec::new());
    for (told, coded) in all {
        let mut told = told
            .iter()
            .filter(|told| told.rank >= LEAST_RANK)
            .filter_map(|told| Some((told, find_truth(told, coded)?)))
            .collect::<Vec<_>>();
        told.sort_by(|a, b| b.0.rank.total_cmp(&a.0.rank));
        for (at, (one, truth)) in told.iter().enumerate() {
            for (other, own) in &told[at + 1..] {
                if one.mention.kind == other.mention.kind {
                    rows.push(same::compare(&coded.article, one, other));
                    right.push(truth == own);
                }
            }
        }
    }
    logit::fit(&rows, &right, &vec![1.0; rows.len()], RIDGE)
}

/// The event that a telling is of: the one with this word, else the only one of its type in the sentence.
fn find_truth(told: &Told, coded: &Coded) -> Option<usize> {
    let mention = &told.mention;
    let truth = || {
        let all = coded.truth.iter().enumerate();
        all.filter(|(_, truth)| truth.kind == mention.kind)
    };
    let mut by_word = truth().filter(|(_, truth)| {
        truth.triggers.iter().any(|place| {
            place.sentence == mention.sentence
                && (place.first..=place.last).contains(&mention.trigger)
        })
    });
    if let Some((at, _)) = by_word.next() {
        return Some(at);
    }
    let (start, end) = coded.spans[mention.sentence];
    let mut here = truth().filter(|(_, truth)| {
        let mut spans = truth.spans.iter();
        spans.any(|span| span.0 < end && start < span.1)
    });
    let (at, _) = here.next()?;
    here.next().is_none().then_some(at)
}
