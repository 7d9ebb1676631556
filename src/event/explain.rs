//! Events for a reader: one line each, and how each was found.

use std::fmt::Write as _;

use crate::record::{Actor, Event};

/// One event in one line: who, what, to whom, where and when, how sure, and whether it is revised or taken back.
pub fn line(event: &Event, colour: bool) -> String {
    let (bold, dim, end) = if colour {
        ("\x1b[1m", "\x1b[2m", "\x1b[0m")
    } else {
        ("", "", "")
    };
    let hue = match (colour, event.quad) {
        (false, _) => "",
        (true, 1 | 2) => "\x1b[32m",
        (true, 3) => "\x1b[33m",
        (true, _) => "\x1b[31m",
    };
    let mut out = format!("{bold}{}{end}", side(&event.actors));
    if !event.recipients.is_empty() {
        write_to(
            &mut out,
            &format!(" → {bold}{}{end}", side(&event.recipients)),
        );
    }
    let mode = event
        .mode
        .as_ref()
        .map_or(String::new(), |mode| format!("/{mode}"));
    write_to(
        &mut out,
        &format!(
            "  {hue}{}{mode}{end} “{}”",
            event.r#type, event.trigger.text
        ),
    );
    if let Some(place) = &event.location {
        let country = place
            .country
            .as_deref()
            .filter(|_| place.level != "country");
        write_to(
            &mut out,
            &format!(
                "  {}{}",
                place.name,
                country.map_or(String::new(), |c| format!(", {c}"))
            ),
        );
    }
    if let (Some(start), Some(last)) = (event.date.start, event.date.end) {
        let day = if start == last {
            start.to_string()
        } else {
            format!("{start}–{last}")
        };
        write_to(&mut out, &format!("  {day}"));
    }
    if event.modality != "asserted" {
        write_to(&mut out, &format!("  [{}]", event.modality));
    }
    write_to(
        &mut out,
        &format!("  {dim}{:.2}{end}", event.confidence.overall),
    );
    if event.status != "coded" {
        write_to(&mut out, &format!("  [{}]", event.status));
    }
    out
}

fn write_to(out: &mut String, text: &str) {
    out.push_str(text);
}

/// A side: each party as written, with its code.
fn side(actors: &[Actor]) -> String {
    if actors.is_empty() {
        return "somebody".to_owned();
    }
    let one = |actor: &Actor| {
        let name = actor.text.as_deref().unwrap_or("somebody");
        let code = actor.country.as_deref().or(actor.group.as_deref());
        let sectors = actor.sectors.join("/");
        match (code, sectors.as_str()) {
            (Some(code), "") => format!("{name} ({code})"),
            (Some(code), sectors) => format!("{name} ({code} {sectors})"),
            (None, "") => name.to_owned(),
            (None, sectors) => format!("{name} ({sectors})"),
        }
    };
    actors.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The sentence, the line of the lexicon, the spans and each decision.
pub fn explain(event: &Event) -> String {
    let mut out = String::new();
    let sentence = event.sentence.text.as_deref().unwrap_or_default();
    let confidence = &event.confidence;
    let mut row = |name: &str, value: &str| {
        writeln!(out, "    {name:<11}{value}").unwrap_or_default();
    };
    row(
        "sentence",
        &format!("{}  “{sentence}”", event.sentence.index),
    );
    row("rule", &event.coder.rule);
    row(
        "trigger",
        &format!(
            "“{}” {}..{}",
            event.trigger.text, event.trigger.start, event.trigger.end
        ),
    );
    for (name, list) in [("actor", &event.actors), ("recipient", &event.recipients)] {
        for actor in list {
            let country = actor.country_from.as_deref().unwrap_or("nothing");
            row(
                name,
                &format!(
                    "{} (role by {}, country by {country})",
                    side(std::slice::from_ref(actor)),
                    actor.role_from
                ),
            );
        }
    }
    if let Some(told) = &event.attribution {
        let speaker = told
            .speaker
            .as_ref()
            .map_or("somebody", |span| span.text.as_str());
        row("told", &format!("{} by {speaker}", told.kind));
    }
    row(
        "date",
        &format!(
            "{} by {}",
            event
                .date
                .start
                .map_or_else(|| "none".to_owned(), |d| d.to_string()),
            event.date.source.as_deref().unwrap_or("nothing")
        ),
    );
    row("modality", &event.modality);
    row(
        "confidence",
        &format!(
            "type {:.2}, actor {:.2}, recipient {:.2}, overall {:.2}",
            confidence.r#type,
            confidence.actor.unwrap_or(0.0),
            confidence.recipient.unwrap_or(0.0),
            confidence.overall
        ),
    );
    for mention in &event.mentions {
        row(
            "also",
            &format!(
                "sentence {}: “{}”",
                mention.sentence.index, mention.trigger.text
            ),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Coder, LexiconSource, Story};

    #[test]
    fn a_line_says_when_an_event_was_revised_or_taken_back() {
        let coder = Coder::new(&LexiconSource::embedded(), &[]).expect("no faults");
        let mut events = coder.code(&Story::of_text("Turkey accused Greece of spying."));
        let mut event = events.pop().expect("an accusation");
        assert!(!line(&event, false).contains('['));
        for status in ["revised", "retracted"] {
            status.clone_into(&mut event.status);
            assert!(line(&event, false).ends_with(&format!("  [{status}]")));
        }
    }
}
