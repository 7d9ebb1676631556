//! Tables and long lines that fit a terminal: cells are cut or wrapped to its width, and whole where there is none.

use std::io::{self, IsTerminal as _, Write};

/// Columns between two cells.
const GAP: usize = 2;
/// What a cell is cut to at most, however narrow the terminal: shorter names tell nothing.
const MIN_CELL: usize = 8;
/// With less room than this the last cell goes below its row: prose in a narrower column is hard to read.
const MIN_LAST: usize = 30;
/// How far the further lines of a row or a line stand in.
const INDENT: usize = 4;

/// The width of the terminal that stdout is, 80 where it does not say; none where it is no terminal.
pub(super) fn terminal_width() -> Option<usize> {
    // What terminals are when nothing is said: the width of a VT100 and of a punched card.
    const UNKNOWN: usize = 80;
    let out = io::stdout();
    out.is_terminal().then(|| {
        let size = rustix::termios::tcgetwinsize(&out).map_or(0, |size| usize::from(size.ws_col));
        if size == 0 { UNKNOWN } else { size }
    })
}

/// Writes rows under a heading, each column as wide as its widest cell. In a `width` that is too narrow for that, headings
/// take several lines, the widest cells are cut, and the last cell of a row is wrapped.
pub(super) fn write_table(
    out: &mut dyn Write,
    heading: &[&str],
    rows: &[Vec<String>],
    width: Option<usize>,
) -> io::Result<()> {
    let widest = |nth: usize| rows.iter().map(|row| count_columns(&row[nth])).max();
    let natural: Vec<usize> = (0..heading.len())
        .map(|nth| count_columns(heading[nth]).max(widest(nth).unwrap_or(0)))
        .collect();
    let whole = natural.iter().map(|width| width + GAP).sum::<usize>();
    let Some(width) = width.filter(|width| whole > width + GAP) else {
        let heading: Vec<String> = heading.iter().map(ToString::to_string).collect();
        for row in std::iter::once(&heading).chain(rows) {
            write_cells(out, row, &natural)?;
        }
        return Ok(());
    };
    let last = heading.len() - 1;
    let least = |nth: usize| heading[nth].split(' ').map(count_columns).max();
    let mut columns: Vec<usize> = (0..last)
        .map(|nth| widest(nth).max(least(nth)).unwrap_or(0))
        .collect();
    let room = width.saturating_sub(count_columns(heading[last]) + GAP);
    shrink_columns(&mut columns, room);
    let left = width.saturating_sub(columns.iter().map(|column| column + GAP).sum());
    write_heading(out, heading, &columns)?;
    for row in rows {
        write_row(out, row, &columns, left, width)?;
    }
    Ok(())
}

/// Takes from the widest columns until all fit, as far as cells may be cut.
fn shrink_columns(columns: &mut [usize], width: usize) {
    let gaps = columns.len().saturating_sub(1) * GAP;
    while columns.iter().sum::<usize>() + gaps > width {
        match columns.iter_mut().max_by_key(|column| **column) {
            Some(widest) if *widest > MIN_CELL => *widest -= 1,
            _ => return,
        }
    }
}

/// A heading over columns that may be narrower than it: a word a line.
fn write_heading(out: &mut dyn Write, heading: &[&str], columns: &[usize]) -> io::Result<()> {
    let last = heading.len() - 1;
    let mut lines: Vec<Vec<String>> = (0..last)
        .map(|nth| wrap_text(heading[nth], columns[nth]))
        .collect();
    lines.push(vec![heading[last].to_owned()]);
    let deepest = lines.iter().map(Vec::len).max().unwrap_or(0);
    for line in 0..deepest {
        let cells: Vec<String> = lines
            .iter()
            .map(|words| words.get(line).cloned().unwrap_or_default())
            .collect();
        write_cells(out, &cells, columns)?;
    }
    Ok(())
}

/// A row whose last cell takes what is `left` of the width, or the lines below where that is too little for it.
fn write_row(
    out: &mut dyn Write,
    row: &[String],
    columns: &[usize],
    left: usize,
    width: usize,
) -> io::Result<()> {
    let (last, cells) = row.split_last().expect("a row has a cell");
    let mut cells: Vec<String> = cells
        .iter()
        .zip(columns)
        .map(|(cell, column)| cut_text(cell, *column))
        .collect();
    let fits = count_columns(last) <= left || left >= MIN_LAST;
    let begins = if fits { width - left } else { INDENT };
    let mut below = wrap_text(last, width.saturating_sub(begins)).into_iter();
    if fits {
        cells.push(below.next().unwrap_or_default());
    }
    write_cells(out, &cells, columns)?;
    for line in below {
        writeln!(out, "{}{line}", " ".repeat(begins))?;
    }
    Ok(())
}

/// Cells in their columns; what has no column is as wide as it is.
fn write_cells(out: &mut dyn Write, cells: &[String], columns: &[usize]) -> io::Result<()> {
    let mut line = String::new();
    for (nth, cell) in cells.iter().enumerate() {
        line.push_str(cell);
        let column = columns.get(nth).copied().unwrap_or(0);
        line.push_str(&" ".repeat(column.saturating_sub(count_columns(cell)) + GAP));
    }
    writeln!(out, "{}", line.trim_end())
}

