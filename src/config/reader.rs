//! Reads a TOML file key by key and collects every fault with its file, line, key and what would be accepted.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::ConfigFault;

mod values;

/// A file being read, with the faults found so far.
#[derive(Debug)]
pub(crate) struct ConfigDocument {
    path: PathBuf,
    text: String,
    faults: RefCell<Vec<ConfigFault>>,
}

impl ConfigDocument {
    pub(crate) fn new(path: &Path, text: String) -> Self {
        Self {
            path: path.to_owned(),
            text,
            faults: RefCell::default(),
        }
    }

    /// Reads the document with `read` and returns what it made together with all faults.
    pub(crate) fn read_with<T>(
        self,
        read: impl FnOnce(&ConfigTable<'_>) -> T,
    ) -> (T, Vec<ConfigFault>) {
        let (root, errors) = DeTable::parse_recoverable(&self.text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            self.record_fault(at, "", error.message().to_owned(), "TOML 1.0");
        }
        let table = ConfigTable::new(&self, String::new(), 0, root.get_ref());
        let made = read(&table);
        table.refuse_unknown();
        drop(table);
        (made, self.faults.into_inner())
    }

    fn record_fault(&self, at: usize, key: &str, problem: String, accepted: &str) {
        let before = self.text.as_bytes().iter().take(at);
        self.faults.borrow_mut().push(ConfigFault {
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
pub(crate) struct ConfigTable<'a> {
    document: &'a ConfigDocument,
    path: String,
    at: usize,
    entries: Option<&'a DeTable<'a>>,
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> ConfigTable<'a> {
    fn new(
        document: &'a ConfigDocument,
        path: String,
        at: usize,
        entries: &'a DeTable<'a>,
    ) -> Self {
        Self {
            document,
            path,
            at,
            entries: Some(entries),
            asked: RefCell::default(),
        }
    }

    fn full_key(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn get_value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.entries?.get(key)
    }

    /// Records a fault of a key of this table.
    pub(crate) fn record_fault(&self, key: &str, problem: impl Into<String>, accepted: &str) {
        let at = self
            .entries
            .and_then(|entries| entries.get_key_value(key))
            .map(|(name, _)| name.span().start);
        self.document.record_fault(
            at.unwrap_or(self.at),
            &self.full_key(key),
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
                let key = self.full_key(name.get_ref());
                self.document
                    .record_fault(name.span().start, &key, problem, &accepted);
            }
        }
    }

    /// Whether the key is there.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.get_value(key).is_some()
    }

    /// The names of the keys of a table whose keys the user makes up; all of them count as known.
    pub(crate) fn key_names(&self) -> Vec<String> {
        let names: Vec<String> = self
            .entries
            .into_iter()
            .flatten()
            .map(|(name, _)| name.get_ref().to_string())
            .collect();
        self.asked.borrow_mut().extend(names.iter().cloned());
        names
    }

    fn wrong_kind(&self, key: &str, value: &Spanned<DeValue<'_>>, accepted: &str) {
        let problem = format!(
            "is {} {}",
            indefinite_article(value.get_ref().type_str()),
            value.get_ref().type_str()
        );
        self.record_fault(key, problem, accepted);
    }

    /// A path beside the file, unless it is absolute.
    pub(crate) fn path_beside(&self, path: &str) -> PathBuf {
        self.document
            .path
            .parent()
            .unwrap_or(Path::new("."))
            .join(path)
    }

    /// A table below this one; an absent one reads as empty.
    pub(crate) fn read_table(&self, key: &str) -> ConfigTable<'a> {
        let mut table = ConfigTable {
            document: self.document,
            path: self.full_key(key),
            at: self.at,
            entries: None,
            asked: RefCell::default(),
        };
        let Some(value) = self.get_value(key) else {
            return table;
        };
        table.at = value.span().start;
        table.entries = value.get_ref().as_table();
        if table.entries.is_none() {
            self.wrong_kind(key, value, &format!("a table [{}]", self.full_key(key)));
        }
        table
    }

    /// The tables of a list `[[key]]`.
    pub(crate) fn read_tables(&self, key: &str) -> Vec<ConfigTable<'a>> {
        let Some(value) = self.get_value(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_kind(key, value, &format!("tables [[{}]]", self.full_key(key)));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            match item.get_ref().as_table() {
                Some(entries) => {
                    tables.push(ConfigTable::new(
                        self.document,
                        self.full_key(key),
                        item.span().start,
                        entries,
                    ));
                }
                None => self.wrong_kind(key, item, &format!("a table [[{}]]", self.full_key(key))),
            }
        }
        tables
    }
}

fn indefinite_article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o']) {
        "an"
    } else {
        "a"
    }
}
