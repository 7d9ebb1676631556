//! Notes what each key may hold while a document is read, so that the schema is what the reader takes.

use std::{cell::RefCell, path::Path};

use super::{ConfigDocument, ConfigTable};
use crate::config::shape::{KeyShape, ValueShape};

/// Stands for any key of a table whose keys the user makes up.
pub(in crate::config) const ANY_KEY: &str = "*";

impl ConfigDocument {
    /// What each key that `read` asks for may hold, in the order in which it asks.
    pub(crate) fn describe_keys<T>(read: impl FnOnce(&ConfigTable<'_>) -> T) -> Vec<KeyShape> {
        let mut document = Self::new(Path::new(""), String::new());
        let shapes = RefCell::default();
        document.shapes = Some(shapes);
        document.read_shapes(read)
    }

    fn read_shapes<T>(self, read: impl FnOnce(&ConfigTable<'_>) -> T) -> Vec<KeyShape> {
        let overrides = super::Overrides::default();
        let table = ConfigTable {
            document: &self,
            overrides: &overrides,
            path: String::new(),
            at: 0,
            entries: None,
            asked: RefCell::default(),
        };
        drop(read(&table));
        drop(table);
        self.shapes.map(RefCell::into_inner).unwrap_or_default()
    }
}

impl ConfigTable<'_> {
    /// Whether nothing is read, and only what could be is noted.
    pub(super) fn is_described(&self) -> bool {
        self.document.shapes.is_some()
    }

    /// Notes what a key may hold; who asks first knows most.
    pub(super) fn note_shape(&self, key: &str, value: ValueShape, accepted: &str) {
        let Some(shapes) = &self.document.shapes else {
            return;
        };
        let path = self.full_key(key);
        let mut shapes = shapes.borrow_mut();
        if shapes.iter().all(|shape| shape.path != path) {
            shapes.push(KeyShape {
                path,
                value,
                accepted: accepted.to_owned(),
            });
        }
    }
}
