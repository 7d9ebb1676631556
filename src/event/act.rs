//! The acts of a sentence: which words are read as one, by which frame, with whom.

use super::{
    attribution::{self, Report},
    forms::Form,
    frame::{Frame, Shape},
    modality::{self, Sense},
    role::{Role, Scene},
};

/// Types whose act is what is said: what they govern is no act of its own.
const SAID: [&str; 8] = ["REQUEST", "AGREE", "REJECT", "THREATEN", "ACCUSE", "CONCEDE", "SUPPORT", "COERCE"];

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
        if let Some(mut act) = one(scene, report, year, (frame, form, at, end), &subject) {
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

/// The frame that asks most of what stands around the word, with the form it stands in.
fn pick<'l>(scene: &Scene<'_, 'l>, at: usize) -> Option<(&'l Frame, Form, usize)> {
    let list = scene.lexicon.triggers.get(scene.words.lower(at))?;
    if scene.parties.iter().any(|p| p.start <= at && at < p.end) {
        return None;
    }
    let actor = |i: usize| scene.parties.iter().any(|p| p.start <= i && i < p.end && !p.pronoun());
    let mut best: Option<(&Frame, Form, usize)> = None;
    for &(index, form) in list {
        let frame = &scene.lexicon.frames[index];
        if !stands(scene, at, form) {
            continue;
        }
        let Some(end) = frame.matches(at, scene.words, actor) else { continue };
        if best.is_none_or(|(old, ..)| (frame.demands(), frame.weight) > (old.demands(), old.weight)) {
            best = Some((frame, form, end));
        }
    }
    best
}

/// Whether a word can stand in a form where it stands.
fn stands(scene: &Scene<'_, '_>, at: usize, form: Form) -> bool {
    let words = scene.words;
    let Some(previous) = at.checked_sub(1) else { return matches!(form, Form::Noun | Form::Ing) };
    let joined = words.is(previous, &["'s", "the", "a", "an", "its", "their", "his", "her", "this", "any", "no", "some", "such", "these", "those"]);
    let demonym = scene.parties.iter().any(|p| p.end == at && p.sort == super::actor::Sort::Named(super::lexicon::Kind::People));
    match form {
        Form::Noun => !(words.is(previous, &["to", "will", "would", "not", "n't", "can", "could", "should", "must", "may"]) && !words.is(at, &["talks"])),
        Form::Past | Form::Participle => !joined && !words.is(previous, &["of"]),
        Form::Ing => !joined && !words.is(previous, &["of"]) && !demonym,
        Form::Adjective => true,
        Form::Base => {
            let led = words.is(previous, &["to", "will", "would", "not", "n't", "can", "could", "should", "must", "may", "might", "we", "they", "i", "you", "do", "did", "does", "'ll", "and", "also", "who", "again"]) || words.is_adverb(previous);
            let plural = scene.parties.iter().any(|p| p.end == at && words.lower(p.end - 1).ends_with('s') && !demonym && p.preposition.is_none());
            led || plural
        }
        Form::Third => {
            let subject = scene.parties.iter().any(|p| p.end == at && !demonym && p.preposition.is_none());
            subject || words.is(previous, &["who", "which", "that", "and", "also", "he", "she", "it", ")", ","]) || words.is_adverb(previous)
        }
    }
}

