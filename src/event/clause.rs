//! How a phrase hangs on an act in the tree: whether it is the act's own, its clause's, or another's.

use super::{
    details::{Clue, Details},
    words::Words,
};
use crate::language::Token;

/// A phrase on the act itself.
pub(crate) const OWN: u8 = 0;
/// A phrase that shares the act's clause: the most that a place may cost.
pub(crate) const CLAUSE: u8 = 3;
/// A phrase of the clause that tells of the act, or of one that goes on with it: the most that a day may cost.
pub(crate) const SENTENCE: u8 = 5;
/// More steps than a clause has in prose: a longer way is a fault of the parser.
const LONGEST_WAY: usize = 24;

/// Whether a sentence was parsed.
pub(crate) fn is_parsed(words: &Words<'_>) -> bool {
    words
        .sentence
        .tokens
        .iter()
        .any(|token| !token.relation.is_empty())
}

/// The word of `first..last` that the others hang on.
pub(crate) fn find_head(words: &Words<'_>, first: usize, last: usize) -> usize {
    let tokens = &words.sentence.tokens;
    let outside = |at: &usize| {
        tokens[*at]
            .head
            .is_none_or(|head| !(first..last).contains(&head))
    };
    (first..last).rev().find(outside).unwrap_or(last - 1)
}

/// What the phrase headed by `phrase` costs as one of the act at `at`; none where it belongs to another clause.
pub(crate) fn bond(
    words: &Words<'_>,
    details: &Details,
    at: usize,
    phrase: usize,
) -> Option<u8> {
    if !is_parsed(words) {
        return near(words, at, phrase);
    }
    let tokens = &words.sentence.tokens;
    let (mine, theirs) = (climb(tokens, at), climb(tokens, phrase));
    let meet = *mine.iter().find(|node| theirs.contains(node))?;
    let up = mine.iter().take_while(|&&node| node != meet);
    let down = theirs.iter().take_while(|&&node| node != meet);
    let mut cost = 0;
    for &node in up {
        cost += rise(words, node, meet, phrase)?;
    }
    let mut nouns = 0;
    for &node in down {
        cost += fall(words, details, node, at, meet)?;
        nouns += u8::from(is_of_noun(tokens, node));
    }
    // The object of a verb and what that holds (`a mosque in a town`) are of the act; what is held deeper is not.
    Some(cost + nouns.saturating_sub(1))
}

/// A word and all it hangs on, the root last.
pub(crate) fn climb(tokens: &[Token], at: usize) -> Vec<usize> {
    let mut way = vec![at];
    let mut here = at;
    while let Some(head) = tokens[here].head {
        if way.len() > LONGEST_WAY {
            break;
        }
        way.push(head);
        here = head;
    }
    way
}

fn is_of_noun(tokens: &[Token], node: usize) -> bool {
    let head = tokens[node].head.map(|head| tokens[head].upos);
    matches!(head, Some("NOUN" | "PROPN" | "PRON"))
}

/// The part of a relation before the colon.
pub(crate) fn plain(relation: &str) -> &str {
    relation.split(':').next().unwrap_or(relation)
}

/// What it costs to go up from a word on the act's way.
fn rise(words: &Words<'_>, node: usize, meet: usize, phrase: usize) -> Option<u8> {
    let token = &words.sentence.tokens[node];
    match plain(token.relation) {
        "xcomp" | "cop" | "aux" | "fixed" | "flat" | "compound" => Some(0),
        "conj" => Some(if phrase < meet { 1 } else { 3 }),
        "ccomp" | "parataxis" => Some(if phrase < meet.min(node) { 3 } else { 5 }),
        "advcl" if !has_mark(words, node) => Some(1),
        "advcl" | "acl" | "csubj" => None,
        _ => Some(1),
    }
}

/// What it costs to go down to a word on the phrase's way.
fn fall(
    words: &Words<'_>,
    details: &Details,
    node: usize,
    at: usize,
    meet: usize,
) -> Option<u8> {
    let tokens = &words.sentence.tokens;
    let token = &tokens[node];
    match token.relation {
        "nsubj" | "nsubj:pass" if meet == at || !is_of_noun(tokens, at) => Some(2),
        "acl:relcl" | "acl" if tokens[at].upos != "VERB" && meet == at => Some(2),
        _ => match plain(token.relation) {
            "advcl" if is_same_time(words, details, node) => Some(2),
            "conj" if node > at && meet == at && tokens[at].upos == token.upos => Some(4),
            "xcomp" if meet == at => Some(4),
            "advcl" | "acl" | "ccomp" | "parataxis" | "conj" | "xcomp" | "csubj" => None,
            "nsubj" | "appos" => Some(3),
            _ => Some(0),
        },
    }
}

/// Whether one word goes on with what the other tells: no clause of another moment stands between.
pub(crate) fn goes_on(words: &Words<'_>, details: &Details, at: usize, other: usize) -> bool {
    if !is_parsed(words) {
        return near(words, at, other).is_some();
    }
    let tokens = &words.sentence.tokens;
    let (mine, theirs) = (climb(tokens, at), climb(tokens, other));
    let Some(meet) = mine.iter().find(|node| theirs.contains(node)) else {
        return false;
    };
    let ways = [&mine, &theirs];
    ways.into_iter().all(|way| {
        way.iter()
            .take_while(|&node| node != meet)
            .all(|&node| match plain(tokens[node].relation) {
                "advcl" => is_same_time(words, details, node),
                "ccomp" => false,
                _ => true,
            })
    })
}

/// Children of a word.
pub(crate) fn children<'w>(
    words: &'w Words<'_>,
    of: usize,
) -> impl Iterator<Item = usize> + use<'w> {
    let tokens = &words.sentence.tokens;
    (0..tokens.len()).filter(move |&at| tokens[at].head == Some(of))
}

fn has_mark(words: &Words<'_>, verb: usize) -> bool {
    let tokens = &words.sentence.tokens;
    children(words, verb)
        .any(|at| tokens[at].relation == "mark" || (tokens[at].relation == "advmod" && at < verb))
}

/// A clause that tells of the same moment: `when a bomb went off`, `killing five`.
fn is_same_time(words: &Words<'_>, details: &Details, verb: usize) -> bool {
    let same = |at: usize| details.value(words.lower(at), Clue::While).is_some();
    !has_mark(words, verb) || children(words, verb).any(|at| at < verb && same(at))
}

/// Without a tree: by the words between.
fn near(words: &Words<'_>, at: usize, phrase: usize) -> Option<u8> {
    let (first, last) = (at.min(phrase), at.max(phrase));
    let breaks = (first + 1..last).filter(|&i| words.is_break(i)).count();
    match breaks {
        0 => Some(OWN + 1),
        1 => Some(SENTENCE),
        _ => None,
    }
}
