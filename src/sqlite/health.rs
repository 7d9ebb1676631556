//! The health of the file, written by the writer and read without waiting.

use jiff::Timestamp;
use parking_lot::Mutex;
use rusqlite::Connection;

use super::{FileShared, schema::PARTITIONS};
use crate::ledger::{Health, LedgerError};

/// The health of the ledger as of the last commit.
#[derive(Debug)]
pub(super) struct HealthNow(Mutex<Health>);

impl FileShared {
    /// The health of the ledger, with what is being tried alone and what is halted.
    pub(super) fn read_health(&self) -> Health {
        let mut health = self.health.copy_health();
        let alone = self.suspects.count_left();
        if alone > 0 {
            let note = "the last run ended uncleanly: what it may have held is tried alone";
            health.notes.push(format!("{note}, {alone} to go"));
        }
        self.barred.add_to_health(&mut health);
        health
    }
}

impl HealthNow {
    /// Health of a ledger that was just opened.
    pub(super) fn of_opened_file() -> Self {
        Self(Mutex::new(Health {
            restored: true,
            partitions: PARTITIONS as usize,
            ..Health::default()
        }))
    }

    /// A copy.
    pub(super) fn copy_health(&self) -> Health {
        self.0.lock().clone()
    }

    /// Notes how a write ended.
    pub(super) fn note_answer(&self, error: Option<&LedgerError>) {
        let mut health = self.0.lock();
        match error {
            None => {
                health.unreachable_since = None;
                health.notes.clear();
            }
            Some(error @ (LedgerError::Disk { .. } | LedgerError::Unreachable { .. })) => {
                health.unreachable_since.get_or_insert_with(Timestamp::now);
                health.notes = vec![error.to_string()];
            }
            Some(_) => {}
        }
    }

    /// Counts the mailboxes; a sum over sites and one step into an index.
    pub(super) fn count_mailboxes(&self, file: &Connection) {
        let counted = file
            .prepare_cached(
                "SELECT (SELECT coalesce(sum(waiting), 0) FROM _mailboxes),
                        (SELECT min(posted) FROM _entries)",
            )
            .and_then(|mut count| {
                count.query_row([], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?))
                })
            });
        let Ok((waiting, oldest)) = counted else {
            return;
        };
        let mut health = self.0.lock();
        health.waiting = usize::try_from(waiting).unwrap_or(0);
        health.oldest = oldest.and_then(|at| Timestamp::from_microsecond(at).ok());
    }
}