/// Whether an act before governs the word at `at`, which then is no act of its own.
fn governs(scene: &Scene<'_, '_>, act: &Act<'_>, at: usize, form: Form) -> bool {
    let words = scene.words;
    if at <= act.end {
        return true;
    }
    let said = SAID.contains(&act.r#type);
    if !said && form != Form::Noun {
        return false;
    }
    let finite = matches!(form, Form::Past | Form::Third);
    let freed = (act.end + 1..at).any(|i| {
        let clause = words.is(i, &["after", "when", "while", "as", "who", "which", "before", "but", "since", "because", "where"]);
        let series = words.is(i, &["and"]) && finite && (i + 1..at).all(|i| led(scene, i));
        let trailing = words.is(i, &[","]) && form == Form::Ing && i + 2 >= at;
        words.is_hard(i) || (clause && form != Form::Base) || series || trailing
    });
    !freed
}

/// Words that may stand between `and` and the verb of a new clause.
fn led(scene: &Scene<'_, '_>, at: usize) -> bool {
    let words = scene.words;
    words.is_adverb(at)
        || words.is_be(at)
        || words.is_determiner(at)
        || words.is(at, &["has", "have", "had", "will", "would"])
        || scene.parties.iter().any(|p| p.start <= at && at < p.end)
}

/// Told in a clause that only sets the scene: `after X attacked Y`.
fn background(scene: &Scene<'_, '_>, from: usize, at: usize) -> bool {
    (from..at).any(|i| scene.words.is(i, &["after", "when", "while", "where", "who", "which", "since", "as", "before"]))
}

fn passive(scene: &Scene<'_, '_>, at: usize, form: Form) -> bool {
    if !matches!(form, Form::Past | Form::Participle) {
        return false;
    }
    let words = scene.words;
    let mut back = at;
    while back > 0 && words.is_adverb(back - 1) {
        back -= 1;
    }
    let be = back > 0 && words.is_be(back - 1);
    let bare = back > 0 && !words.is(back - 1, &["has", "have", "had", "'ve", "'d"]);
    let by = words.is(at + 1, &["by"]) || (words.is(at + 1, &["in", "during", "on", "near", "when"]) && words.is(at, &["killed", "wounded", "injured", "arrested", "detained", "kidnapped", "shot"]));
    be || (bare && by)
}

fn one<'l>(scene: &Scene<'_, 'l>, report: &Report, year: Option<i16>, found: (&'l Frame, Form, usize, usize), before: &Role) -> Option<Act<'l>> {
    let (frame, form, at, end) = found;
    let mut weight = frame.weight;
    let (actors, recipients) = match (form, frame.shape) {
        (Form::Noun, _) => {
            let (owner, carried) = scene.owner(at, before);
            weight = if carried { weight.max(0.5) + 0.3 } else { weight };
            let other = scene.object(at, frame, &owner);
            (owner, other)
        }
        (_, Shape::Suffers) => (scene.agent(end), scene.subject(at, false, before)),
        (_, Shape::Told) => told(scene, report, at)?,
        _ if passive(scene, at, form) => {
            let agent = scene.agent(at);
            let subject = scene.subject(at, false, before);
            (agent, subject)
        }
        (_, Shape::Together) => {
            let subject = scene.subject(at, form == Form::Ing, before);
            let partners = scene.partners(at, frame, &subject);
            (subject, partners)
        }
        _ => {
            let subject = scene.subject(at, form == Form::Ing, before);
            let object = scene.object(at, frame, &subject);
            (subject, object)
        }
    };
    if actors.is_empty() && recipients.is_empty() {
        return None;
    }
    let mut sense = modality::read(scene.words, at, scene.lexicon, year);
    if frame.shape == Shape::Told {
        sense = Sense { historical: sense.historical, ..Sense::default() };
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

/// Who says it, and of whom; none where nobody else is meant.
fn told(scene: &Scene<'_, '_>, report: &Report, at: usize) -> Option<(Role, Role)> {
    let verb = report.verb.filter(|&verb| verb < at || !report.opens)?;
    let speaker = report.speaker?;
    let subject = scene.subject(at, false, &Role::default());
    let whom = &scene.parties[*subject.parties.first()?];
    let other = whom.country != scene.parties[speaker].country || whom.group != scene.parties[speaker].group;
    let fits = other && whom.coded() && !whom.pronoun() && whom.end <= at && (report.opens == (whom.start > verb));
    fits.then(|| (Role::one(vec![speaker], "syntax"), subject))
}

/// What the act becomes by what is said of it: a promised visit is an agreement.
fn rewritten<'l>(scene: &Scene<'_, 'l>, frame: &'l Frame, sense: Sense) -> (&'l str, &'l str, &'static str, f64) {
    let modality = sense.modality();
    let when = if sense.negated && (sense.future || sense.would) {
        "negated"
    } else if (sense.decided || sense.future || sense.would) && !sense.negated && !sense.hypothetical {
        "future"
    } else {
        return (&frame.r#type, &frame.mode, modality, 1.0);
    };
    let rules = scene.lexicon.rewrites.iter();
    let fits = rules.filter(|rule| *rule.when == *when && rule.from == frame.r#type);
    match fits.into_iter().find(|rule| rule.mode.is_empty() || rule.mode == frame.mode) {
        Some(rule) => (&rule.to, &rule.to_mode, "asserted", 0.85),
        None if sense.decided => (&frame.r#type, &frame.mode, "asserted", 1.0),
        None => (&frame.r#type, &frame.mode, modality, 1.0),
    }
}

/// The head of what is asked or offered: the verb after `to`, else the noun after `for`.
fn complement(scene: &Scene<'_, '_>, end: usize) -> Option<usize> {
    let words = scene.words;
    let marks = |i: &usize| words.is(*i, &["to", "for"]) && *i + 1 < words.len();
    let at = (end + 1..words.len()).take_while(|&i| !words.is_hard(i)).find(marks)? + 1;
    Some(if words.is_determiner(at) && at + 1 < words.len() { at + 1 } else { at })
}
