//! Reading a file's events into the index, from the newest to the oldest, beside those that are committed meanwhile.

use std::sync::{Arc, atomic::Ordering};

use tokio::task;

use super::{
    Console,
    index::EventIndex,
    source::{LedgerSource, parse_record},
};
use crate::{
    ledger::{LedgerError, Position},
    record::Event,
};

/// Events that are read from a file at once.
// Some 20 ms, after which somebody who asks meanwhile has an answer.
const AT_ONCE: usize = 1_000;

impl Console {
    /// Reads a file anew; what was read of it before, and whoever still reads, counts no more.
    pub(super) fn begin_reading(self: &Arc<Self>) {
        if !matches!(self.source, LedgerSource::File(_)) {
            return;
        }
        let mut index = self.lock_index();
        *index = EventIndex::new(self.most);
        index.begin_reading();
        let reading = self.reading.fetch_add(1, Ordering::AcqRel) + 1;
        drop(index);
        self.complete.store(false, Ordering::Release);
        let console = Arc::clone(self);
        task::spawn_blocking(move || console.read_file(reading));
    }

    /// Reads the events of a file from the newest to the oldest, as many as there is room for.
    fn read_file(&self, reading: u64) {
        let left_out = self.read_standing(reading).unwrap_or_else(|error| {
            tracing::warn!(%error, "the console cannot read the ledger to its end");
            true
        });
        let mut index = self.lock_index();
        if self.is_reading(reading) {
            index.end_reading(left_out);
            self.complete.store(true, Ordering::Release);
        }
    }

    /// Whether this reading is the last one that was begun, and the console is open.
    fn is_reading(&self, reading: u64) -> bool {
        self.reading.load(Ordering::Acquire) == reading
    }

    /// Reads; whether there is a record that cannot be read.
    fn read_standing(&self, reading: u64) -> Result<bool, LedgerError> {
        let Some(reader) = self.source.open_file() else {
            return Ok(false);
        };
        let (reader, mut before, mut left_out) = (reader?, None::<Position>, false);
        loop {
            let records = reader.read_standing_events(before, AT_ONCE)?;
            let Some(last) = records.last() else {
                return Ok(left_out);
            };
            before = Some(last.position);
            let events: Vec<Event> = records
                .iter()
                .filter_map(|record| {
                    let unreadable = |error| tracing::warn!(%error, "not shown in the console");
                    parse_record(record).map_err(unreadable).ok()
                })
                .collect();
            left_out |= events.len() < records.len();
            let mut index = self.lock_index();
            if !self.is_reading(reading) || !events.iter().all(|event| index.enter_older(event)) {
                return Ok(left_out);
            }
        }
    }
}
