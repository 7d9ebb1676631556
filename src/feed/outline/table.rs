//! A table with a separator, or addresses line by line with words behind them.

use super::{LeftOut, ListedOutline, Said};
use crate::feed::list::guess_address;

/// Separators of columns, the likeliest first.
const SEPARATORS: [char; 3] = ['\t', ';', ','];
/// What columns are called, in lower case, and what they hold.
const COLUMNS: [(Column, &[&str]); 6] = [
    (
        Column::Address,
        &[
            "url", "address", "feed", "feed url", "feed_url", "feedurl", "xmlurl", "rss", "link",
        ],
    ),
    (
        Column::Name,
        &["name", "title", "text", "source", "publisher"],
    ),
    (
        Column::Tags,
        &["tags", "tag", "category", "categories", "folder", "group"],
    ),
    (Column::Language, &["language", "lang"]),
    (Column::Country, &["country"]),
    (Column::Id, &["id"]),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Address,
    Name,
    Tags,
    Language,
    Country,
    Id,
    Other,
}

/// The feeds of a list without markup.
pub(super) fn read_table(text: &str) -> Vec<ListedOutline> {
    let lines = text.lines().enumerate();
    let lines = lines.map(|(at, line)| (at + 1, line.trim_matches(['\u{feff}', ' ', '\r'])));
    let mut lines = lines
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .peekable();
    let head = lines.peek().and_then(|(_, line)| read_head(line));
    if head.is_some() {
        lines.next();
    }
    lines
        .map(|(number, line)| match &head {
            Some((separator, columns)) => read_row(number, &cells(line, *separator), columns),
            None => read_line(number, line),
        })
        .collect()
}

/// The separator and the columns of a table, where its first line names them.
fn read_head(line: &str) -> Option<(char, Vec<Column>)> {
    let separator = SEPARATORS
        .into_iter()
        .find(|separator| line.contains(*separator));
    let separator = separator.unwrap_or(',');
    let name = |cell: &String| {
        let cell = cell.trim().to_lowercase();
        let known = COLUMNS
            .iter()
            .find(|(_, names)| names.contains(&cell.as_str()));
        known.map_or(Column::Other, |(column, _)| *column)
    };
    let columns: Vec<Column> = cells(line, separator).iter().map(name).collect();
    columns
        .contains(&Column::Address)
        .then_some((separator, columns))
}

/// The cells of a line; one in quotes may hold the separator, and a quote written twice (RFC 4180).
fn cells(line: &str, separator: char) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                cell.push('"');
                chars.next();
            }
            '"' if quoted || cell.trim().is_empty() => quoted = !quoted,
            c if c == separator && !quoted => cells.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    cells
}

fn read_row(line: usize, cells: &[String], columns: &[Column]) -> ListedOutline {
    let mut said = Said {
        line,
        ..Said::default()
    };
    for (cell, column) in cells.iter().zip(columns) {
        let cell = Some(cell.trim().to_owned()).filter(|cell| !cell.is_empty());
        match column {
            Column::Address => said.address = said.address.or(cell),
            Column::Name => said.name = said.name.or(cell),
            Column::Tags => said
                .tags
                .extend(cell.iter().flat_map(|cell| split_tags(cell))),
            Column::Language => said.language = cell,
            Column::Country => said.country = cell,
            Column::Id => said.id = cell,
            Column::Other => {}
        }
    }
    said.into_listed()
}

fn split_tags(cell: &str) -> impl Iterator<Item = String> {
    cell.split([',', '|', ';']).map(|tag| tag.trim().to_owned())
}

/// A line without columns that are named: one cell is the address. Words after an address alone are tags, and one
/// with `~` its name, as newsboat writes them.
fn read_line(line: usize, text: &str) -> ListedOutline {
    let words = cells(&text.replace('\t', " "), ' ');
    let mut words = words
        .iter()
        .map(|word| word.trim())
        .filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let has_separator = SEPARATORS
        .iter()
        .any(|separator| first.contains(*separator));
    let is_row = has_separator && words.clone().next().is_some();
    if is_row || !first.contains("://") || guess_address(first).is_err() {
        return read_unnamed(line, text);
    }
    let (names, tags): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('~'));
    Said {
        line,
        address: Some(first.to_owned()),
        name: names.first().map(|name| name[1..].to_owned()),
        tags: tags.into_iter().map(str::to_owned).collect(),
        ..Said::default()
    }
    .into_listed()
}

/// A row of a table whose columns have no names: the cell with an address, and before or after it a name.
fn read_unnamed(line: usize, text: &str) -> ListedOutline {
    let separator = SEPARATORS
        .into_iter()
        .find(|separator| text.contains(*separator));
    let is_address =
        |cell: &str| !cell.contains(' ') && cell.contains('.') && guess_address(cell).is_ok();
    let cells = if is_address(text) {
        vec![text.to_owned()]
    } else {
        cells(text, separator.unwrap_or(','))
    };
    let cells: Vec<&str> = cells
        .iter()
        .map(|cell| cell.trim())
        .filter(|cell| !cell.is_empty())
        .collect();
    let Some(at) = cells.iter().position(|cell| is_address(cell)) else {
        return Err(LeftOut {
            line,
            name: Some(text.trim().chars().take(60).collect()),
            reason: "it holds no address".to_owned(),
        });
    };
    let name = cells.iter().enumerate().find(|(other, _)| *other != at);
    Said {
        line,
        address: Some(cells[at].to_owned()),
        name: name.map(|(_, name)| (*name).to_owned()),
        ..Said::default()
    }
    .into_listed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Option<String>, Vec<String>)> {
        let listed = read_table(text).into_iter().filter_map(Result::ok);
        listed
            .map(|feed| (feed.url.to_string(), feed.name, feed.tags))
            .collect()
    }

    fn row(url: &str, name: Option<&str>, tags: &[&str]) -> (String, Option<String>, Vec<String>) {
        let tags = tags.iter().map(ToString::to_string).collect();
        (url.to_owned(), name.map(str::to_owned), tags)
    }

    #[test]
    fn a_plain_list_is_read_line_by_line() {
        let text = "# my feeds\nhttps://a.example.org/rss\n\n  b.example.org/feed?x=1,2\nno address here\n\
                    https://c.example.org/rss news \"far away\" \"~The Paper\"\n";
        let expected = [
            row("https://a.example.org/rss", None, &[]),
            row(
                "https://c.example.org/rss",
                Some("The Paper"),
                &["news", "far away"],
            ),
        ];
        let found = read(text);
        assert_eq!(
            [&found[0], &found[found.len() - 1]],
            [&expected[0], &expected[1]]
        );
        let left_out: Vec<usize> = read_table(text)
            .into_iter()
            .filter_map(Result::err)
            .map(|left| left.line)
            .collect();
        assert_eq!(left_out, [5]);
    }

    #[test]
    fn a_table_is_read_by_the_names_of_its_columns_or_by_what_its_cells_hold() {
        let named = "Title;URL;Tags;Country\n\"A; \"\"B\"\"\";https://a.example.org/rss;x|y;PAK\n";
        let found = read(named);
        assert_eq!(
            found,
            [row(
                "https://a.example.org/rss",
                Some("A; \"B\""),
                &["x", "y"]
            )]
        );
        assert_eq!(
            read("The Paper,https://a.example.org/rss\n"),
            [row("https://a.example.org/rss", Some("The Paper"), &[])]
        );
    }
}
