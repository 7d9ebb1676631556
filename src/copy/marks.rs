//! Marks on their way: those of one address are gathered, and the one written last counts.

use jiff::Timestamp;

use crate::ledger::{LedgerError, Seen, entry_rules, transfer::MovedState};

/// Marks come in the order of their ids: those of one id are gathered. After a copy to another count an id may have
/// several, of which only its own site's was written since.
#[derive(Default)]
pub(super) struct GatheredMarks {
    gathered: Vec<(MovedState, Seen)>,
}

impl GatheredMarks {
    /// Takes a mark; gives those of the id before it when they are complete.
    pub(super) fn next(
        &mut self,
        state: MovedState,
    ) -> Result<Option<Vec<(MovedState, Seen)>>, LedgerError> {
        let seen: Seen = serde_json::from_str(&state.json).map_err(|error| LedgerError::Fault {
            detail: format!("the mark of {} cannot be read: {error}", state.key),
        })?;
        let complete = match self.gathered.first() {
            Some((first, _)) if first.key != state.key => self.take_last(),
            _ => None,
        };
        // Nobody asks for it any more: copied, it would take a place in each partition.
        if !entry_rules::is_forgotten(&seen, Timestamp::now()) {
            self.gathered.push((state, seen));
        }
        Ok(complete)
    }

    pub(super) fn take_last(&mut self) -> Option<Vec<(MovedState, Seen)>> {
        let gathered = std::mem::take(&mut self.gathered);
        (!gathered.is_empty()).then_some(gathered)
    }
}

/// Orders two marks: which of one address was written later.
pub(super) fn written_at(seen: &Seen) -> (Timestamp, u32, u32) {
    match seen {
        Seen::Settled(settled) => (settled.when.max(settled.settled), 0, 0),
        Seen::Retry {
            first_at,
            attempt,
            kills,
            ..
        } => (*first_at, *attempt, *kills),
    }
}
