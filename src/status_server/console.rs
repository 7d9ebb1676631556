//! The console's requests: who may ask what, and the answers as JSON, as a page or as a stream.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures_util::stream;
use serde::Serialize;
use serde_json::json;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast::error::RecvError},
    task,
};

mod query;

use self::query::{QueryPairs, Wanted};
use super::page;
use crate::{
    console::{Console, EventRow},
    ledger::LedgerError,
};

/// Readers of the stream at once.
// Half of the server's connections: a probe finds a place always.
const MOST_STREAMS: usize = 32;
/// Questions that are worked on at once; more wait.
// Each may look through all events: one core is the worker's.
const MOST_QUESTIONS: usize = 2;
/// Between two signs of life of a stream.
const ALIVE: Duration = Duration::from_secs(15);
/// The head that carries the page's token.
const TOKEN: &str = "x-dateline-token";

#[derive(Clone)]
struct ConsoleState {
    console: Arc<Console>,
    streams: Arc<Semaphore>,
    questions: Arc<Semaphore>,
}

/// The console's routes.
pub(super) fn route_console(console: Arc<Console>) -> Router {
    let asked = ConsoleState {
        console,
        streams: Arc::new(Semaphore::new(MOST_STREAMS)),
        questions: Arc::new(Semaphore::new(MOST_QUESTIONS)),
    };
    Router::new()
        .route("/", get(show_page))
        .route("/console/{*name}", get(show_part))
        .route("/api/session", get(show_session))
        .route("/api/events", get(list_events))
        .route("/api/events/{id}", get(show_event))
        .route("/api/summary", get(show_summary))
        .route("/api/held", get(list_withholding))
        .route("/api/held/{article}", get(list_held))
        .route("/api/set-aside", get(list_set_aside))
        .route("/api/set-aside/{id}/retry", post(request_retry))
        .route("/api/stream", get(stream_rows))
        .with_state(asked)
}

/// Why a request is not answered.
struct ConsoleRefusal(StatusCode, String);

