//! What comes after the network: which code a word means, and how much a group of mentions is worth.

use std::collections::HashSet;

use dateline::event::learned::TYPES;
use dateline::event::learned::group::{self, Group};
use dateline::event::learned::mention::{Asked, Heard, Told};
use dateline::event::learned::resolver::EVIDENCE;
use dateline::event::learned::trees::Trees;
use dateline::event::learned::weigh::{self, Curve};
use dateline::language::curves::sigmoid;

use super::news::{Coded, Place};
use super::score::{self, Said};
use super::{boost, logit};

/// Holds the weights of a group's numbers small: as scikit-learn's C of .02, chosen by the prototype on `dev`.
const RIDGE: f64 = 50.0;

/// A group of an article without any event counts this much: a quarter of the articles to learn from have none, of news
/// at large half.
const EMPTY_WEIGHT: f64 = 3.0;

/// Groups less likely are not looked at where the curve is brought to articles for choosing: they are many, and none of
/// them comes near being published.
const LEAST_ODDS: f32 = 0.4;
/// Steps of halving: the last moves the odds by a millionth.
const HALVINGS: usize = 24;

/// Learns the resolver from the parties of articles.
pub(crate) fn resolver<'c>(all: impl Iterator<Item = &'c Coded>) -> Trees {
    let (mut rows, mut right) = (Vec::new(), Vec::new());
    for coded in all {
        evidence(coded, &mut rows, &mut right);
    }
    boost::fit(&rows, &right)
}

fn evidence(coded: &Coded, rows: &mut Vec<[f32; EVIDENCE]>, right: &mut Vec<bool>) {
    let article = &coded.article;
    let mut seen = HashSet::new();
    let mut add = |place: (usize, usize), side: usize, far: bool, codes: &[Option<&str>]| {
        let found = article.index.evidence(article.sentences, place, side, far);
        let names = article.index.codes.iter().map(|code| Some(code.as_str()));
        right.extend(names.chain([None]).map(|name| codes.contains(&name)));
        rows.extend(found);
    };
    for truth in &coded.truth {
        for side in 0..2 {
            let parties = &truth.parties[side];
            for (place, code) in parties {
                if coded.article.seen[place.sentence].is_empty() {
                    continue;
                }
                if seen.insert((place.sentence, place.head, side, code.clone())) {
                    add(
                        (place.sentence, place.head),
                        side,
                        false,
                        &[code.as_deref()],
                    );
                }
            }
            let read = |place: &&Place| !coded.article.seen[place.sentence].is_empty();
            let first = truth.triggers.first().filter(|_| !parties.is_empty());
            let Some(first) = first.filter(read) else {
                continue;
            };
            if parties
                .iter()
                .all(|(place, _)| place.sentence != first.sentence)
            {
                let codes = parties
                    .iter()
                    .map(|(_, code)| code.as_deref())
                    .collect::<Vec<_>>();
                add((first.sentence, first.head), side, true, &codes);
            }
        }
    }
}

/// An article with its groups.
pub(crate) struct Grouped<'c> {
    pub groups: Vec<Group>,
    headline: [f32; TYPES.len()],
    pub coded: &'c Coded,
}

/// The tellings of an article, by what a network said.
pub(crate) struct Heeded<'c> {
    pub told: Vec<Told>,
    headline: [f32; TYPES.len()],
    pub coded: &'c Coded,
}

/// Asks the resolver whom a network's mentions mean.
pub(crate) fn heed<'c>(coded: &'c Coded, heard: Heard, resolver: &Trees) -> Heeded<'c> {
    let mut asked = Asked::new();
    let told = heard
        .mentions
        .into_iter()
        .map(|mention| Told::new(mention, &coded.article, resolver, &mut asked))
        .collect();
    Heeded {
        told,
        headline: heard.headline,
        coded,
    }
}

/// The groups of an article.
pub(crate) fn groups<'c>(heeded: Heeded<'c>, same: &Curve) -> Grouped<'c> {
    Grouped {
        groups: group::group(&heeded.coded.article, same, heeded.told),
        headline: heeded.headline,
        coded: heeded.coded,
    }
}

