//! Where a sentence names somebody whom the lexicon knows.

use jiff::civil::Date;

use super::noun::Dependents;
use crate::event::{
    lexicon::{Entry, Kind, Lexicon},
    words::Words,
};

/// One name in one sentence.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Naming<'l> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) entry: &'l Entry,
    /// Country, else group; empty where the lexicon gives neither, or where the name is part of a person's.
    pub(crate) code: &'l str,
}

impl Naming<'_> {
    /// A body of several words, whose words say nothing each.
    pub(crate) fn is_body(&self) -> bool {
        let bodies = [Kind::Organisation, Kind::Group, Kind::Seat];
        bodies.contains(&self.entry.kind) && self.end > self.start + 1
    }

    /// Names a place of any size.
    pub(crate) fn is_place(&self) -> bool {
        matches!(
            self.entry.kind,
            Kind::Country | Kind::Capital | Kind::Area | Kind::City
        )
    }
}

/// The names of a sentence, the longest at each word.
pub(crate) fn find<'l>(
    words: &Words<'_>,
    lexicon: &'l Lexicon,
    day: Option<Date>,
) -> Vec<Naming<'l>> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let Some((entry, length)) = lexicon.name_on(&words.text[at..], day) else {
            at += 1;
            continue;
        };
        let entry = &lexicon.entries[entry];
        // Ethnic Albanians of Serbia are not of Albania.
        let minority = entry.kind == Kind::People && at > 0 && words.is(at - 1, &["ethnic"]);
        out.push(Naming {
            start: at,
            end: at + length,
            entry,
            code: if minority { "" } else { code(entry) },
        });
        at += length;
    }
    lay_in(&mut out, words);
    out
}

/// Country, else group.
pub(crate) fn code(entry: &Entry) -> &str {
    if entry.country.is_empty() {
        &entry.group
    } else {
        &entry.country
    }
}

/// `Athens, Georgia`: a town named with the land it lies in is of that land.
fn lay_in(namings: &mut [Naming<'_>], words: &Words<'_>) {
    for at in 1..namings.len() {
        let [before, after] = [namings[at - 1], namings[at]];
        let apposed = before.end + 1 == after.start && words.is(before.end, &[","]);
        let town = matches!(before.entry.kind, Kind::City | Kind::Capital);
        let land = matches!(after.entry.kind, Kind::Area | Kind::Country);
        if apposed && town && land && before.code != after.code {
            namings[at - 1].code = after.code;
        }
    }
}

/// Takes the code from places that are a part of a person's name: `Brooke London`, `Israel Houghton`, `Chad Holland`.
pub(crate) fn drop_persons(
    namings: &mut [Naming<'_>],
    words: &Words<'_>,
    dependents: &Dependents,
    lexicon: &Lexicon,
) {
    let tokens = &words.sentence.tokens;
    let lone = |at: usize| tokens.get(at).is_some_and(|token| token.upos == "PROPN");
    let single = |n: &&Naming<'_>| !(n.is_place() && n.end - n.start == 1);
    let taken: Vec<usize> = namings
        .iter()
        .filter(single)
        .flat_map(|n| n.start..n.end)
        .collect();
    for naming in namings {
        if !naming.is_place() || naming.end - naming.start > 1 {
            continue;
        }
        let at = naming.start;
        // A town does nothing: `Hamilton urged`, `Mrs Hamilton`.
        let titled = at > 0 && lexicon.titles.contains(words.lower(at - 1));
        let acts = tokens[at].relation == "nsubj";
        if naming.entry.kind == Kind::City && (acts || titled) {
            naming.code = "";
            continue;
        }
        let last = tokens[at].relation == "flat"
            && at > 0
            && lone(at - 1)
            && !taken.contains(&(at - 1))
            && tokens[at].head.is_some_and(|head| head < at);
        let flat = |&&on: &&usize| tokens[on].relation == "flat" && on == at + 1;
        let first = dependents.on(at).iter().find(flat);
        if last || first.is_some_and(|on| !taken.contains(on)) {
            naming.code = "";
        }
    }
}
