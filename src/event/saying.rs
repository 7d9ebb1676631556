//! Who tells an act: the verb of saying that governs it, whose it is, and whether the writer stands by it.

use std::collections::HashMap;

use super::{
    actor::Party,
    clause::{children, climb, find_head, is_parsed, plain},
    compile::verb_forms,
    details::{Clue, Details},
    forms::Forms,
    lexicon::Lexicon,
    table::{Faults, LexiconSource},
    words::Words,
};

/// The kinds that a verb of saying may have.
const KINDS: [&str; 3] = ["reported", "claimed", "denied"];

/// Forms of the verbs of saying, in lower case, with their kind.
#[derive(Debug, Default)]
pub(crate) struct Sayings {
    forms: HashMap<Box<str>, &'static str>,
}

impl Sayings {
    pub(crate) fn kind(&self, word: &str) -> Option<&'static str> {
        self.forms.get(word).copied()
    }
}

impl Lexicon {
    /// Reads the verbs that report; those that deny open no report.
    pub(crate) fn read_sayings(
        &mut self,
        source: &LexiconSource,
        forms: &Forms,
        faults: &mut Faults,
    ) {
        for line in source.lines("reporting.tsv", faults) {
            let given = match line.get("kind") {
                "" => KINDS[0],
                other => other,
            };
            let Some(kind) = KINDS.into_iter().find(|kind| *kind == given) else {
                faults.add(line.file, line.number, "kind is reported, claimed or denied");
                continue;
            };
            for word in verb_forms(&[line], forms) {
                if kind != "denied" {
                    self.reporting.insert(word.clone());
                }
                self.sayings.forms.insert(word, kind);
            }
        }
    }
}

/// An act told by somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Saying {
    /// `reported`, `claimed`, `quoted` or `denied`.
    pub(crate) kind: &'static str,
    /// The words of the speaker, first and one past the last.
    pub(crate) speaker: Option<(usize, usize)>,
}

/// The saying that the act at `at` stands in; none where the writer tells it himself.
pub(crate) fn find_saying(
    words: &Words<'_>,
    parties: &[Party<'_>],
    lexicon: &Lexicon,
    at: usize,
) -> Option<Saying> {
    if !is_parsed(words) {
        return None;
    }
    let verb = find_verb(words, lexicon, at);
    let source = find_source(words, at);
    let kind = verb.and_then(|verb| lexicon.sayings.kind(words.lower(verb)));
    let speaker = verb
        .and_then(|verb| find_subject(words, verb))
        .or(source)
        .map(|head| span_of(words, parties, head));
    let kind = match kind {
        Some("denied") => "denied",
        _ if words.quoted[at] => "quoted",
        Some(kind) => kind,
        None if source.is_some() => KINDS[0],
        None => return None,
    };
    Some(Saying { kind, speaker })
}

/// The verb of saying above an act, or beside a clause above it.
fn find_verb(words: &Words<'_>, lexicon: &Lexicon, at: usize) -> Option<usize> {
    let tokens = &words.sentence.tokens;
    let says = |verb: &usize| {
        lexicon.sayings.kind(words.lower(*verb)).is_some()
            && *verb != at
            && tokens[*verb].upos == "VERB"
    };
    let mut told = false;
    for &node in &climb(tokens, at) {
        let beside = children(words, node).find(|child| {
            let aside = plain(tokens[*child].relation) == "parataxis"
                || (plain(tokens[*child].relation) == "advcl" && is_as(words, *child));
            aside && says(child)
        });
        if beside.is_some() {
            return beside;
        }
        let head = tokens[node].head?;
        told = match plain(tokens[node].relation) {
            "ccomp" | "parataxis" | "xcomp" | "csubj" => true,
            "acl" => marked(words, node),
            "obl" | "nmod" => told,
            _ => false,
        } || (words.quoted[at] && !words.quoted[head]);
        if told && says(&head) {
            return Some(head);
        }
    }
    None
}

/// `as X said`.
fn is_as(words: &Words<'_>, verb: usize) -> bool {
    children(words, verb).any(|at| at < verb && words.is(at, &["as"]))
}

/// A clause that `that` opens: the parser now and then hangs it on the day of the saying.
fn marked(words: &Words<'_>, verb: usize) -> bool {
    let tokens = &words.sentence.tokens;
    children(words, verb).any(|at| tokens[at].relation == "mark" && words.is(at, &["that"]))
}

/// Whoever stands after `according to`, in a clause above the act.
fn find_source(words: &Words<'_>, at: usize) -> Option<usize> {
    let tokens = &words.sentence.tokens;
    let accord = (0..words.len())
        .find(|&i| words.is(i, &["according"]) && words.is(i + 1, &["to"]))?;
    let own = tokens[accord].head?;
    let noun = if tokens[own].upos == "VERB" {
        children(words, accord).find(|&child| child > accord + 1)?
    } else {
        own
    };
    let way = climb(tokens, at);
    let governs = climb(tokens, noun).iter().skip(1).any(|node| way.contains(node));
    governs.then_some(noun)
}

/// Who says what a verb says; for a verb without a subject, whoever its first conjunct has.
fn find_subject(words: &Words<'_>, verb: usize) -> Option<usize> {
    let tokens = &words.sentence.tokens;
    let own = children(words, verb).find(|&at| tokens[at].relation == "nsubj");
    let whose = || {
        let relation = plain(tokens[verb].relation);
        let head = tokens[verb].head?;
        match relation {
            "conj" => children(words, head).find(|&at| tokens[at].relation == "nsubj"),
            "acl" => Some(head),
            _ => None,
        }
    };
    own.or_else(whose)
}

/// The words of a speaker: the party that holds its head, else what stands with it.
fn span_of(words: &Words<'_>, parties: &[Party<'_>], head: usize) -> (usize, usize) {
    let party = parties.iter().find(|party| {
        (party.start..party.end).contains(&head)
            && find_head(words, party.start, party.end) == head
    });
    party.map_or_else(|| noun_span(words, head), |party| (party.start, party.end))
}

/// A noun with the words right before and after it that are its own.
fn noun_span(words: &Words<'_>, head: usize) -> (usize, usize) {
    const OWN: [&str; 9] = [
        "det", "amod", "compound", "flat", "nummod", "nmod", "case", "fixed", "name",
    ];
    let tokens = &words.sentence.tokens;
    let within = |at: usize| {
        let way = climb(tokens, at);
        let end = way.iter().position(|&node| node == head);
        end.is_some_and(|end| {
            way[..end].iter().all(|&node| OWN.contains(&plain(tokens[node].relation)))
        })
    };
    let first = (0..head).rev().take_while(|&at| within(at)).last();
    let last = (head + 1..words.len()).take_while(|&at| within(at)).last();
    (first.unwrap_or(head), last.unwrap_or(head) + 1)
}

/// Whether a verb tells what is to come: `will`, `to` and the like stand with it.
pub(crate) fn is_ahead(words: &Words<'_>, details: &Details, verb: usize) -> bool {
    let tokens = &words.sentence.tokens;
    let before = children(words, verb).filter(|&at| at < verb);
    let mut marks = before.filter(|&at| matches!(tokens[at].relation, "aux" | "mark"));
    marks.any(|at| details.value(words.lower(at), Clue::Ahead).is_some())
}
