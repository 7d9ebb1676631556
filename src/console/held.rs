//! Events that were held back, found again: the ledger keeps how many, not which.

use serde::Serialize;

use crate::{
    event::Publish,
    record::{Article, Event},
};

/// An event that was held back, and why.
#[derive(Debug, Serialize)]
pub struct HeldEvent {
    /// `modality` or `confidence`.
    pub why: &'static str,
    /// In words.
    pub reason: String,
    /// The event as it would have been published.
    pub event: Event,
}

/// What codes an article's text again.
pub type Recoder = Box<dyn Fn(&mut Article) -> Vec<Event> + Send + Sync>;

/// The events of an article that do not go out, the surest first.
pub(super) fn list_held(
    mut article: Article,
    recode: &Recoder,
    publish: &Publish,
) -> Vec<HeldEvent> {
    let mut held: Vec<HeldEvent> = recode(&mut article)
        .into_iter()
        .filter(|event| publish.withholds(event))
        .map(|event| describe_held(event, publish))
        .collect();
    held.sort_by(|a, b| {
        let confidence = |held: &HeldEvent| held.event.confidence.overall;
        confidence(b).total_cmp(&confidence(a))
    });
    held
}

fn describe_held(event: Event, publish: &Publish) -> HeldEvent {
    let why = publish.reason_held(&event);
    let reason = match why {
        "modality" => format!(
            "it is told as {}, and only {} goes out ([coder] publish)",
            event.modality,
            publish.modalities.join(", ")
        ),
        _ => format!(
            "its confidence is {:.2}, and {:.2} is asked for ([coder] min_confidence)",
            event.confidence.overall, publish.min_confidence
        ),
    };
    HeldEvent { why, reason, event }
}
