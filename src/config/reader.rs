//! Reads a TOML file key by key and collects every fault with its file, line, key and what would be accepted.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    fmt,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::value;

/// One thing that is wrong in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// Line in the file, from 1.
    pub line: usize,
    /// The key with the tables above it, e.g. `fetch.pace`; empty for a fault of the file itself.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What would be accepted.
    pub accepted: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file.display(), self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{}", self.problem)?;
        if !self.accepted.is_empty() {
            write!(f, "; accepted: {}", self.accepted)?;
        }
        Ok(())
    }
}

/// A file being read, with the faults found so far.
#[derive(Debug)]
pub(crate) struct Document {
    path: PathBuf,
    text: String,
    faults: RefCell<Vec<Fault>>,
}

impl Document {
    pub(crate) fn new(path: &Path, text: String) -> Self {
        Self {
            path: path.to_owned(),
            text,
            faults: RefCell::default(),
        }
    }

    /// Reads the document with `read` and returns what it made together with all faults.
    pub(crate) fn read<T>(self, read: impl FnOnce(&Table<'_>) -> T) -> (T, Vec<Fault>) {
        let (root, errors) = DeTable::parse_recoverable(&self.text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            self.fault(at, "", error.message().to_owned(), "TOML 1.0");
        }
        let table = Table::new(&self, String::new(), 0, root.get_ref());
        let made = read(&table);
        table.refuse_unknown();
        drop(table);
        (made, self.faults.into_inner())
    }

    fn fault(&self, at: usize, key: &str, problem: String, accepted: &str) {
        let before = self.text.as_bytes().iter().take(at);
        self.faults.borrow_mut().push(Fault {
            file: self.path.clone(),
            line: before.filter(|&&byte| byte == b'\n').count() + 1,
            key: key.to_owned(),
            problem,
            accepted: accepted.to_owned(),
        });
    }
}

/// A table of the file. Every key that is asked for is known; the others are refused at the end.
#[derive(Debug)]
pub(crate) struct Table<'a> {
    document: &'a Document,
    path: String,
    at: usize,
    entries: Option<&'a DeTable<'a>>,
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Table<'a> {
    fn new(document: &'a Document, path: String, at: usize, entries: &'a DeTable<'a>) -> Self {
        Self {
            document,
            path,
            at,
            entries: Some(entries),
            asked: RefCell::default(),
        }
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().insert(key.to_owned());
        let entries = self.entries?;
        entries
            .iter()
            .find(|(name, _)| name.get_ref() == key)
            .map(|(_, value)| value)
    }

    /// Records a fault of a key of this table.
    pub(crate) fn fault(&self, key: &str, problem: impl Into<String>, accepted: &str) {
        let at = self.entries.and_then(|entries| {
            entries
                .iter()
                .find(|(name, _)| name.get_ref() == key)
                .map(|(name, _)| name.span().start)
        });
        self.document.fault(
            at.unwrap_or(self.at),
            &self.full(key),
            problem.into(),
            accepted,
        );
    }

    /// Refuses the keys nobody asked for.
    pub(crate) fn refuse_unknown(&self) {
        let asked = self.asked.borrow();
        let accepted = asked
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        for (name, _) in self.entries.into_iter().flatten() {
            if !asked.contains(name.get_ref().as_ref()) {
                let problem = "unknown key".to_owned();
                let key = self.full(name.get_ref());
                self.document
                    .fault(name.span().start, &key, problem, &accepted);
            }
        }
    }

    /// Whether the key is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The names of the keys of a table whose keys the user makes up; all of them count as known.
    pub(crate) fn names(&self) -> Vec<String> {
        let names: Vec<String> = self
            .entries
            .into_iter()
            .flatten()
            .map(|(name, _)| name.get_ref().to_string())
            .collect();
        self.asked.borrow_mut().extend(names.iter().cloned());
        names
    }

