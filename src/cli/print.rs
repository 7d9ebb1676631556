//! Small tables and colours for people.

use std::io::{self, IsTerminal, Write};

use crate::printable::{escape_unprintable, is_unprintable};

/// Whether to colour what goes to stdout (<https://no-color.org>).
pub(crate) fn wants_colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Writes rows under a heading, each column as wide as its widest cell.
pub(crate) fn print_table(
    out: &mut dyn Write,
    heading: &[&str],
    rows: &[Vec<String>],
) -> io::Result<()> {
    let mut widths: Vec<usize> = heading.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let heading: Vec<String> = heading.iter().map(ToString::to_string).collect();
    for row in std::iter::once(&heading).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.chars().count() + 2));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
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