impl IntoResponse for ConsoleRefusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<LedgerError> for ConsoleRefusal {
    fn from(error: LedgerError) -> Self {
        Self(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

fn refuse_query(why: impl Into<String>) -> ConsoleRefusal {
    ConsoleRefusal(StatusCode::BAD_REQUEST, why.into())
}

fn refuse_unknown(what: &str, id: &str) -> ConsoleRefusal {
    ConsoleRefusal(
        StatusCode::NOT_FOUND,
        format!("no {what} {id} is known here"),
    )
}

async fn show_page(headers: HeaderMap) -> Response {
    page::show_file("index.html", &headers)
}

async fn show_part(Path(name): Path<String>, headers: HeaderMap) -> Response {
    page::show_file(&name, &headers)
}

impl ConsoleState {
    /// Asks off the threads that answer, a few at once.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Console) -> T + Send + 'static,
    ) -> Result<T, ConsoleRefusal> {
        self.console.begin();
        let gone = || ConsoleRefusal(StatusCode::SERVICE_UNAVAILABLE, "it is stopping".to_owned());
        let place = Arc::clone(&self.questions).acquire_owned().await;
        let place = place.map_err(|_| gone())?;
        let console = Arc::clone(&self.console);
        let answering = task::spawn_blocking(move || {
            let _place = place;
            question(&console)
        });
        answering.await.map_err(|_| gone())
    }
}

async fn show_session(State(asked): State<ConsoleState>) -> Response {
    Json(asked.console.session()).into_response()
}

async fn list_events(
    State(asked): State<ConsoleState>,
    pairs: QueryPairs,
) -> Result<Response, ConsoleRefusal> {
    let wanted = Wanted::parse_query(pairs.0, true)?;
    let (before, limit) = (wanted.parse_before()?, wanted.limit);
    let answer = asked.ask(move |console| {
        let page = console.read_page(&wanted.filter, before, limit);
        json!({ "events": page.events, "next": page.next.map(|next| next.to_string()), "scope": console.scope() })
    });
    Ok(Json(answer.await?).into_response())
}

async fn show_summary(
    State(asked): State<ConsoleState>,
    pairs: QueryPairs,
) -> Result<Response, ConsoleRefusal> {
    #[derive(Serialize)]
    struct Answer {
        #[serde(flatten)]
        summary: crate::console::Summary,
        scope: crate::console::Scope,
    }
    let wanted = Wanted::parse_query(pairs.0, false)?;
    let answer = asked.ask(move |console| Answer {
        summary: console.summarise(&wanted.filter),
        scope: console.scope(),
    });
    Ok(Json(answer.await?).into_response())
}

async fn show_event(
    State(asked): State<ConsoleState>,
    id: Path<String>,
) -> Result<Response, ConsoleRefusal> {
    let wanted = id.0.clone();
    let found = asked
        .ask(move |console| console.find_event(&wanted))
        .await??;
    let found = found.ok_or_else(|| refuse_unknown("event", &id))?;
    Ok(Json(found).into_response())
}

async fn list_withholding(
    State(asked): State<ConsoleState>,
    pairs: QueryPairs,
) -> Result<Response, ConsoleRefusal> {
    let wanted = Wanted::parse_query(pairs.0, true)?;
    let (before, limit) = (wanted.parse_before()?, wanted.limit);
    let articles = asked.ask(move |console| console.list_withholding(before, limit));
    let articles = articles.await??;
    let full = articles.len() == limit;
    let next = articles.last().filter(|_| full);
    let next = next.map(|last| last.position.to_string());
    Ok(Json(json!({ "articles": articles, "next": next })).into_response())
}

async fn list_held(
    State(asked): State<ConsoleState>,
    article: Path<String>,
) -> Result<Response, ConsoleRefusal> {
    let wanted = article.0.clone();
    let held = asked
        .ask(move |console| console.list_held(&wanted))
        .await??;
    let held = held.ok_or_else(|| refuse_unknown("article", &article))?;
    Ok(Json(json!({ "held": held })).into_response())
}

async fn list_set_aside(State(asked): State<ConsoleState>) -> Result<Response, ConsoleRefusal> {
    let entries = asked.console.source().list_set_aside().await?;
    Ok(Json(json!({ "entries": entries })).into_response())
}

/// Asks for an entry again, for the worker's own page alone: another page cannot read the token, and a browser says
/// where a request comes from.
async fn request_retry(
    State(asked): State<ConsoleState>,
    id: Path<String>,
    headers: HeaderMap,
) -> Result<Response, ConsoleRefusal> {
    let shown = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_ours = shown(TOKEN).is_some_and(|token| asked.console.knows_token(token));
    let same_site = shown("sec-fetch-site").is_none_or(|site| site == "same-origin");
    let host = shown(header::HOST.as_str()).unwrap_or_default();
    let same_origin = shown(header::ORIGIN.as_str())
        .is_none_or(|origin| origin.split("://").nth(1) == Some(host));
    if !(is_ours && same_site && same_origin) {
        let why = "only the console's own page may ask that";
        return Err(ConsoleRefusal(StatusCode::FORBIDDEN, why.to_owned()));
    }
    if asked.console.is_stopping() {
        let why =
            "the worker has stopped; its next start reads what `dateline set-aside retry` asks for";
        return Err(ConsoleRefusal(StatusCode::CONFLICT, why.to_owned()));
    }
    if asked.console.source().request_retry(&id).await? {
        Ok(Json(json!({ "retried": true })).into_response())
    } else {
        Err(refuse_unknown("entry", &id))
    }
}

/// Rows as they are committed, until whoever reads is gone.
async fn stream_rows(State(asked): State<ConsoleState>) -> Result<Response, ConsoleRefusal> {
    asked.console.begin();
    let full = |_| {
        let why = "as many readers as there may be follow already";
        ConsoleRefusal(StatusCode::SERVICE_UNAVAILABLE, why.to_owned())
    };
    let place = Arc::clone(&asked.streams)
        .try_acquire_owned()
        .map_err(full)?;
    let rows = asked.console.watch_rows();
    let lines = stream::unfold((rows, place), next_line);
    let stream = Sse::new(lines).keep_alive(KeepAlive::new().interval(ALIVE));
    Ok(stream.into_response())
}

type Following = (
    tokio::sync::broadcast::Receiver<Arc<EventRow>>,
    OwnedSemaphorePermit,
);

async fn next_line(following: Following) -> Option<(Result<sse::Event, Infallible>, Following)> {
    let (mut rows, place) = following;
    let (name, text) = match rows.recv().await {
        Ok(row) => ("event", serde_json::to_string(&row).unwrap_or_default()),
        Err(RecvError::Lagged(missed)) => ("dropped", json!({ "n": missed }).to_string()),
        Err(RecvError::Closed) => return None,
    };
    let line = sse::Event::default().event(name).data(text);
    Some((Ok(line), (rows, place)))
}
