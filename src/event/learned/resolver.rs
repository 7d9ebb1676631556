//! Which country or organisation a word means: the codes that an article names, each with what speaks for it.

use std::collections::HashMap;

use super::{
    path::plain,
    seen::{children, hash},
    trees::Trees,
};
use crate::event::{
    actor::Party,
    cast::Cast,
    lexicon::{Entry, Kind, Lexicon},
    words::Words,
};
use crate::language::{Sentence, Token};

/// Numbers that speak for or against a code.
pub const EVIDENCE: usize = 36;
/// Codes of an article that are weighed against each other; those named least fall away.
const MOST_CODES: usize = 24;
/// A phrase of more words is no name of a party.
const LONGEST_PHRASE: usize = 40;
/// Relations that lead out of a phrase.
const OUTSIDE: [&str; 14] = [
    "conj",
    "cc",
    "punct",
    "parataxis",
    "cop",
    "nsubj",
    "csubj",
    "aux",
    "advcl",
    "mark",
    "dep",
    "discourse",
    "ccomp",
    "xcomp",
];
const FIRST: [&str; 6] = ["i", "we", "us", "me", "our", "my"];
const THIRD: [&str; 4] = ["they", "them", "their", "we"];
const POINTERS: [&str; 17] = [
    "the", "a", "an", "this", "that", "these", "those", "his", "her", "its", "their", "our", "my",
    "some", "many", "several", "both",
];
/// Numbers for the sectors of nouns of role; others are 0.
const SECTORS: [(&str, u8); 14] = [
    ("GOV", 1),
    ("MIL", 2),
    ("COP", 3),
    ("JUD", 4),
    ("LEG", 5),
    ("PTY", 6),
    ("OPP", 6),
    ("REB", 7),
    ("CVL", 8),
    ("BUS", 9),
    ("MED", 10),
    ("NGO", 11),
    ("LAB", 12),
    ("CRM", 7),
];
/// No name is as far away.
const FAR: f32 = 999.0;

/// A name in the text.
#[derive(Debug, Clone, Copy)]
struct Name {
    /// The place of its first word in the article.
    at: usize,
    sentence: usize,
    /// The place of its first word in the sentence.
    start: usize,
    code: usize,
}

/// A word as the resolver needs it.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::option_option,
    reason = "in no party, in one without a code, in one with a code"
)]
struct Word {
    lower: u32,
    lemma: u32,
    named: Option<(usize, u8)>,
    sector: u8,
    /// The party it is in, and its code where it has one.
    party: Option<Option<usize>>,
    person: u8,
    pointed: bool,
}

/// The names of an article and what stands with them.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// The codes that may be meant, most often named first.
    pub codes: Vec<String>,
    group: Vec<bool>,
    titled: Vec<bool>,
    counts: Vec<usize>,
    names: Vec<Name>,
    base: Vec<usize>,
    words: Vec<Vec<Word>>,
    children: Vec<Vec<Vec<usize>>>,
    proper: HashMap<u32, Vec<u32>>,
    nouns: HashMap<u32, Vec<(usize, usize)>>,
    subjects: Vec<(usize, Option<usize>)>,
    /// How likely the cast takes a word for each code, and last for none.
    heard: HashMap<(usize, usize), Vec<f32>>,
}

/// The code of a country, else of a group; the organisations of states are one.
pub(crate) fn code_of<'l>(country: &'l str, group: &'l str) -> &'l str {
    match (country, group) {
        ("", "UNO" | "EUR") => "IGO",
        ("", group) => group,
        (country, _) => country,
    }
}

fn kind(entry: &Entry) -> u8 {
    match entry.kind {
        Kind::Country => 0,
        Kind::People => 1,
        Kind::Capital | Kind::Area => 2,
        Kind::Seat => 3,
        Kind::Organisation | Kind::Role => 4,
        Kind::Group => 5,
        Kind::Person => 6,
        Kind::City => 7,
    }
}

