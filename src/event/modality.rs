//! Whether an act is told as done: negation, future, condition, doubt, history, habit, by scope in the tree.

use super::{lexicon::Cue, role::Scene};

/// Dependents that say how their word is meant.
const MARKS: [&str; 8] = [
    "aux", "advmod", "mark", "det", "cc", "case", "amod", "compound",
];
/// Clauses that a word stands below.
// More say nothing of it any longer.
const MOST_CLAUSES: usize = 6;

/// What the words around an act say of it.
#[derive(Debug, Default, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "cues are independent of each other"
)]
pub(crate) struct Sense {
    pub(crate) negated: bool,
    pub(crate) future: bool,
    pub(crate) would: bool,
    pub(crate) hypothetical: bool,
    pub(crate) historical: bool,
    pub(crate) generic: bool,
    pub(crate) decided: bool,
    /// It comes unless another does something first.
    pub(crate) unless: bool,
    /// Somebody denies it or doubts it.
    pub(crate) denied: bool,
    /// An infinitive that is done all the same: `continued to shell`.
    pub(crate) done: bool,
    /// `to` stands before it and nothing says that it is done.
    pub(crate) infinitive: bool,
}

impl Sense {
    /// The record's word for it.
    pub(crate) fn modality(self) -> &'static str {
        if self.negated || self.denied {
            "negated"
        } else if self.hypothetical || self.infinitive {
            "hypothetical"
        } else if self.future || self.would {
            "future"
        } else if self.historical {
            "historical"
        } else if self.generic {
            "generic"
        } else {
            "asserted"
        }
    }

    /// By which rules of the table of rewrites it may be another act, the first that has one.
    pub(crate) fn rewrites(self) -> &'static [&'static str] {
        let coming = self.future || self.would;
        if self.denied || self.generic || self.historical {
            &[]
        } else if self.negated && coming {
            &["refused", "negated"]
        } else if coming && self.unless && !self.negated && !self.hypothetical {
            &["threatened", "future"]
        } else if self.negated && !self.hypothetical {
            &["negated"]
        } else if coming && !self.negated && !self.hypothetical {
            &["future"]
        } else if self.decided && !self.negated && !self.hypothetical {
            &["decided"]
        } else {
            &[]
        }
    }

    fn take(&mut self, name: &str) {
        match name {
            "negated" => self.negated = !self.negated,
            "future" => self.future = true,
            "would" => self.would = true,
            "hypothetical" => self.hypothetical = true,
            "historical" => self.historical = true,
            "generic" => self.generic = true,
            "decided" => self.decided = true,
            "denied" => self.denied = true,
            "done" => self.done = true,
            _ => {}
        }
    }
}

/// Reads what stands around and above the act at `at`; `year` is that of publication.
pub(crate) fn read(scene: &Scene<'_, '_>, at: usize, year: Option<i16>) -> Sense {
    let mut sense = Sense::default();
    let words = scene.words;
    let chain = scope(scene, at);
    for &link in &chain {
        for child in scene.syntax.children_by(link.at, &MARKS) {
            let shared = link.own || scene.syntax.kind(child) == "mark";
            if child != at && shared {
                take(scene, child, &mut sense);
            }
        }
        if link.own {
            subject_cues(scene, link.at, &mut sense);
            sense.unless |= !scene.syntax.condition_subjects(link.at).is_empty();
        }
        if link.at != at {
            take(scene, link.at, &mut sense);
            sense.denied |= is_denied_truth(scene, link.at);
            sense.generic |= is_told_in_fiction(scene, link.at);
        }
    }
    let bare = chain
        .iter()
        .take_while(|link| link.own)
        .any(|link| is_infinitive(scene, link.at));
    sense.infinitive = bare && !sense.done && !sense.future && !sense.would && !sense.decided;
    sense.hypothetical |= words.is(words.len() - 1, &["?"]);
    sense.historical |= past(scene, at, year);
    sense
}

/// A word above an act whose marks say how the act is meant.
#[derive(Debug, Clone, Copy)]
struct Link {
    at: usize,
    /// The act shares its auxiliaries; else it only stands in a clause below.
    own: bool,
}

/// The words whose marks an act stands under, itself first.
fn scope(scene: &Scene<'_, '_>, at: usize) -> Vec<Link> {
    let syntax = &scene.syntax;
    let mut chain = vec![Link { at, own: true }];
    let mut own = true;
    let mut here = at;
    for head in syntax.ancestors(at).take(MOST_CLAUSES) {
        match syntax.kind(here) {
            "xcomp" | "obj" | "nmod" | "compound" | "obl" | "advmod" | "cop" | "aux" => {}
            "conj" => own &= !stands_alone(scene, here),
            "acl" if syntax.relation(here) != "acl:relcl" => own &= syntax.tag(here) == "VB",
            "ccomp" | "csubj" | "advcl" if here > head || syntax.kind(here) == "advcl" => {
                own = false;
            }
            _ => break,
        }
        if syntax.kind(here) == "nsubj" {
            break;
        }
        let reports = scene.lexicon.reporting.contains(scene.words.lower(head));
        if syntax.kind(here) == "advcl" {
            // A clause that tells of another moment has a meaning of its own: `will meet, after X attacked Y`.
            if syntax.is_finite(here) {
                break;
            }
            // Of the clause that it only accompanies nothing but a governing doubt counts.
            own = false;
        } else {
            chain.push(Link {
                at: head,
                own: own && !reports,
            });
        }
        here = head;
    }
    chain
}

