//! Whether all workers of a ledger hold the same feed list: feeds that only one of them knows are polled by chance.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::{sync::watch, time::Instant};

use super::newsroom::Newsroom;
use crate::{feed::list::FeedList, ledger::Ledger, status::Board, telemetry::Metrics};

/// The workers' lists are compared this often.
// A warning about a rollout that went wrong may be a minute late.
const COMPARED: Duration = Duration::from_secs(60);
/// A difference that lasts no longer is a rollout on its way.
const TOLERATED: Duration = Duration::from_secs(10 * 60);
/// The note an operator sees.
const NOTE: &str = "feed_lists_differ";

/// Since when the lists differ.
#[derive(Debug, Default)]
struct Difference {
    since: Option<Instant>,
    told: bool,
}

/// What is to be said of a difference.
#[derive(Debug, PartialEq, Eq)]
enum Say {
    /// Nothing new.
    Nothing,
    /// It has lasted too long.
    Differs(String),
    /// It is over.
    Agrees,
}

impl Difference {
    fn hear_lists(&mut self, own: &str, others: &BTreeSet<String>, now: Instant) -> Say {
        if others.is_empty() {
            self.since = None;
            return if std::mem::take(&mut self.told) {
                Say::Agrees
            } else {
                Say::Nothing
            };
        }
        let since = *self.since.get_or_insert(now);
        if self.told || now.duration_since(since) <= TOLERATED {
            return Say::Nothing;
        }
        self.told = true;
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        Say::Differs(format!(
            "the workers hold different feed lists: this one {own}, others {}",
            others.join(", ")
        ))
    }
}

/// Publishes the hash of the list and compares it with the others', for as long as it is awaited.
pub(super) async fn compare_lists<L: Ledger>(
    room: Arc<Newsroom<L>>,
    mut lists: watch::Receiver<Arc<FeedList>>,
) {
    let mut difference = Difference::default();
    loop {
        let own = lists.borrow_and_update().hash.clone();
        match room.ledger.exchange_lists(&own).await {
            Ok(others) => {
                let said = difference.hear_lists(&own, &others, Instant::now());
                tell_operators(&room.board, &room.metrics, &others, said);
            }
            // An outage is reported elsewhere.
            Err(error) => tracing::debug!(%error, "feed lists are not compared"),
        }
        // A list that changed is reported at once; where nobody changes it any more, only time passes.
        tokio::select! {
            Ok(()) = lists.changed() => {}
            () = tokio::time::sleep(COMPARED) => {}
        }
    }
}

/// Tells operators of what was heard.
fn tell_operators(board: &Board, metrics: &Metrics, others: &BTreeSet<String>, said: Say) {
    let count = others.len().try_into().unwrap_or(i64::MAX);
    metrics.other_lists.set(count);
    match said {
        Say::Nothing => {}
        Say::Differs(note) => {
            tracing::warn!(%note, "the workers hold different feed lists");
            board.set_note(NOTE, Some(note));
        }
        Say::Agrees => board.set_note(NOTE, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn others(hashes: &[&str]) -> BTreeSet<String> {
        hashes.iter().map(|&hash| hash.to_owned()).collect()
    }

    #[test]
    fn a_difference_is_told_once_after_ten_minutes_and_its_end_too() {
        let mut difference = Difference::default();
        let start = Instant::now();
        let minutes = |count: u64| start + Duration::from_secs(60 * count);
        let other = others(&["b"]);
        for minute in 0..=10 {
            let said = difference.hear_lists("a", &other, minutes(minute));
            assert_eq!(said, Say::Nothing, "minute {minute}");
        }
        let Say::Differs(said) = difference.hear_lists("a", &other, minutes(11)) else {
            panic!("it is told");
        };
        assert!(said.contains("this one a, others b"), "{said}");
        assert_eq!(
            difference.hear_lists("a", &other, minutes(12)),
            Say::Nothing
        );
        assert_eq!(
            difference.hear_lists("a", &others(&[]), minutes(13)),
            Say::Agrees
        );
        assert_eq!(
            difference.hear_lists("a", &others(&[]), minutes(14)),
            Say::Nothing
        );
    }

    #[test]
    fn a_difference_stands_on_the_board_and_in_the_metrics_until_it_is_over() {
        let (board, metrics) = (Board::default(), Metrics::default());
        let others = others(&["b", "c"]);
        tell_operators(&board, &metrics, &others, Say::Nothing);
        assert_eq!(
            (metrics.other_lists.get(), board.operator_notes().len()),
            (2, 0)
        );
        let note = "this one a, others b, c".to_owned();
        tell_operators(&board, &metrics, &others, Say::Differs(note.clone()));
        assert_eq!(
            (metrics.other_lists.get(), board.operator_notes()),
            (2, vec![note])
        );
        tell_operators(&board, &metrics, &BTreeSet::new(), Say::Agrees);
        assert_eq!(
            (metrics.other_lists.get(), board.operator_notes().len()),
            (0, 0)
        );
    }

    #[test]
    fn a_rollout_that_ends_in_time_is_no_difference() {
        let mut difference = Difference::default();
        let start = Instant::now();
        let minutes = |count: u64| start + Duration::from_secs(60 * count);
        difference.hear_lists("a", &others(&["b"]), minutes(0));
        difference.hear_lists("a", &others(&[]), minutes(9));
        let said = difference.hear_lists("a", &others(&["b", "c"]), minutes(15));
        assert_eq!(said, Say::Nothing);
    }
}
