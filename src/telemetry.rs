//! Logs and metrics: lines on stderr, Prometheus text behind `/metrics`.

use std::{fmt, io::IsTerminal, panic::PanicHookInfo, sync::Arc, time::Duration};

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
use tracing_subscriber::EnvFilter;

use crate::{ledger::Figure, record::Event, set_aside::SetAsideReason};

mod ledger_figures;
mod plain_text;

use ledger_figures::Figures;
pub use plain_text::plain_text;

/// The variable that sets what is logged, e.g. `debug` or `dateline::fetch=trace`.
pub const LOG_VARIABLE: &str = "DATELINE_LOG";

/// Starts logging on stderr: lines for people on a terminal, JSON elsewhere. Where events are printed on a terminal,
/// only warnings unless asked for more. Libraries are silent unless asked for: what they have to say comes back as an
/// error of ours.
pub fn start_logging(quiet: bool) {
    let on_terminal = std::io::stderr().is_terminal();
    let default = if quiet && on_terminal {
        // What is kept, and how long, is said at the first start wherever it happens.
        "off,dateline=warn,dateline::topics=info"
    } else {
        "off,dateline=info"
    };
    let filter = EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new(default));
    let lines = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(filter);
    // A second start (tests in one process) keeps the first.
    drop(if on_terminal {
        lines.compact().try_init()
    } else {
        // The span is the poll or the entry that a line belongs to.
        lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init()
    });
    std::panic::set_hook(Box::new(|panicked| {
        tracing::error!(detail = self::panic_line(panicked), "panicked");
    }));
}

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
        let stages = Family::new_with_constructor(stage_histogram as fn() -> Histogram);
        let lags = Histogram::new(exponential_buckets(1.0, 2.0, 20));
        let made = Self {
            polls: to.register_metric("polls", "Polls of feeds by outcome"),
            entries_posted: to.register_metric("entries_posted", "Entries posted to mailboxes"),
            items_skipped: to
                .register_metric("items_skipped", "Items a first poll or a flood left out"),
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
            waiting_oldest: to.register_seconds(
                "waiting_oldest",
                "Age of the oldest entry waiting",
                Gauge::default(),
            ),
            other_lists: to.register_metric(
                "feed_lists_differing",
                "Feed lists that other workers hold and this one does not",
            ),
            unreadable: to.register_metric(
                "unreadable_records",
                "Records of state that cannot be read; what they belong to stands still",
            ),
            partitions: to.register_metric("partitions_owned", "Partitions owned"),
            in_flight: to.register_metric("visits_in_flight", "Visits to sites in flight"),
            figures: Figures::default(),
            registry: Arc::default(),
        };
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

/// What is said of a panic, in one line.
pub(crate) fn panic_line(panicked: &PanicHookInfo<'_>) -> String {
    let said = panicked.payload_as_str().unwrap_or("no message");
    let place = panicked.location().map_or_else(
        || "an unknown place".to_owned(),
        |at| format!("{}:{}:{}", source_path(at.file()), at.line(), at.column()),
    );
    format!(
        "a fault of ours at {place}: {}",
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    )
}

/// The path of a source file without the folders of the machine that built it: a file of ours from `src` on, one of a
/// library from its crate on.
fn source_path(file: &str) -> &str {
    let crate_begins = file
        .find("/registry/src/")
        .map(|at| at + "/registry/src/".len())
        .and_then(|at| file[at..].find('/').map(|end| at + end + 1));
    let library = file.find("/library/").map(|at| at + 1);
    match crate_begins.or(library) {
        Some(at) => &file[at..],
        None if file.starts_with('/') => file.rsplit('/').next().unwrap_or(file),
        None => file,
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
