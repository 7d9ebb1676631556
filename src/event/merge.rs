//! One event for what is told several times: same type, compatible parties, no other day.

use std::collections::BTreeSet;

use crate::record::{Actor, Event, Mention, SentenceSpan};

/// Merges events that tell the same; the surest telling stays, the others become mentions.
pub(crate) fn merge(events: Vec<(Event, Option<String>)>) -> Vec<(Event, Option<String>)> {
    let mut out: Vec<(Event, Option<String>)> = Vec::new();
    for (event, about) in events {
        let twin = out.iter_mut().find(|(other, head)| same(other, &event, head.as_deref(), about.as_deref()));
        match twin {
            Some((other, head)) => {
                if better(&event, other) {
                    let old = std::mem::replace(other, event);
                    *head = about.or(head.take());
                    fold(other, old);
                } else {
                    fold(other, event);
                }
            }
            None => out.push((event, about)),
        }
    }
    out
}

fn better(event: &Event, other: &Event) -> bool {
    let heading = |event: &Event| event.confidence.overall;
    heading(event) > heading(other)
}

fn fold(into: &mut Event, from: Event) {
    let first = (from.sentence.start, from.trigger.start);
    if first != (into.sentence.start, into.trigger.start) {
        let sentence = SentenceSpan { text: None, ..from.sentence };
        into.mentions.push(Mention { sentence, trigger: from.trigger });
    }
    into.mentions.extend(from.mentions);
    into.size.dead = into.size.dead.take().or(from.size.dead);
    into.size.injured = into.size.injured.take().or(from.size.injured);
    into.size.arrested = into.size.arrested.take().or(from.size.arrested);
    if into.location.is_none() {
        into.location = from.location;
        into.confidence.location = from.confidence.location;
    }
}

/// Countries or groups of a side.
pub(crate) fn codes(actors: &[Actor]) -> BTreeSet<&str> {
    actors.iter().filter_map(|actor| actor.country.as_deref().or(actor.group.as_deref())).collect()
}

fn names(actors: &[Actor]) -> BTreeSet<&str> {
    actors.iter().filter_map(|actor| actor.name.as_deref()).collect()
}

fn side(a: &[Actor], b: &[Actor]) -> bool {
    let (a_codes, b_codes) = (codes(a), codes(b));
    let (a_names, b_names) = (names(a), names(b));
    let strangers = a_codes == b_codes && !a_names.is_empty() && !b_names.is_empty() && a_names.is_disjoint(&b_names);
    (a_codes.is_empty() || b_codes.is_empty() || !a_codes.is_disjoint(&b_codes)) && !(strangers && a_codes.len() == 1 && persons(a, b))
}

/// Both sides are persons by name: two persons of one country are two.
fn persons(a: &[Actor], b: &[Actor]) -> bool {
    let person = |list: &[Actor]| list.iter().any(|actor| actor.wikidata.is_some());
    person(a) && person(b)
}

fn same(a: &Event, b: &Event, about_a: Option<&str>, about_b: Option<&str>) -> bool {
    let days = match (a.date.source.as_deref(), b.date.source.as_deref()) {
        (Some("text"), Some("text")) => a.date.start <= b.date.end && b.date.start <= a.date.end,
        _ => true,
    };
    let modes = a.mode.is_none() || b.mode.is_none() || a.mode == b.mode || a.r#type != "ASSAULT";
    let apart = a.r#type == "REQUEST"
        && a.sentence.index != b.sentence.index
        && about_a.zip(about_b).is_some_and(|(a, b)| a != b);
    a.r#type == b.r#type
        && a.modality == b.modality
        && days
        && modes
        && !apart
        && side(&a.actors, &b.actors)
        && side(&a.recipients, &b.recipients)
}
