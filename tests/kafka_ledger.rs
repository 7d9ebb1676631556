//! The ledger on Kafka keeps what every ledger promises, on a real broker.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use dateline::{
    config::{KafkaConfig, Secret},
    kafka::{KafkaLedger, KafkaReader},
    ledger::{Ledger as _, Outlet, PublishedRecord, Why},
    site::Site,
};
use jiff::Timestamp;

use crate::support::{
    broker::{self, owning_all},
    conformance::{self, Bench},
};

/// Topics of a test's own.
#[derive(Debug)]
struct Topics(KafkaConfig);

impl Bench for Topics {
    type Opened = KafkaLedger;

    async fn open(&mut self) -> KafkaLedger {
        let ledger = self.join().await;
        owning_all(&ledger, self.count()).await;
        ledger
    }

    async fn crash(&mut self, ledger: KafkaLedger) {
        drop(ledger);
    }

    /// A second member joins and takes half of the partitions. It leaves again where the site's is among them; where
    /// it is not, the first one leaves.
    async fn reassign(&mut self, ledger: KafkaLedger, site: &Site) -> KafkaLedger {
        let second = self.join().await;
        let half = self.count() / 2;
        owning_all(&ledger, half).await;
        owning_all(&second, half).await;
        let (stays, leaves) = if ledger.find_tenure(site).is_none() {
            (ledger, second)
        } else {
            (second, ledger)
        };
        leaves.close().await.expect("closed");
        drop(leaves);
        owning_all(&stays, self.count()).await;
        stays
    }

    async fn published(&mut self, outlet: Outlet) -> Vec<PublishedRecord> {
        let reader = KafkaReader::open(&self.0)
            .await
            .expect("the broker answers");
        reader.read_all(outlet).await.expect("records can be read")
    }
}

impl Topics {
    async fn join(&self) -> KafkaLedger {
        let opened = KafkaLedger::open(&self.0).await;
        opened.expect("the broker answers")
    }

    fn count(&self) -> usize {
        usize::try_from(self.0.partitions).expect("a few partitions")
    }
}

/// Runs a test on topics of its own; skipped, loudly, where there is no broker.
fn on_kafka<F: Future<Output = ()>>(test: impl FnOnce(Topics) -> F) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let prefix = broker::unique(&format!("suite{number}"));
    let mut config = broker::config(&broker.address, &prefix);
    // Members hear of each other with a heartbeat.
    let often = ("heartbeat.interval.ms", "100");
    let (key, value) = (often.0.to_owned(), Secret::new(often.1.to_owned()));
    config.client.insert(key, value);
    runtime.block_on(test(Topics(config)));
}

#[test]
fn entries_come_in_the_order_they_were_posted() {
    on_kafka(|mut topics| async move {
        conformance::entries_come_in_the_order_they_were_posted(&mut topics).await;
    });
}

#[test]
fn a_post_is_told_to_whoever_waits_for_a_change() {
    on_kafka(|mut topics| async move {
        conformance::a_post_is_told_to_whoever_waits_for_a_change(&mut topics).await;
    });
}

#[test]
fn an_entry_in_hand_is_not_handed_out_again() {
    on_kafka(|mut topics| async move {
        conformance::an_entry_in_hand_is_not_handed_out_again(&mut topics).await;
    });
}

#[test]
fn a_failed_entry_waits_until_it_is_due() {
    on_kafka(|mut topics| async move {
        conformance::a_failed_entry_waits_until_it_is_due(&mut topics).await;
    });
}

#[test]
fn what_is_settled_is_dropped_unless_it_is_to_be_read_again() {
    on_kafka(|mut topics| async move {
        conformance::what_is_settled_is_dropped_unless_it_is_to_be_read_again(&mut topics).await;
    });
}

#[test]
fn what_is_posted_while_an_entry_is_in_hand_is_not_cleared_with_it() {
    on_kafka(|mut topics| async move {
        conformance::what_is_posted_while_an_entry_is_in_hand_is_not_cleared_with_it(&mut topics)
            .await;
    });
}

#[test]
fn a_failed_reading_again_keeps_how_it_was_settled() {
    on_kafka(|mut topics| async move {
        conformance::a_failed_reading_again_keeps_how_it_was_settled(&mut topics).await;
    });
}

#[test]
fn of_two_posts_for_an_address_the_stronger_reason_stays() {
    on_kafka(|mut topics| async move {
        conformance::of_two_posts_for_an_address_the_stronger_reason_stays(&mut topics).await;
    });
}

#[test]
fn a_mark_is_written_again_weekly_and_forgotten_after_90_days() {
    on_kafka(|mut topics| async move {
        conformance::a_mark_is_written_again_weekly_and_forgotten_after_90_days(&mut topics).await;
    });
}

