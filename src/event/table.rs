//! Reads the tab-separated tables of the lexicon; every fault carries its file and line.

use std::{collections::BTreeMap, fmt, fs, io, path::Path};

/// The embedded tables: file name and text.
const EMBEDDED: [(&str, &str); 23] = [
    ("areas.tsv", include_str!("../../config/lexicon/areas.tsv")),
    (
        "cities.tsv",
        include_str!("../../config/lexicon/cities.tsv"),
    ),
    (
        "classes.tsv",
        include_str!("../../config/lexicon/classes.tsv"),
    ),
    (
        "contexts.tsv",
        include_str!("../../config/lexicon/contexts.tsv"),
    ),
    (
        "countries.tsv",
        include_str!("../../config/lexicon/countries.tsv"),
    ),
    ("clues.tsv", include_str!("../../config/lexicon/clues.tsv")),
    ("cues.tsv", include_str!("../../config/lexicon/cues.tsv")),
    (
        "details.tsv",
        include_str!("../../config/lexicon/details.tsv"),
    ),
    (
        "frames.tsv",
        include_str!("../../config/lexicon/frames.tsv"),
    ),
    (
        "goldstein.tsv",
        include_str!("../../config/lexicon/goldstein.tsv"),
    ),
    (
        "groups.tsv",
        include_str!("../../config/lexicon/groups.tsv"),
    ),
    ("light.tsv", include_str!("../../config/lexicon/light.tsv")),
    ("loose.tsv", include_str!("../../config/lexicon/loose.tsv")),
    ("names.tsv", include_str!("../../config/lexicon/names.tsv")),
    (
        "namesakes.tsv",
        include_str!("../../config/lexicon/namesakes.tsv"),
    ),
    (
        "parties.tsv",
        include_str!("../../config/lexicon/parties.tsv"),
    ),
    (
        "people.tsv",
        include_str!("../../config/lexicon/people.tsv"),
    ),
    (
        "plover.tsv",
        include_str!("../../config/lexicon/plover.tsv"),
    ),
    (
        "reporting.tsv",
        include_str!("../../config/lexicon/reporting.tsv"),
    ),
    (
        "rewrites.tsv",
        include_str!("../../config/lexicon/rewrites.tsv"),
    ),
    ("roles.tsv", include_str!("../../config/lexicon/roles.tsv")),
    (
        "titles.tsv",
        include_str!("../../config/lexicon/titles.tsv"),
    ),
    ("verbs.tsv", include_str!("../../config/lexicon/verbs.tsv")),
];

/// The tables a lexicon is compiled from: the embedded ones, of which files of the same name may replace some.
#[derive(Debug, Clone)]
pub struct LexiconSource {
    files: BTreeMap<String, String>,
}

impl LexiconSource {
    /// The tables inside the binary.
    pub fn embedded() -> Self {
        let files = EMBEDDED
            .iter()
            .map(|&(name, text)| (name.to_owned(), text.to_owned()));
        Self {
            files: files.collect(),
        }
    }

    /// The embedded tables, with those that stand in a folder under the same name taken from there.
    pub fn with_folder(folder: &Path) -> io::Result<Self> {
        let mut source = Self::embedded();
        for (name, text) in &mut source.files {
            match fs::read_to_string(folder.join(name)) {
                Ok(own) => *text = own,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(source)
    }

    /// Puts one table in the place of another.
    #[must_use]
    pub fn with(mut self, name: &str, text: &str) -> Self {
        self.files.insert(name.to_owned(), text.to_owned());
        self
    }

    /// The tables in the order of their names.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    pub(crate) fn lines<'a>(&'a self, name: &'a str, faults: &mut Faults) -> Vec<Line<'a>> {
        lines(
            name,
            self.files.get(name).map_or("", String::as_str),
            faults,
        )
    }
}

/// A user's own actors: the text of a TSV file with a header line.
#[derive(Debug, Clone)]
pub struct ActorFile {
    /// Named in faults.
    pub name: String,
    /// Columns `name`, `country`, `sectors`, optionally `aliases`, `from`, `to`, `wikidata`, in any order.
    pub text: String,
}

/// What is wrong with the tables, all of it.
#[derive(Debug, thiserror::Error)]
pub struct LexiconError {
    faults: Vec<String>,
}

impl fmt::Display for LexiconError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.faults.join("\n"))
    }
}

/// Faults found so far.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<String>);

impl Faults {
    pub(crate) fn add(&mut self, file: &str, line: usize, what: &str) {
        self.0.push(format!("{file}:{line}: {what}"));
    }

    pub(crate) fn result(self) -> Result<(), LexiconError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(LexiconError { faults: self.0 })
        }
    }
}

/// One line of a table, cells by the names of the header.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) file: &'a str,
    pub(crate) number: usize,
    header: std::rc::Rc<Vec<&'a str>>,
    cells: Vec<&'a str>,
}

impl<'a> Line<'a> {
    /// The cell of a column; empty where the column or the cell is missing.
    pub(crate) fn get(&self, column: &str) -> &'a str {
        let at = self.header.iter().position(|&name| name == column);
        at.and_then(|at| self.cells.get(at))
            .map_or("", |cell| cell.trim())
    }
}

/// The lines of a table: `#` starts a comment, the first other line names the columns.
pub(crate) fn lines<'a>(file: &'a str, text: &'a str, faults: &mut Faults) -> Vec<Line<'a>> {
    let mut rows = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let Some((_, header)) = rows.next() else {
        faults.add(file, 1, "no header line");
        return Vec::new();
    };
    let header = std::rc::Rc::new(header.split('\t').map(str::trim).collect::<Vec<_>>());
    let mut out = Vec::new();
    for (at, row) in rows {
        let cells = row.split('\t').collect::<Vec<_>>();
        if cells.len() > header.len() {
            faults.add(
                file,
                at + 1,
                &format!("{} cells, the header names {}", cells.len(), header.len()),
            );
        }
        out.push(Line {
            file,
            number: at + 1,
            header: header.clone(),
            cells,
        });
    }
    out
}
