//! Mentions that tell one event: near each other, of one type, with parties that do not contradict.

use super::{TYPES, mention::Told, reading::Article, same, weigh::Curve};
use crate::event::act_place::OF_WORDS;

/// A mention less likely is dropped.
const LEAST_RANK: f32 = 0.02;
/// Mentions of a group that say who its parties are.
const MOST_VOICES: usize = 4;
/// A telling joins a group from this probability on that both are of one act.
const ONE: f32 = 0.5;
/// Tellings of a group that another is compared with: the best.
const MOST_COMPARED: usize = 6;
/// The best code is taken if it is this part as likely as nobody and none, for each side.
const ENOUGH: [f32; 2] = [0.5, 0.8];
/// Another code is taken beside it from here.
const BESIDE: f32 = 0.3;

/// One event, told in mentions; the best first.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its mentions.
    pub told: Vec<Told>,
    /// For both sides how likely each code is, then none, then nobody.
    pub codes: [Vec<f32>; 2],
    /// For both sides the codes taken.
    pub taken: [Vec<usize>; 2],
}

impl Group {
    /// The best mention.
    pub fn best(&self) -> &Told {
        &self.told[0]
    }

    /// Its type.
    pub fn kind(&self) -> usize {
        self.told[0].mention.kind
    }

    /// Whether another's parties do not contradict.
    pub fn agrees(&self, taken: &[Vec<usize>; 2]) -> bool {
        self.taken.iter().zip(taken).all(|(own, other)| {
            own.is_empty() || other.is_empty() || own.iter().any(|code| other.contains(code))
        })
    }
}

/// The codes of a side: the best, and others that are likely; none where nobody or no code is likelier.
pub fn take(codes: &[f32], side: usize) -> Vec<usize> {
    let Some((rest, absent)) = codes.split_last_chunk::<2>() else {
        return Vec::new();
    };
    let nobody = absent[0] + absent[1];
    let best = (0..rest.len()).max_by(|&a, &b| rest[a].total_cmp(&rest[b]).then(b.cmp(&a)));
    let Some(best) = best.filter(|&best| rest[best] >= nobody * ENOUGH[side]) else {
        return Vec::new();
    };
    (0..rest.len())
        .filter(|&code| code == best || rest[code] > BESIDE)
        .collect()
}

/// Groups the mentions of an article, the best first.
pub fn group(article: &Article<'_>, one: &Curve, mut told: Vec<Told>) -> Vec<Group> {
    told.retain(|told| told.rank >= LEAST_RANK);
    told.sort_by(|a, b| {
        let place = |told: &Told| {
            (
                told.mention.sentence,
                told.mention.trigger,
                told.mention.kind,
            )
        };
        b.rank.total_cmp(&a.rank).then(place(a).cmp(&place(b)))
    });
    let mut groups: Vec<Group> = Vec::new();
    for told in told {
        let taken = [take(&told.codes[0], 0), take(&told.codes[1], 1)];
        match find_own(article, one, &mut groups, &told) {
            Some(group) => group.told.push(told),
            None => groups.push(Group {
                codes: told.codes.clone(),
                taken,
                told: vec![told],
            }),
        }
    }
    for group in &mut groups {
        for side in 0..2 {
            group.codes[side] = blend(&group.told, side);
            group.taken[side] = take(&group.codes[side], side);
        }
    }
    groups
}

/// The group that most likely tells the same act as a telling.
fn find_own<'g>(
    article: &Article<'_>,
    one: &Curve,
    groups: &'g mut [Group],
    told: &Told,
) -> Option<&'g mut Group> {
    let likely = |group: &Group| {
        let told_of = group.told.iter().take(MOST_COMPARED);
        told_of
            .map(|own| same::is_one(one, article, own, told))
            .fold(0.0, f32::max)
    };
    let mut best: Option<(usize, f32)> = None;
    for (at, group) in groups.iter().enumerate() {
        if group.kind() != told.mention.kind || are_others(group.best(), told) {
            continue;
        }
        let likely = likely(group);
        if likely >= best.map_or(ONE, |(_, best)| best) {
            best = Some((at, likely));
        }
    }
    best.map(|(at, _)| &mut groups[at])
}

/// Ways of acting that are acts of their own.
// An inquiry is no accusation, an arrest no search.
const APART_WAYS: [&str; 9] = [
    "investigate",
    "abduct",
    "arrest",
    "deport",
    "seize",
    "resign",
    "release",
    "convict",
    "strike",
];

/// Whether two tellings are of different acts: what one says to one is not what another says to another, whatever
/// country they are of, and what is done in another way is another act.
fn are_others(one: &Told, other: &Told) -> bool {
    let own_way = |told: &Told| {
        told.way.clone().map(|way| {
            if APART_WAYS.contains(&way.as_str()) {
                way
            } else {
                String::new()
            }
        })
    };
    let ways = own_way(one).zip(own_way(other));
    let pair = |side: usize| one.people[side].as_ref().zip(other.people[side].as_ref());
    let (actors, recipients) = (pair(0), pair(1));
    let said = OF_WORDS.contains(&TYPES[one.mention.kind]);
    let differ = actors.is_some_and(|(one, other)| one.differs(other));
    let all = [actors, recipients]
        .iter()
        .all(|pair| pair.is_some_and(|(one, other)| one.may_differ(other)));
    said && (differ || all) || ways.is_some_and(|(one, other)| one != other)
}

/// How likely each code is by the mentions together: a mention that is likely and names somebody says more.
fn blend(told: &[Told], side: usize) -> Vec<f32> {
    let mut sum = vec![0.0; told[0].codes[side].len()];
    let mut total = 0.0;
    for told in &told[..told.len().min(MOST_VOICES)] {
        let codes = &told.codes[side];
        let named = codes[..codes.len() - 1].iter().sum::<f32>();
        let weight = told.rank * (0.15 + named);
        for (slot, share) in sum.iter_mut().zip(codes) {
            *slot += weight * share;
        }
        total += weight;
    }
    for share in &mut sum {
        *share /= f32::max(total, 1e-9);
    }
    sum
}
