//! The tree of a sentence as the grammar reads it: what hangs on what, and by which relation.

pub(crate) mod clause;

use super::cast::noun::Dependents;
use crate::language::Token;

/// Most steps up a tree: deeper than what a sentence that is read can be followed through.
const MOST_STEPS: usize = 24;

/// A relation without its subtype.
pub(crate) fn plain(relation: &str) -> &str {
    relation.split(':').next().unwrap_or_default()
}

/// The words of a sentence with the dependents of each.
#[derive(Debug)]
pub(crate) struct Syntax<'w> {
    tokens: &'w [Token],
    dependents: Dependents,
}

impl<'w> Syntax<'w> {
    pub(crate) fn new(tokens: &'w [Token]) -> Self {
        Self {
            tokens,
            dependents: Dependents::of(tokens),
        }
    }

    /// Whether the sentence was parsed at all.
    pub(crate) fn parsed(&self) -> bool {
        self.tokens
            .first()
            .is_some_and(|token| !token.upos.is_empty())
    }

    pub(crate) fn head(&self, at: usize) -> Option<usize> {
        self.tokens[at].head
    }

    /// The relation with its subtype: `nsubj:pass`.
    pub(crate) fn relation(&self, at: usize) -> &'static str {
        self.tokens[at].relation
    }

    /// The relation without its subtype.
    pub(crate) fn kind(&self, at: usize) -> &'static str {
        plain(self.tokens[at].relation)
    }

    /// The tag of the Penn Treebank.
    pub(crate) fn tag(&self, at: usize) -> &'static str {
        self.tokens[at].xpos
    }

    pub(crate) fn lemma(&self, at: usize) -> &str {
        &self.tokens[at].lemma
    }

    pub(crate) fn is_verb(&self, at: usize) -> bool {
        self.tag(at).starts_with("VB")
    }

    pub(crate) fn is_nominal(&self, at: usize) -> bool {
        matches!(self.tokens[at].upos, "NOUN" | "PROPN" | "PRON" | "NUM")
    }

    /// `who`, `which`, `that`, `whom` of a relative clause.
    pub(crate) fn is_relative(&self, at: usize) -> bool {
        matches!(self.tag(at), "WP" | "WDT")
    }

    pub(crate) fn children(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        self.dependents.on(at).iter().copied()
    }

    /// The dependents in one of these relations, without subtypes.
    pub(crate) fn children_by<'s>(
        &'s self,
        at: usize,
        kinds: &'s [&'s str],
    ) -> impl Iterator<Item = usize> + 's {
        self.children(at)
            .filter(move |&child| kinds.contains(&self.kind(child)))
    }

    pub(crate) fn has(&self, at: usize, relation: &str) -> bool {
        self.children(at)
            .any(|child| self.relation(child) == relation)
    }

    pub(crate) fn has_kind(&self, at: usize, kind: &str) -> bool {
        self.children(at).any(|child| self.kind(child) == kind)
    }

    /// The preposition or conjunction that a word stands with; of several the last: `out of`.
    pub(crate) fn case(&self, at: usize) -> Option<usize> {
        self.children_by(at, &["case"]).last()
    }

    /// The words above, nearest first.
    pub(crate) fn ancestors(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.head(at), |&above| self.head(above)).take(MOST_STEPS)
    }

    /// Whether a word hangs under another, however deep.
    pub(crate) fn is_under(&self, at: usize, top: usize) -> bool {
        self.ancestors(at).any(|above| above == top)
    }

    /// Whether a word has a tense of its own, or an auxiliary that has.
    pub(crate) fn is_finite(&self, at: usize) -> bool {
        let tensed = |at| matches!(self.tag(at), "VBD" | "VBZ" | "VBP" | "MD");
        tensed(at) || self.children_by(at, &["aux", "cop"]).any(tensed)
    }
}
