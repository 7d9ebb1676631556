//! How sure: the product of how the act, its parties and its place were found.

use super::{act::Act, actor::Party, role::Role};

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
pub(crate) fn role(role: &Role, parties: &[Party<'_>]) -> Option<f64> {
    let best = parties.iter().map(known).fold(0.0, f64::max);
    (!parties.is_empty()).then_some(found(role.from) * best)
}

/// The probability that type and mode are right.
pub(crate) fn act(act: &Act<'_>, heading: bool, background: bool) -> f64 {
    let place = if heading { 0.8 } else { 1.0 } * if background { 0.85 } else { 1.0 };
    (act.weight * place).clamp(0.01, 0.99)
}

/// The probability that the whole is right. An act that needs a recipient and has none, or has no actor, is doubtful.
pub(crate) fn overall(kind: f64, actor: Option<f64>, recipient: Option<f64>, needs_recipient: bool, closed: bool) -> f64 {
    let actor = actor.unwrap_or(0.68);
    let recipient = recipient.unwrap_or(if needs_recipient { 0.5 } else if closed { 1.0 } else { 0.72 });
    round(kind * actor * recipient)
}

/// Two decimals: more would pretend.
pub(crate) fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
