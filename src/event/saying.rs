//! Who tells an act: the verb of saying that governs it, whose it is, and whether the writer stands by it.

use std::collections::HashMap;

use super::{
    compile::verb_forms,
    details::Clue,
    forms::Forms,
    lexicon::Lexicon,
    quote::find_quote,
    role::Scene,
    table::{Faults, LexiconSource},
};

/// The kinds that a verb of saying may have.
const KINDS: [&str; 3] = ["reported", "claimed", "denied"];

/// The least that somebody is quoted with.
const SPEECH_WORDS: usize = 4;

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
                faults.add(
                    line.file,
                    line.number,
                    "kind is reported, claimed or denied",
                );
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
pub(crate) fn find_saying(scene: &Scene<'_, '_>, at: usize) -> Option<Saying> {
    if !scene.syntax.parsed() {
        return None;
    }
    let verb = find_verb(scene, at);
    let source = find_source(scene, at);
    let kind = verb.and_then(|verb| kind_of(scene, verb));
    let speaker = verb
        .and_then(|verb| find_subject(scene, verb))
        .or(source)
        .map(|head| find_span(scene, head));
    let kind = match kind {
        Some("denied") => "denied",
        _ if find_quote(scene, at, false).is_some_and(is_speech) => "quoted",
        Some(kind) => kind,
        None if source.is_some() => KINDS[0],
        None => return None,
    };
    Some(Saying { kind, speaker })
}

/// Fewer words in quotation marks are a name or a word held at arm's length.
fn is_speech((first, last): (usize, usize)) -> bool {
    last - first >= SPEECH_WORDS
}

fn kind_of(scene: &Scene<'_, '_>, verb: usize) -> Option<&'static str> {
    let says = scene.syntax.is_verb(verb);
    let kind = scene.lexicon.sayings.kind(scene.words.lower(verb));
    kind.filter(|_| says)
}

/// The verb of saying above an act, or beside a clause above it.
fn find_verb(scene: &Scene<'_, '_>, at: usize) -> Option<usize> {
    let (syntax, quoted) = (&scene.syntax, &scene.words.quoted);
    let says = |verb: &usize| *verb != at && kind_of(scene, *verb).is_some();
    let mut told = false;
    for node in syntax.climb(at) {
        let aside = |child: &usize| match syntax.kind(*child) {
            "parataxis" => true,
            "advcl" => syntax
                .children(*child)
                .any(|mark| scene.words.is(mark, &["as"])),
            _ => false,
        };
        let beside = syntax
            .children(node)
            .find(|child| aside(child) && says(child));
        if beside.is_some() {
            return beside;
        }
        let head = syntax.head(node)?;
        told = match syntax.kind(node) {
            "ccomp" | "parataxis" | "xcomp" | "csubj" => true,
            // The parser now and then hangs what is said on the day of the saying.
            "acl" => syntax
                .children(node)
                .any(|mark| syntax.relation(mark) == "mark" && scene.words.is(mark, &["that"])),
            "obl" | "nmod" => told,
            _ => false,
        } || (quoted[at] && !quoted[head]);
        if told && says(&head) {
            return Some(head);
        }
    }
    None
}

/// Whoever stands after `according to`, in a clause above the act.
fn find_source(scene: &Scene<'_, '_>, at: usize) -> Option<usize> {
    let (syntax, words) = (&scene.syntax, scene.words);
    let accord =
        (0..words.len()).find(|&i| words.is(i, &["according"]) && words.is(i + 1, &["to"]))?;
    let own = syntax.head(accord)?;
    let noun = if syntax.is_verb(own) {
        syntax.children(accord).find(|&child| child > accord + 1)?
    } else {
        own
    };
    let way = syntax.climb(at);
    syntax
        .ancestors(noun)
        .any(|node| way.contains(&node))
        .then_some(noun)
}

/// Who says what a verb says; for a verb without a subject, whoever the one before it has.
fn find_subject(scene: &Scene<'_, '_>, verb: usize) -> Option<usize> {
    scene.syntax.subjects(verb).heads.first().copied()
}

/// The words of a speaker: the party that holds its head, else what stands with it.
fn find_span(scene: &Scene<'_, '_>, head: usize) -> (usize, usize) {
    let party = scene.parties.iter().find(|party| {
        (party.start..party.end).contains(&head)
            && scene.syntax.find_head(party.start, party.end) == head
    });
    party.map_or_else(|| find_noun(scene, head), |party| (party.start, party.end))
}

/// A noun with the words right before and after it that are its own.
fn find_noun(scene: &Scene<'_, '_>, head: usize) -> (usize, usize) {
    const OWN: [&str; 8] = [
        "det", "amod", "compound", "flat", "nummod", "nmod", "case", "fixed",
    ];
    let syntax = &scene.syntax;
    let within = |at: &usize| {
        let way = syntax.climb(*at);
        let end = way.iter().position(|&node| node == head);
        end.is_some_and(|end| {
            way[..end]
                .iter()
                .all(|&node| OWN.contains(&syntax.kind(node)))
        })
    };
    let first = (0..head).rev().take_while(within).last();
    let last = (head + 1..scene.words.len()).take_while(within).last();
    (first.unwrap_or(head), last.unwrap_or(head) + 1)
}

/// Whether a verb tells what is to come: `will`, `to` and the like stand with it.
pub(crate) fn is_ahead(scene: &Scene<'_, '_>, verb: usize) -> bool {
    let ahead = |at: usize| {
        at < verb
            && ["aux", "mark"].contains(&scene.syntax.kind(at))
            && scene
                .lexicon
                .details
                .value(scene.words.lower(at), Clue::Ahead)
                .is_some()
    };
    scene.syntax.children(verb).any(ahead)
}
