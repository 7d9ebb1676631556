//! A question put to the resolver: what speaks for each code, and for none, at a word of a sentence.

use std::cmp::Ordering;

use super::{EVIDENCE, Index, Word};
use crate::language::Token;

mod counts;

use counts::Counts;

/// No name is as far away.
const FAR: f32 = 999.0;
/// What stands for the distance and the kind of a name in the phrase where there is none.
const NO_NAME: [f32; 2] = [99.0, 8.0];
/// Names farther from the word than this are not its own.
const FARTHEST_NAME: usize = 5;
/// Where a row holds the sums of two counts over all codes.
const PROPER: usize = 5;
const NOUNS: usize = 6;

/// A question: whom a word means.
pub(super) struct Question<'i> {
    index: &'i Index,
    tokens: &'i [Token],
    sentence: usize,
    at: usize,
    side: usize,
    elsewhere: bool,
    phrase: Vec<usize>,
    whole: Vec<usize>,
    /// The place in the article.
    place: usize,
}

impl<'i> Question<'i> {
    pub(super) fn new(
        index: &'i Index,
        tokens: &'i [Token],
        (sentence, at): (usize, usize),
        side: usize,
        elsewhere: bool,
    ) -> Self {
        let phrase = |whole| {
            if elsewhere {
                Vec::new()
            } else {
                index.phrase(tokens, sentence, at, whole)
            }
        };
        Self {
            index,
            tokens,
            sentence,
            at,
            side,
            elsewhere,
            phrase: phrase(false),
            whole: phrase(true),
            place: index.base[sentence] + at,
        }
    }

