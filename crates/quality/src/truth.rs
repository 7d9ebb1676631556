//! Reads the truth of a folder: one event a line, as `crates/quality/README.md` tells.

use std::{collections::BTreeMap, fs, io, path::Path};

use jiff::civil::Date;
use thiserror::Error;

/// The columns, in this order.
const COLUMNS: [&str; 8] = [
    "story", "type", "who", "whom", "where", "when", "words", "optional",
];

/// An event that a text tells.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// PLOVER type; several where the manual can be read in more than one way.
    pub(crate) types: Vec<String>,
    /// Codes of whoever acts; none where that is not judged.
    pub(crate) who: Option<Vec<String>>,
    /// Codes of whomever it is done to.
    pub(crate) whom: Option<Vec<String>>,
    /// The place as written.
    pub(crate) place: Option<String>,
    /// First and last day.
    pub(crate) days: Option<(Date, Date)>,
    /// Words that stand once in the text, in the sentence that tells it.
    pub(crate) words: String,
    /// A careful reader may give it or not: neither right nor wrong.
    pub(crate) optional: bool,
}

/// Why a truth cannot be read.
#[derive(Debug, Error)]
pub(crate) enum TruthError {
    #[error("{file} cannot be read")]
    Unreadable {
        file: String,
        #[source]
        source: io::Error,
    },
    #[error("{file}:{line}: {what}")]
    Malformed {
        file: String,
        line: usize,
        what: String,
    },
}

/// The events of each text, in the order of the file.
pub(crate) fn read_truth(path: &Path) -> Result<BTreeMap<String, Vec<Told>>, TruthError> {
    let file = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|source| TruthError::Unreadable {
        file: file.clone(),
        source,
    })?;
    let mut truth: BTreeMap<String, Vec<Told>> = BTreeMap::new();
    let mut named = false;
    for (at, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let cells = line.split('\t').map(str::trim).collect::<Vec<_>>();
        let malformed = |what: &str| TruthError::Malformed {
            file: file.clone(),
            line: at + 1,
            what: what.to_owned(),
        };
        if !named {
            named = cells == COLUMNS;
            if !named {
                return Err(malformed(&format!(
                    "the columns are {}",
                    COLUMNS.join(", ")
                )));
            }
            continue;
        }
        let told = read_told(&cells).map_err(malformed)?;
        truth.entry(cells[0].to_owned()).or_default().push(told);
    }
    Ok(truth)
}

fn read_told(cells: &[&str]) -> Result<Told, &'static str> {
    let [_, kind, who, whom, place, when, words, rest @ ..] = cells else {
        return Err("a line has eight cells");
    };
    if words.is_empty() {
        return Err("words name the sentence that tells the event");
    }
    let some = |cell: &&str| (!cell.is_empty()).then(|| (*cell).to_owned());
    Ok(Told {
        types: kind.split('/').map(str::to_owned).collect(),
        who: some(who).map(|codes| read_codes(&codes)),
        whom: some(whom).map(|codes| read_codes(&codes)),
        place: some(place),
        days: some(when).map(|days| read_days(&days)).transpose()?,
        words: (*words).to_owned(),
        optional: rest.first().is_some_and(|cell| *cell == "optional"),
    })
}

/// Codes between commas; `-` for nobody that has one.
fn read_codes(cell: &str) -> Vec<String> {
    let codes = cell.split(',').map(str::trim).filter(|code| *code != "-");
    codes.map(str::to_owned).collect()
}

/// A day, or the first and the last day with a stroke between.
fn read_days(cell: &str) -> Result<(Date, Date), &'static str> {
    let (first, last) = cell.split_once('/').unwrap_or((cell, cell));
    let day = |text: &str| {
        text.parse::<Date>()
            .map_err(|_| "when is a day, or two days as first/last")
    };
    Ok((day(first)?, day(last)?))
}
