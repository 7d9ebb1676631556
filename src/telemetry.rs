//! Logs and metrics: JSON lines on stderr, Prometheus text behind `/metrics`.

use std::{
    fmt,
    io::IsTerminal,
    sync::{Arc, OnceLock},
    time::Duration,
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, NoLabelSet, text::encode},
    metrics::{
        MetricType,
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use tracing_subscriber::EnvFilter;

use crate::{
    ledger::{Figure, Reading},
    record::Event,
};

/// The variable that sets what is logged, e.g. `debug` or `dateline::fetch=trace`.
pub const LOG_VARIABLE: &str = "DATELINE_LOG";

/// Starts logging: JSON on stderr; where events are printed on a terminal, only warnings unless asked for more.
pub fn start_logging(quiet: bool) {
    let default = if quiet && std::io::stderr().is_terminal() {
        // What is kept, and how long, is said at the first start wherever it happens.
        "warn,dateline::topics=info"
    } else {
        "info"
    };
    let filter = EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new(default));
    let lines = tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(filter);
    // A second start (tests in one process) keeps the first.
    drop(
        lines
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .try_init(),
    );
    std::panic::set_hook(Box::new(|panicked| {
        tracing::error!(detail = crate::cli::panic_line(panicked), "panicked");
    }));
}

/// A label whose values come from a fixed set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Outcome {
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
pub struct Type {
    /// Its name.
    pub r#type: String,
    /// `coded`, `revised` or `retracted`.
    pub status: &'static str,
}

impl Type {
    /// The labels of an event record.
    pub fn of(event: &Event) -> Self {
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
pub struct Stage {
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
    pub polls: Family<Outcome, Counter>,
    /// Entries posted to mailboxes.
    pub entries_posted: Counter,
    /// Items that a first poll or a flood left out.
    pub items_skipped: Counter,
    /// Entries settled by outcome: `published`, `revised`, `unchanged`, `set_aside`, `moved`, `same`.
    pub articles: Family<Outcome, Counter>,
    /// Entries set aside by reason.
    pub set_aside: Family<Reason, Counter>,
    /// Tries that failed and are tried again, by reason.
    pub retries: Family<Reason, Counter>,
    /// Event records published by type and status; only those `coded` are new events.
    pub events: Family<Type, Counter>,
    /// Events held back: `modality` or `confidence`.
    pub withheld: Family<Outcome, Counter>,
    /// Seconds by stage.
    pub stages: Family<Stage, Histogram, fn() -> Histogram>,
    /// From publication to commit.
    pub lag: Histogram,
    /// Feeds listed.
    pub feeds: Gauge,
    /// Feeds whose last poll failed.
    pub feeds_failing: Gauge,
    /// Feeds polled only once a week, since they are gone or have failed for a month.
    pub feeds_disabled: Gauge,
    /// Reloads of the feed list by outcome: `taken` or `refused`.
    pub reloads: Family<Outcome, Counter>,
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

type Ask = Box<dyn Fn() -> Vec<Figure> + Send + Sync>;

/// What the ledger counts of itself, asked at each reading.
#[derive(Clone, Default)]
struct Figures(Arc<OnceLock<Ask>>);

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Figures").finish_non_exhaustive()
    }
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let figures = self.0.get().map_or_else(Vec::new, |ask| ask());
        for figure in &figures {
            tell(figure, &mut encoder)?;
        }
        Ok(())
    }
}

fn tell(figure: &Figure, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let unit = figure.unit.map(|unit| Unit::Other(unit.to_owned()));
    let kind = match figure.reading {
        Reading::Total(_) | Reading::Outcomes(_) => MetricType::Counter,
        Reading::Level(_) => MetricType::Gauge,
    };
    // The registry ends the help of its own metrics with a full stop.
    let help = format!("{}.", figure.help);
    let mut told = encoder.encode_descriptor(figure.name, &help, unit.as_ref(), kind)?;
    match &figure.reading {
        Reading::Total(value) => told.encode_counter::<NoLabelSet, f64, f64>(value, None),
        Reading::Level(value) => told.encode_gauge(value),
        Reading::Outcomes(outcomes) => outcomes.iter().try_for_each(|(outcome, value)| {
            let outcome = Outcome { outcome };
            let mut one = told.encode_family(&outcome)?;
            one.encode_counter::<NoLabelSet, f64, f64>(value, None)
        }),
    }
}

fn stage_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 2.0, 18))
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("dateline");
        let made = Self::unregistered();
        made.register(&mut registry);
        registry.register_collector(Box::new(made.figures.clone()));
        Self {
            registry: Arc::new(registry),
            ..made
        }
    }
}

