//! A loopback server for many host names: answers by `Host`, honours validators, remembers visits.
use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Response, StatusCode, header},
};
use parking_lot::Mutex;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// Visits remembered; later ones are answered but not written down, so that memory stays bounded.
const MAX_VISITS: usize = 1_000_000;
/// When the served texts were last edited (RFC 9110 section 8.8.2).
// They do not change while served.
const LAST_MODIFIED: &str = "Tue, 01 Jan 2019 08:00:00 GMT";

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub struct AskedPage<'a> {
    /// Host name without port, lower case.
    pub host: &'a str,
    /// Path without query.
    pub path: &'a str,
}

/// What the server sends back.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A body with its media type; sent with validators.
    Page {
        /// Value of `Content-Type`.
        content_type: &'static str,
        /// The whole body.
        body: Arc<str>,
    },
    /// A redirect with this status (301, 302, 303, 307, 308) and target.
    Moved {
        /// Status code.
        status: u16,
        /// Absolute address.
        to: String,
    },
    /// 404.
    Missing,
}

/// The function that knows every page.
pub type Respond = Arc<dyn Fn(&AskedPage<'_>) -> Answer + Send + Sync>;

/// One request as the server saw it.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Host name without port, lower case.
    pub host: String,
    /// Path with query.
    pub path: String,
    /// Who asked: the request's `User-Agent`.
    pub agent: String,
    /// Status sent; 0 while the answer is being made or when the client went away before it.
    pub status: u16,
    /// When the request's head had been read.
    pub started: Instant,
    /// When the answer was ready to send: never later than the client could see it.
    pub ended: Option<Instant>,
}

struct ServerShared {
    respond: Respond,
    latency: Duration,
    visits: Mutex<Vec<Visit>>,
}

/// A running server; dropping it ends it too.
pub struct LoopbackServer {
    address: SocketAddr,
    shared: Arc<ServerShared>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl fmt::Debug for LoopbackServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl LoopbackServer {
    /// Binds a free loopback port, asks `pages` for the answers to give there, and serves them.
    /// Each answer waits `latency` first, so that overlapping requests can be seen.
    pub async fn start(
        latency: Duration,
        pages: impl FnOnce(SocketAddr) -> io::Result<Respond>,
    ) -> io::Result<Self> {
        // Whatever port is free: demos and tests run beside each other.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(ServerShared {
            respond: pages(address)?,
            latency,
            visits: Mutex::default(),
        });
        let router = Router::new()
            .fallback(answer_request)
            .with_state(Arc::clone(&shared));
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            // A dropped sender says stop as well, and axum's serve loop never returns an error.
            let until = async { stopped.await.unwrap_or_default() };
            axum::serve(listener, router)
                .with_graceful_shutdown(until)
                .await
                .unwrap_or_default();
        });
        Ok(Self {
            address,
            shared,
            stop,
            task,
        })
    }

    /// The address served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Requests seen so far, in the order they came; the first million of them.
    pub fn list_visits(&self) -> Vec<Visit> {
        self.shared.visits.lock().clone()
    }

    /// Lets open answers finish, then gives the port back.
    pub async fn stop(self) {
        self.stop.send(()).unwrap_or_default();
        self.task.await.unwrap_or_default();
    }
}

impl ServerShared {
    /// Writes the visit down and returns its number.
    fn note_visit(&self, host: &str, path: &str, agent: &str) -> usize {
        let mut visits = self.visits.lock();
        if visits.len() < MAX_VISITS {
            visits.push(Visit {
                host: host.to_owned(),
                path: path.to_owned(),
                agent: agent.to_owned(),
                status: 0,
                started: Instant::now(),
                ended: None,
            });
            return visits.len() - 1;
        }
        MAX_VISITS
    }

    fn note_answer(&self, number: usize, status: StatusCode) {
        let mut visits = self.visits.lock();
        if let Some(visit) = visits.get_mut(number) {
            visit.status = status.as_u16();
            visit.ended = Some(Instant::now());
        }
    }
}

async fn answer_request(
    State(shared): State<Arc<ServerShared>>,
    request: Request,
) -> Response<Body> {
    let host = host_of(&request);
    let path = request.uri().path();
    let full = request
        .uri()
        .path_and_query()
        .map_or(path, |both| both.as_str());
    let agent = header_text(&request, &header::USER_AGENT).unwrap_or_default();
    let number = shared.note_visit(&host, full, agent);
    if !shared.latency.is_zero() {
        tokio::time::sleep(shared.latency).await;
    }
    let reply = match (shared.respond)(&AskedPage { host: &host, path }) {
        Answer::Page { content_type, body } => {
            page_response(request.headers(), content_type, &body)
        }
        Answer::Moved { status, to } => moved_response(status, &to),
        Answer::Missing => plain_response(StatusCode::NOT_FOUND, "<h1>Page not found</h1>"),
    };
    shared.note_answer(number, reply.status());
    reply
}

/// A header's text.
fn header_text<'a>(request: &'a Request, name: &header::HeaderName) -> Option<&'a str> {
    let value = request.headers().get(name)?;
    value.to_str().ok()
}

/// The host name asked for, without its port; empty when the request names none.
fn host_of(request: &Request) -> String {
    let named = header_text(request, &header::HOST);
    let host = named.or_else(|| request.uri().host()).unwrap_or_default();
    host.split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
}

fn page_response(asked: &HeaderMap, content_type: &'static str, body: &str) -> Response<Body> {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let etag = format!("\"{:016x}\"", hasher.finish());
    let fresh = is_unchanged(asked, &etag);
    let head = Response::builder()
        .header(header::ETAG, &etag)
        .header(header::LAST_MODIFIED, LAST_MODIFIED)
        .header(header::CACHE_CONTROL, "max-age=60");
    let reply = if fresh {
        head.status(StatusCode::NOT_MODIFIED).body(Body::empty())
    } else {
        head.header(header::CONTENT_TYPE, content_type)
            .body(Body::from(body.to_owned()))
    };
    reply.unwrap_or_else(|_| plain_response(StatusCode::INTERNAL_SERVER_ERROR, "malformed head"))
}

/// RFC 9110 section 13.2.2: `If-None-Match` decides alone where it is present.
fn is_unchanged(asked: &HeaderMap, etag: &str) -> bool {
    let text = |name| asked.get(name).and_then(|value| value.to_str().ok());
    if let Some(tags) = text(header::IF_NONE_MATCH) {
        return tags
            .split(',')
            .any(|tag| tag.trim().trim_start_matches("W/") == etag);
    }
    text(header::IF_MODIFIED_SINCE) == Some(LAST_MODIFIED)
}

fn moved_response(status: u16, to: &str) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::LOCATION, to)
        .body(Body::empty())
        .unwrap_or_else(|_| plain_response(StatusCode::INTERNAL_SERVER_ERROR, "malformed redirect"))
}

fn plain_response(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut reply = Response::new(Body::from(text));
    *reply.status_mut() = status;
    reply.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/html; charset=utf-8"),
    );
    reply
}
