//! The SQLite ledger keeps what every ledger promises, and what only a file has to.

use std::path::{Path, PathBuf};

use dateline::{
    ledger::{Ledger as _, Outlet, Position, PublishedRecord},
    site::Site,
    sqlite::{SqliteLedger, SqliteReader},
};
use tempfile::TempDir;

mod file;

use crate::support::conformance::{self, Bench};

/// A file in a folder of its own.
#[derive(Debug)]
struct File {
    _folder: TempDir,
    path: PathBuf,
}

impl File {
    fn new() -> Self {
        Self::inside(&std::env::temp_dir())
    }

    /// In memory where the system has a place for that: for many commits whose flushes to disk prove nothing more.
    fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() {
            return Self::inside(memory);
        }
        Self::new()
    }

    fn inside(parent: &Path) -> Self {
        let folder = tempfile::tempdir_in(parent).expect("a temporary folder");
        let path = folder.path().join("dateline.db");
        Self {
            _folder: folder,
            path,
        }
    }
}

impl Bench for File {
    type Opened = SqliteLedger;

    async fn open(&mut self) -> SqliteLedger {
        SqliteLedger::open(&self.path, None).expect("the file can be opened")
    }

    async fn crash(&mut self, ledger: SqliteLedger) {
        drop(ledger);
    }

    async fn reassign(&mut self, ledger: SqliteLedger, _: &Site) -> SqliteLedger {
        ledger.close().await.expect("closed");
        drop(ledger);
        self.open().await
    }

    async fn published(&mut self, outlet: Outlet) -> Vec<PublishedRecord> {
        let reader = SqliteReader::open(&self.path).expect("the file can be read");
        reader
            .read_after(outlet, Position::default(), usize::MAX)
            .expect("records can be read")
    }
}

#[tokio::test]
async fn entries_come_in_the_order_they_were_posted() {
    conformance::entries_come_in_the_order_they_were_posted(&mut File::new()).await;
}

#[tokio::test]
async fn a_post_is_told_to_whoever_waits_for_a_change() {
    conformance::a_post_is_told_to_whoever_waits_for_a_change(&mut File::new()).await;
}

#[tokio::test]
async fn an_entry_in_hand_is_not_handed_out_again() {
    conformance::an_entry_in_hand_is_not_handed_out_again(&mut File::new()).await;
}

#[tokio::test]
async fn a_failed_entry_waits_until_it_is_due() {
    conformance::a_failed_entry_waits_until_it_is_due(&mut File::new()).await;
}

#[tokio::test]
async fn what_is_settled_is_dropped_unless_it_is_to_be_read_again() {
    conformance::what_is_settled_is_dropped_unless_it_is_to_be_read_again(&mut File::new()).await;
}

#[tokio::test]
async fn what_is_posted_while_an_entry_is_in_hand_is_not_cleared_with_it() {
    conformance::what_is_posted_while_an_entry_is_in_hand_is_not_cleared_with_it(&mut File::new())
        .await;
}

#[tokio::test]
async fn a_failed_reading_again_keeps_how_it_was_settled() {
    conformance::a_failed_reading_again_keeps_how_it_was_settled(&mut File::new()).await;
}

#[tokio::test]
async fn of_two_posts_for_an_address_the_stronger_reason_stays() {
    conformance::of_two_posts_for_an_address_the_stronger_reason_stays(&mut File::new()).await;
}

#[tokio::test]
async fn a_mark_is_written_again_weekly_and_forgotten_after_90_days() {
    conformance::a_mark_is_written_again_weekly_and_forgotten_after_90_days(&mut File::new()).await;
}

#[tokio::test]
async fn what_waited_a_month_or_is_one_too_many_is_excess() {
    conformance::what_waited_a_month_or_is_one_too_many_is_excess(&mut File::new()).await;
}

#[tokio::test]
async fn a_batch_of_a_tenure_that_has_passed_is_refused_whole() {
    conformance::a_batch_of_a_tenure_that_has_passed_is_refused_whole(&mut File::new()).await;
}

#[tokio::test]
async fn a_page_that_ends_the_process_is_set_aside_the_third_time() {
    conformance::a_page_that_ends_the_process_is_set_aside_the_third_time(&mut File::new()).await;
}

#[tokio::test]
async fn after_a_clean_end_nothing_is_suspected() {
    conformance::after_a_clean_end_nothing_is_suspected(&mut File::new()).await;
}

#[tokio::test]
async fn what_is_not_tried_before_a_clean_end_stays_suspected() {
    conformance::what_is_not_tried_before_a_clean_end_stays_suspected(&mut File::new()).await;
}

#[tokio::test]
async fn a_record_that_no_outlet_takes_fails_alone() {
    conformance::a_record_that_no_outlet_takes_fails_alone(&mut File::new()).await;
}

#[tokio::test]
async fn states_of_feeds_and_sites_come_back_after_a_restart() {
    conformance::states_of_feeds_and_sites_come_back_after_a_restart(&mut File::new()).await;
}

#[tokio::test]
async fn records_carry_the_instant_of_their_commit() {
    conformance::records_carry_the_instant_of_their_commit(&mut File::new()).await;
}

/// Sequences, each by a seed that a failure names: of every day, and of the long run.
const SEQUENCES: (u64, u64) = (20, 10_000);

#[tokio::test]
async fn seeded_sequences_end_in_the_state_they_must() {
    let is_soak = std::env::var_os("DATELINE_SOAK").is_some();
    let (some, all) = SEQUENCES;
    for seed in 0..if is_soak { all } else { some } {
        conformance::sequence::a_sequence_ends_in_the_state_it_must(&mut File::in_memory(), seed)
            .await;
    }
}
