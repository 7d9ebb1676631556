//! Prints the figures of a tally, a line each, and what was missed or wrong.
#![allow(clippy::print_stdout, reason = "what it prints is its answer")]

use crate::score::{Count, Tally};

/// The figures as a table.
pub(crate) fn print_report(tally: &Tally) {
    println!("{} texts, {} events told", tally.texts, tally.types.told);
    println!("{:<34}precision  recall", "");
    print_line("type", tally.types);
    print_line("type and who", tally.who);
    print_line("type, who and whom", tally.whom);
    print_line("where (of events found)", tally.places);
    print_line("when (of events found)", tally.days);
}

fn print_line(name: &str, count: Count) {
    let Count { told, found, right } = count;
    println!(
        "{name:<34}{:>9.3}  {:>6.3}   {right} right of {found} found, {told} told",
        count.precision(),
        count.recall()
    );
}

/// What was missed and what is wrong, a line each.
pub(crate) fn print_misses(tally: &Tally) {
    for (text, how, kind, words) in &tally.misses {
        println!("{how:<7}{text:<32}{kind:<10}{words}");
    }
}
