//! How sure of an event that the grammar alone found: the product of how the act and its parties were found; of all
//! events, how sure of day and place. What the network weighs is in `learned/weigh.rs` and `tell/group.rs`.

use super::{act::Act, actor::Party, frame::Shape, role::Role, words::Words};
use crate::record::{Confidence, EventDate, Location};

/// How sure act and parties are; date and place are added where they are read.
pub(crate) fn of(
    act: &Act<'_>,
    words: &Words<'_>,
    actors: &[Party<'_>],
    recipients: &[Party<'_>],
    needs_recipient: bool,
) -> Confidence {
    let kind = kind(act, words);
    let actor = role(&act.actors, actors);
    let recipient = role(&act.recipients, recipients);
    let closed = act.frame.closed || act.frame.shape == Shape::Together;
    Confidence {
        overall: overall(kind, actor, recipient, needs_recipient, closed),
        r#type: round(kind),
        actor: actor.map(round),
        recipient: recipient.map(round),
        date: None,
        location: None,
    }
}

/// A day that the text tells, or that of publication; none without a day.
pub(crate) fn date(date: &EventDate) -> Option<f64> {
    let source = date.source.as_deref()?;
    Some(if source == "text" { 0.9 } else { 0.6 })
}

/// A place of the clause, or one from elsewhere in the sentence.
pub(crate) fn location(location: &Location) -> f64 {
    if location.from == "clause" { 0.9 } else { 0.6 }
}

/// A party read from syntax, from the nearest name, or carried over.
fn found(from: &str) -> f64 {
    match from {
        "syntax" => 0.96,
        "inherited" => 0.85,
        _ => 0.62,
    }
}

/// How its country is known.
fn known(party: &Party<'_>) -> f64 {
    if !party.coded() {
        return 0.6;
    }
    match party.country_from {
        "text" | "name" | "" => 0.98,
        "place" => 0.88,
        _ => 0.82,
    }
}

/// The probability that the parties of a role are right; none for an empty role.
fn role(role: &Role, parties: &[Party<'_>]) -> Option<f64> {
    let best = parties.iter().map(known).fold(0.0, f64::max);
    (!parties.is_empty()).then_some(found(role.from) * best)
}

/// The probability that type and mode are right.
fn kind(act: &Act<'_>, words: &Words<'_>) -> f64 {
    let heading = words.sentence.heading;
    let background = words.is(act.trigger.saturating_sub(1), &["of", "to"]);
    let place = if heading { 0.8 } else { 1.0 } * if background { 0.85 } else { 1.0 };
    (act.weight * place).clamp(0.01, 0.99)
}

/// The probability that the whole is right. An act that needs a recipient and has none, or has no actor, is doubtful.
fn overall(
    kind: f64,
    actor: Option<f64>,
    recipient: Option<f64>,
    needs_recipient: bool,
    closed: bool,
) -> f64 {
    let actor = actor.unwrap_or(0.68);
    let recipient = recipient.unwrap_or(if needs_recipient {
        0.5
    } else if closed {
        1.0
    } else {
        0.72
    });
    round(kind * actor * recipient)
}

/// What the product says of an act that stands alone, and how often such an act is one: of the acts found in the first
/// sentences of 2,086 articles coded by hand, each read alone. A little is taken off, since the lines weigh what they
/// were right in the same articles.
const ALONE: [(f64, f64); 10] = [
    (0.0, 0.0),
    (0.1, 0.15),
    (0.2, 0.33),
    (0.3, 0.48),
    (0.4, 0.62),
    (0.5, 0.74),
    (0.6, 0.84),
    (0.7, 0.91),
    (0.8, 0.95),
    (1.0, 0.98),
];

/// The probability of an act of a story that is hardly more than the sentence that tells it.
pub(crate) fn alone(product: f64) -> f64 {
    let mut steps = ALONE.windows(2);
    let step = steps.find(|step| product <= step[1].0);
    let Some(&[(from, low), (to, high)]) = step else {
        return product;
    };
    round(low + (product - from) / (to - from) * (high - low))
}

/// Two decimals: more would pretend.
pub(crate) fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
