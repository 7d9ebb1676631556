//! Tables below a table, lists of tables, and tables whose keys the user makes up.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

use super::{ConfigTable, DeTable, shapes::ANY_KEY};
use crate::config::shape::ValueShape;

impl<'a> ConfigTable<'a> {
    /// The names of the keys of a table whose keys the user makes up; all of them count as known.
    pub(crate) fn key_names(&self) -> Vec<String> {
        if self.is_described() {
            return vec![ANY_KEY.to_owned()];
        }
        let entries = self.entries.into_iter().flatten();
        let names: Vec<String> = entries
            .map(|(name, _)| name.get_ref().to_string())
            .collect();
        self.asked.borrow_mut().extend(names.iter().cloned());
        names
    }

    /// The same with those that the environment sets, whose names part their words with full stops.
    pub(crate) fn dotted_key_names(&self) -> Vec<String> {
        let mut names = self.key_names();
        for name in self.overrides.keys_below(&self.path) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// A path beside the file, unless it is absolute.
    pub(crate) fn path_beside(&self, path: &str) -> PathBuf {
        self.document
            .path
            .parent()
            .unwrap_or(Path::new("."))
            .join(path)
    }

    fn table_at(&self, key: &str, at: usize, entries: Option<&'a DeTable<'a>>) -> ConfigTable<'a> {
        ConfigTable {
            document: self.document,
            overrides: self.overrides,
            path: self.full_key(key),
            at,
            entries,
            asked: RefCell::default(),
        }
    }

    /// A table below this one; an absent one reads as empty.
    pub(crate) fn read_table(&self, key: &str) -> ConfigTable<'a> {
        self.note_shape(key, ValueShape::Table, "");
        let Some(value) = self.get_typed(key) else {
            return self.table_at(key, self.at, None);
        };
        let entries = value.get_ref().as_table();
        if entries.is_none() {
            self.record_wrong_kind(key, value, &format!("a table [{}]", self.full_key(key)));
        }
        self.table_at(key, value.span().start, entries)
    }

    /// The tables of a list `[[key]]`.
    pub(crate) fn read_tables(&self, key: &str) -> Vec<ConfigTable<'a>> {
        self.note_shape(key, ValueShape::Tables, "");
        if self.is_described() {
            return vec![self.table_at(key, self.at, None)];
        }
        let Some(value) = self.get_typed(key) else {
            return Vec::new();
        };
        let Some(items) = value.get_ref().as_array() else {
            self.record_wrong_kind(key, value, &format!("tables [[{}]]", self.full_key(key)));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            if let Some(entries) = item.get_ref().as_table() {
                tables.push(self.table_at(key, item.span().start, Some(entries)));
            } else {
                let accepted = format!("a table [[{}]]", self.full_key(key));
                self.record_wrong_kind(key, item, &accepted);
            }
        }
        tables
    }
}
