//! How a phrase hangs on an act in the tree: whether it is the act's own, its clause's, or another's.

use super::{
    details::{Clue, Details},
    role::Scene,
    syntax::Syntax,
};

/// A phrase that shares the act's clause: the most that a place may cost.
pub(crate) const CLAUSE: u8 = 3;
/// A phrase of the clause that tells of the act, or of one that goes on with it: the most that a day may cost.
pub(crate) const SENTENCE: u8 = 6;

/// Words that join a clause to a verb without another moment between.
const CLOSE_MARKS: [&str; 7] = ["to", "of", "for", "from", "by", "in", "with"];

impl Syntax<'_> {
    /// A word and all it hangs on, the root last.
    pub(crate) fn climb(&self, at: usize) -> Vec<usize> {
        std::iter::once(at).chain(self.ancestors(at)).collect()
    }

    /// The word of `first..last` that the others hang on.
    pub(crate) fn find_head(&self, first: usize, last: usize) -> usize {
        let outside = |at: &usize| {
            self.head(*at)
                .is_none_or(|head| !(first..last).contains(&head))
        };
        (first..last).rev().find(outside).unwrap_or(last - 1)
    }

    /// Whether something sets a clause apart in time: `after`, `that`, `when`; a purpose (`to protest`) and what a verb
    /// is about (`of spying`) are not.
    fn has_mark(&self, verb: usize) -> bool {
        let opens = |at: usize| match self.relation(at) {
            "mark" => !CLOSE_MARKS.contains(&self.lemma(at)),
            "advmod" => at < verb && self.tag(at) == "WRB",
            _ => false,
        };
        self.children(verb).any(opens)
    }
}

/// What the phrase headed by `phrase` costs as one of the act at `at`; none where it belongs to another clause.
pub(crate) fn find_bond(scene: &Scene<'_, '_>, at: usize, phrase: usize) -> Option<u8> {
    let syntax = &scene.syntax;
    if !syntax.parsed() {
        return find_near(scene, at, phrase);
    }
    let (mine, theirs) = (syntax.climb(at), syntax.climb(phrase));
    let meet = *mine.iter().find(|node| theirs.contains(node))?;
    let mut cost = 0;
    for &node in mine.iter().take_while(|&&node| node != meet) {
        cost += rise(scene, node, meet, phrase)?;
    }
    let mut nouns = 0;
    for &node in theirs.iter().take_while(|&&node| node != meet) {
        cost += fall(scene, node, at, meet)?;
        nouns += u8::from(
            syntax
                .head(node)
                .is_some_and(|head| syntax.is_nominal(head)),
        );
    }
    // The object of a verb and what that holds (`a mosque in a town`) are of the act; what is held deeper is not.
    Some(cost + nouns.saturating_sub(1))
}

/// Whether one word goes on with what the other tells: no clause of another moment stands between.
pub(crate) fn goes_on(scene: &Scene<'_, '_>, at: usize, other: usize) -> bool {
    let syntax = &scene.syntax;
    if !syntax.parsed() {
        return find_near(scene, at, other).is_some();
    }
    let (mine, theirs) = (syntax.climb(at), syntax.climb(other));
    let Some(meet) = mine.iter().find(|node| theirs.contains(node)) else {
        return false;
    };
    let same = |node: usize| match syntax.kind(node) {
        "advcl" => is_same_time(syntax, &scene.lexicon.details, node),
        "ccomp" => false,
        _ => true,
    };
    let mut ways = [&mine, &theirs].into_iter();
    ways.all(|way| {
        let mut steps = way.iter().take_while(|&node| node != meet);
        steps.all(|&node| same(node))
    })
}

/// What it costs to go up from a word on the act's way.
fn rise(scene: &Scene<'_, '_>, node: usize, meet: usize, phrase: usize) -> Option<u8> {
    let syntax = &scene.syntax;
    let same = || is_same_time(syntax, &scene.lexicon.details, node);
    match syntax.kind(node) {
        "xcomp" | "cop" | "aux" | "fixed" | "flat" | "compound" => Some(0),
        "conj" => Some(if phrase < meet { 1 } else { 3 }),
        "ccomp" | "parataxis" => Some(if phrase < meet.min(node) { 3 } else { 5 }),
        "advcl" if !syntax.has_mark(node) => Some(1),
        "advcl" if same() => Some(2),
        // `marched in Paris on Friday, where some clashed with police`
        "acl" if phrase < node && syntax.has_mark(node) && same() => Some(4),
        "advcl" | "acl" | "csubj" => None,
        _ => Some(1),
    }
}

/// What it costs to go down to a word on the phrase's way.
fn fall(scene: &Scene<'_, '_>, node: usize, at: usize, meet: usize) -> Option<u8> {
    let syntax = &scene.syntax;
    let own = meet == at;
    if syntax.relation(node) == "nmod:poss" && syntax.head(node) != Some(at) {
        return None;
    }
    match syntax.kind(node) {
        "nsubj" => Some(2),
        "acl" if own && !syntax.is_verb(at) => Some(2),
        "advcl" if is_same_time(syntax, &scene.lexicon.details, node) => Some(2),
        "conj" if own && node > at && syntax.is_verb(at) == syntax.is_verb(node) => Some(4),
        "xcomp" if own => Some(4),
        "advcl" | "acl" | "ccomp" | "parataxis" | "conj" | "xcomp" | "csubj" => None,
        "appos" => Some(3),
        _ => Some(0),
    }
}

/// A clause that tells of the same moment: `when a bomb went off`, `killing five`.
fn is_same_time(syntax: &Syntax<'_>, details: &Details, verb: usize) -> bool {
    let same = |at: usize| at < verb && details.value(syntax.lemma(at), Clue::While).is_some();
    !syntax.has_mark(verb) || syntax.children(verb).any(same)
}

/// Without a tree: by the words between.
fn find_near(scene: &Scene<'_, '_>, at: usize, phrase: usize) -> Option<u8> {
    let (first, last) = (at.min(phrase), at.max(phrase));
    let breaks = (first + 1..last).filter(|&i| scene.words.is_break(i));
    match breaks.count() {
        0 => Some(1),
        1 => Some(SENTENCE),
        _ => None,
    }
}
