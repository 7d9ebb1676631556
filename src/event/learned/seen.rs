//! What the network sees of a sentence: features of each word as hashes, its place in the article as numbers.

use std::collections::HashSet;

use crate::event::{
    act::Act,
    actor::{Party, Sort},
    lexicon::Lexicon,
    words::Words,
};
use crate::language::{Token, form};

/// Numbers that tell where in an article a sentence stands.
pub const PLACE: usize = 16;

/// One sentence as the network sees it.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Hashes of features, those of a word after those of the word before.
    pub features: Vec<u32>,
    /// Where the features of each word end.
    pub ends: Vec<u32>,
    /// The key of the vector of each word.
    pub forms: Vec<u32>,
    /// Whether each word may be the head of a party.
    pub nominal: Vec<bool>,
    /// Where the sentence stands.
    pub place: [f32; PLACE],
}

impl Seen {
    /// The features of a word.
    pub fn of(&self, at: usize) -> &[u32] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.features[start as usize..self.ends[at] as usize]
    }

    /// How many words.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// What the features of a sentence are read from.
pub(crate) struct Sight<'a, 'l> {
    pub(crate) words: &'a Words<'a>,
    pub(crate) parties: &'a [Party<'l>],
    pub(crate) acts: &'a [Act<'l>],
    pub(crate) lexicon: &'l Lexicon,
    /// The lemmas of the title.
    pub(crate) title: &'a HashSet<String>,
    /// Opens a paragraph.
    pub(crate) opens: bool,
}

/// A hash of a feature: its kind and its text.
pub(crate) fn hash(kind: u8, text: &str) -> u32 {
    let mut hash = 0x811c_9dc5_u32 ^ (u32::from(kind) << 24);
    for byte in std::iter::once(kind).chain(text.bytes()) {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x2c1b_3c6d);
    hash ^ (hash >> 13)
}

/// Kinds of features; a feature of a kind is kept in the table when it was met as often as the number says.
pub const LEAST_COUNTS: [u32; 27] = [
    3, 4, 2, 2, 2, 6, 4, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 8, 8, 10, 10, 4, 2, 2, 2,
];
const LEMMA: u8 = 0;
const SUFFIX: u8 = 1;
const UPOS: u8 = 2;
const XPOS: u8 = 3;
const RELATION: u8 = 4;
const HEAD_LEMMA: u8 = 5;
const HEAD_TAG: u8 = 6;
const SHAPE: u8 = 7;
const FLAG: u8 = 8;
const ROLE: u8 = 9;
const FRAME: u8 = 10;
const PARTY: u8 = 11;
const ACT: u8 = 12;
const ACT_WEIGHT: u8 = 13;
const ACT_MODALITY: u8 = 14;
const ACT_SIDES: u8 = 15;
const AUXILIARY: u8 = 16;
const MARK: u8 = 17;
const CLAUSE: u8 = 18;
const SUBJECT: u8 = 19;
const OBJECT: u8 = 20;
const BEFORE: u8 = 21;
const AFTER: u8 = 22;
const OBLIQUE: u8 = 23;
const SUBJECT_SORT: u8 = 24;
const OBJECT_SORT: u8 = 25;
const OBLIQUE_SORT: u8 = 26;

/// A hash with its kind in the top bits, so that the trainer can count by kind.
fn put(out: &mut Vec<u32>, kind: u8, text: &str) {
    out.push((u32::from(kind) << 27) | (hash(kind, text) >> 5));
}

/// The kind of a feature.
pub fn kind(feature: u32) -> usize {
    (feature >> 27) as usize
}

/// Everything of a sentence but its place.
pub(crate) fn see(sight: &Sight<'_, '_>) -> Seen {
    let tokens = &sight.words.sentence.tokens;
    let mut seen = Seen::default();
    let children = children(tokens);
    for at in 0..tokens.len() {
        let out = &mut seen.features;
        put_word(sight, at, out);
        put_family(sight, at, &children[at], out);
        put_lexicon(sight, at, out);
        put_acts(sight, at, out);
        seen.ends.push(seen.features.len() as u32);
        seen.forms.push(form::key(sight.words.text[at]));
        seen.nominal.push(matches!(
            tokens[at].upos,
            "NOUN" | "PROPN" | "PRON" | "ADJ" | "NUM" | "DET" | "X" | "VERB"
        ));
    }
    seen
}

/// The words that hang on each word.
pub(crate) fn children(tokens: &[Token]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); tokens.len()];
    for (at, token) in tokens.iter().enumerate() {
        if let Some(head) = token.head {
            children[head].push(at);
        }
    }
    children
}

