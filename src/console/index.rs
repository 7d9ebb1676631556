//! The events that the console knows, one row each, the newest first.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use serde::Serialize;

use super::{
    filter::EventFilter,
    row::{EventRow, SharedWords},
    summary::{EventCounts, Summary},
};
use crate::record::Event;

/// The status of an event that was taken back.
const RETRACTED: &str = "retracted";

/// Rows by their place in the order of commits.
#[derive(Debug)]
pub struct EventIndex {
    rows: BTreeMap<i64, EventRow>,
    places: HashMap<Arc<str>, i64>,
    /// Taken back while older records are still being read, which may tell of them as they were; `None` after that.
    taken_back: Option<HashSet<String>>,
    words: SharedWords,
    most: usize,
    /// Some are not known: they are past the bound, or cannot be read.
    left_out_some: bool,
}

/// A page of rows.
#[derive(Debug, Serialize)]
pub struct EventPage {
    /// The newest first.
    pub events: Vec<EventRow>,
    /// Ask with `before` this for the next ones; null at the end.
    pub next: Option<i64>,
}

impl EventIndex {
    /// An index that keeps the newest `most` events.
    pub fn new(most: usize) -> Self {
        Self {
            rows: BTreeMap::new(),
            places: HashMap::new(),
            taken_back: None,
            words: SharedWords::default(),
            most,
            left_out_some: false,
        }
    }

    /// Enters an event that was committed now: it comes first; an earlier revision of it, or what was taken back, goes.
    /// Gives its row, where there is one.
    pub fn enter_new(&mut self, event: &Event) -> Option<EventRow> {
        self.forget(&event.id);
        if event.status == RETRACTED {
            if let Some(taken_back) = &mut self.taken_back {
                taken_back.insert(event.id.clone());
            }
            return None;
        }
        let place = self.rows.last_key_value().map_or(0, |(last, _)| last + 1);
        let row = self.enter_at(place, event);
        if self.rows.len() > self.most {
            self.drop_oldest();
        }
        Some(row)
    }

    /// Enters an event that was committed before all that is known, as the ledger has it last; `false` where there is no
    /// room for it.
    pub fn enter_older(&mut self, event: &Event) -> bool {
        if self.rows.len() >= self.most {
            self.left_out_some = true;
            return false;
        }
        let is_known = self.places.contains_key(event.id.as_str());
        let taken_back = self.taken_back.as_ref();
        let is_taken_back = taken_back.is_some_and(|taken_back| taken_back.contains(&event.id));
        if !is_known && !is_taken_back && event.status != RETRACTED {
            let place = self
                .rows
                .first_key_value()
                .map_or(-1, |(first, _)| first - 1);
            self.enter_at(place, event);
        }
        true
    }

    /// Older records are read from now on.
    pub fn begin_reading(&mut self) {
        self.taken_back = Some(HashSet::new());
    }

    /// All older records have been read, or as many as can be; those that cannot be are left out.
    pub fn end_reading(&mut self, left_out: bool) {
        self.taken_back = None;
        self.left_out_some |= left_out;
    }

    fn enter_at(&mut self, place: i64, event: &Event) -> EventRow {
        let row = EventRow::of_event(event, &mut self.words);
        self.places.insert(Arc::clone(&row.id), place);
        self.rows.insert(place, row.clone());
        row
    }

    /// Forgets an event.
    pub fn forget(&mut self, id: &str) {
        if let Some(place) = self.places.remove(id) {
            self.rows.remove(&place);
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, row)) = self.rows.pop_first() {
            self.places.remove(&row.id);
            self.left_out_some = true;
        }
    }

    /// Events known.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether some were left out, for want of room or because they cannot be read.
    pub fn is_cut(&self) -> bool {
        self.left_out_some
    }

    /// The newest events that a filter admits, those before a place where one is given.
    pub fn read_page(&self, filter: &EventFilter, before: Option<i64>, limit: usize) -> EventPage {
        let older = self.rows.range(..before.unwrap_or(i64::MAX)).rev();
        let mut admitted = older.filter(|(_, row)| filter.admits(row)).peekable();
        let (mut events, mut last) = (Vec::new(), None);
        while events.len() < limit
            && let Some((place, row)) = admitted.next()
        {
            events.push(row.clone());
            last = Some(*place);
        }
        let next = last.filter(|_| admitted.peek().is_some());
        EventPage { events, next }
    }

    /// Other events of the same happening, the newest first.
    pub fn find_same(&self, id: &str, dedup_key: &str, limit: usize) -> Vec<EventRow> {
        let others = self.rows.values().rev();
        others
            .filter(|row| *row.dedup_key == *dedup_key && *row.id != *id)
            .take(limit)
            .cloned()
            .collect()
    }

    /// Counts the events that a filter admits.
    pub fn summarise(&self, filter: &EventFilter) -> Summary {
        let mut counts = EventCounts::default();
        for row in self.rows.values().filter(|row| filter.admits(row)) {
            counts.count(row);
        }
        counts.into_summary()
    }
}
