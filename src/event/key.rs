//! Ids and the keys to join by, computed from what an event says.

use super::merge;
use crate::{
    id::EventId,
    record::{Actor, Event},
};

/// Ids and the key to join by, once merging has settled what the events are.
pub(crate) fn finish(merged: Vec<(Event, Option<String>)>) -> Vec<Event> {
    let mut seen: Vec<(String, usize)> = Vec::new();
    let mut out = Vec::with_capacity(merged.len());
    for (mut event, about) in merged {
        let side = |list: &[Actor]| {
            let one = |a: &Actor| {
                let name = a.name.as_deref().or(a.text.as_deref()).unwrap_or("");
                format!(
                    "{}/{}/{name}",
                    a.country.as_deref().unwrap_or(""),
                    a.sectors.join("+")
                )
            };
            list.iter().map(one).collect::<Vec<_>>().join("|")
        };
        let codes = |list: &[Actor]| merge::codes(list).into_iter().collect::<Vec<_>>().join("|");
        let day = event
            .date
            .start
            .filter(|_| event.date.source.as_deref() == Some("text"));
        let day = day.map_or(String::new(), |day| day.to_string());
        let place = event
            .location
            .as_ref()
            .map_or("", |place| place.name.as_str())
            .to_owned();
        let (who, whom) = (side(&event.actors), side(&event.recipients));
        let base = [
            &event.article.id,
            &event.r#type,
            &who,
            &whom,
            &place,
            &day,
            about.as_deref().unwrap_or(""),
        ]
        .join("\u{1f}");
        let ordinal = seen
            .iter_mut()
            .find(|(key, _)| *key == base)
            .map_or(0, |(_, count)| {
                *count += 1;
                *count
            });
        if ordinal == 0 {
            seen.push((base.clone(), 0));
        }
        event.id = EventId::of(&["event/1", &base, &ordinal.to_string()]).to_string();
        let key = [
            event.r#type.as_str(),
            &codes(&event.actors),
            &codes(&event.recipients),
            &place,
            &day,
        ]
        .join("\u{1f}");
        event.dedup_key = EventId::of(&["dedup/1", &key])
            .to_string()
            .replace("ev_", "d1:");
        out.push(event);
    }
    out
}