/// How right the resolver is where the head of a party is known.
pub(crate) fn resolved(all: &[Coded], resolver: &Trees) -> f64 {
    let (mut right, mut count) = (0, 0);
    for coded in all {
        let article = &coded.article;
        for truth in coded.truth.iter().filter(|truth| truth.status == 0) {
            for side in 0..2 {
                for (place, code) in &truth.parties[side] {
                    if coded.article.seen[place.sentence].is_empty() {
                        continue;
                    }
                    let at = (place.sentence, place.head);
                    let odds = article
                        .index
                        .weigh(resolver, article.sentences, at, side, false);
                    let best = (0..odds.len()).max_by(|&a, &b| odds[a].total_cmp(&odds[b]));
                    let best = best.and_then(|best| article.index.codes.get(best));
                    right += usize::from(best == code.as_ref());
                    count += 1;
                }
            }
        }
    }
    score::share(right, count)
}

/// What is learned of groups: how likely one is an event, and how likely each side is right if it is.
pub(crate) fn curves(all: &[Grouped<'_>]) -> (Curve, [Curve; 2]) {
    let (mut rows, mut right, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    let mut sides = [(Vec::new(), Vec::new()), (Vec::new(), Vec::new())];
    for Grouped {
        groups,
        headline,
        coded,
    } in all
    {
        let known = weigh::known(&coded.article, groups, headline);
        let empty = coded.truth.iter().all(|truth| truth.status != 0);
        let said = groups
            .iter()
            .map(|g| Said::new(g, coded, 0.0))
            .collect::<Vec<_>>();
        let judged = score::judge(&said, &coded.truth);
        for (((group, known), said), truth) in groups.iter().zip(&known).zip(&said).zip(judged) {
            let truth = truth.map(|at| &coded.truth[at]);
            // What is arguable is neither right nor wrong.
            if truth.is_some_and(|truth| truth.status != 0) {
                continue;
            }
            let row = weigh::expand(known, group.kind());
            if let Some(truth) = truth {
                for (side, (rows, right)) in sides.iter_mut().enumerate() {
                    rows.push(row.clone());
                    right.push(score::side_fits(said, truth, side));
                }
            }
            right.push(truth.is_some());
            weights.push(if empty { EMPTY_WEIGHT } else { 1.0 });
            rows.push(row);
        }
    }
    let sides = sides.map(|(rows, right)| logit::fit(&rows, &right, &vec![1.0; rows.len()], RIDGE));
    (logit::fit(&rows, &right, &weights, RIDGE), sides)
}

/// How far the odds of a curve are from what articles for choosing show, in the logarithm: articles of today tell half
/// as many events a page as those learned from, and two coders had to agree on each.
pub(crate) fn measure_shift(all: &[Grouped<'_>], curve: &Curve) -> f32 {
    let mut sums = Vec::new();
    let mut right = 0.0;
    for grouped in all {
        let said = say(grouped, curve);
        for (said, truth) in said.iter().zip(score::judge(&said, &grouped.coded.truth)) {
            let truth = truth.map(|at| &grouped.coded.truth[at]);
            if said.odds < LEAST_ODDS || truth.is_some_and(|truth| truth.status != 0) {
                continue;
            }
            right += f32::from(truth.is_some());
            sums.push((said.odds / (1.0 - said.odds)).ln());
        }
    }
    let (mut low, mut high) = (-4.0, 4.0);
    for _ in 0..HALVINGS {
        let middle = f32::midpoint(low, high);
        let expected = sums.iter().map(|sum| sigmoid(sum + middle)).sum::<f32>();
        if expected > right {
            high = middle;
        } else {
            low = middle;
        }
    }
    f32::midpoint(low, high)
}

/// Groups as they would be published.
pub(crate) fn said<'c>(all: &[Grouped<'c>], curve: &Curve) -> Vec<(Vec<Said>, &'c Coded)> {
    let one = |grouped: &Grouped<'c>| (say(grouped, curve), grouped.coded);
    all.iter().map(one).collect()
}

/// The groups of an article as they would be published.
fn say(grouped: &Grouped<'_>, curve: &Curve) -> Vec<Said> {
    let Grouped {
        groups,
        headline,
        coded,
    } = grouped;
    let known = weigh::known(&coded.article, groups, headline);
    let pairs = groups.iter().zip(&known);
    pairs
        .map(|(group, known)| {
            let odds = curve.probability(&weigh::expand(known, group.kind()));
            Said::new(group, coded, odds)
        })
        .collect()
}
