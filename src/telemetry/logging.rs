//! Log lines on stderr: for people on a terminal, JSON elsewhere, and nothing in them that moves or reorders a terminal.

use std::{
    env,
    io::{self, IsTerminal, Write},
};

use clap::ValueEnum;
use thiserror::Error;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::printable::{escape_around_colours, escape_unprintable};

/// The variable that sets what is logged, e.g. `debug` or `dateline::fetch=trace`.
pub const LOG_VARIABLE: &str = "DATELINE_LOG";
/// What a part of that variable may be without a target.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// A line for people.
    Text,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogLevel {
    /// Only what needs a person.
    Quiet,
    /// Life events of the worker, or what [`LOG_VARIABLE`] says.
    #[default]
    Usual,
    /// Each request, entry and decision as well.
    Verbose,
    /// Everything of this program.
    Whole,
}

/// What is logged, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogStyle {
    /// `None` for lines on a terminal and JSON elsewhere.
    pub format: Option<LogFormat>,
    /// How much.
    pub level: LogLevel,
    /// Events are printed on the same terminal: beside them only warnings, unless asked for more.
    pub beside_events: bool,
}

/// A filter that would say nothing, or not what was meant.
#[derive(Debug, Error)]
#[error("{LOG_VARIABLE}: `{part}` is no filter; accepted: {levels}, or TARGET=LEVEL such as dateline::fetch=trace, several with commas", levels = LEVELS.join(", "))]
pub struct WrongFilter {
    /// The part that is none.
    part: String,
}

impl LogStyle {
    /// The format that lines are written in.
    pub fn chosen_format(self) -> LogFormat {
        let usual = if io::stderr().is_terminal() {
            LogFormat::Text
        } else {
            LogFormat::Json
        };
        self.format.unwrap_or(usual)
    }

    /// What is logged. Libraries are silent unless asked for: what they have to say comes back as an error of ours.
    fn choose_filter(self) -> Result<EnvFilter, WrongFilter> {
        let asked = env::var(LOG_VARIABLE)
            .ok()
            .filter(|text| !text.trim().is_empty());
        let of_ours = match (self.level, asked) {
            (LogLevel::Usual, Some(asked)) => return parse_filter(&asked),
            (LogLevel::Quiet, _) => "error",
            (LogLevel::Verbose, _) => "debug",
            (LogLevel::Whole, _) => "trace",
            // What is kept, and how long, is said at the first start wherever it happens.
            (LogLevel::Usual, None) if self.beside_events && io::stderr().is_terminal() => {
                "warn,dateline::topics=info"
            }
            (LogLevel::Usual, None) => "info",
        };
        Ok(EnvFilter::new(format!("off,dateline={of_ours}")))
    }
}

/// A filter as [`LOG_VARIABLE`] writes it. The library takes any word for a target, and then logs nothing else.
fn parse_filter(text: &str) -> Result<EnvFilter, WrongFilter> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    for part in parts {
        let is_level = LEVELS.iter().any(|level| part.eq_ignore_ascii_case(level));
        let is_target = part.contains(['=', '[']) || part.contains("::") || part == "dateline";
        if !(is_level || is_target) {
            let part = part.to_owned();
            return Err(WrongFilter { part });
        }
    }
    EnvFilter::try_new(text).map_err(|_| WrongFilter {
        part: text.to_owned(),
    })
}

/// Starts logging, and logs panics from here on.
pub fn start_logging(style: LogStyle) -> Result<(), WrongFilter> {
    let filter = style.choose_filter()?;
    let has_colours =
        io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = tracing_subscriber::fmt().with_env_filter(filter);
    // A second start (tests in one process) keeps the first.
    drop(match style.chosen_format() {
        LogFormat::Text => lines
            .compact()
            .with_ansi(has_colours)
            .with_writer(EscapingStderr { has_colours })
            .try_init(),
        // The span is the poll or the entry that a line belongs to.
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(EscapingStderr { has_colours: false })
            .try_init(),
    });
    std::panic::set_hook(Box::new(|panicked| {
        tracing::error!(detail = super::panic_line(panicked), "panicked");
    }));
    Ok(())
}

/// Stderr, on which what would move or reorder a terminal stands as its number. A line is one write.
#[derive(Debug, Clone, Copy)]
struct EscapingStderr {
    /// Whether the lines carry colours of ours.
    has_colours: bool,
}

impl MakeWriter<'_> for EscapingStderr {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}

impl Write for EscapingStderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let shown = if self.has_colours {
            escape_around_colours(&text)
        } else {
            escape_unprintable(&text)
        };
        io::stderr().write_all(shown.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_no_level_is_refused_since_it_would_silence_everything() {
        for right in [
            "debug",
            "dateline::fetch=trace",
            "warn,dateline=debug",
            "INFO",
            "dateline",
        ] {
            assert!(parse_filter(right).is_ok(), "{right}");
        }
        for wrong in ["nonsense", "verbose", "info,nonsense", "dateline=loud"] {
            assert!(parse_filter(wrong).is_err(), "{wrong}");
        }
    }
}
