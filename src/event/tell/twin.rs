//! Twins: what the grammar found twice.

use crate::{
    event::key::sorted_codes,
    record::{Event, Mention, SentenceSpan},
};

/// Makes what the grammar found twice one event with a mention: one type, the same parties, the same thing it is
/// about, in sentences beside each other.
pub(super) fn fold_twins(found: Vec<(Event, Option<String>)>) -> Vec<(Event, Option<String>)> {
    let mut out: Vec<(Event, Option<String>)> = Vec::new();
    for (event, about) in found {
        let same = |(other, head): &&mut (Event, Option<String>)| {
            let same_codes = |one, two| sorted_codes(one) == sorted_codes(two);
            other.r#type == event.r#type
                && other.modality == event.modality
                && event.sentence.index == other.sentence.index + 1
                && (head.is_none() || about.is_none() || *head == about)
                && !sorted_codes(&event.actors).is_empty()
                && same_codes(&event.actors, &other.actors)
                && same_codes(&event.recipients, &other.recipients)
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
