//! When: the words of a sentence that name a day, a week, a month or a year, and whether they are the act's.

mod calendar;
mod count;
mod month;
mod phrase;
mod weekday;

use jiff::civil::Date;

use super::{
    bond::{SENTENCE, find_bond},
    details::Details,
    role::Scene,
    saying::is_ahead,
    words::Words,
};

/// What it costs a phrase to hang on a noun that is not the act.
const HELD: u8 = 2;

/// Days, and the words that tell them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When {
    pub(crate) start: Date,
    pub(crate) end: Date,
    pub(crate) precision: &'static str,
    /// First word and one past the last.
    pub(crate) words: (usize, usize),
}

impl When {
    fn of_days(start: Date, end: Date, precision: &'static str, words: (usize, usize)) -> Self {
        Self {
            start,
            end,
            precision,
            words,
        }
    }
}

/// Where the days of a story are counted from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calendar<'l> {
    pub(crate) details: &'l Details,
    /// The day of publication.
    pub(crate) day: Option<Date>,
    /// Whether the act is told as one to come.
    pub(crate) ahead: bool,
}

/// The expression that tells when the act at `at` is: of its own clause before that of the verb which reports it, then
/// the nearest. A past act is never later than its telling.
pub(crate) fn find_date(scene: &Scene<'_, '_>, at: usize, calendar: Calendar<'_>) -> Option<When> {
    let words = scene.words;
    let mut best: Option<((u8, usize), When)> = None;
    let mut from = 0;
    while from < words.len() {
        let Some(end) = phrase::find_end(words, from, calendar) else {
            from += 1;
            continue;
        };
        let head = scene.syntax.find_head(from, end);
        let own = Calendar {
            ahead: calendar.ahead || is_told_ahead(scene, head),
            ..calendar
        };
        let held = is_held(scene, at, head);
        let cost = find_bond(scene, at, head)
            .map(|cost| cost + if held { HELD } else { 0 })
            .filter(|&cost| cost <= SENTENCE);
        let when = phrase::read_phrase(words, from, own).filter(|when| !held || is_near(when));
        if let Some((cost, when)) = cost.zip(when) {
            let rank = (cost, head.abs_diff(at));
            if best.is_none_or(|(known, _)| rank < known) {
                best = Some((rank, with_preposition(words, when)));
            }
        }
        from = end.max(from + 1);
    }
    best.map(|(_, when)| when)
}

/// Whether a noun beside the act holds a phrase (`the elections in May`).
fn is_held(scene: &Scene<'_, '_>, at: usize, phrase: usize) -> bool {
    let syntax = &scene.syntax;
    let above = syntax.head(phrase).filter(|&above| above != at);
    syntax.kind(phrase) == "nmod"
        && syntax.case(phrase).is_some()
        && above.is_some_and(|above| syntax.is_nominal(above))
}

/// Whether the verb that a phrase hangs on tells what is to come.
fn is_told_ahead(scene: &Scene<'_, '_>, phrase: usize) -> bool {
    let syntax = &scene.syntax;
    let verb = syntax.ancestors(phrase).find(|&at| syntax.is_verb(at));
    verb.is_some_and(|verb| is_ahead(scene, verb))
}

/// A day or a week; a month or a year that a noun holds is that noun's.
fn is_near(when: &When) -> bool {
    matches!(when.precision, "day" | "week")
}

/// A phrase begins with the preposition before it: `on Friday`, `in March`.
fn with_preposition(words: &Words<'_>, when: When) -> When {
    const BEFORE: [&str; 6] = ["on", "in", "during", "over", "since", "late"];
    let (mut first, last) = when.words;
    while first > 0 && words.is(first - 1, &BEFORE) {
        first -= 1;
    }
    When {
        words: (first, last),
        ..when
    }
}