    /// A text with `${VAR}` and `${VAR:-default}` filled in; `KEY_file` names a file that holds it instead.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        let from_file = format!("{key}_file");
        if let Some(path) = self.plain_text(&from_file) {
            if self.has(key) {
                self.fault(
                    &from_file,
                    format!("`{key}` is set as well"),
                    "one of the two",
                );
            }
            return self.secret_of(&from_file, &path);
        }
        self.plain_text(key)
    }

    fn secret_of(&self, key: &str, path: &str) -> Option<String> {
        let path = self.beside(path);
        match std::fs::read_to_string(&path) {
            Ok(text) => Some(text.trim_end_matches(['\n', '\r']).to_owned()),
            Err(error) => {
                let problem = format!("cannot read {}: {error}", path.display());
                self.fault(key, problem, "a file this process may read");
                None
            }
        }
    }

    fn plain_text(&self, key: &str) -> Option<String> {
        let value = self.get(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_kind(key, value, "a text in quotes");
            return None;
        };
        self.filled(key, text)
    }

    fn filled(&self, key: &str, text: &str) -> Option<String> {
        match value::fill(text, |name| std::env::var(name).ok()) {
            Ok(text) => Some(text),
            Err(problem) => {
                self.fault(key, problem, "a variable that is set, or ${VAR:-default}");
                None
            }
        }
    }

    fn wrong_kind(&self, key: &str, value: &Spanned<DeValue<'_>>, accepted: &str) {
        let problem = format!(
            "is {} {}",
            article(value.get_ref().type_str()),
            value.get_ref().type_str()
        );
        self.fault(key, problem, accepted);
    }

    /// A path beside the file, unless it is absolute.
    pub(crate) fn beside(&self, path: &str) -> PathBuf {
        self.document
            .path
            .parent()
            .unwrap_or(Path::new("."))
            .join(path)
    }

    /// A text turned into something by `parse`, whose error says what is wrong.
    pub(crate) fn parsed<T>(
        &self,
        key: &str,
        accepted: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.text(key)?;
        match parse(&text) {
            Ok(made) => Some(made),
            Err(problem) => {
                self.fault(key, problem, accepted);
                None
            }
        }
    }

    /// A duration with its unit, within bounds.
    pub(crate) fn duration(
        &self,
        key: &str,
        default: Duration,
        bounds: RangeInclusive<Duration>,
    ) -> Duration {
        let accepted = format!(
            "{} to {}",
            value::show(*bounds.start()),
            value::show(*bounds.end())
        );
        let read = self.parsed(
            key,
            &format!("a duration such as \"1500ms\", \"15m\", {accepted}"),
            |text| {
                let duration = value::duration(text)?;
                if bounds.contains(&duration) {
                    Ok(duration)
                } else {
                    Err(format!("`{text}` is out of bounds"))
                }
            },
        );
        read.unwrap_or(default)
    }

    /// A whole number within bounds.
    pub(crate) fn whole(&self, key: &str, default: u64, bounds: RangeInclusive<u64>) -> u64 {
        let accepted = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        let Some(value) = self.get(key) else {
            return default;
        };
        let read = match value.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            DeValue::String(text) => self.filled(key, text).and_then(|text| text.parse().ok()),
            _ => None,
        };
        match read {
            Some(number) if bounds.contains(&number) => number,
            _ => {
                self.fault(key, "is out of bounds or no number", &accepted);
                default
            }
        }
    }

    /// A number within bounds.
    pub(crate) fn number(&self, key: &str, default: f64, bounds: RangeInclusive<f64>) -> f64 {
        let accepted = format!("a number from {} to {}", bounds.start(), bounds.end());
        let Some(value) = self.get(key) else {
            return default;
        };
        let read: Option<f64> = match value.get_ref() {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(number) => number.as_str().parse().ok(),
            _ => None,
        };
        match read {
            Some(number) if bounds.contains(&number) => number,
            _ => {
                self.fault(key, "is out of bounds or no number", &accepted);
                default
            }
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, key: &str, default: bool) -> bool {
        let Some(value) = self.get(key) else {
            return default;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_kind(key, value, "true or false");
            default
        })
    }

    /// One of several words.
    pub(crate) fn one_of<T: Copy>(&self, key: &str, default: T, words: &[(&str, T)]) -> T {
        let accepted = words
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect::<Vec<_>>()
            .join(", ");
        let read = self.parsed(key, &accepted, |text| {
            let found = words.iter().find(|(word, _)| *word == text);
            found
                .map(|(_, made)| *made)
                .ok_or_else(|| format!("`{text}` is none of them"))
        });
        read.unwrap_or(default)
    }

    /// A list of texts, each turned into something by `parse`.
    pub(crate) fn list<T>(
        &self,
        key: &str,
        accepted: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let value = self.get(key)?;
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_kind(key, value, &format!("a list of {accepted}"));
            return None;
        };
        let mut made = Vec::new();
        for item in items {
            let Some(text) = item
                .get_ref()
                .as_str()
                .and_then(|text| self.filled(key, text))
            else {
                self.fault(key, "holds something that is no text", accepted);
                continue;
            };
            match parse(&text) {
                Ok(one) => made.push(one),
                Err(problem) => self.fault(key, problem, accepted),
            }
        }
        Some(made)
    }

    /// A table below this one; an absent one reads as empty.
    pub(crate) fn table(&self, key: &str) -> Table<'a> {
        let mut table = Table {
            document: self.document,
            path: self.full(key),
            at: self.at,
            entries: None,
            asked: RefCell::default(),
        };
        let Some(value) = self.get(key) else {
            return table;
        };
        table.at = value.span().start;
        table.entries = value.get_ref().as_table();
        if table.entries.is_none() {
            self.wrong_kind(key, value, &format!("a table [{}]", self.full(key)));
        }
        table
    }

    /// The tables of a list `[[key]]`.
    pub(crate) fn tables(&self, key: &str) -> Vec<Table<'a>> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_kind(key, value, &format!("tables [[{}]]", self.full(key)));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            match item.get_ref().as_table() {
                Some(entries) => {
                    tables.push(Table::new(
                        self.document,
                        self.full(key),
                        item.span().start,
                        entries,
                    ));
                }
                None => self.wrong_kind(key, item, &format!("a table [[{}]]", self.full(key))),
            }
        }
        tables
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o']) {
        "an"
    } else {
        "a"
    }
}
