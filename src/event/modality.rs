//! Whether an act is told as done: negation, future, condition, history, habit.

use super::{lexicon::Lexicon, words::Words};

/// Verbs after which an infinitive is done: `continued to shell`.
const ASPECT: [&str; 22] = [
    "continue", "continues", "continued", "continuing", "begin", "begins", "began", "begun", "start", "starts",
    "started", "managed", "manages", "moved", "proceeded", "dared", "went", "chose", "helped", "helps", "used", "led",
];
/// How far back from a word its auxiliaries and conditions are looked for.
const WINDOW: usize = 9;

/// What the words around an act say of it.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Sense {
    pub(crate) negated: bool,
    pub(crate) future: bool,
    pub(crate) would: bool,
    pub(crate) hypothetical: bool,
    pub(crate) historical: bool,
    pub(crate) generic: bool,
    pub(crate) decided: bool,
    /// `to` stands before it and nothing says that it is done.
    pub(crate) infinitive: bool,
}

impl Sense {
    /// The record's word for it.
    pub(crate) fn modality(self) -> &'static str {
        if self.negated {
            "negated"
        } else if self.hypothetical || self.infinitive {
            "hypothetical"
        } else if self.future || self.would {
            "future"
        } else if self.historical {
            "historical"
        } else if self.generic {
            "generic"
        } else {
            "asserted"
        }
    }
}

/// Reads the words before and around the act at `at`; `year` is that of publication.
pub(crate) fn read(words: &Words<'_>, at: usize, lexicon: &Lexicon, year: Option<i16>) -> Sense {
    let mut sense = Sense::default();
    let stop = at.saturating_sub(WINDOW);
    for back in (stop..at).rev() {
        if (words.is_break(back) && !words.is(back, &["before", "after"])) || words.is(back, &[",", ":"]) {
            break;
        }
        for cue in lexicon.cues.get(words.lower(back)).into_iter().flatten() {
            let rest = cue.words.iter().enumerate().all(|(i, word)| words.is(back + 1 + i, &[word]));
            if rest && at - back - cue.words.len() <= cue.before {
                take(&mut sense, &cue.sense);
            }
        }
    }
    infinitive(words, at, &mut sense);
    sense.hypothetical |= words.is(words.len() - 1, &["?"]);
    sense.historical |= past(words, at, year);
    sense
}

fn take(sense: &mut Sense, name: &str) {
    match name {
        "negated" => sense.negated = !sense.negated,
        "future" => sense.future = true,
        "would" => sense.would = true,
        "hypothetical" => sense.hypothetical = true,
        "historical" => sense.historical = true,
        "generic" => sense.generic = true,
        "decided" => sense.decided = true,
        _ => {}
    }
}

fn infinitive(words: &Words<'_>, at: usize, sense: &mut Sense) {
    let Some(to) = (at.saturating_sub(3)..at).rev().find(|&i| words.is(i, &["to"])) else { return };
    let plain = (to + 1..at).all(|i| words.is_adverb(i) || words.is_be(i) || words.is(i, &["have"]));
    let done = to > 0 && words.is(to - 1, &ASPECT);
    sense.infinitive = plain && !done && !sense.future && !sense.decided;
}

/// A year well before publication, or words that look back over years.
fn past(words: &Words<'_>, at: usize, year: Option<i16>) -> bool {
    let start = (0..at).rev().find(|&i| words.is_hard(i)).unwrap_or(0);
    let end = (at..words.len()).find(|&i| words.is_hard(i) || words.is(i, &[",", "which", "who"])).unwrap_or(words.len());
    (start..end).any(|i| {
        let old = year.zip(words.text[i].parse::<i16>().ok());
        let long_ago = words.is(i, &["ago"]) && i > 0 && words.is(i - 1, &["years", "decades", "decade", "centuries", "century"]);
        let recent = words.is(i, &["recent", "past"]) && words.is(i + 1, &["years", "decades"]);
        old.is_some_and(|(now, then)| then > 1000 && then < now - 1) || long_ago || recent
    })
}
