//! A sentence to prison: the court convicts, and it takes somebody's liberty, which are two events.

use super::Teller;
use crate::{event::confidence, record::Event};

/// The second event is this much less sure than the first: ten of eleven sentences to prison in articles coded by hand
/// were coded as both.
const BOTH: f64 = 0.92;
/// What the second event is, and its rule.
const HELD: (&str, &str, &str) = ("COERCE", "arrest", "173");
/// Relations that lead from the word of the sentence to what it is a sentence to.
const LEADS: [&str; 7] = ["obl", "nmod", "obj", "compound", "conj", "nummod", "appos"];

impl Teller<'_, '_> {
    /// Adds what a sentence to prison does to whoever is sentenced, unless it is told as an event that is as sure.
    pub(super) fn add_imprisonments(&self, found: &mut Vec<(Event, Option<String>)>) {
        let mut added = Vec::new();
        for (event, _) in found.iter() {
            if let Some(held) = self.find_imprisonment(event) {
                added.push((held, None));
            }
        }
        for (held, about) in added {
            let same = |other: &Event| {
                other.r#type == held.r#type && other.sentence.index == held.sentence.index
            };
            let sure = |other: &Event| other.confidence.overall >= held.confidence.overall;
            if !found.iter().any(|(other, _)| same(other) && sure(other)) {
                found.retain(|(other, _)| !(same(other) && other.trigger == held.trigger));
                found.push((held, about));
            }
        }
    }

    /// The event that a conviction is too, where it names a prison.
    fn find_imprisonment(&self, event: &Event) -> Option<Event> {
        if event.r#type != "SANCTION" || event.mode.as_deref() != Some("convict") {
            return None;
        }
        let index = event.sentence.index;
        let at = self.find_prison(index, event.trigger.start)?;
        let (kind, mode, cameo) = HELD;
        let scale = self.whole.lexicon.types.get(kind)?;
        let mut held = event.clone();
        kind.clone_into(&mut held.r#type);
        held.mode = Some(mode.to_owned());
        held.cameo = Some(cameo.to_owned());
        held.goldstein = self.whole.lexicon.goldstein.get(cameo).copied();
        held.quad = scale.quad;
        held.plover_score = scale.score;
        held.trigger = self.whole.words(self.reads[index].words, at, at + 1);
        held.mentions.clear();
        "imprisonment".clone_into(&mut held.coder.rule);
        held.confidence.overall = confidence::round(event.confidence.overall * BOTH);
        held.confidence.r#type = confidence::round(event.confidence.r#type * BOTH);
        Some(held)
    }

    /// The word for a prison in the phrases of the word of a sentence that begins at `start`.
    fn find_prison(&self, index: usize, start: usize) -> Option<usize> {
        let words = self.reads[index].words;
        let syntax = &self.scenes[index].syntax;
        let begins = |at: &usize| self.whole.words(words, *at, at + 1).start == start;
        let trigger = (0..words.len()).find(begins)?;
        let leads = |at: usize| {
            let steps = std::iter::once(at).chain(syntax.ancestors(at));
            let mut way = steps.take_while(|&step| step != trigger);
            syntax.is_under(at, trigger) && way.all(|step| LEADS.contains(&syntax.kind(step)))
        };
        let prisons = &self.whole.lexicon.prisons;
        (0..words.len()).find(|&at| prisons.contains(words.lower(at)) && leads(at))
    }
}
