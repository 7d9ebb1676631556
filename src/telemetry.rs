//! Logs and metrics: lines on stderr, Prometheus text behind `/metrics`.

use std::panic::PanicHookInfo;

mod ledger_figures;
mod logging;
mod metrics;
mod prometheus_text;

pub use logging::{LOG_VARIABLE, LogFormat, LogLevel, LogStyle, WrongFilter, start_logging};
pub use metrics::{EventLabels, Metrics, OutcomeLabel, Reason, StageLabel};
pub use prometheus_text::write_prometheus_text;

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