/// A line as it is, or wrapped at its blanks where it is longer than the terminal.
pub(super) fn fit_line(line: &str, width: Option<usize>) -> String {
    match width {
        Some(width) if count_columns(line) > width => {
            let parts = wrap_text(line, width.saturating_sub(INDENT));
            parts.join(&format!("\n{}", " ".repeat(INDENT)))
        }
        _ => line.to_owned(),
    }
}

/// Lines of a text at most so wide, parted at blanks where there are any.
fn wrap_text(text: &str, width: usize) -> Vec<String> {
    let width = width.max(MIN_CELL);
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let line = lines.last_mut().expect("there is a first line");
        let used = count_columns(line);
        if used > 0 && used + count_columns(word.trim_end()) > width {
            line.truncate(line.trim_end().len());
            lines.push(String::new());
        }
        push_word(&mut lines, word, width);
    }
    if let Some(line) = lines.last_mut() {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// Appends a word to the last line; one that is wider than a line goes on in the next.
fn push_word(lines: &mut Vec<String>, word: &str, width: usize) {
    let mut used = lines.last().map_or(0, |line| count_columns(line));
    let mut escape = Escape::default();
    for c in word.chars() {
        let columns = escape.columns_of(c);
        if used + columns > width && c != ' ' {
            lines.push(String::new());
            used = 0;
        }
        used += columns;
        lines.last_mut().expect("there is a first line").push(c);
    }
}

/// A text cut to a width, an ellipsis in place of what is cut off.
fn cut_text(text: &str, width: usize) -> String {
    if count_columns(text) <= width {
        return text.to_owned();
    }
    let (mut used, mut cut) = (0, String::new());
    for c in text.chars() {
        used += columns_of(c);
        if used >= width {
            break;
        }
        cut.push(c);
    }
    cut + "…"
}

/// The columns that a text takes, without the colours in it.
fn count_columns(text: &str) -> usize {
    let mut escape = Escape::default();
    text.chars().map(|c| escape.columns_of(c)).sum()
}

/// Whether the character before belongs to a colour (`ESC [ … m`), which takes no room.
#[derive(Debug, Default)]
struct Escape {
    is_open: bool,
}

impl Escape {
    fn columns_of(&mut self, c: char) -> usize {
        let was_open = self.is_open;
        self.is_open = c == '\u{1b}' || (was_open && c != 'm');
        if was_open || self.is_open {
            0
        } else {
            columns_of(c)
        }
    }
}

/// The columns of a character: two for the scripts and signs of East Asia and for pictures, none for marks that stand on
/// the letter before (Unicode UAX 11, by blocks).
fn columns_of(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f | 0x200b..=0x200d | 0x20d0..=0x20ff | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: [&str; 4] = ["FEED", "LAST SUCCESS", "INTERVAL", "WHY"];

    fn table(width: Option<usize>, why: &str) -> Vec<String> {
        let row = |name: &str| {
            let cells = [name, "12 min ago", "15 min", why];
            cells.map(ToOwned::to_owned).to_vec()
        };
        let mut out = Vec::new();
        let rows = [
            row("The Example Times of the whole world"),
            row("Nikkei 日本経済新聞"),
        ];
        write_table(&mut out, &HEADING, &rows, width).expect("memory takes it");
        let text = String::from_utf8(out).expect("UTF-8");
        text.lines().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn no_line_of_a_table_is_wider_than_the_terminal() {
        let why = "the server did not answer within its time: check that the port is open in the firewall";
        for width in [40, 60, 80, 100, 120, 200] {
            for line in table(Some(width), why) {
                assert!(count_columns(&line) <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn every_word_of_the_last_cell_is_there_on_any_terminal() {
        let why =
            "connecting to https://example.org/a/b failed: connection refused, is a proxy needed?";
        for width in [50, 80, 132] {
            let all = table(Some(width), why).join(" ");
            for word in why.split(' ') {
                assert!(all.contains(word), "{width}: {word}: {all}");
            }
        }
    }

    #[test]
    fn where_there_is_no_terminal_a_row_is_one_whole_line() {
        let lines = table(None, &"word ".repeat(60));
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with("The Example Times of the whole world  12 min ago"));
    }

    #[test]
    fn a_long_line_is_wrapped_between_words_and_its_colours_take_no_room() {
        let line = "\u{1b}[1mPolice\u{1b}[0m → France  ARREST “arrested two men at the port of Lyon on Monday”";
        assert_eq!(fit_line(line, None), line);
        assert_eq!(fit_line(line, Some(count_columns(line))), line);
        let wrapped = fit_line(line, Some(40));
        assert!(wrapped.lines().count() > 1);
        for part in wrapped.lines() {
            assert!(count_columns(part) <= 40, "{part}");
        }
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(&wrapped), words(line));
    }
}
