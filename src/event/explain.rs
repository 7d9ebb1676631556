//! Events for a reader: one line each, and how each was found.

use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

use crate::{
    printable::escape_unprintable,
    record::{Actor, Confidence, Event, EventDate, Mention},
};

/// What sets the parts of a line apart on a terminal.
struct Paint {
    bold: &'static str,
    dim: &'static str,
    /// By the event's quad.
    hue: &'static str,
    end: &'static str,
}

impl Paint {
    fn of(quad: u8, colour: bool) -> Self {
        if !colour {
            return Self {
                bold: "",
                dim: "",
                hue: "",
                end: "",
            };
        }
        Self {
            bold: "\x1b[1m",
            dim: "\x1b[2m",
            hue: match quad {
                1 | 2 => "\x1b[32m",
                3 => "\x1b[33m",
                _ => "\x1b[31m",
            },
            end: "\x1b[0m",
        }
    }
}

/// One event in one line: who, what, to whom, where and when, how sure, and whether it is revised or taken back.
pub fn line(event: &Event, colour: bool) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    write_line(&mut out, event, &Paint::of(event.quad, colour)).unwrap_or_default();
    out
}

/// Words of an article, in a line that may hold colours of ours.
fn shown(text: &str) -> Cow<'_, str> {
    escape_unprintable(text)
}

fn write_line(out: &mut String, event: &Event, paint: &Paint) -> fmt::Result {
    let Paint {
        bold,
        dim,
        hue,
        end,
    } = paint;
    write!(out, "{bold}{}{end}", side(&event.actors))?;
    if !event.recipients.is_empty() {
        write!(out, " → {bold}{}{end}", side(&event.recipients))?;
    }
    write!(out, "  {hue}{}", event.r#type)?;
    if let Some(mode) = &event.mode {
        write!(out, "/{mode}")?;
    }
    write!(out, "{end} “{}”", shown(&event.trigger.text))?;
    if let Some(place) = &event.location {
        write!(out, "  {}", shown(&place.name))?;
        if let Some(country) = place.country.as_ref().filter(|_| place.level != "country") {
            write!(out, ", {country}")?;
        }
    }
    if let (Some(start), Some(last)) = (event.date.start, event.date.end) {
        write!(out, "  {start}")?;
        if start != last {
            write!(out, "–{last}")?;
        }
    }
    if event.modality != "asserted" {
        write!(out, "  [{}]", event.modality)?;
    }
    write!(out, "  {dim}{:.2}{end}", event.confidence.overall)?;
    if event.status != "coded" {
        write!(out, "  [{}]", event.status)?;
    }
    Ok(())
}

/// A side: each party as written, with its code.
fn side(actors: &[Actor]) -> String {
    if actors.is_empty() {
        return "somebody".to_owned();
    }
    let one = |actor: &Actor| {
        let name = shown(actor.text.as_deref().unwrap_or("somebody"));
        let code = actor.country.as_deref().or(actor.group.as_deref());
        let sectors = actor.sectors.join("/");
        match (code, sectors.as_str()) {
            (Some(code), "") => format!("{name} ({code})"),
            (Some(code), sectors) => format!("{name} ({code} {sectors})"),
            (None, "") => name.into_owned(),
            (None, sectors) => format!("{name} ({sectors})"),
        }
    };
    actors.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The sentence, the line of the lexicon, the spans and each decision.
pub fn explain(event: &Event) -> String {
    let sentence = event.sentence.text.as_deref().unwrap_or_default();
    let trigger = &event.trigger;
    let place = format!("“{}” {}..{}", trigger.text, trigger.start, trigger.end);
    let mut rows = vec![
        (
            "sentence",
            format!("{}  “{sentence}”", event.sentence.index),
        ),
        ("rule", event.coder.rule.clone()),
        ("trigger", place),
    ];
    let parties = |name, side: &[Actor]| -> Vec<(&'static str, String)> {
        side.iter().map(|actor| (name, found(actor))).collect()
    };
    rows.extend(parties("actor", &event.actors));
    rows.extend(parties("recipient", &event.recipients));
    if let Some(told) = &event.attribution {
        let speaker = told.speaker.as_ref().map_or("somebody", |span| &span.text);
        rows.push(("told", format!("{} by {speaker}", told.kind)));
    }
    rows.push(("date", dated(&event.date)));
    rows.push(("modality", event.modality.clone()));
    rows.push(("confidence", sure(&event.confidence)));
    let reasons = event.coder.reasons.iter().cloned();
    rows.extend(reasons.map(|reason| ("", reason)));
    for Mention { sentence, trigger } in &event.mentions {
        let told = format!("sentence {}: “{}”", sentence.index, trigger.text);
        rows.push(("also", told));
    }
    let row = |(name, value): (&str, String)| format!("    {name:<11}{value}\n");
    rows.into_iter().map(row).collect()
}

/// A party, and by what its role and its country were found.
fn found(actor: &Actor) -> String {
    format!(
        "{} (role by {}, country by {})",
        side(std::slice::from_ref(actor)),
        actor.role_from,
        actor.country_from.as_deref().unwrap_or("nothing")
    )
}

fn dated(date: &EventDate) -> String {
    let day = date
        .start
        .map_or_else(|| "none".to_owned(), |day| day.to_string());
    format!("{day} by {}", date.source.as_deref().unwrap_or("nothing"))
}

fn sure(confidence: &Confidence) -> String {
    format!(
        "type {:.2}, actor {:.2}, recipient {:.2}, overall {:.2}",
        confidence.r#type,
        confidence.actor.unwrap_or(0.0),
        confidence.recipient.unwrap_or(0.0),
        confidence.overall
    )
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
