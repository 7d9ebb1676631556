//! Takes a feed out of the list: its lines go, everything else of the file stays as it was written.

use std::{
    fs,
    io::{self, Write},
    ops::Range,
    path::Path,
};

use crate::{
    cli::{CommandFailure, load::load_configuration, print},
    config::Config,
    feed::{
        Feed,
        list::{self, FeedList},
    },
};

/// The heading of a feed's table.
const HEADING: &str = "[[feed]]";

/// Takes the feed with this address, name or id out of the list.
pub(super) fn remove_feed(path: &Path, asked: &str) -> Result<(), CommandFailure> {
    let (config, feeds) = load_configuration(path)?;
    let place = find_feed(&feeds, asked)?;
    let text = fs::read_to_string(&config.feeds)?;
    let tables = table_lines(&text);
    // A list of inline tables has no headings to count.
    let Some(lines) = tables
        .get(place)
        .filter(|_| tables.len() == feeds.feeds.len())
    else {
        let file = config.feeds.display();
        return Err(CommandFailure::Usage(format!(
            "{file}: its feeds are not written as {HEADING} tables; take it out by hand"
        )));
    };
    let left = text.split_inclusive('\n').enumerate();
    let left: String = left
        .filter(|(number, _)| !lines.contains(number))
        .map(|(_, line)| line)
        .collect();
    check_left(&config, &left, &feeds.feeds[place], feeds.feeds.len())?;
    replace_file(&config.feeds, &left)?;
    let shown = print::plain_text(feeds.feeds[place].url.as_str(), usize::MAX);
    writeln!(
        io::stdout().lock(),
        "removed: {shown}; what it brought stays in the ledger, a running worker notices within seconds"
    )?;
    Ok(())
}

/// The place of the one feed that an argument means.
fn find_feed(feeds: &FeedList, asked: &str) -> Result<usize, CommandFailure> {
    let address = list::guess_address(asked).ok();
    let means = |feed: &Feed| {
        feed.id.as_str() == asked
            || feed.name.as_deref() == Some(asked)
            || address.as_ref().is_some_and(|url| *url == feed.url)
            || feed.url.as_str() == asked
    };
    let found: Vec<usize> = (0..feeds.feeds.len())
        .filter(|&place| means(&feeds.feeds[place]))
        .collect();
    match found[..] {
        [place] => Ok(place),
        [] => Err(CommandFailure::Usage(format!(
            "no feed has the address, name or id `{asked}`; `dateline feeds export` lists them"
        ))),
        _ => {
            let urls: Vec<&str> = found
                .iter()
                .map(|&place| feeds.feeds[place].url.as_str())
                .collect();
            Err(CommandFailure::Usage(format!(
                "`{asked}` is the name of several: say which by its address: {}",
                urls.join(", ")
            )))
        }
    }
}

/// The lines of each feed's table in the order of the file: its heading, its keys, and the blank lines after them. What is
/// written above the next heading is the next one's.
fn table_lines(text: &str) -> Vec<Range<usize>> {
    let lines: Vec<&str> = text.lines().collect();
    let is_heading = |line: &str| line.trim_start().starts_with('[') && line.contains(']');
    let is_feed = |line: &str| {
        let bare: String = line
            .split('#')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        bare == HEADING
    };
    // Tables below a feed, if any, belong to it.
    let is_below = |line: &str| line.trim_start().starts_with("[feed.");
    let mut tables = Vec::new();
    for (start, _) in lines.iter().enumerate().filter(|(_, line)| is_feed(line)) {
        let ends =
            |line: &&&str| is_heading(line) && !is_below(line) && !line.trim_end().ends_with(',');
        let after = lines[start + 1..]
            .iter()
            .position(|line| ends(&line))
            .map_or(lines.len(), |at| start + 1 + at);
        let is_kept = |line: &&str| line.trim_start().starts_with('#');
        let mut end = after;
        if after < lines.len() {
            while end > start + 1 && is_kept(&lines[end - 1]) {
                end -= 1;
            }
        }
        tables.push(start..end);
    }
    tables
}

/// Looks at the list as it will be, before it is written: all feeds but that one.
fn check_left(
    config: &Config,
    text: &str,
    gone: &Feed,
    before: usize,
) -> Result<(), CommandFailure> {
    let left = FeedList::parse(&config.feeds, text)?;
    let is_gone = left.feeds.iter().all(|feed| feed.id != gone.id);
    if is_gone && left.feeds.len() + 1 == before {
        return Ok(());
    }
    let file = config.feeds.display();
    Err(CommandFailure::Usage(format!(
        "{file}: the lines of {} cannot be told from others; take it out by hand",
        gone.url
    )))
}

/// Writes a file so that a reader sees the old text or the new one. A link stays, and leads to the new text.
fn replace_file(path: &Path, text: &str) -> Result<(), CommandFailure> {
    let failed = |error: io::Error| {
        CommandFailure::Disk(format!("cannot write {}: {error}", path.display()))
    };
    let real = fs::canonicalize(path).map_err(failed)?;
    let beside = real.with_extension(format!("new-{}", std::process::id()));
    let written = fs::write(&beside, text)
        .and_then(|()| fs::set_permissions(&beside, fs::metadata(&real)?.permissions()))
        .and_then(|()| fs::rename(&beside, &real));
    if written.is_err() {
        // What is left of it is of no use; where it cannot be removed, nothing can be done.
        fs::remove_file(&beside).unwrap_or_default();
    }
    written.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_above_the_next_feed_is_the_next_ones() {
        let text = "# list\n[[feed]]\nurl = \"http://a.org/\"\n\n# of B\n[[feed]] # B\nurl = \"http://b.org/\"\n\n\
                    [sites]\n\"b.org\" = {}\n";
        assert_eq!(table_lines(text), [1..4, 5..8]);
    }
}