#[test]
fn what_waited_a_month_or_is_one_too_many_is_excess() {
    on_kafka(|mut topics| async move {
        conformance::what_waited_a_month_or_is_one_too_many_is_excess(&mut topics).await;
    });
}

#[test]
fn a_batch_of_a_tenure_that_has_passed_is_refused_whole() {
    on_kafka(|mut topics| async move {
        conformance::a_batch_of_a_tenure_that_has_passed_is_refused_whole(&mut topics).await;
    });
}

#[test]
fn a_page_that_ends_the_process_is_set_aside_the_third_time() {
    on_kafka(|mut topics| async move {
        conformance::a_page_that_ends_the_process_is_set_aside_the_third_time(&mut topics).await;
    });
}

#[test]
fn after_a_clean_end_nothing_is_suspected() {
    on_kafka(|mut topics| async move {
        conformance::after_a_clean_end_nothing_is_suspected(&mut topics).await;
    });
}

#[test]
fn what_is_not_tried_before_a_clean_end_stays_suspected() {
    on_kafka(|mut topics| async move {
        conformance::what_is_not_tried_before_a_clean_end_stays_suspected(&mut topics).await;
    });
}

#[test]
fn a_record_that_no_outlet_takes_fails_alone() {
    on_kafka(|mut topics| async move {
        conformance::a_record_that_no_outlet_takes_fails_alone(&mut topics).await;
    });
}

#[test]
fn states_of_feeds_and_sites_come_back_after_a_restart() {
    on_kafka(|mut topics| async move {
        conformance::states_of_feeds_and_sites_come_back_after_a_restart(&mut topics).await;
    });
}

#[test]
fn records_carry_the_instant_of_their_commit() {
    on_kafka(|mut topics| async move {
        conformance::records_carry_the_instant_of_their_commit(&mut topics).await;
    });
}

/// Seeds of the sequences; a failure names its own.
const SEEDS: std::ops::Range<u64> = 0..3;

#[test]
fn seeded_sequences_end_in_the_state_they_must() {
    for seed in SEEDS {
        on_kafka(|mut topics| async move {
            conformance::sequence::a_sequence_ends_in_the_state_it_must(&mut topics, seed).await;
        });
    }
}

#[test]
fn workers_hear_which_feed_lists_the_others_hold() {
    on_kafka(|topics| async move {
        let one = KafkaLedger::open(&topics.0)
            .await
            .expect("the broker answers");
        let other = KafkaLedger::open(&topics.0)
            .await
            .expect("the broker answers");
        while one.owned_partitions().is_empty() || other.owned_partitions().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        other.exchange_lists("b").await.expect("told");
        let heard = one.exchange_lists("a").await.expect("told");
        assert_eq!(heard, BTreeSet::from(["b".to_owned()]));
        let heard = other.exchange_lists("b").await.expect("told");
        assert_eq!(heard, BTreeSet::from(["a".to_owned()]));
        // The list is replaced at the other too, and what was told before is forgotten.
        other.exchange_lists("a").await.expect("told");
        let heard = one.exchange_lists("a").await.expect("told");
        assert_eq!(heard, BTreeSet::new());
    });
}

#[test]
fn what_may_have_ended_a_worker_stays_suspected_when_it_moves_between_living_ones() {
    on_kafka(|mut topics| async move {
        let now = Timestamp::now();
        let sites: Vec<Site> = (0..12)
            .map(|n| Site::of_host(&format!("site{n}.test")))
            .collect();
        let dead = topics.open().await;
        let posts = sites.iter().map(|site| {
            let name = site.to_string();
            conformance::post(site, &name, Why::New, now)
        });
        conformance::post_all(&dead, &sites[0], posts.collect()).await;
        topics.crash(dead).await;
        let one = topics.open().await;
        // Another one takes half of it over from a worker that lives and has not tried anything yet.
        let other = KafkaLedger::open(&topics.0)
            .await
            .expect("the broker answers");
        let half = usize::try_from(topics.0.partitions / 2).expect("a few partitions");
        while one.owned_partitions().len() != half || other.owned_partitions().len() != half {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for ledger in [&one, &other] {
            let own: Vec<&Site> = sites
                .iter()
                .filter(|site| ledger.find_tenure(site).is_some())
                .collect();
            assert!(!own.is_empty(), "each has entries of its own");
            for site in own {
                let turn = conformance::turn(ledger, site, now).await;
                assert_eq!(turn.alone, Some(0), "{site}");
                let seen = conformance::settled(now, 1);
                conformance::settle(ledger, &turn, seen, Vec::new())
                    .await
                    .expect("settled");
            }
        }
    });
}
