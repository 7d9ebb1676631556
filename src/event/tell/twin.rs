//! Twins: what the grammar found twice.

use crate::{
    event::{act_place::OF_WORDS, identity::sorted_codes},
    record::{Actor, Event, Mention, SentenceSpan},
};

/// Makes what the grammar found twice one event with a mention: one type, the same parties, the same thing it is
/// about, in sentences beside each other.
pub(super) fn fold_twins(found: Vec<(Event, Option<String>)>) -> Vec<(Event, Option<String>)> {
    let mut out: Vec<(Event, Option<String>)> = Vec::new();
    for (event, about) in found {
        let same = |(other, head): &&mut (Event, Option<String>)| {
            other.r#type == event.r#type
                && other.modality == event.modality
                && event.sentence.index == other.sentence.index + 1
                && (head.is_none() || about.is_none() || *head == about)
                && !sorted_codes(&event.actors).is_empty()
                && is_same_side(&event.actors, &other.actors, &event.r#type)
                && is_same_side(&event.recipients, &other.recipients, &event.r#type)
        };
        match out.iter_mut().find(same) {
            Some((other, _)) => other.mentions.push(Mention {
                sentence: SentenceSpan {
                    text: None,
                    ..event.sentence
                },
                trigger: event.trigger,
            }),
            None => out.push((event, about)),
        }
    }
    out
}

/// Whether two sides are of the same countries; what is said is said by the same people too, as far as they are named.
fn is_same_side(one: &[Actor], other: &[Actor], kind: &str) -> bool {
    let meant = |actor: &Actor| actor.role_from == "inherited";
    let same = |a: &Actor, b: &Actor| {
        meant(a)
            || meant(b)
            || a.name.as_ref().or(a.text.as_ref()) == b.name.as_ref().or(b.text.as_ref())
    };
    let people = || one.iter().any(|a| other.iter().any(|b| same(a, b)));
    let said = OF_WORDS.contains(&kind) && !one.is_empty() && !other.is_empty();
    sorted_codes(one) == sorted_codes(other) && (!said || people())
}
