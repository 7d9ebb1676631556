//! Lists of feeds from other programs taken in, and the feed list given out as OPML.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use super::{addresses, append};
use crate::{
    cli::{CommandFailure, load::load_configuration, print},
    feed::outline::{LeftOut, Outline, read_list, write_opml},
};

/// A list that is taken in, in bytes.
// The largest hold some ten thousand feeds.
const MAX_LIST_BYTES: u64 = 64 << 20;
/// Characters of a name, and of a reason, that are shown.
// They come from a file of somebody else's: a line a feed is to stay a line.
const MAX_SHOWN: usize = 200;

/// Adds the feeds of a list to ours, and says of each that is left out why.
pub(super) fn import_list(path: &Path, file: &Path) -> Result<(), CommandFailure> {
    let (config, feeds) = load_configuration(path)?;
    let listed = read_list(&read_bytes(file)?);
    if listed.is_empty() {
        let shown = file.display();
        return Err(CommandFailure::Usage(format!(
            "{shown}: no feed is listed in it"
        )));
    }
    let mut known = addresses(&feeds);
    let mut out = io::stdout().lock();
    let (mut entries, mut added, mut left_out) = (String::new(), 0, 0);
    for feed in listed {
        match feed {
            Ok(feed) if known.insert(feed.url.to_string()) => {
                entries.push_str(&feed.to_table());
                added += 1;
            }
            Ok(feed) => writeln!(out, "listed already: {}", feed.url)?,
            Err(feed) => {
                left_out += 1;
                writeln!(out, "left out: {}", in_words(&feed))?;
            }
        }
    }
    append(&config, &entries)?;
    let missing = if left_out > 0 {
        format!(", left out {left_out}")
    } else {
        String::new()
    };
    writeln!(
        out,
        "added {added} feeds to {}{missing}",
        config.feeds.display()
    )?;
    Ok(())
}

fn read_bytes(file: &Path) -> Result<Vec<u8>, CommandFailure> {
    let failed = |error: io::Error| {
        CommandFailure::Usage(format!("{} cannot be read: {error}", file.display()))
    };
    let mut bytes = Vec::new();
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(file).map_err(failed)?)
    };
    let mut source = source.take(MAX_LIST_BYTES + 1);
    source.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_LIST_BYTES {
        let shown = file.display();
        return Err(CommandFailure::Usage(format!(
            "{shown}: larger than {MAX_LIST_BYTES} bytes"
        )));
    }
    Ok(bytes)
}

fn in_words(feed: &LeftOut) -> String {
    let name = feed
        .name
        .as_deref()
        .map(|name| format!(", \"{}\"", print::plain_text(name, MAX_SHOWN)))
        .unwrap_or_default();
    let reason = print::plain_text(&feed.reason, MAX_SHOWN);
    format!("line {}{name}: {reason}", feed.line)
}

/// Writes the feed list as OPML.
pub(super) fn export_list(path: &Path) -> Result<(), CommandFailure> {
    let (_, feeds) = load_configuration(path)?;
    let outlines: Vec<Outline> = feeds.feeds.iter().map(|feed| Outline::of(feed)).collect();
    write!(io::stdout().lock(), "{}", write_opml(&outlines))?;
    Ok(())
}
