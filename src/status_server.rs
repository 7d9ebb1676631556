//! Health, metrics and the console; nothing else serves HTTP in production.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::{net::TcpListener, task::JoinHandle};

mod connections;
mod console;
mod hosts;
mod page;

use self::hosts::HostNames;
use crate::{
    console::{Console, LedgerSource},
    status::Board,
    telemetry::{self, Metrics},
};

/// A ledger that has been out of reach this long makes the worker not ready.
// Leaders move and brokers restart within less; a worker is not to be ended for that.
const UNREACHABLE_FOR: SignedDuration = SignedDuration::from_secs(60);
/// Connections are closed at most this long after the stop.
// The rest of the grace period belongs to the ledger.
const CLOSING: Duration = Duration::from_secs(1);

#[derive(Debug, Clone)]
struct Served {
    board: Arc<Board>,
    metrics: Metrics,
}

/// A running server; stops when dropped or stopped.
pub struct StatusServer {
    address: SocketAddr,
    task: JoinHandle<()>,
    console: Arc<Console>,
}

impl StatusServer {
    /// Listens and serves until [`Self::stop`], whoever asks under an address or a name of this network.
    pub async fn start(
        listen: SocketAddr,
        board: Arc<Board>,
        metrics: Metrics,
    ) -> io::Result<Self> {
        Self::start_named(listen, Vec::new(), board, metrics).await
    }

    /// The same, also under these names.
    pub async fn start_named(
        listen: SocketAddr,
        names: Vec<String>,
        board: Arc<Board>,
        metrics: Metrics,
    ) -> io::Result<Self> {
        let console = Console::new(LedgerSource::None, Arc::clone(&board));
        Self::start_with_console(listen, names, (board, metrics), console).await
    }

    /// The same, with a console that reads a ledger.
    pub async fn start_with_console(
        listen: SocketAddr,
        names: Vec<String>,
        (board, metrics): (Arc<Board>, Metrics),
        console: Arc<Console>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .route("/status.json", get(status_json))
            .route("/livez", get(|| async { "alive\n" }))
            .route("/readyz", get(readiness))
            .route("/metrics", get(metrics_text))
            .with_state(Served { board, metrics })
            .merge(console::route_console(Arc::clone(&console)))
            .layer(middleware::from_fn_with_state(
                HostNames::of(names),
                hosts::refuse_other_names,
            ));
        let task = tokio::spawn(connections::accept_connections(listener, router));
        Ok(Self {
            address,
            task,
            console,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The console that it serves.
    pub fn console(&self) -> &Arc<Console> {
        &self.console
    }

    /// Stops serving.
    pub async fn stop(self) {
        self.console.close();
        self.task.abort();
        // An aborted task reports that it was: nothing to do about it.
        drop(tokio::time::timeout(CLOSING, self.task).await);
    }
}

async fn status_json(State(served): State<Served>) -> Response {
    Json(served.board.read_status()).into_response()
}

/// The metrics in the format that is asked for: OpenMetrics where `Accept` names it, else Prometheus' older text.
async fn metrics_text(State(served): State<Served>, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).map(HeaderValue::as_bytes);
    let accepted = String::from_utf8_lossy(accepted.unwrap_or_default());
    let text = served.metrics.render_text();
    if accepted.contains("application/openmetrics-text") {
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        return ([(header::CONTENT_TYPE, kind)], text).into_response();
    }
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    (
        [(header::CONTENT_TYPE, kind)],
        telemetry::write_prometheus_text(&text),
    )
        .into_response()
}

/// The body of `/readyz`.
#[derive(Debug, Serialize)]
struct Ready {
    #[serde(rename = "ready")]
    answers: bool,
    restored: bool,
    unreachable_since: Option<Timestamp>,
    partitions: usize,
    waiting: usize,
    notes: Vec<String>,
}

async fn readiness(State(served): State<Served>) -> Response {
    let health = served.board.ledger_health();
    let away = health
        .unreachable_since
        .is_some_and(|since| Timestamp::now().duration_since(since) >= UNREACHABLE_FOR);
    let ready = health.restored && !away;
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let mut notes = served.board.operator_notes();
    notes.extend(health.notes);
    let body = Ready {
        answers: ready,
        restored: health.restored,
        unreachable_since: health.unreachable_since,
        partitions: health.partitions,
        waiting: health.waiting,
        notes,
    };
    (status, Json(body)).into_response()
}
