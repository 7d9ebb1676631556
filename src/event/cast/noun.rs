//! Noun phrases of the tree: what hangs on a head, with or without appositions and relative clauses.

use crate::event::syntax::plain;
use crate::language::Token;

/// Relations that lead out of a noun phrase.
// To other members of a series, and to clauses.
const OUTSIDE: [&str; 13] = [
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
    "discourse",
    "ccomp",
    "xcomp",
];
/// A phrase of more words is a clause read wrongly.
const MOST_WORDS: usize = 40;

/// Whether a relation, without its subtype, leads out of a noun phrase.
pub(crate) fn leads_out(relation: &str) -> bool {
    OUTSIDE.contains(&relation)
}

/// The words that depend on each word of a sentence, in the order of the text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dependents {
    starts: Vec<usize>,
    list: Vec<usize>,
}

impl Dependents {
    /// Turns the heads of a sentence round.
    pub(crate) fn of(tokens: &[Token]) -> Self {
        let mut starts = vec![0; tokens.len() + 1];
        for head in tokens.iter().filter_map(|token| token.head) {
            starts[head + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut list = vec![0; starts[tokens.len()]];
        for (at, token) in tokens.iter().enumerate() {
            if let Some(head) = token.head {
                list[next[head]] = at;
                next[head] += 1;
            }
        }
        Self { starts, list }
    }

    /// The words that hang on one.
    pub(crate) fn on(&self, at: usize) -> &[usize] {
        &self.list[self.starts[at]..self.starts[at + 1]]
    }
}

/// The words of a noun phrase: each marked as near (its own) or aside (in an apposition or a relative clause).
#[derive(Debug, Default)]
pub(crate) struct NounPhrase {
    /// Words of the phrase itself, the head first.
    pub(crate) near: Vec<usize>,
    /// Words that only an apposition or a clause about it holds.
    pub(crate) aside: Vec<usize>,
}

impl NounPhrase {
    /// The phrase that a word heads.
    pub(crate) fn of(tokens: &[Token], dependents: &Dependents, head: usize) -> Self {
        let mut out = Self::default();
        let mut open = vec![(head, false)];
        while let Some((at, aside)) = open.pop() {
            let list = if aside { &mut out.aside } else { &mut out.near };
            list.push(at);
            if out.near.len() + out.aside.len() > MOST_WORDS {
                break;
            }
            for &next in dependents.on(at) {
                let kind = plain(tokens[next].relation);
                let far = aside || kind == "appos" || kind == "acl" || kind == "dep";
                if !leads_out(kind) {
                    open.push((next, far));
                }
            }
        }
        out
    }
}
