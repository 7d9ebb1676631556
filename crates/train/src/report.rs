//! Scores as lines to read, and to be read by tests: a name, precision, recall, F1.

use std::io::{self, Write};

use crate::score::{Count, Score};

/// Relations that are printed.
const RELATIONS: [&str; 17] = [
    "root",
    "nsubj",
    "nsubj:pass",
    "obj",
    "iobj",
    "obl",
    "obl:agent",
    "xcomp",
    "ccomp",
    "advcl",
    "nmod",
    "nmod:poss",
    "appos",
    "conj",
    "compound",
    "flat",
    "acl:relcl",
];

/// Everything two texts have in common, and the relations that events are made of.
pub(crate) fn table(out: &mut impl Write, score: &Score) -> io::Result<()> {
    for (name, count) in score.counts() {
        line(out, name, count)?;
    }
    relations(out, score)
}

pub(crate) fn relations(out: &mut impl Write, score: &Score) -> io::Result<()> {
    for name in RELATIONS {
        let count = score.relations.get(name).copied().unwrap_or_default();
        line(out, name, count)?;
    }
    Ok(())
}

fn line(out: &mut impl Write, name: &str, count: Count) -> io::Result<()> {
    let [precision, recall, f1] = count.shares();
    writeln!(
        out,
        "  {name:<12} precision {precision:6.2}  recall {recall:6.2}  F1 {f1:6.2}  ({})",
        count.gold
    )
}
