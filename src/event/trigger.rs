//! Which words are acts: the form a word stands in, the frame that fits it, what governs it.

use super::{
    act::Act,
    actor::{Party, Sort},
    forms::Form,
    frame::Frame,
    lexicon::Kind,
    role::Scene,
};

/// Words after which a verb stands in its base form.
const MODALS: [&str; 10] = [
    "to", "will", "would", "not", "n't", "can", "could", "should", "must", "may",
];
/// Words that a noun follows.
const BEFORE_NOUNS: [&str; 15] = [
    "'s", "the", "a", "an", "its", "their", "his", "her", "this", "any", "no", "some", "such",
    "these", "those",
];
/// Words that a verb in its base form follows.
const BEFORE_BASE: [&str; 23] = [
    "to", "will", "would", "not", "n't", "can", "could", "should", "must", "may", "might", "we",
    "they", "i", "you", "do", "did", "does", "'ll", "and", "also", "who", "again",
];
/// Words that a verb in its third person follows.
const BEFORE_THIRD: [&str; 10] = [
    "who", "which", "that", "and", "also", "he", "she", "it", ")", ",",
];
/// Types whose act is what is said: what they govern is no act of its own.
const SAID: [&str; 8] = [
    "REQUEST", "AGREE", "REJECT", "THREATEN", "ACCUSE", "CONCEDE", "SUPPORT", "COERCE",
];

/// The frame that asks most of what stands around the word, with the form it stands in.
pub(crate) fn pick<'l>(scene: &Scene<'_, 'l>, at: usize) -> Option<(&'l Frame, Form, usize)> {
    let list = scene.lexicon.triggers.get(scene.words.lower(at))?;
    if scene.parties.iter().any(|p| p.start <= at && at < p.end) {
        return None;
    }
    let actor = |i: usize| {
        scene
            .parties
            .iter()
            .any(|p| p.start <= i && i < p.end && !p.pronoun())
    };
    let mut best: Option<(&Frame, Form, usize)> = None;
    for &(index, form) in list {
        let frame = &scene.lexicon.frames[index];
        if !stands(scene, at, form) {
            continue;
        }
        let Some(end) = frame.matches(at, scene.words, actor) else {
            continue;
        };
        if best
            .is_none_or(|(old, ..)| (frame.demands(), frame.weight) > (old.demands(), old.weight))
        {
            best = Some((frame, form, end));
        }
    }
    best
}

/// Whether a word can stand in a form where it stands.
fn stands(scene: &Scene<'_, '_>, at: usize, form: Form) -> bool {
    let words = scene.words;
    let Some(previous) = at.checked_sub(1) else {
        return matches!(form, Form::Noun | Form::Ing);
    };
    let joined = words.is(previous, &BEFORE_NOUNS);
    let ends = |party: &&Party<'_>| party.end == at;
    let mut before = scene.parties.iter().filter(ends);
    let demonym = before.any(|p| p.sort == Sort::Named(Kind::People));
    // A party that may be the subject right before.
    let subject = |fits: &dyn Fn(&Party<'_>) -> bool| {
        let mut subjects = scene.parties.iter().filter(ends);
        !demonym && subjects.any(|p| p.preposition.is_none() && fits(p))
    };
    match form {
        Form::Noun => words.is(at, &["talks"]) || !words.is(previous, &MODALS),
        Form::Past | Form::Participle => !joined && !words.is(previous, &["of"]),
        Form::Ing => !joined && !words.is(previous, &["of"]) && !demonym,
        Form::Adjective => true,
        Form::Base => {
            words.is(previous, &BEFORE_BASE)
                || words.is_adverb(previous)
                || subject(&|p| words.lower(p.end - 1).ends_with('s'))
        }
        Form::Third => {
            subject(&|_| true) || words.is(previous, &BEFORE_THIRD) || words.is_adverb(previous)
        }
    }
}

/// Whether an act before governs the word at `at`, which then is no act of its own.
pub(crate) fn governs(scene: &Scene<'_, '_>, act: &Act<'_>, at: usize, form: Form) -> bool {
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
        let clause = words.is(
            i,
            &[
                "after", "when", "while", "as", "who", "which", "before", "but", "since",
                "because", "where",
            ],
        );
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
pub(crate) fn background(scene: &Scene<'_, '_>, from: usize, at: usize) -> bool {
    (from..at).any(|i| {
        scene.words.is(
            i,
            &[
                "after", "when", "while", "where", "who", "which", "since", "as", "before",
            ],
        )
    })
}

pub(crate) fn passive(scene: &Scene<'_, '_>, at: usize, form: Form) -> bool {
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
    let by = words.is(at + 1, &["by"])
        || (words.is(at + 1, &["in", "during", "on", "near", "when"])
            && words.is(
                at,
                &[
                    "killed",
                    "wounded",
                    "injured",
                    "arrested",
                    "detained",
                    "kidnapped",
                    "shot",
                ],
            ));
    be || (bare && by)
}
