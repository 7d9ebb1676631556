//! What the demo says at its end.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    time::Duration,
};

use crate::{
    cli::{CommandFailure, print},
    record::{Article, Event, SetAside},
};

/// What a demo published.
pub(super) struct Made {
    pub(super) events: Vec<Event>,
    pub(super) articles: Vec<Article>,
    pub(super) aside: Vec<SetAside>,
}

impl Made {
    /// What was published, what was not and why, where it lies and what to type next.
    pub(super) fn print_summary(
        &self,
        took: Duration,
        place: &str,
        tail: &str,
    ) -> Result<(), CommandFailure> {
        let mut out = io::stdout().lock();
        writeln!(out)?;
        print::print_table(&mut out, &["WHAT", "HOW MANY", ""], &self.summary_rows())?;
        let memory = peak_memory()
            .map(|mb| format!(", peak memory {mb} MB"))
            .unwrap_or_default();
        let seconds = took.as_secs_f64();
        writeln!(
            out,
            "
From start to the last event: {seconds:.1} s{memory}.
Published by default: events that the text asserts (none that are negated, future, hypothetical,
historical or generic) with a confidence of 0.5 or more; [coder] in dateline.toml says so.
The ledger: {place}

Next:
  dateline events <a story you are reading>        its address, a file, or - for standard input
  dateline tail {tail}
  dateline init                                    your own feeds"
        )?;
        Ok(())
    }

    fn summary_rows(&self) -> Vec<Vec<String>> {
        let withheld = self.articles.iter();
        let withheld = withheld.map(|article| article.coding.withheld as usize);
        let types = count_names(self.events.iter().map(|event| event.r#type.as_str()));
        let reasons = count_names(self.aside.iter().map(|record| record.reason.as_str()));
        let rows = [
            (
                "articles",
                self.articles.len(),
                "each once, whichever feeds list it",
            ),
            ("events", self.events.len(), &types),
            (
                "held back",
                withheld.sum(),
                "not asserted, or confidence below 0.5",
            ),
            ("set aside", self.aside.len(), &reasons),
        ];
        rows.map(|(what, how_many, of)| vec![what.to_owned(), how_many.to_string(), of.to_owned()])
            .to_vec()
    }
}

/// How often each name comes, by name.
fn count_names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    counts.join(", ")
}

/// The most memory this process has held, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1_024)
}
