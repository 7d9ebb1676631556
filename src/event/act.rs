//! The acts of a sentence: which words are read as one, by which frame, with whom.

use super::{
    actor::Sort,
    attribution::Report,
    forms::Form,
    frame::{Frame, Shape},
    modality::{self, Sense},
    role::{Role, Scene},
    told,
    trigger::{Found, governs, is_background, pick},
};

/// What is left of the weight of an act that only sets the scene.
const BACKGROUND: f64 = 0.85;
/// What is left of the weight of an act that a rewrite made another.
const REWRITTEN: f64 = 0.85;
/// What a light verb adds to the weight of a noun, which alone is often not news.
const CARRIED: f64 = 0.3;

/// An act as read in one sentence.
#[derive(Debug, Clone)]
pub(crate) struct Act<'l> {
    pub(crate) frame: &'l Frame,
    pub(crate) r#type: &'l str,
    pub(crate) mode: &'l str,
    pub(crate) trigger: usize,
    pub(crate) end: usize,
    pub(crate) actors: Role,
    pub(crate) recipients: Role,
    pub(crate) modality: &'static str,
    /// Only sets the scene for another act.
    pub(crate) background: bool,
    /// Part of what another act says, and no event of its own.
    pub(crate) governed: bool,
    pub(crate) weight: f64,
    /// The first word that the act is about: keeps requests apart.
    pub(crate) complement: Option<usize>,
}

impl<'l> Act<'l> {
    /// The code of its frame; of a rewritten act it would no longer be true.
    pub(crate) fn cameo(&self) -> Option<&'l str> {
        (self.r#type == &*self.frame.r#type).then_some(&*self.frame.cameo)
    }

    /// Whether no party stands in either role.
    pub(crate) fn is_nobodys(&self) -> bool {
        self.actors.is_empty() && self.recipients.is_empty()
    }
}

/// All that frames read as an act, also what is part of another act.
pub(crate) fn candidates<'l>(
    scene: &Scene<'_, 'l>,
    report: &Report,
    year: Option<i16>,
) -> Vec<Act<'l>> {
    let mut acts: Vec<Act<'l>> = Vec::new();
    if !scene.syntax.parsed() {
        return acts;
    }
    let mut subject = Role::default();
    for at in 0..scene.words.len() {
        let Some(found) = pick(scene, at) else {
            if let Some(role) = reporting(scene, at) {
                subject = role;
            }
            continue;
        };
        let Some(mut act) = one(scene, report, year, found, &subject) else {
            continue;
        };
        act.governed = acts
            .iter()
            .filter(|other| !other.is_nobodys())
            .any(|other| governs(scene, other, found));
        if act.background {
            act.weight *= BACKGROUND;
        }
        if found.form != Form::Noun && !act.actors.is_empty() && act.frame.shape != Shape::Suffers {
            subject = act.actors.clone();
        }
        acts.push(act);
    }
    acts
}

/// The subject of a reporting verb, which the next verb may share.
fn reporting(scene: &Scene<'_, '_>, at: usize) -> Option<Role> {
    let told = scene.lexicon.reporting.contains(scene.words.lower(at));
    let role = told.then(|| scene.subject(at, &Role::default()))?;
    (!role.is_empty()).then_some(role)
}

fn one<'l>(
    scene: &Scene<'_, 'l>,
    report: &Report,
    year: Option<i16>,
    found: Found<'l>,
    before: &Role,
) -> Option<Act<'l>> {
    let Found { frame, at, end, .. } = found;
    let (actors, recipients, weight) = parties(scene, report, found, before)?;
    if is_competition(scene, frame, &actors, &recipients) {
        return None;
    }
    let (r#type, mode, modality, factor) = rewritten(scene, frame, read_sense(scene, found, year));
    Some(Act {
        frame,
        r#type,
        mode,
        trigger: at,
        end,
        actors,
        recipients,
        modality,
        background: is_background(scene, at),
        governed: false,
        weight: weight * factor,
        complement: complement(scene, end),
    })
}

/// Who does it, to whom, and how sure the act is with them.
fn parties(
    scene: &Scene<'_, '_>,
    report: &Report,
    found: Found<'_>,
    before: &Role,
) -> Option<(Role, Role, f64)> {
    let Found { frame, at, .. } = found;
    let mut weight = frame.weight;
    let (actors, recipients) = if frame.shape == Shape::Told {
        told::sides(scene, report, at)?
    } else if found.form == Form::Noun {
        let (owner, carried) = scene.owner(at, before);
        if carried {
            weight = weight.max(0.5) + CARRIED;
        }
        let other = scene.object(at, frame, &owner, false);
        (owner, other)
    } else {
        sides(scene, found, before)
    };
    Some((actors, recipients, weight))
}