    fn words(&self) -> &'i [Word] {
        &self.index.words[self.sentence]
    }

    /// A row of numbers for each code, and last for none.
    pub(super) fn rows(&self) -> Vec<[f32; EVIDENCE]> {
        let counts = self.count();
        let base = self.base(&counts);
        let codes = 0..self.index.codes.len();
        let mut rows = codes
            .map(|code| self.row_of(code, base, &counts))
            .collect::<Vec<_>>();
        rows.push(self.row_of_none(base, &counts));
        rows
    }

    fn count(&self) -> Counts<'i> {
        let index = self.index;
        let count = index.codes.len();
        let direct = self.direct(count);
        let mut wide = vec![0.0; count];
        for &word in &self.whole {
            if let Some((code, _)) = self.words()[word].named {
                wide[code] += 1.0;
            }
        }
        let (proper, nouns) = self.told(count);
        let (last, beside) = self.count_names(count);
        let latest = (0..count).min_by(|&a, &b| last[a].total_cmp(&last[b]));
        let subjects = index.subjects.iter().rev();
        let heard = || index.heard.get(&(self.sentence, self.at));
        Counts {
            named: direct.iter().map(Vec::len).sum(),
            direct,
            total: index.counts.iter().sum::<usize>().max(1) as f32,
            wide,
            proper,
            nouns,
            latest: latest.filter(|&code| last[code] < FAR),
            last,
            beside,
            subject: subjects
                .filter(|(at, _)| *at < self.place)
                .find_map(|&(at, code)| code.map(|code| (at, code))),
            heard: (!self.elsewhere).then(heard).flatten().map(Vec::as_slice),
        }
    }

    /// The names of the phrase by their codes, nearest first.
    fn direct(&self, count: usize) -> Vec<Vec<(usize, usize, u8)>> {
        let mut direct = vec![Vec::new(); count];
        for &word in &self.phrase {
            if let Some((code, kind)) = self.words()[word].named {
                direct[code].push((word.abs_diff(self.at), word, kind));
            }
        }
        for names in &mut direct {
            names.sort_unstable();
        }
        direct
    }

    /// For each code the words since it was named last, and its names in the sentence outside the phrase.
    fn count_names(&self, count: usize) -> (Vec<f32>, Vec<f32>) {
        let (mut last, mut beside) = (vec![FAR; count], vec![0.0; count]);
        for name in &self.index.names {
            if name.at < self.place {
                last[name.code] = (self.place - name.at) as f32;
            }
            if name.sentence == self.sentence && !self.whole.contains(&name.start) {
                beside[name.code] += 1.0;
            }
        }
        (last, beside)
    }

    /// How often the names and the noun of the phrase stood with each code elsewhere.
    fn told(&self, count: usize) -> (Vec<f32>, Vec<f32>) {
        let (mut proper, mut nouns) = (vec![0.0; count], vec![0.0; count]);
        for &word in &self.phrase {
            if self.tokens[word].upos != "PROPN" || word.abs_diff(self.at) > FARTHEST_NAME {
                continue;
            }
            let weight = if word == self.at { 2.0 } else { 1.0 };
            let counts = self.index.proper.get(&self.words()[word].lower);
            for (slot, &count) in proper.iter_mut().zip(counts.into_iter().flatten()) {
                *slot += weight * count as f32;
            }
        }
        if !self.elsewhere && self.tokens[self.at].upos == "NOUN" {
            let places = self.index.nouns.get(&self.words()[self.at].lemma);
            for &(place, code) in places.into_iter().flatten() {
                if place < self.place {
                    nouns[code] += 1.0;
                }
            }
        }
        (proper, nouns)
    }

    /// What is the same for all codes.
    fn base(&self, counts: &Counts<'_>) -> [f32; EVIDENCE] {
        let mut row = [0.0; EVIDENCE];
        row[0] = match (self.elsewhere, self.tokens[self.at].upos) {
            (true, _) => 3.0,
            (_, "PRON") => 0.0,
            (_, "PROPN") => 1.0,
            (_, "NOUN") => 2.0,
            (_, "ADJ") => 4.0,
            _ => 5.0,
        };
        row[1] = self.side as f32;
        row[2] = self.index.codes.len() as f32;
        row[3] = counts.direct.iter().filter(|list| !list.is_empty()).count() as f32;
        row[4] = counts.wide.iter().filter(|count| **count > 0.0).count() as f32;
        row[PROPER] = counts.proper.iter().sum();
        row[NOUNS] = counts.nouns.iter().sum();
        row[10] = self.sentence as f32;
        row[11] = self.phrase.len() as f32;
        row[14] = counts
            .subject
            .map_or(FAR, |(at, _)| (self.place - at) as f32);
        if !self.elsewhere {
            self.put_word(&mut row);
        }
        row
    }

    /// What is known of the word itself.
    fn put_word(&self, row: &mut [f32; EVIDENCE]) {
        let word = &self.words()[self.at];
        let sector = |&word: &usize| Some(self.words()[word].sector).filter(|s| *s > 0);
        row[7] = f32::from(
            sector(&self.at)
                .or_else(|| self.phrase.iter().find_map(sector))
                .unwrap_or(0),
        );
        row[8] = f32::from(word.person & 1);
        row[9] = f32::from(word.person >> 1);
        row[12] = f32::from(self.tokens[self.at].relation.starts_with("nsubj"));
        let children = self.index.children[self.sentence].on(self.at);
        row[13] = f32::from(children.iter().any(|&child| self.words()[child].pointed));
    }

    fn row_of(&self, code: usize, base: [f32; EVIDENCE], counts: &Counts<'_>) -> [f32; EVIDENCE] {
        let index = self.index;
        let nearest = counts.direct[code].first();
        let first = index.names.first();
        let [likely, better] = counts.heard_for(code);
        let mut row = base;
        row[15..].copy_from_slice(&[
            counts.direct[code].len() as f32,
            nearest.map_or(NO_NAME[0], |&(distance, ..)| distance as f32),
            nearest.map_or(NO_NAME[1], |&(.., kind)| f32::from(kind)),
            nearest.map_or(0.0, |&(_, word, _)| match word.cmp(&self.at) {
                Ordering::Less => 1.0,
                Ordering::Greater => 2.0,
                Ordering::Equal => 3.0,
            }),
            counts.wide[code],
            share(counts.proper[code], base[PROPER]),
            share(counts.nouns[code], base[NOUNS]),
            counts.beside[code],
            index.counts[code] as f32 / counts.total,
            code as f32,
            f32::from(index.titled[code]),
            f32::from(first.is_some_and(|name| name.code == code)),
            counts.last[code],
            f32::from(counts.latest == Some(code)),
            f32::from(counts.subject.is_some_and(|(_, subject)| subject == code)),
            0.0,
            f32::from(index.group[code]),
            self.taken_for(Some(code)),
            (counts.named - counts.direct[code].len()) as f32,
            likely,
            better,
        ]);
        row
    }

    fn row_of_none(&self, base: [f32; EVIDENCE], counts: &Counts<'_>) -> [f32; EVIDENCE] {
        let mut row = base;
        row[16..18].copy_from_slice(&NO_NAME);
        row[24] = 99.0;
        row[27] = FAR;
        row[30] = 1.0;
        row[32] = self.taken_for(None);
        row[33] = counts.named as f32;
        row[34..].copy_from_slice(&counts.heard_for(self.index.codes.len()));
        row
    }

    /// Whether the party of the word was taken for this code: 0 in no party, 1 for this, 2 for another.
    fn taken_for(&self, code: Option<usize>) -> f32 {
        match self.words()[self.at].party {
            Some(found) if !self.elsewhere => {
                if found == code {
                    1.0
                } else {
                    2.0
                }
            }
            _ => 0.0,
        }
    }
}

/// The share of a part in a sum.
fn share(part: f32, sum: f32) -> f32 {
    if sum > 0.0 { part / sum } else { 0.0 }
}
