//! Reads the names of an article for the resolver, and learns what stands with them.

use std::cmp::Reverse;
use std::ops::Range;

use jiff::civil::Date;

use super::{Index, Name, Word, code_of};
use crate::event::{
    actor::Party,
    cast::noun::Dependents,
    learned::seen::hash,
    lexicon::{Entry, Kind, Lexicon},
    syntax::plain,
    words::Words,
};
use crate::language::Token;

/// Codes of an article that are weighed against each other; those named least fall away.
const MOST_CODES: usize = 24;
// The trees were grown on what these lists tell of a word: a word more or less needs new trees.
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
/// The codes of an article, numbered in the order in which they are met.
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

/// An article while its names are read.
struct Collector<'l> {
    index: Index,
    codes: Codes<'l>,
    lexicon: &'l Lexicon,
    day: Option<Date>,
    /// Words of the sentences read.
    total: usize,
}

impl<'l> Collector<'l> {
    /// Reads the names of the next sentence.
    fn read_sentence(&mut self, words: &Words<'_>) {
        let sentence = self.index.words.len();
        self.index.base.push(self.total);
        let dependents = Dependents::of(&words.sentence.tokens);
        self.index.children.push(dependents);
        self.index.words.push(plain_words(words, self.lexicon));
        let mut at = 0;
        while at < words.len() {
            let Some((entry, length)) = self.name_on(&words.text[at..]) else {
                at += 1;
                continue;
            };
            self.note_name(entry, sentence, at..at + length);
            at += length;
        }
        self.total += words.len();
    }

    fn note_name(&mut self, entry: &'l Entry, sentence: usize, words: Range<usize>) {
        let code = code_of(&entry.country, &entry.group);
        if code.is_empty() {
            return;
        }
        let code = self.codes.number(code);
        self.codes.counts[code] += 1;
        self.index.names.push(Name {
            at: self.total + words.start,
            sentence,
            start: words.start,
            code,
        });
        for word in &mut self.index.words[sentence][words] {
            word.named = Some((code, kind(entry)));
        }
    }

    /// The codes that the title names.
    fn read_title(&mut self, title: &[&str]) -> Vec<usize> {
        let mut titled = Vec::new();
        let mut at = 0;
        while at < title.len() {
            let Some((entry, length)) = self.name_on(&title[at..]) else {
                at += 1;
                continue;
            };
            let code = code_of(&entry.country, &entry.group);
            if !code.is_empty() {
                titled.push(self.codes.number(code));
            }
            at += length;
        }
        titled
    }

    /// Reads what the parties of a sentence were taken for.
    fn read_parties(&mut self, sentence: usize, parties: &[Party<'l>]) {
        for party in parties {
            let code = code_of(party.country, party.group);
            let code = (!code.is_empty()).then(|| self.codes.number(code));
            for word in &mut self.index.words[sentence][party.start..party.end] {
                word.party = Some(code);
            }
        }
    }

    fn name_on(&self, words: &[&str]) -> Option<(&'l Entry, usize)> {
        let (entry, length) = self.lexicon.name_on(words, self.day)?;
        Some((&self.lexicon.entries[entry], length))
    }
}

impl Index {
    /// Reads the names of all sentences, of the title, and what the parties found were taken for.
    pub(crate) fn new<'l>(
        words: &[Words<'_>],
        parties: &[&[Party<'l>]],
        title: &[&str],
        lexicon: &'l Lexicon,
        day: Option<Date>,
    ) -> Self {
        let mut collector = Collector {
            index: Self::default(),
            codes: Codes::default(),
            lexicon,
            day,
            total: 0,
        };
        for words in words {
            collector.read_sentence(words);
        }
        let titled = collector.read_title(title);
        for (sentence, parties) in parties.iter().enumerate() {
            collector.read_parties(sentence, parties);
        }
        let Collector {
            mut index, codes, ..
        } = collector;
        index.rank(&codes, &titled);
        index.learn(words);
        index
    }

    /// Numbers the codes anew, the one named most first; beyond the most that are weighed, a name has no code.
    fn rank(&mut self, codes: &Codes<'_>, titled: &[usize]) {
        let mut order = (0..codes.list.len()).collect::<Vec<_>>();
        order.sort_by_key(|&code| Reverse(codes.counts[code]));
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
