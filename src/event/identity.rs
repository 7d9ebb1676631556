//! Ids and the keys to join by, computed from what an event says.

use std::collections::BTreeSet;

use crate::{
    id::EventId,
    record::{Actor, Event},
};

/// Ends each part of what is hashed; no word contains it.
const UNIT: &str = "\u{1f}";

/// Ids and the key to join by, once merging has settled what the events are.
pub(crate) fn finish(merged: Vec<(Event, Option<String>)>) -> Vec<Event> {
    let mut seen: Vec<(String, usize)> = Vec::new();
    let mut out = Vec::with_capacity(merged.len());
    for (mut event, about) in merged {
        let day = told_day(&event);
        let base = identity(&event, &day, about.as_deref());
        event.dedup_key = dedup_key(&event, &day);
        let twin = seen.iter_mut().find(|(key, _)| *key == base);
        let ordinal = twin.map_or(0, |(_, count)| {
            *count += 1;
            *count
        });
        event.id = EventId::of(&["event/1", &base, &ordinal.to_string()]).to_string();
        if ordinal == 0 {
            seen.push((base, 0));
        }
        out.push(event);
    }
    out
}

/// What makes an event of an article this one and no other; events that share it are numbered.
fn identity(event: &Event, day: &str, about: Option<&str>) -> String {
    [
        &event.article.id,
        &event.r#type,
        &side(&event.actors),
        &side(&event.recipients),
        place(event),
        day,
        about.unwrap_or(""),
    ]
    .join(UNIT)
}

/// What articles that tell the same happening share.
fn dedup_key(event: &Event, day: &str) -> String {
    let key = [
        &event.r#type,
        &codes(&event.actors),
        &codes(&event.recipients),
        place(event),
        day,
    ]
    .join(UNIT);
    EventId::of(&["dedup/1", &key])
        .to_string()
        .replace("ev_", "d1:")
}

/// The day that the text itself tells; empty without one.
fn told_day(event: &Event) -> String {
    let told = event.date.source.as_deref() == Some("text");
    let day = event.date.start.filter(|_| told);
    day.map_or(String::new(), |day| day.to_string())
}

/// The place that the text of the act tells; that of the dateline stands in for none.
fn place(event: &Event) -> &str {
    let told = event
        .location
        .as_ref()
        .filter(|place| place.from != "dateline");
    told.map_or("", |place| place.name.as_str())
}

/// The parties of a side by country, sectors and name.
fn side(actors: &[Actor]) -> String {
    let one = |actor: &Actor| {
        let name = actor.name.as_deref().or(actor.text.as_deref());
        format!(
            "{}/{}/{}",
            actor.country.as_deref().unwrap_or(""),
            actor.sectors.join("+"),
            name.unwrap_or("")
        )
    };
    actors.iter().map(one).collect::<Vec<_>>().join("|")
}

/// Countries or groups of a side.
pub(crate) fn sorted_codes(actors: &[Actor]) -> BTreeSet<&str> {
    actors
        .iter()
        .filter_map(|actor| actor.country.as_deref().or(actor.group.as_deref()))
        .collect()
}

fn codes(actors: &[Actor]) -> String {
    let codes = sorted_codes(actors);
    codes.into_iter().collect::<Vec<_>>().join("|")
}
