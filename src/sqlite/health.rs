//! How the file fares, written by the writer and read without waiting.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::Connection;

use super::{FileShared, schema::PARTITIONS};
use crate::ledger::{Health, LedgerError};

/// The health of the ledger as of the last commit.
#[derive(Debug)]
pub(super) struct HealthNow(Mutex<Health>);

impl FileShared {
    /// How the ledger fares, with what is being tried alone and what stands still.
    pub(super) fn now(&self) -> Health {
        let mut health = self.health.read();
        let alone = self.suspects.left();
        if alone > 0 {
            let note = "the last run ended uncleanly: what it may have held is tried alone";
            health.notes.push(format!("{note}, {alone} to go"));
        }
        self.barred.tell(&mut health);
        health
    }
}

impl HealthNow {
    /// Health of a ledger that was just opened.
    pub(super) fn opened() -> Self {
        Self(Mutex::new(Health {
            restored: true,
            partitions: PARTITIONS as usize,
            ..Health::default()
        }))
    }

    /// A copy.
    pub(super) fn read(&self) -> Health {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Notes how a write ended.
    pub(super) fn answered(&self, error: Option<&LedgerError>) {
        let mut health = self.0.lock().unwrap_or_else(PoisonError::into_inner);
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
    pub(super) fn count(&self, file: &Connection) {
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
        let mut health = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        health.waiting = usize::try_from(waiting).unwrap_or(0);
        health.oldest = oldest.and_then(|at| Timestamp::from_microsecond(at).ok());
    }
}
