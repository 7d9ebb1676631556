//! How good groups are, by the rules of the bench: the largest matching with what was coded by hand.

use std::fmt::Write as _;

use dateline::event::learned::group::Group;

use super::news::{Coded, Truth};

/// A group as it would be published.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub kind: usize,
    pub span: (usize, usize),
    pub codes: [Vec<String>; 2],
    pub odds: f32,
}

impl Said {
    pub(crate) fn new(group: &Group, coded: &Coded, odds: f32) -> Self {
        let codes = |side: usize| {
            group.taken[side]
                .iter()
                .map(|&code| coded.article.index.codes[code].clone())
                .collect()
        };
        Self {
            kind: group.kind(),
            span: coded.spans[group.best().mention.sentence],
            codes: [codes(0), codes(1)],
            odds,
        }
    }
}

fn agree(a: &[String], b: &[String]) -> bool {
    (a.is_empty() && b.is_empty()) || a.iter().any(|code| b.contains(code))
}

/// Whether a side agrees with some reading of the truth.
pub(crate) fn side_fits(said: &Said, truth: &Truth, side: usize) -> bool {
    truth
        .readings
        .iter()
        .any(|reading| agree(&said.codes[side], &reading[side]))
}

/// Whether what was said is in the truth: by type and place, then actors, then recipients.
pub(crate) fn fits(said: &Said, truth: &Truth, level: usize) -> bool {
    said.kind == truth.kind
        && truth
            .spans
            .iter()
            .any(|span| said.span.0 < span.1 && span.0 < said.span.1)
        && truth
            .readings
            .iter()
            .any(|reading| (0..level).all(|side| agree(&said.codes[side], &reading[side])))
}

/// The largest matching one to one: for each that was said, which truth.
pub(crate) fn matching(said: &[&Said], truth: &[&Truth], level: usize) -> Vec<Option<usize>> {
    fn seat(
        at: usize,
        fits: &[Vec<usize>],
        owner: &mut [Option<usize>],
        seen: &mut [bool],
    ) -> bool {
        for &place in &fits[at] {
            if std::mem::replace(&mut seen[place], true) {
                continue;
            }
            if owner[place].is_none_or(|other| seat(other, fits, owner, seen)) {
                owner[place] = Some(at);
                return true;
            }
        }
        false
    }
    let fits = said
        .iter()
        .map(|said| {
            (0..truth.len())
                .filter(|&at| fits(said, truth[at], level))
                .collect()
        })
        .collect::<Vec<Vec<_>>>();
    let mut owner = vec![None; truth.len()];
    for at in 0..said.len() {
        seat(at, &fits, &mut owner, &mut vec![false; truth.len()]);
    }
    let mut out = vec![None; said.len()];
    for (place, owner) in owner.into_iter().enumerate() {
        if let Some(owner) = owner {
            out[owner] = Some(place);
        }
    }
    out
}

/// Whether each that was said is right, wrong, or neither, the likeliest first taking its place.
pub(crate) fn judge(said: &[Said], truth: &[Truth]) -> Vec<Option<usize>> {
    let mut taken = vec![false; truth.len()];
    let mut one = |said: &Said| {
        let free = |core: bool, taken: &[bool]| {
            (0..truth.len()).find(|&at| {
                !taken[at] && (truth[at].status == 0) == core && fits(said, &truth[at], 0)
            })
        };
        let found = free(true, &taken).or_else(|| free(false, &taken))?;
        taken[found] = true;
        Some(found)
    };
    said.iter().map(&mut one).collect()
}

/// Precision, recall and wrong events an article where what is likelier than `gate` is published.
pub(crate) fn line(all: &[(Vec<Said>, &Coded)], gate: f32) -> String {
    let mut out = format!("{gate:.2}");
    let mut wrong = 0;
    for (level, name) in ["type", "actor", "full"].into_iter().enumerate() {
        let (mut hit, mut said_count, mut true_count) = (0, 0, 0);
        for (said, coded) in all {
            let said = said
                .iter()
                .filter(|said| said.odds >= gate)
                .collect::<Vec<_>>();
            let core = coded
                .truth
                .iter()
                .filter(|t| t.status == 0)
                .collect::<Vec<_>>();
            let other = coded
                .truth
                .iter()
                .filter(|t| t.status != 0)
                .collect::<Vec<_>>();
            let matched = matching(&said, &core, level);
            let rest = said
                .iter()
                .zip(&matched)
                .filter(|(_, place)| place.is_none());
            let rest = rest.map(|(said, _)| *said).collect::<Vec<_>>();
            let neutral = matching(&rest, &other, 0).iter().flatten().count();
            hit += matched.iter().flatten().count();
            said_count += said.len() - neutral;
            true_count += core.len();
            if level == 0 {
                wrong += rest.len() - neutral;
            }
        }
        let (p, r) = (share(hit, said_count), share(hit, true_count));
        let f = if p + r > 0.0 {
            2.0 * p * r / (p + r)
        } else {
            0.0
        };
        // Writing to a string cannot fail.
        write!(out, "  {name} {p:.3} / {r:.3} / {f:.3}").unwrap_or_default();
    }
    out + &format!("  wrong an article {:.2}", share(wrong, all.len()))
}

pub(crate) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// How well odds rank what is right above what is wrong, and how far they are from its share.
pub(crate) fn calibration(rows: &mut [(f32, bool)]) -> String {
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut wrong_below, mut pairs, mut wrong, mut right) = (0.0, 0.0, 0.0, 0.0);
    for &(_, is_right) in rows.iter() {
        if is_right {
            right += 1.0;
            pairs += wrong_below;
        } else {
            wrong += 1.0;
            wrong_below += 1.0;
        }
    }
    let mut error = 0.0;
    for bin in 0..10 {
        let inside = |odds: f32| ((odds * 10.0) as usize).min(9) == bin;
        let bin = rows
            .iter()
            .filter(|(odds, _)| inside(*odds))
            .collect::<Vec<_>>();
        let odds = bin.iter().map(|(odds, _)| f64::from(*odds)).sum::<f64>();
        let hits = bin.iter().filter(|(_, right)| *right).count() as f64;
        error += (odds - hits).abs() / rows.len().max(1) as f64;
    }
    let area = pairs / f64::max(right * wrong, 1.0);
    format!(
        "AUC {area:.3}, calibration error {error:.3}, {} judged",
        rows.len()
    )
}
