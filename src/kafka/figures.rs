//! What the ledger on Kafka says of itself: its health, and what it counts.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use super::{
    KafkaLedger,
    hold::shared::{Hold, LedgerCounts},
};
use crate::ledger::{
    Health,
    figure::{Figure, FigureReading},
};

impl KafkaLedger {
    /// Addresses marked in memory, and the bytes that takes.
    pub fn marks_in_memory(&self) -> (usize, usize) {
        let mut sum = (0, 0);
        for partition in 0..self.shared.partitions {
            if let Hold::Owned(held) = &self.shared.lock_slot(partition).hold {
                let (count, bytes) = held.count_marks();
                sum = (sum.0 + count, sum.1 + bytes);
            }
        }
        sum
    }

    /// What it owns and what waits there, and what an operator should know.
    pub(super) fn read_health(&self) -> Health {
        let mut health = Health {
            restored: self.shared.is_restored(),
            unreachable_since: self.shared.connection.link_state().down_since(),
            notes: self.shared.advice.clone(),
            ..Health::default()
        };
        for partition in 0..self.shared.partitions {
            match &self.shared.lock_slot(partition).hold {
                Hold::Owned(held) => {
                    let (waiting, oldest) = held.count_waiting();
                    health.partitions += 1;
                    health.waiting += waiting;
                    health.oldest = health.oldest.into_iter().chain(oldest).min();
                }
                Hold::Stopped(detail) => {
                    health
                        .notes
                        .push(format!("partition {partition} stands still: {detail}"));
                }
                Hold::Foreign | Hold::Restoring => {}
            }
        }
        if let Err(error) = self.shared.refuse_unless_sound() {
            health.notes.push(error.to_string());
        }
        health
    }

    /// The figures as they are; takes no lock for longer than a moment.
    pub(super) fn read_figures(&self) -> Vec<Figure> {
        let counts = &self.shared.counts;
        let mut figures = Vec::from(transaction_figures(counts));
        figures.extend(restore_figures(counts));
        figures.extend(self.level_figures());
        figures
    }

    /// What is halted, and what is held in memory.
    fn level_figures(&self) -> [Figure; 4] {
        let down = self.shared.connection.link_state().down_since();
        let away = down.map_or(0.0, |since| {
            Timestamp::now().duration_since(since).as_secs_f64()
        });
        let (marks, bytes) = self.marks_in_memory();
        [
            level_figure(
                "kafka_partitions_stopped",
                "Owned partitions that stand still for a record that cannot be read",
                None,
                self.count_stopped(),
            ),
            level_figure(
                "kafka_unreachable",
                "Since the cluster answered last; 0 while it answers",
                Some("seconds"),
                away,
            ),
            level_figure(
                "kafka_seen_addresses",
                "Addresses marked as seen in memory",
                None,
                marks as f64,
            ),
            level_figure(
                "kafka_seen",
                "Memory of these marks",
                Some("bytes"),
                bytes as f64,
            ),
        ]
    }

    fn count_stopped(&self) -> f64 {
        let all = 0..self.shared.partitions;
        let stopped = all.filter(|p| matches!(self.shared.lock_slot(*p).hold, Hold::Stopped(_)));
        stopped.count() as f64
    }
}

fn transaction_figures(counts: &LedgerCounts) -> [Figure; 2] {
    let outcomes = vec![
        ("committed", value_of(&counts.committed)),
        ("aborted", value_of(&counts.aborted)),
        ("lost", value_of(&counts.fenced)),
    ];
    [
        Figure {
            name: "kafka_transactions",
            help: "Transactions by outcome",
            unit: None,
            reading: FigureReading::Outcomes(outcomes),
        },
        total_figure(
            "kafka_transaction",
            "Time in transactions, whatever their outcome",
            Some("seconds"),
            value_of(&counts.commit_us) / 1e6,
        ),
    ]
}

fn restore_figures(counts: &LedgerCounts) -> [Figure; 3] {
    [
        total_figure(
            "kafka_restores",
            "Partitions restored",
            None,
            value_of(&counts.restores),
        ),
        total_figure(
            "kafka_restore",
            "Time from the assignment of partitions until each was restored",
            Some("seconds"),
            value_of(&counts.restore_ms) / 1e3,
        ),
        total_figure(
            "kafka_owners_fenced",
            "Workers that were gone and whose open transactions were ended",
            None,
            value_of(&counts.owners_fenced),
        ),
    ]
}

fn value_of(count: &AtomicU64) -> f64 {
    count.load(Ordering::Relaxed) as f64
}

fn total_figure(
    name: &'static str,
    help: &'static str,
    unit: Option<&'static str>,
    value: f64,
) -> Figure {
    Figure {
        name,
        help,
        unit,
        reading: FigureReading::Total(value),
    }
}

fn level_figure(
    name: &'static str,
    help: &'static str,
    unit: Option<&'static str>,
    value: f64,
) -> Figure {
    Figure {
        reading: FigureReading::Level(value),
        ..total_figure(name, help, unit, value)
    }
}
