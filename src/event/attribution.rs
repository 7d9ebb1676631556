//! Who reports what a sentence tells: speakers are no parties of what they report.

use super::{actor::Party, lexicon::Lexicon, words::Words};

/// What is known of the reporting in one sentence.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Report {
    /// The party that speaks.
    pub(crate) speaker: Option<usize>,
    /// The reporting verb.
    pub(crate) verb: Option<usize>,
    /// `X said …` rather than `…, X said`.
    pub(crate) opens: bool,
}

/// Finds the reporting clause and marks its parties as speakers.
pub(crate) fn read(words: &Words<'_>, parties: &mut [Party<'_>], lexicon: &Lexicon) -> Report {
    let mut report = Report::default();
    for at in 0..words.len() {
        if words.is(at, &["according"]) && words.is(at + 1, &["to"]) {
            accord(words, parties, at, &mut report);
        } else if at > 0
            && lexicon.reporting.contains(words.lower(at))
            && !words.is_capital(at)
            && !words.is(at - 1, &["to", "the", "a", "'s", "of"])
        {
            clause(words, parties, at, &mut report);
        }
    }
    report
}

fn mark(words: &Words<'_>, at: usize) -> bool {
    words.is(at, &[",", "."]) || words.is_hard(at)
}

fn accord(words: &Words<'_>, parties: &mut [Party<'_>], at: usize, report: &mut Report) {
    let end = (at..words.len())
        .find(|&i| mark(words, i))
        .unwrap_or(words.len());
    for (index, party) in parties.iter_mut().enumerate() {
        if party.start > at && party.end <= end {
            party.speaker = true;
            report.speaker.get_or_insert(index);
            report.verb = Some(at);
        }
    }
}

fn clause(words: &Words<'_>, parties: &mut [Party<'_>], verb: usize, report: &mut Report) {
    let cut = (0..verb).rev().find(|&i| mark(words, i));
    let start = cut.map_or(0, |cut| cut + 1);
    let inverted = cut.is_some_and(|cut| cut + 1 == verb);
    let subject = find_subject(parties, start, verb, inverted);
    let Some(subject) = subject else { return };
    let quote = cut.is_some_and(|cut| words.is_hard(cut));
    let opens = (cut.is_none() || start < 2) && !quote;
    let apposed = !opens && !inverted && !quote && relative(words, start, verb);
    if opens || apposed {
        if report.speaker.is_none() {
            *report = Report {
                speaker: Some(subject),
                verb: Some(verb),
                opens: true,
            };
        }
        return;
    }
    let end = (verb..words.len())
        .find(|&i| words.is_hard(i) || words.is(i, &["that"]))
        .unwrap_or(words.len());
    for party in parties.iter_mut() {
        party.speaker |= party.start >= start && party.end <= end.max(verb);
    }
    if !report.opens {
        *report = Report {
            speaker: Some(subject),
            verb: Some(verb),
            opens: false,
        };
    }
}

/// Who says it: before the verb, or soon after it where the words are turned round (`said the minister`).
fn find_subject(parties: &[Party<'_>], start: usize, verb: usize, inverted: bool) -> Option<usize> {
    let mut all = parties.iter();
    if inverted {
        return all.position(|p| p.start > verb && p.start <= verb + 4);
    }
    all.rposition(|p| p.start >= start && p.end <= verb && p.preposition.is_none())
}

/// `, who said` and the like belong to the noun before.
fn relative(words: &Words<'_>, start: usize, verb: usize) -> bool {
    (start..verb).any(|i| words.is(i, &["who", "which"]))
}
