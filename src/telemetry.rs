//! Logs and metrics: lines on stderr, Prometheus text behind `/metrics`.

use std::{io::IsTerminal, panic::PanicHookInfo};

use tracing_subscriber::EnvFilter;

mod ledger_figures;
mod metrics;
mod plain_text;

pub use metrics::{EventLabels, Metrics, OutcomeLabel, Reason, StageLabel};
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
