//! Pages that are read again in vain are read again ever more rarely: some feeds count their readers in each entry.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::work::EntryWork;
use crate::{
    ledger::{Batch, Ledger, Seen, Why},
    worker::newsroom::{Broken, Newsroom},
};

/// A page that was read again this often without a change is put off …
const IN_VAIN: u32 = 2;
/// … from the last time on for so long, and twice as long each time more …
const FIRST_WAIT: Duration = Duration::from_secs(20 * 60);
/// … up to this.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3_600);

/// When an entry that has changed in its feed is read again, where that is not now.
pub(super) fn put_off_until(job: &EntryWork, now: Timestamp) -> Option<Timestamp> {
    let before = job
        .before
        .as_ref()
        .filter(|before| before.unchanged >= IN_VAIN)?;
    if job.turn.waiting.why != Why::Changed {
        return None;
    }
    let due = before
        .when
        .saturating_add(wait_after(before.unchanged))
        .ok()?;
    (due > now).then_some(due)
}

fn wait_after(unchanged: u32) -> SignedDuration {
    let doublings = unchanged.saturating_sub(IN_VAIN).min(16);
    let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX)
}

/// Leaves an entry in its mailbox until then, with what stands published of it.
pub(super) async fn put_off<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    due: Timestamp,
) -> Result<(), Broken> {
    let waits = Seen::Retry {
        attempt: job.turn.attempt,
        kills: 0,
        due,
        first_at: job.first_at,
        why: "unchanged".to_owned(),
        before: job.before.clone().map(Box::new),
    };
    tracing::debug!(%due, "page that was read again in vain is put off");
    room.commit_batch(Batch {
        seen: vec![(job.turn.id, waits)],
        ..Batch::begin(job.turn.tenure)
    })
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_day() {
        let minutes = |unchanged| wait_after(unchanged).as_mins();
        assert_eq!([2, 3, 4, 9, 60].map(minutes), [20, 40, 80, 1_440, 1_440]);
    }
}
