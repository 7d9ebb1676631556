//! What the ledger counts of itself, given to each reader of the metrics.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, NoLabelSet},
    metrics::MetricType,
    registry::Unit,
};

use super::OutcomeLabel;
use crate::ledger::{Figure, FigureReading};

type Ask = Box<dyn Fn() -> Vec<Figure> + Send + Sync>;

/// What the ledger counts of itself, asked at each reading.
#[derive(Clone, Default)]
pub(super) struct Figures(Arc<OnceLock<Ask>>);

impl Figures {
    /// The first that is given counts.
    pub(super) fn ask_for_figures(
        &self,
        figures: impl Fn() -> Vec<Figure> + Send + Sync + 'static,
    ) {
        // A second ledger in one process is a test's.
        drop(self.0.set(Box::new(figures)));
    }
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Figures").finish_non_exhaustive()
    }
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let figures = self.0.get().map_or_else(Vec::new, |ask| ask());
        for figure in &figures {
            encode_figure(figure, &mut encoder)?;
        }
        Ok(())
    }
}

fn encode_figure(figure: &Figure, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let unit = figure.unit.map(|unit| Unit::Other(unit.to_owned()));
    let kind = match figure.reading {
        FigureReading::Total(_) | FigureReading::Outcomes(_) => MetricType::Counter,
        FigureReading::Level(_) => MetricType::Gauge,
    };
    // The registry ends the help of its own metrics with a full stop.
    let help = format!("{}.", figure.help);
    let mut told = encoder.encode_descriptor(figure.name, &help, unit.as_ref(), kind)?;
    match &figure.reading {
        FigureReading::Total(value) => told.encode_counter::<NoLabelSet, f64, f64>(value, None),
        FigureReading::Level(value) => told.encode_gauge(value),
        FigureReading::Outcomes(outcomes) => outcomes.iter().try_for_each(|(outcome, value)| {
            let outcome = OutcomeLabel { outcome };
            let mut one = told.encode_family(&outcome)?;
            one.encode_counter::<NoLabelSet, f64, f64>(value, None)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Metrics;

    #[test]
    fn what_the_ledger_counts_is_told_at_each_reading() {
        let metrics = Metrics::default();
        assert!(!metrics.render_text().contains("kafka"));
        let figure = |name, unit, reading| Figure {
            name,
            help: "a test's",
            unit,
            reading,
        };
        metrics.ask_for_figures(move || {
            vec![
                figure("kafka_restore", Some("seconds"), FigureReading::Total(1.5)),
                figure("kafka_seen", Some("bytes"), FigureReading::Level(16.0)),
                figure(
                    "kafka_transactions",
                    None,
                    FigureReading::Outcomes(vec![("committed", 3.0), ("aborted", 0.0)]),
                ),
            ]
        });
        let text = metrics.render_text();
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
