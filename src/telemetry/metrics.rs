//! The metrics of a worker, each with its name and what it counts.

use std::{fmt, sync::Arc, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Metric, Registry, Unit},
};

use super::ledger_figures::Figures;
use crate::{ledger::Figure, record::Event, set_aside::SetAsideReason};

/// A label whose values come from a fixed set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OutcomeLabel {
    /// How it ended.
    pub outcome: &'static str,
}

/// The reason of [`crate::set_aside`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Reason {
    /// Its name.
    pub reason: &'static str,
}

/// PLOVER's type, and whether an event of it is new.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct EventLabels {
    /// Its name.
    pub r#type: String,
    /// `coded`, `revised` or `retracted`.
    pub status: &'static str,
}

impl EventLabels {
    /// The labels of an event record.
    pub fn of_event(event: &Event) -> Self {
        let status = match event.status.as_str() {
            "retracted" => "retracted",
            "revised" => "revised",
            _ => "coded",
        };
        Self {
            r#type: event.r#type.clone(),
            status,
        }
    }
}

/// A stage of an article's way.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StageLabel {
    /// `poll`, `fetch`, `read`, `code` or `commit`.
    pub stage: &'static str,
}

/// The version running.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// All metrics of a worker; cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    figures: Figures,
    /// Polls by outcome: `parsed`, `unchanged`, `held` (asked to wait), `unreadable` (no feed came) or `failed`.
    pub polls: Family<OutcomeLabel, Counter>,
    /// Entries posted to mailboxes.
    pub entries_posted: Counter,
    /// Items that a first poll or a flood left out.
    pub items_skipped: Counter,
    /// Entries settled by outcome: `published`, `revised`, `unchanged`, `set_aside`, `moved`, `same`.
    pub articles: Family<OutcomeLabel, Counter>,
    /// Entries set aside by reason.
    pub set_aside: Family<Reason, Counter>,
    /// Tries that failed and are tried again, by reason.
    pub retries: Family<Reason, Counter>,
    /// Event records published by type and status; only those `coded` are new events.
    pub events: Family<EventLabels, Counter>,
    /// Events held back: `modality` or `confidence`.
    pub withheld: Family<OutcomeLabel, Counter>,
    /// Seconds by stage.
    pub stages: Family<StageLabel, Histogram, fn() -> Histogram>,
    /// From publication to commit.
    pub lag: Histogram,
    /// Feeds listed.
    pub feeds: Gauge,
    /// Feeds whose last poll failed.
    pub feeds_failing: Gauge,
    /// Feeds polled only once a week, since they are gone or have failed for a month.
    pub feeds_disabled: Gauge,
    /// Reloads of the feed list by outcome: `taken` or `refused`.
    pub reloads: Family<OutcomeLabel, Counter>,
    /// Feed lists of other workers that are not this one's.
    pub other_lists: Gauge,
    /// Entries waiting.
    pub waiting: Gauge,
    /// Age of the oldest entry waiting.
    pub waiting_oldest: Gauge,
    /// Records of state that cannot be read.
    pub unreadable: Gauge,
    /// Partitions owned.
    pub partitions: Gauge,
    /// Visits in flight.
    pub in_flight: Gauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn stage_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 2.0, 18))
}

/// A registry that hands back what it registers; readers get them in this order.
struct Register(Registry);

impl Register {
    fn register_metric<M: Metric + Clone + Default>(&mut self, name: &str, help: &str) -> M {
        let metric = M::default();
        self.0.register(name, help, metric.clone());
        metric
    }

    fn register_seconds<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0
            .register_with_unit(name, help, Unit::Seconds, metric.clone());
        metric
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut to = Register(Registry::with_prefix("dateline"));
        let made = Self::register_all(&mut to);
        let build: Family<Build, Gauge> = to.register_metric("build_info", "The version running");
        let version = env!("CARGO_PKG_VERSION");
        build.get_or_create(&Build { version }).set(1);
        to.0.register_collector(Box::new(made.figures.clone()));
        Self {
            registry: Arc::new(to.0),
            ..made
        }
    }
}