fn put_word(sight: &Sight<'_, '_>, at: usize, out: &mut Vec<u32>) {
    let tokens = &sight.words.sentence.tokens;
    let token = &tokens[at];
    let lower = sight.words.lower(at);
    let lemma = token.lemma.to_lowercase();
    put(out, LEMMA, &lemma);
    let suffix = lower.char_indices().rev().nth(2).map_or(0, |(at, _)| at);
    put(out, SUFFIX, &lower[suffix..]);
    put(out, UPOS, token.upos);
    put(out, XPOS, token.xpos);
    put(out, RELATION, token.relation);
    let text = sight.words.text[at];
    let capital = sight.words.is_capital(at);
    let shout = capital && text.len() > 1 && text.chars().all(|c| !c.is_lowercase());
    let digit = text.chars().any(|c| c.is_ascii_digit());
    put(
        out,
        SHAPE,
        match (shout, capital, digit) {
            (_, _, true) => "0",
            (true, ..) => "XX",
            (_, true, _) => "Xx",
            _ => "x",
        },
    );
    let titled =
        sight.title.contains(&lemma) && matches!(token.upos, "NOUN" | "VERB" | "PROPN" | "ADJ");
    for (name, holds) in [
        ("quoted", sight.words.quoted[at]),
        ("title", titled),
        ("first", at == 0),
        ("opens", sight.opens),
        ("heading", sight.words.sentence.heading),
    ] {
        if holds {
            put(out, FLAG, name);
        }
    }
    if at > 0 {
        put(out, BEFORE, sight.words.lower(at - 1));
    }
    if at + 1 < tokens.len() {
        put(out, AFTER, sight.words.lower(at + 1));
    }
}

fn put_family(sight: &Sight<'_, '_>, at: usize, children: &[usize], out: &mut Vec<u32>) {
    let tokens = &sight.words.sentence.tokens;
    if let Some(head) = tokens[at].head {
        put(out, HEAD_LEMMA, &tokens[head].lemma.to_lowercase());
        put(
            out,
            HEAD_TAG,
            &[tokens[head].upos, tokens[at].relation].join("/"),
        );
        if tokens[at].relation.starts_with("ccomp") || tokens[at].relation == "parataxis" {
            let told = sight.lexicon.reporting.contains(sight.words.lower(head));
            put(out, CLAUSE, if told { "told" } else { "clause" });
        }
    }
    if !matches!(tokens[at].upos, "VERB" | "NOUN" | "ADJ" | "PROPN") {
        return;
    }
    for &child in children {
        let lemma = || tokens[child].lemma.to_lowercase();
        match tokens[child].relation.split(':').next().unwrap_or_default() {
            "nsubj" => {
                put(out, SUBJECT, &lemma());
                put_sort(sight, child, SUBJECT_SORT, out);
            }
            "obj" => {
                put(out, OBJECT, &lemma());
                put_sort(sight, child, OBJECT_SORT, out);
            }
            "obl" | "nmod" | "compound" => {
                put(out, OBLIQUE, &lemma());
                put_sort(sight, child, OBLIQUE_SORT, out);
            }
            "aux" | "cop" => put(out, AUXILIARY, sight.words.lower(child)),
            "advmod" if matches!(sight.words.lower(child), "not" | "n't" | "never") => {
                put(out, AUXILIARY, "not");
            }
            "mark" | "case" | "det" => put(out, MARK, sight.words.lower(child)),
            "advcl" | "xcomp" | "ccomp" | "acl" => put(out, CLAUSE, tokens[child].relation),
            _ => {}
        }
    }
}

/// What is known of the party that a word is in.
fn put_sort(sight: &Sight<'_, '_>, at: usize, kind: u8, out: &mut Vec<u32>) {
    let Some(party) = sight.parties.iter().find(|p| p.start <= at && at < p.end) else {
        put(out, kind, sight.words.sentence.tokens[at].upos);
        return;
    };
    put(out, kind, if party.coded() { "coded" } else { "uncoded" });
    if party.pronoun() {
        put(out, kind, "pronoun");
    }
    for sector in &party.sectors {
        put(out, kind, sector);
    }
}

fn put_lexicon(sight: &Sight<'_, '_>, at: usize, out: &mut Vec<u32>) {
    let lower = sight.words.lower(at);
    let forms = sight.lexicon.triggers.get(lower).into_iter().flatten();
    let mut types = forms
        .map(|&(frame, _)| &*sight.lexicon.frames[frame].r#type)
        .collect::<Vec<_>>();
    types.sort_unstable();
    types.dedup();
    for name in types {
        put(out, FRAME, name);
    }
    let Some(party) = sight.parties.iter().find(|p| p.start <= at && at < p.end) else {
        return;
    };
    let sort = match party.sort {
        Sort::Named(kind) => format!("{kind:?}"),
        sort => format!("{sort:?}"),
    };
    put(out, PARTY, &sort);
    if party.coded() {
        put(out, PARTY, "coded");
    }
    if party.speaker {
        put(out, PARTY, "speaker");
    }
    for sector in &party.sectors {
        put(out, ROLE, sector);
    }
}

fn put_acts(sight: &Sight<'_, '_>, at: usize, out: &mut Vec<u32>) {
    let holds = |list: &[usize]| {
        list.iter()
            .any(|&p| sight.parties[p].start <= at && at < sight.parties[p].end)
    };
    for act in sight.acts {
        if holds(&act.actors.parties) {
            put(out, ACT_SIDES, "an actor");
        }
        if holds(&act.recipients.parties) {
            put(out, ACT_SIDES, "a recipient");
        }
        if act.trigger != at {
            continue;
        }
        put(out, ACT, act.r#type);
        let tenth = (act.weight * 10.0) as usize;
        put(out, ACT_WEIGHT, &tenth.to_string());
        put(out, ACT_MODALITY, act.modality);
        put(
            out,
            ACT_SIDES,
            if act.actors.is_empty() {
                "nobody"
            } else {
                "somebody"
            },
        );
        put(
            out,
            ACT_SIDES,
            if act.recipients.is_empty() {
                "to nobody"
            } else {
                "to somebody"
            },
        );
    }
}