/// Collects the codes of an article, numbered in the order in which they are met.
#[derive(Default)]
struct Codes<'l> {
    list: Vec<&'l str>,
    counts: Vec<usize>,
}

impl<'l> Codes<'l> {
    fn number(&mut self, code: &'l str) -> usize {
        self.list
            .iter()
            .position(|known| *known == code)
            .unwrap_or_else(|| {
                self.list.push(code);
                self.counts.push(0);
                self.list.len() - 1
            })
    }
}

impl Index {
    /// Reads the names of all sentences, of the title, and what the parties found were taken for.
    pub(crate) fn new(
        words: &[Words<'_>],
        parties: &[&[Party<'_>]],
        title: &[&str],
        lexicon: &Lexicon,
        day: Option<jiff::civil::Date>,
    ) -> Self {
        let mut index = Self::default();
        let mut codes = Codes::default();
        let mut total = 0;
        for (sentence, words) in words.iter().enumerate() {
            index.base.push(total);
            index.children.push(children(&words.sentence.tokens));
            index.words.push(plain_words(words, lexicon));
            let mut at = 0;
            while at < words.len() {
                let Some((entry, length)) = lexicon.name_on(&words.text[at..], day) else {
                    at += 1;
                    continue;
                };
                let entry = &lexicon.entries[entry];
                let code = code_of(&entry.country, &entry.group);
                if !code.is_empty() {
                    let code = codes.number(code);
                    codes.counts[code] += 1;
                    index.names.push(Name {
                        at: total + at,
                        sentence,
                        start: at,
                        code,
                    });
                    for word in &mut index.words[sentence][at..at + length] {
                        word.named = Some((code, kind(entry)));
                    }
                }
                at += length;
            }
            total += words.len();
        }
        let mut titled = Vec::new();
        let mut at = 0;
        while at < title.len() {
            let found = lexicon.name_on(&title[at..], day);
            if let Some((entry, _)) = found {
                let entry = &lexicon.entries[entry];
                let code = code_of(&entry.country, &entry.group);
                if !code.is_empty() {
                    titled.push(codes.number(code));
                }
            }
            at += found.map_or(1, |(_, length)| length);
        }
        for (sentence, parties) in parties.iter().enumerate() {
            for party in *parties {
                let code = code_of(party.country, party.group);
                let code = (!code.is_empty()).then(|| codes.number(code));
                for word in &mut index.words[sentence][party.start..party.end] {
                    word.party = Some(code);
                }
            }
        }
        index.rank(&codes, &titled);
        index.learn(words);
        index
    }

    /// Numbers the codes anew, the one named most first; beyond the most that are weighed, a name has no code.
    fn rank(&mut self, codes: &Codes<'_>, titled: &[usize]) {
        let mut order = (0..codes.list.len()).collect::<Vec<_>>();
        order.sort_by_key(|&code| std::cmp::Reverse(codes.counts[code]));
        order.truncate(MOST_CODES);
        let mut new = vec![None; codes.list.len()];
        for (rank, &code) in order.iter().enumerate() {
            new[code] = Some(rank);
            self.codes.push(codes.list[code].to_owned());
            self.counts.push(codes.counts[code]);
            self.titled.push(titled.contains(&code));
            let group = matches!(codes.list[code], "IGO" | "NGO" | "IMG" | "ISM" | "MNC");
            self.group.push(group);
        }
        self.names = std::mem::take(&mut self.names)
            .into_iter()
            .filter_map(|name| new[name.code].map(|code| Name { code, ..name }))
            .collect();
        for word in self.words.iter_mut().flatten() {
            word.named = word
                .named
                .and_then(|(code, kind)| new[code].map(|code| (code, kind)));
            word.party = word.party.map(|code| code.and_then(|code| new[code]));
        }
    }

    /// What stands with the codes: surnames, nouns, subjects.
    fn learn(&mut self, words: &[Words<'_>]) {
        for (sentence, words) in words.iter().enumerate() {
            let tokens = &words.sentence.tokens;
            for (at, token) in tokens.iter().enumerate() {
                let part = matches!(plain(token.relation), "compound" | "flat" | "amod")
                    || token.relation == "nmod:poss";
                if !matches!(token.upos, "PROPN" | "NOUN") || part {
                    continue;
                }
                let code = self
                    .phrase(tokens, sentence, at, false)
                    .into_iter()
                    .filter(|&word| word.abs_diff(at) <= 6)
                    .find_map(|word| self.words[sentence][word].named)
                    .map(|(code, _)| code);
                let place = self.base[sentence] + at;
                if let Some(code) = code {
                    self.learn_code(tokens, sentence, at, code);
                    let lemma = self.words[sentence][at].lemma;
                    self.nouns.entry(lemma).or_default().push((place, code));
                }
                if token.relation.starts_with("nsubj") {
                    self.subjects.push((place, code));
                }
            }
        }
    }

    fn learn_code(&mut self, tokens: &[Token], sentence: usize, at: usize, code: usize) {
        for word in self.phrase(tokens, sentence, at, true) {
            let near = word.abs_diff(at) <= 8 && self.words[sentence][word].named.is_none();
            if tokens[word].upos == "PROPN" && (near || word == at) {
                let counts = self
                    .proper
                    .entry(self.words[sentence][word].lower)
                    .or_insert_with(|| vec![0; self.codes.len()]);
                counts[code] += if near && word == at { 2 } else { 1 };
            }
        }
    }

    /// The words of the phrase of a head, the head first; with `whole` also appositions and relative clauses.
    pub(crate) fn phrase(
        &self,
        tokens: &[Token],
        sentence: usize,
        head: usize,
        whole: bool,
    ) -> Vec<usize> {
        let mut out = vec![head];
        let mut open = vec![head];
        while let Some(word) = open.pop() {
            for &child in &self.children[sentence][word] {
                let relation = tokens[child].relation;
                let further = relation.starts_with("appos") || relation.starts_with("acl");
                if OUTSIDE.contains(&plain(relation)) || (further && !whole) {
                    continue;
                }
                out.push(child);
                open.push(child);
                if out.len() > LONGEST_PHRASE {
                    return out;
                }
            }
        }
        out
    }

    /// Asks the cast of the story whom a word means.
    pub(crate) fn hear(&mut self, cast: &Cast<'_, '_>, place: (usize, usize)) {
        if self.heard.contains_key(&place) {
            return;
        }
        let mut odds = vec![0.0; self.codes.len() + 1];
        for (code, likely) in cast.meant(place.0, place.1) {
            let code = code_of(code, "");
            let code = if matches!(code, "UNO" | "EUR") {
                "IGO"
            } else {
                code
            };
            let at = self.codes.iter().position(|known| known == code);
            odds[at.unwrap_or(self.codes.len())] += likely;
        }
        self.heard.insert(place, odds);
    }

    /// The number of the sector of the phrase of a word; 0 where none is known.
    pub(crate) fn sector(&self, tokens: &[Token], sentence: usize, at: usize) -> u8 {
        let phrase = self.phrase(tokens, sentence, at, false);
        let mut sectors = phrase.iter().map(|&word| self.words[sentence][word].sector);
        sectors.find(|sector| *sector > 0).unwrap_or(0)
    }

    /// Whether a word is in a party: 0 in none, 1 in one without a code, 2 in one with a code.
    pub(crate) fn standing(&self, sentence: usize, at: usize) -> u8 {
        match self.words[sentence][at].party {
            None => 0,
            Some(None) => 1,
            Some(Some(_)) => 2,
        }
    }

    /// What speaks for each code, and last for none, at a word of a sentence; with `elsewhere` at a trigger whose party
    /// stands outside its sentence.
    pub fn evidence(
        &self,
        sentences: &[Sentence],
        (sentence, at): (usize, usize),
        side: usize,
        elsewhere: bool,
    ) -> Vec<[f32; EVIDENCE]> {
        Asked::new(
            self,
            &sentences[sentence].tokens,
            (sentence, at),
            side,
            elsewhere,
        )
        .rows()
    }

    /// The probability of each code, and last of none.
    pub fn weigh(
        &self,
        trees: &Trees,
        sentences: &[Sentence],
        place: (usize, usize),
        side: usize,
        elsewhere: bool,
    ) -> Vec<f32> {
        let rows = self.evidence(sentences, place, side, elsewhere);
        let mut odds = rows
            .iter()
            .map(|row| crate::language::curves::sigmoid(trees.sum(row)))
            .collect::<Vec<_>>();
        let sum = odds.iter().sum::<f32>().max(1e-6);
        for odds in &mut odds {
            *odds /= sum;
        }
        odds
    }
}

fn plain_words(words: &Words<'_>, lexicon: &Lexicon) -> Vec<Word> {
    let lowers = words.lowers();
    let tokens = &words.sentence.tokens;
    (0..words.len())
        .map(|at| {
            let role = lexicon
                .role_at(&lowers[at..])
                .and_then(|(entry, _)| lexicon.entries[entry].sectors.first())
                .and_then(|name| SECTORS.iter().find(|(known, _)| *known == &**name));
            let lower = lowers[at];
            Word {
                lower: hash(0, lower),
                lemma: hash(0, &tokens[at].lemma.to_lowercase()),
                named: None,
                sector: role.map_or(0, |&(_, number)| number),
                party: None,
                person: u8::from(FIRST.contains(&lower)) + 2 * u8::from(THIRD.contains(&lower)),
                pointed: POINTERS.contains(&lower),
            }
        })
        .collect()
}

/// A question: whom a word means.
struct Asked<'i> {
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

impl<'i> Asked<'i> {
    fn new(
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

    fn rows(&self) -> Vec<[f32; EVIDENCE]> {
        let index = self.index;
        let count = index.codes.len();
        let mut direct: Vec<Vec<(usize, usize, u8)>> = vec![Vec::new(); count];
        for &word in &self.phrase {
            if let Some((code, kind)) = self.words()[word].named {
                direct[code].push((word.abs_diff(self.at), word, kind));
            }
        }
        let mut wide = vec![0.0; count];
        for &word in &self.whole {
            if let Some((code, _)) = self.words()[word].named {
                wide[code] += 1.0;
            }
        }
        let (proper, nouns) = self.told(count);
        let mut last = vec![FAR; count];
        let mut beside = vec![0.0; count];
        for name in &index.names {
            if name.at < self.place {
                last[name.code] = (self.place - name.at) as f32;
            }
            if name.sentence == self.sentence && !self.whole.contains(&name.start) {
                beside[name.code] += 1.0;
            }
        }
        let latest = (0..count)
            .min_by(|&a, &b| last[a].total_cmp(&last[b]))
            .filter(|&c| last[c] < FAR);
        let before = index
            .subjects
            .iter()
            .rev()
            .filter(|(at, _)| *at < self.place);
        let subject = before
            .clone()
            .find_map(|&(at, code)| code.map(|code| (at, code)));
        let taken = (!self.elsewhere)
            .then(|| self.words()[self.at].party)
            .flatten();
        let base = self.base(&direct, &wide, &proper, &nouns, subject.map(|(at, _)| at));
        let named = direct.iter().map(Vec::len).sum::<usize>();
        let total = index.counts.iter().sum::<usize>().max(1) as f32;
        let (proper_sum, noun_sum) = (proper.iter().sum::<f32>(), nouns.iter().sum::<f32>());
        let share = |part: f32, sum: f32| if sum > 0.0 { part / sum } else { 0.0 };
        let taken_for = |code: Option<usize>| match taken {
            Some(found) if found == code => 1.0,
            Some(_) => 2.0,
            None => 0.0,
        };
        let heard = (!self.elsewhere)
            .then(|| index.heard.get(&(self.sentence, self.at)))
            .flatten();
        let heard_for = |code: usize| {
            heard.map_or([-1.0, 0.0], |odds| {
                let more = odds.iter().filter(|other| **other > odds[code]).count();
                [odds[code], more as f32]
            })
        };
        let mut rows = Vec::with_capacity(count + 1);
        for code in 0..count {
            direct[code].sort_unstable();
            let nearest = direct[code].first();
            let mut row = base;
            row[15..].copy_from_slice(&[
                direct[code].len() as f32,
                nearest.map_or(99.0, |&(distance, ..)| distance as f32),
                nearest.map_or(8.0, |&(.., kind)| f32::from(kind)),
                nearest.map_or(0.0, |&(_, word, _)| match word.cmp(&self.at) {
                    std::cmp::Ordering::Less => 1.0,
                    std::cmp::Ordering::Greater => 2.0,
                    std::cmp::Ordering::Equal => 3.0,
                }),
                wide[code],
                share(proper[code], proper_sum),
                share(nouns[code], noun_sum),
                beside[code],
                index.counts[code] as f32 / total,
                code as f32,
                f32::from(index.titled[code]),
                f32::from(index.names.first().is_some_and(|name| name.code == code)),
                last[code],
                f32::from(latest == Some(code)),
                f32::from(subject.is_some_and(|(_, subject)| subject == code)),
                0.0,
                f32::from(index.group[code]),
                taken_for(Some(code)),
                (named - direct[code].len()) as f32,
                heard_for(code)[0],
                heard_for(code)[1],
            ]);
            rows.push(row);
        }
        let mut none = base;
        none[16] = 99.0;
        none[17] = 8.0;
        none[24] = 99.0;
        none[27] = FAR;
        none[30] = 1.0;
        none[32] = taken_for(None);
        none[33] = named as f32;
        none[34..].copy_from_slice(&heard_for(count));
        rows.push(none);
        rows
    }

    /// How often the names and the noun of the phrase stood with each code elsewhere.
    fn told(&self, count: usize) -> (Vec<f32>, Vec<f32>) {
        let (mut proper, mut nouns) = (vec![0.0; count], vec![0.0; count]);
        for &word in &self.phrase {
            if self.tokens[word].upos != "PROPN" || word.abs_diff(self.at) > 5 {
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
    fn base(
        &self,
        direct: &[Vec<(usize, usize, u8)>],
        wide: &[f32],
        proper: &[f32],
        nouns: &[f32],
        subject: Option<usize>,
    ) -> [f32; EVIDENCE] {
        let mut row = [0.0; EVIDENCE];
        let token = &self.tokens[self.at];
        let word = &self.words()[self.at];
        row[0] = match (self.elsewhere, token.upos) {
            (true, _) => 3.0,
            (_, "PRON") => 0.0,
            (_, "PROPN") => 1.0,
            (_, "NOUN") => 2.0,
            (_, "ADJ") => 4.0,
            _ => 5.0,
        };
        row[1] = self.side as f32;
        row[2] = self.index.codes.len() as f32;
        row[3] = direct.iter().filter(|list| !list.is_empty()).count() as f32;
        row[4] = wide.iter().filter(|count| **count > 0.0).count() as f32;
        row[5] = proper.iter().sum();
        row[6] = nouns.iter().sum();
        row[10] = self.sentence as f32;
        row[11] = self.phrase.len() as f32;
        row[14] = subject.map_or(FAR, |at| (self.place - at) as f32);
        if self.elsewhere {
            return row;
        }
        let sector = |&word: &usize| Some(self.words()[word].sector).filter(|s| *s > 0);
        row[7] = f32::from(
            sector(&self.at)
                .or_else(|| self.phrase.iter().find_map(sector))
                .unwrap_or(0),
        );
        row[8] = f32::from(word.person & 1);
        row[9] = f32::from(word.person >> 1);
        row[12] = f32::from(token.relation.starts_with("nsubj"));
        let children = &self.index.children[self.sentence][self.at];
        row[13] = f32::from(children.iter().any(|&child| self.words()[child].pointed));
        row
    }
}