impl Metrics {
    /// All of them in the order in which readers get them; what registers them is still to be put in.
    fn register_all(to: &mut Register) -> Self {
        let stages = Family::new_with_constructor(stage_histogram as fn() -> Histogram);
        let lags = Histogram::new(exponential_buckets(1.0, 2.0, 20));
        let oldest = "Age of the oldest entry waiting";
        let skipped = "Items a first poll or a flood left out";
        let others = "Feed lists that other workers hold and this one does not";
        let unreadable = "Records of state that cannot be read; what they belong to stands still";
        Self {
            polls: to.register_metric("polls", "Polls of feeds by outcome"),
            entries_posted: to.register_metric("entries_posted", "Entries posted to mailboxes"),
            items_skipped: to.register_metric("items_skipped", skipped),
            articles: to.register_metric("articles", "Entries settled by outcome"),
            set_aside: to.register_metric("set_aside", "Entries set aside by reason"),
            retries: to.register_metric("retries", "Tries that failed and are tried again"),
            events: to.register_metric("events", "Event records published by type and status"),
            withheld: to.register_metric("events_withheld", "Events held back"),
            stages: to.register_seconds("stage", "Time by stage", stages),
            lag: to.register_seconds("lag", "From publication to commit", lags),
            feeds: to.register_metric("feeds", "Feeds listed"),
            feeds_failing: to.register_metric("feeds_failing", "Feeds whose last poll failed"),
            feeds_disabled: to.register_metric("feeds_disabled", "Feeds polled only once a week"),
            reloads: to.register_metric("reloads", "Reloads of the feed list"),
            waiting: to.register_metric("waiting_entries", "Entries waiting"),
            waiting_oldest: to.register_seconds("waiting_oldest", oldest, Gauge::default()),
            other_lists: to.register_metric("feed_lists_differing", others),
            unreadable: to.register_metric("unreadable_records", unreadable),
            partitions: to.register_metric("partitions_owned", "Partitions owned"),
            in_flight: to.register_metric("visits_in_flight", "Visits to sites in flight"),
            figures: Figures::default(),
            registry: Arc::default(),
        }
    }

    /// Counts the time a stage took.
    pub fn count_stage_time(&self, stage: &'static str, took: Duration) {
        self.stages
            .get_or_create(&StageLabel { stage })
            .observe(took.as_secs_f64());
    }

    /// Counts a try that failed and is made again.
    pub(crate) fn count_retry(&self, reason: SetAsideReason) {
        let reason = reason.as_str();
        self.retries.get_or_create(&Reason { reason }).inc();
    }

    /// Counts an entry that was set aside.
    pub(crate) fn count_set_aside(&self, reason: SetAsideReason) {
        let reason = reason.as_str();
        self.set_aside.get_or_create(&Reason { reason }).inc();
    }

    /// Counts one ending of a kind.
    pub fn count_outcome(family: &Family<OutcomeLabel, Counter>, outcome: &'static str) {
        family.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// From now on each reader gets these too; the first that is given counts.
    pub(crate) fn ask_for_figures(
        &self,
        figures: impl Fn() -> Vec<Figure> + Send + Sync + 'static,
    ) {
        self.figures.ask_for_figures(figures);
    }

    /// The metrics in the text form that Prometheus reads.
    pub fn render_text(&self) -> String {
        let mut text = String::new();
        // Writing into a string cannot fail; what is written so far is returned if it does.
        encode(&mut text, &self.registry).unwrap_or_default();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_in_their_unit_or_total() {
        let metrics = Metrics::default();
        Metrics::count_outcome(&metrics.polls, "parsed");
        metrics.count_stage_time("fetch", Duration::from_millis(3));
        let text = metrics.render_text();
        assert!(
            text.contains("dateline_polls_total{outcome=\"parsed\"} 1"),
            "{text}"
        );
        assert!(
            text.contains("dateline_stage_seconds_bucket{le=\"0.004\",stage=\"fetch\"} 1"),
            "{text}"
        );
        assert!(text.contains("dateline_build_info{version="), "{text}");
    }
}
