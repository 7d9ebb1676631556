//! The acts of a sentence: which words are read as one, by which frame, with whom.

use super::{
    attribution::{self, Report},
    forms::Form,
    frame::{Frame, Shape},
    modality::{self, Sense},
    role::{Role, Scene},
    trigger::{background, governs, passive, pick},
};

/// What is left of the weight of an act that only sets the scene.
const BACKGROUND: f64 = 0.85;

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
    pub(crate) attribution: Option<&'static str>,
    pub(crate) weight: f64,
    /// The first word that the act is about: keeps requests apart.
    pub(crate) complement: Option<usize>,
}

/// Reads the acts of a sentence in the order of its words.
pub(crate) fn read<'l>(scene: &Scene<'_, 'l>, report: &Report, year: Option<i16>) -> Vec<Act<'l>> {
    let mut acts: Vec<Act<'l>> = Vec::new();
    let mut subject = Role::default();
    for at in 0..scene.words.len() {
        let Some((frame, form, end)) = pick(scene, at) else {
            if let Some(role) = reporting(scene, at) {
                subject = role;
            }
            continue;
        };
        let governed = acts.iter().rev().any(|act| governs(scene, act, at, form));
        let found = Found {
            frame,
            form,
            at,
            end,
        };
        if let Some(mut act) = one(scene, report, year, found, &subject) {
            let from = acts.first().map_or(0, |first| first.end);
            if background(scene, from, at) {
                act.weight *= BACKGROUND;
            }
            if form != Form::Noun && !act.actors.is_empty() && act.frame.shape != Shape::Suffers {
                subject = act.actors.clone();
            }
            if !governed {
                acts.push(act);
            }
        }
    }
    acts
}

/// The subject of a reporting verb, which the next verb may share.
fn reporting(scene: &Scene<'_, '_>, at: usize) -> Option<Role> {
    let told = scene.lexicon.reporting.contains(scene.words.lower(at));
    let role = told.then(|| scene.subject(at, false, &Role::default()))?;
    (!role.is_empty()).then_some(role)
}

/// A frame that fits, and the words it was found by.
#[derive(Clone, Copy)]
struct Found<'l> {
    frame: &'l Frame,
    form: Form,
    at: usize,
    end: usize,
}

fn one<'l>(
    scene: &Scene<'_, 'l>,
    report: &Report,
    year: Option<i16>,
    found: Found<'l>,
    before: &Role,
) -> Option<Act<'l>> {
    let Found { frame, at, end, .. } = found;
    let mut weight = frame.weight;
    let (actors, recipients) = if found.form == Form::Noun {
        let (owner, carried) = scene.owner(at, before);
        if carried {
            weight = weight.max(0.5) + 0.3;
        }
        let other = scene.object(at, frame, &owner);
        (owner, other)
    } else {
        sides(scene, report, found, before)?
    };
    if actors.is_empty() && recipients.is_empty() {
        return None;
    }
    let mut sense = modality::read(scene.words, at, scene.lexicon, year);
    if frame.shape == Shape::Told {
        sense = Sense {
            historical: sense.historical,
            ..Sense::default()
        };
    }
    let (r#type, mode, modality, factor) = rewritten(scene, frame, sense);
    Some(Act {
        frame,
        r#type,
        mode,
        trigger: at,
        end,
        actors,
        recipients,
        modality,
        attribution: attribution::kind(scene.words, report, scene.parties, at),
        weight: weight * factor,
        complement: complement(scene, end),
    })
}

/// Who does what a verb says, and to whom.
fn sides(
    scene: &Scene<'_, '_>,
    report: &Report,
    found: Found<'_>,
    before: &Role,
) -> Option<(Role, Role)> {
    let Found {
        frame,
        form,
        at,
        end,
    } = found;
    Some(match frame.shape {
        Shape::Suffers => (scene.agent(end), scene.subject(at, false, before)),
        Shape::Told => told(scene, report, at)?,
        _ if passive(scene, at, form) => (scene.agent(at), scene.subject(at, false, before)),
        shape => {
            let subject = scene.subject(at, form == Form::Ing, before);
            let other = if shape == Shape::Together {
                scene.partners(at, frame, &subject)
            } else {
                scene.object(at, frame, &subject)
            };
            (subject, other)
        }
    })
}

/// Who says it, and of whom; none where nobody else is meant.
fn told(scene: &Scene<'_, '_>, report: &Report, at: usize) -> Option<(Role, Role)> {
    let verb = report.verb.filter(|&verb| verb < at || !report.opens)?;
    let speaker = report.speaker?;
    let subject = scene.subject(at, false, &Role::default());
    let own = &scene.parties[speaker];
    let other = |at: &usize| {
        scene.parties[*at].country != own.country || scene.parties[*at].group != own.group
    };
    let subject = Role {
        parties: subject.parties.into_iter().filter(other).collect(),
        ..subject
    };
    let whom = &scene.parties[*subject.parties.first()?];
    let fits =
        whom.coded() && !whom.pronoun() && whom.end <= at && (report.opens == (whom.start > verb));
    fits.then(|| (Role::one(vec![speaker], "syntax"), subject))
}

/// What the act becomes by what is said of it: a promised visit is an agreement.
fn rewritten<'l>(
    scene: &Scene<'_, 'l>,
    frame: &'l Frame,
    sense: Sense,
) -> (&'l str, &'l str, &'static str, f64) {
    let modality = sense.modality();
    let when = if sense.negated && (sense.future || sense.would) {
        "negated"
    } else if (sense.decided || sense.future || sense.would)
        && !sense.negated
        && !sense.hypothetical
    {
        "future"
    } else {
        return (&frame.r#type, &frame.mode, modality, 1.0);
    };
    let rules = scene.lexicon.rewrites.iter();
    let fits = rules.filter(|rule| *rule.when == *when && rule.from == frame.r#type);
    match fits
        .into_iter()
        .find(|rule| rule.mode.is_empty() || rule.mode == frame.mode)
    {
        Some(rule) => (&rule.to, &rule.to_mode, "asserted", 0.85),
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
