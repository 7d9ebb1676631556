//! Which words are acts: the form a word stands in, the frame that fits it, what governs it.

use super::{
    act::Act,
    forms::Form,
    frame::{Frame, REACH, Shape},
    reach::Reach,
    role::Scene,
    words::DAYS,
};

/// Types whose act is what is said: what they govern is no act of its own.
const SAID: [&str; 8] = [
    "REQUEST", "AGREE", "REJECT", "THREATEN", "ACCUSE", "CONCEDE", "SUPPORT", "COERCE",
];
/// Relations by which an act takes in what stands below it.
const INNER: [&str; 9] = [
    "xcomp", "ccomp", "obj", "nmod", "acl", "obl", "conj", "compound", "amod",
];

/// A frame that fits, and the words it was found by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'l> {
    pub(crate) frame: &'l Frame,
    pub(crate) form: Form,
    /// The word that tells the act.
    pub(crate) at: usize,
    /// The last word of the pattern.
    pub(crate) end: usize,
}

impl Found<'_> {
    /// Of two frames that ask for as much the one whose words stand near wins, then the surer.
    fn rank(&self) -> (usize, bool, f64) {
        let near = self.end.abs_diff(self.at) <= REACH || self.frame.shape == Shape::None;
        (self.frame.demands(), near, self.frame.weight)
    }
}

/// The frame that asks most of what stands around the word, with the form it stands in; none where that frame says
/// that the word is no act here.
pub(crate) fn pick<'l>(scene: &Scene<'_, 'l>, at: usize) -> Option<Found<'l>> {
    let list = scene.lexicon.triggers.get(scene.words.lower(at))?;
    let inside = scene.party_at(at).is_some();
    let reach = Reach::of(scene, at);
    let mut best: Option<Found<'l>> = None;
    for &(index, form) in list {
        let frame = &scene.lexicon.frames[index];
        let told = form == Form::Noun && frame.shape == Shape::Told;
        if (inside && form == Form::Noun && !told)
            || !stands(scene, at, form)
            || told && !scene.syntax.has_kind(at, "cop")
        {
            continue;
        }
        let Some(end) = frame.matches(&reach, scene) else {
            continue;
        };
        let found = Found {
            frame,
            form,
            at,
            end,
        };
        if best.is_none_or(|old| found.rank() > old.rank()) {
            best = Some(found);
        }
    }
    best.filter(|found| found.frame.shape != Shape::None)
}

/// Whether a word stands in a form, by its tag and by what hangs on it.
fn stands(scene: &Scene<'_, '_>, at: usize, form: Form) -> bool {
    let syntax = &scene.syntax;
    let verb = syntax.is_verb(at) && !is_attribute(scene, at) || governs_clause(scene, at);
    match form {
        Form::Noun => !verb && !is_month(scene, at),
        Form::Adjective => true,
        _ => verb && scene.party_at(at).is_none_or(|_| syntax.is_verb(at)),
    }
}

/// `March 1`, which is no march.
fn is_month(scene: &Scene<'_, '_>, at: usize) -> bool {
    scene.words.is(at, &DAYS) && scene.words.is_capital(at) && at > 0
}

/// A participle that only describes a noun: `a planned visit`.
fn is_attribute(scene: &Scene<'_, '_>, at: usize) -> bool {
    let syntax = &scene.syntax;
    let describes = matches!(syntax.kind(at), "amod" | "compound") && !syntax.has_kind(at, "obj");
    // `troops shelled positions`, read as a participle: a finite verb between two nouns.
    let finite = at > 0
        && syntax.tag(at) != "VBG"
        && syntax.is_nominal(at - 1)
        && syntax.head(at) != Some(at - 1)
        && syntax.head(at).is_some_and(|head| head > at);
    describes && !finite
}

/// Whether a word that is tagged as something else has the subject or object of a verb.
fn governs_clause(scene: &Scene<'_, '_>, at: usize) -> bool {
    let syntax = &scene.syntax;
    syntax.has_kind(at, "obj") && !syntax.has_kind(at, "det")
}

/// Whether an act before governs the word at `at`, which then is no act of its own.
pub(crate) fn governs(scene: &Scene<'_, '_>, act: &Act<'_>, found: Found<'_>) -> bool {
    let Found { at, form, .. } = found;
    if act.trigger < at && at <= act.end {
        return true;
    }
    let noun = form == Form::Noun;
    if !noun && !SAID.contains(&act.r#type) {
        return false;
    }
    let syntax = &scene.syntax;
    let mut here = at;
    for above in syntax.ancestors(at) {
        let kind = syntax.kind(here);
        let case = syntax.case(here).map_or("", |case| scene.words.lower(case));
        let aside = matches!(
            case,
            "after" | "before" | "during" | "following" | "since" | "amid"
        );
        let inner = INNER.contains(&kind) && !aside && syntax.relation(here) != "acl:relcl";
        let gerund = kind == "advcl" && matches!(marker(scene, here), "of" | "for" | "from");
        let joined = kind == "conj" && above == act.trigger;
        let quoted = kind == "ccomp" && here < above;
        if !(inner || gerund) || joined || quoted {
            return false;
        }
        if above == act.trigger {
            return true;
        }
        here = above;
    }
    false
}

/// The word that opens the clause of a verb: `of` of `accused of stealing`.
fn marker<'s>(scene: &'s Scene<'_, '_>, at: usize) -> &'s str {
    let mark = scene.syntax.children_by(at, &["mark", "case"]).next();
    mark.map_or("", |mark| scene.words.lower(mark))
}

/// Told in a clause that only sets the scene: `after X attacked Y`, `which attacked Y`.
pub(crate) fn is_background(scene: &Scene<'_, '_>, at: usize) -> bool {
    let syntax = &scene.syntax;
    std::iter::once(at).chain(syntax.ancestors(at)).any(|here| {
        let clause = matches!(syntax.kind(here), "advcl") && syntax.is_finite(here);
        let aside = syntax.case(here).is_some_and(|case| {
            scene
                .words
                .is(case, &["after", "before", "since", "during"])
        });
        clause || aside || syntax.relation(here) == "acl:relcl"
    })
}
