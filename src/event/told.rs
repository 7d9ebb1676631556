//! What a speaker says of another is an act upon the other: `X said that Y must …`, `X called it …`, `X said Y lied`.

use super::{
    actor::Sort,
    attribution::Report,
    role::{Role, Scene},
    syntax::clause::Place,
};

/// Whether the word is the auxiliary of what must be done.
pub(crate) fn is_modal(scene: &Scene<'_, '_>, at: usize) -> bool {
    scene.syntax.tag(at) == "MD" && scene.syntax.kind(at) == "aux"
}

/// Who says it, and of whom; none where nobody speaks, or of nobody else.
pub(crate) fn sides(scene: &Scene<'_, '_>, report: &Report, at: usize) -> Option<(Role, Role)> {
    let syntax = &scene.syntax;
    let clause = if is_modal(scene, at) {
        syntax.head(at)?
    } else {
        at
    };
    if is_modal(scene, at) && syntax.is_passive(clause) {
        return None;
    }
    let speaker = speaker(scene, report, clause)?;
    let whom = scene.role(&syntax.subjects(clause), true);
    let other = |at: &usize| {
        let party = &scene.parties[*at];
        let known = party.coded() || party.sort == Sort::Role;
        known && !party.pronoun() && !speaker.parties.contains(at)
    };
    let whom = Role {
        parties: whom.parties.into_iter().filter(other).collect(),
        ..whom
    };
    (!whom.is_empty() && !speaker.is_empty()).then_some((speaker, whom))
}

/// The subject of the reporting verb that a clause hangs on, or that hangs on it: `…, X said`.
fn speaker(scene: &Scene<'_, '_>, report: &Report, clause: usize) -> Option<Role> {
    let syntax = &scene.syntax;
    let reports = |verb: &usize| {
        syntax.is_verb(*verb) && scene.lexicon.reporting.contains(scene.words.lower(*verb))
    };
    let below = syntax.children_by(clause, &["parataxis"]).find(reports);
    let mut above = None;
    let mut here = clause;
    for head in syntax.ancestors(clause) {
        if !matches!(
            syntax.kind(here),
            "ccomp" | "conj" | "parataxis" | "cop" | "xcomp"
        ) {
            break;
        }
        if reports(&head) {
            above = Some(head);
            break;
        }
        here = head;
    }
    let verb = above.or(below);
    if let Some(verb) = verb {
        let heads = syntax.subjects(verb).heads;
        return Some(scene.role(&Place::own(heads), false));
    }
    let quoted = scene.words.quoted[clause] && report.speaker.is_some();
    report
        .speaker
        .filter(|_| quoted)
        .map(|speaker| Role::one(vec![speaker], "nearest"))
}
