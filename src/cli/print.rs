//! Small tables and colours for people.

use std::io::{self, IsTerminal, Write};

use super::table::{fit_line, terminal_width, write_table};
use crate::printable::{escape_unprintable, is_unprintable};

/// Whether to colour what goes to stdout (<https://no-color.org>).
pub(crate) fn wants_colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Writes rows under a heading to stdout, within the width of its terminal.
pub(crate) fn print_table(
    out: &mut dyn Write,
    heading: &[&str],
    rows: &[Vec<String>],
) -> io::Result<()> {
    write_table(out, heading, rows, terminal_width())
}

/// Writes a line to stdout, on a terminal that is narrower over several, parted between words.
pub(crate) fn print_line(out: &mut dyn Write, line: &str) -> io::Result<()> {
    writeln!(out, "{}", fit_line(line, terminal_width()))
}

/// Says on stderr that there is nothing, where a person would wait for lines that do not come: what reads stdout still gets
/// what there is, nothing.
pub(crate) fn tell_of_nothing(what: &str) {
    eprintln!("dateline: {what}");
}

/// Text from outside for a terminal: without what moves, colours or reorders, at most `most` characters.
pub(crate) fn plain_text(text: &str, most: usize) -> String {
    let mut plain: String = text
        .chars()
        .filter(|c| !is_unprintable(*c))
        .take(most)
        .collect();
    if text.chars().count() > most {
        plain.push('…');
    }
    plain
}

/// Writes lines that hold text from outside: on a terminal with what moves, colours or reorders as its number, elsewhere as
/// they are.
pub(crate) fn write_outside(out: &mut dyn Write, text: &str) -> io::Result<()> {
    if io::stdout().is_terminal() {
        out.write_all(escape_unprintable(text).as_bytes())
    } else {
        out.write_all(text.as_bytes())
    }
}
