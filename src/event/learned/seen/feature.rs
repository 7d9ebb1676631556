//! The features of a word: itself, the words around it and those that hang on it, the lexicon's and the grammar's findings.

use std::{cmp::Ordering, ops::Range};

use super::{Sight, hash};
use crate::event::{actor::Sort, syntax::plain, words::Words};

// The kinds of features, in the order of `LEAST_COUNTS`.
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

/// A number as a word; longer ones are told as this.
const NUMBER: &str = "00000";
/// Numbers that news tells as years.
const YEARS: Range<i16> = 1800..2100;

/// All features of a word on which `children` hang.
pub(super) fn put_all(
    sight: &Sight<'_, '_>,
    (at, children): (usize, &[usize]),
    background: bool,
    out: &mut Vec<u32>,
) {
    put_word(sight, at, background, out);
    put_family(sight, at, children, out);
    put_lexicon(sight, at, out);
    put_acts(sight, at, out);
}

/// A hash with its kind in the top bits, so that the trainer can count by kind.
fn put(out: &mut Vec<u32>, kind: u8, text: &str) {
    out.push((u32::from(kind) << 27) | (hash(kind, text) >> 5));
}

/// A word; a number by its length alone: those of one time do not come back at another.
fn put_lemma(out: &mut Vec<u32>, kind: u8, text: &str) {
    if is_number(text) {
        put(out, kind, &NUMBER[..text.len().min(NUMBER.len())]);
    } else {
        put(out, kind, text);
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn put_word(sight: &Sight<'_, '_>, at: usize, background: bool, out: &mut Vec<u32>) {
    let tokens = &sight.words.sentence.tokens;
    let token = &tokens[at];
    let lower = sight.words.lower(at);
    let lemma = token.lemma.to_lowercase();
    let number = is_number(lower);
    put_lemma(out, LEMMA, &lemma);
    if number {
        put_year(lower, sight.year, out);
    } else {
        let suffix = lower.char_indices().rev().nth(2).map_or(0, |(at, _)| at);
        put(out, SUFFIX, &lower[suffix..]);
    }
    put(out, UPOS, token.upos);
    put(out, XPOS, token.xpos);
    put(out, RELATION, token.relation);
    put(out, SHAPE, shape(sight.words, at));
    put_flags(sight, (at, &lemma), background, out);
    if at > 0 {
        put_lemma(out, BEFORE, sight.words.lower(at - 1));
    }
    if at + 1 < tokens.len() {
        put_lemma(out, AFTER, sight.words.lower(at + 1));
    }
}

/// How a year stands to that of publication.
fn put_year(number: &str, published: Option<i16>, out: &mut Vec<u32>) {
    let Some(year) = year_of(number) else { return };
    let told = published.map_or("a year", |published| match year.cmp(&published) {
        Ordering::Less if published - year > 1 => "years before",
        Ordering::Less => "the year before",
        Ordering::Equal => "this year",
        Ordering::Greater => "a year to come",
    });
    put(out, FLAG, told);
}

/// Whether a sentence tells of a year before that of publication.
pub(crate) fn tells_past_year(words: &Words<'_>, published: Option<i16>) -> bool {
    let years = words.text.iter().filter_map(|word| year_of(word));
    published.is_some_and(|published| years.min().is_some_and(|year| year < published))
}

/// The year that a number of four digits may be.
pub(crate) fn year_of(number: &str) -> Option<i16> {
    let year = number.parse().ok().filter(|_| number.len() == 4)?;
    YEARS.contains(&year).then_some(year)
}

/// How a word is written.
fn shape(words: &Words<'_>, at: usize) -> &'static str {
    let text = words.text[at];
    let capital = words.is_capital(at);
    let shout = capital && text.len() > 1 && text.chars().all(|c| !c.is_lowercase());
    let digit = text.chars().any(|c| c.is_ascii_digit());
    match (shout, capital, digit) {
        (_, _, true) => "0",
        (true, ..) => "XX",
        (_, true, _) => "Xx",
        _ => "x",
    }
}

/// Where a word stands.
fn put_flags(
    sight: &Sight<'_, '_>,
    (at, lemma): (usize, &str),
    background: bool,
    out: &mut Vec<u32>,
) {
    let token = &sight.words.sentence.tokens[at];
    let titled =
        sight.title.contains(lemma) && matches!(token.upos, "NOUN" | "VERB" | "PROPN" | "ADJ");
    for (name, holds) in [
        ("quoted", sight.words.quoted[at]),
        ("title", titled),
        ("first", at == 0),
        ("opens", sight.opens),
        ("background", background),
        ("heading", sight.words.sentence.heading),
    ] {
        if holds {
            put(out, FLAG, name);
        }
    }
}

fn put_family(sight: &Sight<'_, '_>, at: usize, children: &[usize], out: &mut Vec<u32>) {
    put_head(sight, at, out);
    let tokens = &sight.words.sentence.tokens;
    if matches!(tokens[at].upos, "VERB" | "NOUN" | "ADJ" | "PROPN") {
        put_children(sight, children, out);
    }
}

/// The word that a word hangs on, and how.
fn put_head(sight: &Sight<'_, '_>, at: usize, out: &mut Vec<u32>) {
    let tokens = &sight.words.sentence.tokens;
    if let Some(head) = tokens[at].head {
        let lemma = tokens[head].lemma.to_lowercase();
        put_lemma(out, HEAD_LEMMA, &lemma);
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
}

/// The words that hang on a word, by how they do.
fn put_children(sight: &Sight<'_, '_>, children: &[usize], out: &mut Vec<u32>) {
    let tokens = &sight.words.sentence.tokens;
    for &child in children {
        let lemma = || tokens[child].lemma.to_lowercase();
        match plain(tokens[child].relation) {
            "nsubj" => {
                put_lemma(out, SUBJECT, &lemma());
                put_sort(sight, child, SUBJECT_SORT, out);
            }
            "obj" => {
                put_lemma(out, OBJECT, &lemma());
                put_sort(sight, child, OBJECT_SORT, out);
            }
            "obl" | "nmod" | "compound" => {
                put_lemma(out, OBLIQUE, &lemma());
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