/// Whether a joined act has a subject or an auxiliary of its own, or is set against the first one (`but`).
fn stands_alone(scene: &Scene<'_, '_>, at: usize) -> bool {
    let syntax = &scene.syntax;
    let mut joints = syntax.children_by(at, &["cc"]);
    syntax.has_kind(at, "nsubj")
        || syntax.has_kind(at, "aux")
        || joints.any(|cc| scene.words.is(cc, &["but"]))
}

/// `None of the ministers has …`, `no troops …`, `neither A nor B …`.
fn subject_cues(scene: &Scene<'_, '_>, at: usize, sense: &mut Sense) {
    for subject in scene.syntax.children_by(at, &["nsubj"]) {
        if scene.words.is(subject, &["none", "nobody", "neither"]) {
            sense.take("negated");
        }
        for child in scene.syntax.children_by(subject, &["det", "cc"]) {
            if scene.words.is(child, &["no", "neither"]) {
                sense.take("negated");
            }
        }
    }
}

/// The cues that begin with a word and stand there in full.
fn take(scene: &Scene<'_, '_>, at: usize, sense: &mut Sense) {
    let words = scene.words;
    let fits = |cue: &&Cue| {
        let mut rest = cue.words.iter().enumerate();
        rest.all(|(i, word)| words.is(at + 1 + i, &[word]))
    };
    let written = [words.lower(at), scene.syntax.lemma(at)];
    for form in written {
        let cues = scene.lexicon.cues.get(form).into_iter().flatten();
        let mut found = cues.filter(fits).peekable();
        if found.peek().is_some() {
            found.for_each(|cue| sense.take(&cue.sense));
            return;
        }
    }
}

/// `it is not true that …`.
fn is_denied_truth(scene: &Scene<'_, '_>, at: usize) -> bool {
    let is = |at: usize, sense: &str| {
        let cues = scene.lexicon.cues.get(scene.words.lower(at));
        let mut cues = cues.into_iter().flatten();
        cues.any(|cue| &*cue.sense == sense && cue.words.is_empty())
    };
    is(at, "truth") && scene.syntax.children(at).any(|child| is(child, "negated"))
}

/// A film, a novel, a game tells it.
fn is_told_in_fiction(scene: &Scene<'_, '_>, at: usize) -> bool {
    let mut subjects = scene.syntax.children_by(at, &["nsubj"]);
    subjects.any(|subject| scene.lexicon.fiction.contains(scene.words.lower(subject)))
}

fn is_infinitive(scene: &Scene<'_, '_>, at: usize) -> bool {
    let mut marks = scene.syntax.children_by(at, &["mark"]);
    scene.syntax.is_verb(at) && marks.any(|mark| scene.syntax.tag(mark) == "TO")
}

/// A year well before publication, or words that look back over years.
fn past(scene: &Scene<'_, '_>, at: usize, year: Option<i16>) -> bool {
    let words = scene.words;
    let start = (0..at).rev().find(|&i| words.is_hard(i)).unwrap_or(0);
    let end = (at..words.len())
        .find(|&i| words.is_hard(i) || words.is(i, &[",", "which", "who"]))
        .unwrap_or(words.len());
    let mut near = (start..end).filter(|&i| !is_told_of_another(scene, i, at));
    near.any(|i| {
        let old = year.zip(words.text[i].parse::<i16>().ok());
        let long_ago = words.is(i, &["ago"])
            && i > 0
            && words.is(
                i - 1,
                &["years", "decades", "decade", "centuries", "century"],
            );
        let recent = words.is(i, &["recent", "past"]) && words.is(i + 1, &["years", "decades"]);
        old.is_some_and(|(now, then)| then > 1000 && then < now - 1) || long_ago || recent
    })
}

/// Whether a word stands in a clause that an act is outside of: `a warrant for men sought in a killing years ago`.
fn is_told_of_another(scene: &Scene<'_, '_>, word: usize, at: usize) -> bool {
    let syntax = &scene.syntax;
    let above = |other: usize| other == at || syntax.ancestors(at).any(|head| head == other);
    let below = std::iter::once(word).chain(syntax.ancestors(word));
    let mut below = below.take_while(|&link| !above(link));
    below.any(|link| matches!(syntax.kind(link), "acl" | "advcl") && syntax.is_verb(link))
}