impl Metrics {
    fn unregistered() -> Self {
        Self {
            registry: Arc::default(),
            figures: Figures::default(),
            polls: Family::default(),
            entries_posted: Counter::default(),
            items_skipped: Counter::default(),
            articles: Family::default(),
            set_aside: Family::default(),
            retries: Family::default(),
            events: Family::default(),
            withheld: Family::default(),
            stages: Family::new_with_constructor(stage_histogram as fn() -> Histogram),
            lag: Histogram::new(exponential_buckets(1.0, 2.0, 20)),
            feeds: Gauge::default(),
            feeds_failing: Gauge::default(),
            feeds_disabled: Gauge::default(),
            reloads: Family::default(),
            other_lists: Gauge::default(),
            waiting: Gauge::default(),
            waiting_oldest: Gauge::default(),
            unreadable: Gauge::default(),
            partitions: Gauge::default(),
            in_flight: Gauge::default(),
        }
    }

    fn register(&self, registry: &mut Registry) {
        registry.register("polls", "Polls of feeds by outcome", self.polls.clone());
        registry.register(
            "entries_posted",
            "Entries posted to mailboxes",
            self.entries_posted.clone(),
        );
        registry.register(
            "items_skipped",
            "Items a first poll or a flood left out",
            self.items_skipped.clone(),
        );
        registry.register(
            "articles",
            "Entries settled by outcome",
            self.articles.clone(),
        );
        registry.register(
            "set_aside",
            "Entries set aside by reason",
            self.set_aside.clone(),
        );
        registry.register(
            "retries",
            "Tries that failed and are tried again",
            self.retries.clone(),
        );
        registry.register(
            "events",
            "Event records published by type and status",
            self.events.clone(),
        );
        registry.register("events_withheld", "Events held back", self.withheld.clone());
        registry.register_with_unit("stage", "Time by stage", Unit::Seconds, self.stages.clone());
        registry.register_with_unit(
            "lag",
            "From publication to commit",
            Unit::Seconds,
            self.lag.clone(),
        );
        registry.register("feeds", "Feeds listed", self.feeds.clone());
        registry.register(
            "feeds_failing",
            "Feeds whose last poll failed",
            self.feeds_failing.clone(),
        );
        registry.register(
            "feeds_disabled",
            "Feeds polled only once a week",
            self.feeds_disabled.clone(),
        );
        registry.register("reloads", "Reloads of the feed list", self.reloads.clone());
        registry.register("waiting_entries", "Entries waiting", self.waiting.clone());
        let age = "Age of the oldest entry waiting";
        registry.register_with_unit(
            "waiting_oldest",
            age,
            Unit::Seconds,
            self.waiting_oldest.clone(),
        );
        registry.register(
            "feed_lists_differing",
            "Feed lists that other workers hold and this one does not",
            self.other_lists.clone(),
        );
        registry.register(
            "unreadable_records",
            "Records of state that cannot be read; what they belong to stands still",
            self.unreadable.clone(),
        );
        registry.register(
            "partitions_owned",
            "Partitions owned",
            self.partitions.clone(),
        );
        registry.register(
            "visits_in_flight",
            "Visits to sites in flight",
            self.in_flight.clone(),
        );
        let build: Family<Build, Gauge> = Family::default();
        build
            .get_or_create(&Build {
                version: env!("CARGO_PKG_VERSION"),
            })
            .set(1);
        registry.register("build_info", "The version running", build);
    }

    /// Counts the time a stage took.
    pub fn stage(&self, stage: &'static str, took: Duration) {
        self.stages
            .get_or_create(&Stage { stage })
            .observe(took.as_secs_f64());
    }

    /// Counts one ending of a kind.
    pub fn count(family: &Family<Outcome, Counter>, outcome: &'static str) {
        family.get_or_create(&Outcome { outcome }).inc();
    }

    /// From now on each reader is told of these too; the first that is given stands.
    pub(crate) fn ask(&self, figures: impl Fn() -> Vec<Figure> + Send + Sync + 'static) {
        // A second ledger in one process is a test's.
        drop(self.figures.0.set(Box::new(figures)));
    }

    /// The metrics in the text form that Prometheus reads.
    pub fn text(&self) -> String {
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
        Metrics::count(&metrics.polls, "parsed");
        metrics.stage("fetch", Duration::from_millis(3));
        let text = metrics.text();
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

    #[test]
    fn what_the_ledger_counts_is_told_at_each_reading() {
        let metrics = Metrics::default();
        assert!(!metrics.text().contains("kafka"));
        let figure = |name, unit, reading| Figure {
            name,
            help: "a test's",
            unit,
            reading,
        };
        metrics.ask(move || {
            vec![
                figure("kafka_restore", Some("seconds"), Reading::Total(1.5)),
                figure("kafka_seen", Some("bytes"), Reading::Level(16.0)),
                figure(
                    "kafka_transactions",
                    None,
                    Reading::Outcomes(vec![("committed", 3.0), ("aborted", 0.0)]),
                ),
            ]
        });
        let text = metrics.text();
        for line in [
            "dateline_kafka_restore_seconds_total 1.5",
            "dateline_kafka_seen_bytes 16.0",
            "dateline_kafka_transactions_total{outcome=\"committed\"} 3.0",
            "dateline_kafka_transactions_total{outcome=\"aborted\"} 0.0",
        ] {
            assert!(text.lines().any(|told| told == line), "{line}\n{text}");
        }
    }
}