/// A company that attacks or fights another competes with it.
fn is_competition(scene: &Scene<'_, '_>, frame: &Frame, actors: &Role, recipients: &Role) -> bool {
    let trades = |at: &usize| scene.parties[*at].sectors.contains(&"BUS");
    let unlisted = |at: &usize| scene.parties[*at].sort == Sort::Unknown;
    let violent = matches!(&*frame.r#type, "ASSAULT" | "THREATEN");
    violent
        && !actors.is_empty()
        && !recipients.is_empty()
        && actors.parties.iter().all(|at| trades(at) || unlisted(at))
        && recipients.parties.iter().all(trades)
}

/// How the act is meant: what a speaker says of another is said, however it is put.
fn read_sense(scene: &Scene<'_, '_>, found: Found<'_>, year: Option<i16>) -> Sense {
    let sense = modality::read(scene, found.at, year);
    if found.frame.shape != Shape::Told {
        return sense;
    }
    Sense {
        historical: sense.historical,
        hypothetical: sense.hypothetical && !told::is_modal(scene, found.at),
        ..Sense::default()
    }
}

/// Who does what a verb says, and to whom.
fn sides(scene: &Scene<'_, '_>, found: Found<'_>, before: &Role) -> (Role, Role) {
    let Found { frame, at, .. } = found;
    if frame.shape == Shape::Suffers {
        return (scene.agent(at), scene.subject(at, before));
    }
    if frame.shape == Shape::Befalls {
        let nobody = Role::default();
        let recipients = scene.object(
            at,
            frame,
            &scene.role(&scene.syntax.subjects(at), false),
            false,
        );
        return (nobody, recipients);
    }
    if frame.shape == Shape::Receives {
        let recipients = scene.subject(at, before);
        return (scene.object(at, frame, &recipients, false), recipients);
    }
    let passive = found.form != Form::Adjective && scene.syntax.is_passive(at);
    let actors = if passive {
        scene.agent(at)
    } else {
        scene.subject(at, before)
    };
    let mut recipients = scene.object(at, frame, &actors, passive);
    if let Some(doer) = blamed(scene, frame, &recipients).filter(|_| !passive) {
        recipients = doer;
    }
    // `Egypt and Syria agreed …`: each is the other's partner.
    let mutual = frame.is_mutual() && actors.parties.len() > 1;
    if mutual && recipients.from == "nearest" {
        recipients.parties.clear();
    }
    (actors, recipients)
}

/// Whoever does what an accusation is about: Iran of `denounced the Iranian attack on Israel`.
fn blamed(scene: &Scene<'_, '_>, frame: &Frame, recipients: &Role) -> Option<Role> {
    let act = recipients.head.filter(|_| &*frame.r#type == "ACCUSE")?;
    let frames = scene.lexicon.triggers.get(scene.words.lower(act))?;
    let hostile = |&(frame, form): &(usize, Form)| {
        let kind = &*scene.lexicon.frames[frame].r#type;
        form == Form::Noun && matches!(kind, "ASSAULT" | "COERCE" | "SANCTION")
    };
    if scene.party_at(act).is_some() || !frames.iter().any(hostile) {
        return None;
    }
    let mut doer = scene.owner_of_noun(act);
    let first = doer.parties.first().map(|&at| &scene.parties[at]);
    doer.head = Some(first.filter(|party| party.coded())?.start);
    Some(doer)
}

/// What the act becomes by what is said of it: a promised visit is an agreement.
fn rewritten<'l>(
    scene: &Scene<'_, 'l>,
    frame: &'l Frame,
    sense: Sense,
) -> (&'l str, &'l str, &'static str, f64) {
    let modality = sense.modality();
    let rule = sense.rewrites().iter().find_map(|when| {
        let mut rules = scene.lexicon.rewrites.iter();
        rules.find(|rule| {
            *rule.when == **when
                && *rule.from == *frame.r#type
                && (rule.mode.is_empty() || rule.mode == frame.mode)
        })
    });
    match rule {
        Some(rule) if rule.to_mode.is_empty() && rule.to == frame.r#type => {
            (&rule.to, &frame.mode, "asserted", REWRITTEN)
        }
        Some(rule) => (&rule.to, &rule.to_mode, "asserted", REWRITTEN),
        None if sense.decided => (&frame.r#type, &frame.mode, "asserted", 1.0),
        None => (&frame.r#type, &frame.mode, modality, 1.0),
    }
}

/// The head of what is asked or offered: the verb after `to`, else the noun after `for`.
fn complement(scene: &Scene<'_, '_>, end: usize) -> Option<usize> {
    let words = scene.words;
    let marks = |i: &usize| words.is(*i, &["to", "for"]) && *i + 1 < words.len();
    let at = (end + 1..words.len())
        .take_while(|&i| !words.is_hard(i))
        .find(marks)?
        + 1;
    Some(if words.is_determiner(at) && at + 1 < words.len() {
        at + 1
    } else {
        at
    })
}
