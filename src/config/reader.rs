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

use self::overrides::Overrides;
use super::{ConfigFault, shape::KeyShape};

mod faults;
mod overrides;
mod shapes;
mod tables;
mod values;

pub(crate) use faults::find_line;
pub(super) use values::none_of_them;

/// A file being read, with the faults found so far.
#[derive(Debug)]
pub(crate) struct ConfigDocument {
    path: PathBuf,
    text: String,
    /// Variables of the environment that may stand for keys.
    variables: Vec<(String, String)>,
    faults: RefCell<Vec<ConfigFault>>,
    /// What each key may hold, where that is asked for rather than a file read.
    shapes: Option<RefCell<Vec<KeyShape>>>,
}

impl ConfigDocument {
    pub(crate) fn new(path: &Path, text: String) -> Self {
        Self {
            path: path.to_owned(),
            text,
            variables: Vec::new(),
            faults: RefCell::default(),
            shapes: None,
        }
    }

    /// The same with the keys that the environment sets instead: `DATELINE_FETCH_PACE` for `fetch.pace`.
    pub(crate) fn with_environment(mut self) -> Self {
        self.variables = overrides::list_variables();
        self
    }

    /// Reads the document with `read` and returns what it made together with all faults.
    pub(crate) fn read_with<T>(
        self,
        read: impl FnOnce(&ConfigTable<'_>) -> T,
    ) -> (T, Vec<ConfigFault>) {
        let (root, errors) = DeTable::parse_recoverable(&self.text);
        for error in errors {
            let at = error.span().map_or(0, |span| span.start);
            self.record_at(at, "", error.message().to_owned(), "TOML 1.0");
        }
        let overrides = Overrides::parse(&self.variables);
        let table = ConfigTable {
            document: &self,
            overrides: &overrides,
            path: String::new(),
            at: 0,
            entries: Some(root.get_ref()),
            asked: RefCell::default(),
        };
        let made = read(&table);
        table.refuse_unknown();
        drop(table);
        (made, self.faults.into_inner())
    }
}

/// A table of the file. Every key that is asked for is known; the others are refused at the end.
#[derive(Debug)]
pub(crate) struct ConfigTable<'a> {
    document: &'a ConfigDocument,
    overrides: &'a Overrides<'a>,
    path: String,
    at: usize,
    entries: Option<&'a DeTable<'a>>,
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> ConfigTable<'a> {
    fn full_key(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The value of a key that holds a text: the environment's is one as it stands.
    fn get_value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().insert(key.to_owned());
        match self.overrides.find(&self.full_key(key)) {
            Some(set) => Some(set.as_text()),
            None => self.entries?.get(key),
        }
    }

    /// The value of a key that holds a number, a flag, a list or a table: the environment's is read as TOML.
    fn get_typed(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().insert(key.to_owned());
        match self.overrides.find(&self.full_key(key)) {
            Some(set) => Some(set.as_toml()),
            None => self.entries?.get(key),
        }
    }

    /// Whether the key is there.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.get_value(key).is_some() || self.is_described()
    }
}
