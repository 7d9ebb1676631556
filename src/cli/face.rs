//! What a worker shows of itself while it runs: the board, the metrics, the status page, and on a terminal where everything is.

use std::sync::Arc;

use crate::{
    cli::CommandFailure,
    config::{Config, LedgerKind},
    console::{Console, LedgerSource},
    feed::list::FeedList,
    status::Board,
    status_server::StatusServer,
    telemetry::Metrics,
};

/// What a person at the terminal is shown.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shows {
    /// Each event as it is published.
    pub(super) events: bool,
    /// Where everything is at the start, and what came at the end.
    pub(super) orientation: bool,
}

/// What the worker writes on and others look at.
pub(super) struct Face {
    pub(super) board: Arc<Board>,
    pub(super) metrics: Metrics,
    pub(super) server: Option<StatusServer>,
    pub(super) shows: Shows,
}

impl Face {
    /// Listens where the configuration says.
    pub(super) async fn open(config: &Config, shows: Shows) -> Result<Self, CommandFailure> {
        let (board, metrics) = (Arc::new(Board::default()), Metrics::default());
        let server = match config.http.listen {
            Some(listen) => {
                let names = config.http.hosts.clone();
                let console = Console::new(LedgerSource::of_config(config), Arc::clone(&board));
                let parts = (Arc::clone(&board), metrics.clone());
                let started = StatusServer::start_with_console(listen, names, parts, console).await;
                let server = started.map_err(|error| {
                    CommandFailure::Usage(format!(
                        "http.listen: cannot listen on {listen}: {error}; another address goes into [http] listen, or \
                         \"\" for none"
                    ))
                })?;
                tracing::info!(address = %server.address(), "status page open");
                Some(server)
            }
            None => None,
        };
        Ok(Self {
            board,
            metrics,
            server,
            shows,
        })
    }

    /// Shows nothing any more.
    pub(super) async fn close(self) {
        if let Some(server) = self.server {
            server.stop().await;
        }
    }

    /// What a person is told at the start: feeds, ledger, status page and what comes next.
    pub(super) fn describe_start(&self, config: &Config, list: &FeedList) -> String {
        let ledger = match config.ledger.kind {
            LedgerKind::Sqlite => config.ledger.path.display().to_string(),
            LedgerKind::Kafka => format!("Kafka at {}", config.kafka.brokers),
        };
        let page = self.server.as_ref().map_or_else(
            || "off".to_owned(),
            |server| format!("http://{}/", server.address()),
        );
        let next = if list.feeds.is_empty() {
            "No feed is listed, so nothing will come: dateline feeds add https://a.news.site/ (it is noticed at once)."
        } else {
            "Events are printed as they are published; Ctrl-C ends, and the next run goes on from here."
        };
        format!(
            "dateline {}\n  feeds        {} in {}\n  ledger       {ledger}\n  console      {page}\n{next}",
            env!("CARGO_PKG_VERSION"),
            list.feeds.len(),
            config.feeds.display()
        )
    }

    /// What a person is told at the end: what came, and how to read it.
    pub(super) fn describe_end(&self) -> String {
        let status = self.board.read_status();
        format!(
            "Since {}: {} articles, {} events. To read them again: dateline tail events --last 20",
            status.started.strftime("%Y-%m-%d %H:%M UTC"),
            status.articles,
            status.events
        )
    }
}
