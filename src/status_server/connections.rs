//! The connections of the status server, each within bounds: whoever reaches the port cannot hold the worker's memory.

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time,
};

/// Connections at once.
// A browser opens six, a scraper one; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 64;
/// Of a request's line and headers together; the least that the library takes, and more than a browser sends.
const MAX_HEAD_BYTES: usize = 8 * 1024;
/// In which a head must have come, and in which the next one must come on a connection that is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection is closed after this, whatever it does.
// A reader that takes nothing cannot hold its place for longer.
const MAX_LIFE: Duration = Duration::from_mins(10);
/// Pause where no connection can be taken, because the process has no file to spare for it.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Takes connections and answers them until the task is aborted, which closes them all.
pub(super) async fn accept_connections(listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let answering = answer_connection(stream, router.clone());
                connections.spawn(async move {
                    let _place = place;
                    answering.await;
                });
            }
            Err(error) => {
                note_refusal(&error);
                time::sleep(REFUSED_PAUSE).await;
            }
        }
        // Those that have ended are taken out, or the set would grow with every probe.
        while connections.try_join_next().is_some() {}
    }
}

fn note_refusal(error: &io::Error) {
    tracing::debug!(%error, "connection to the status server not taken");
}

async fn answer_connection(stream: TcpStream, router: Router) {
    let answering = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // A peer that breaks off, or sends what is no request, is its own affair.
    drop(time::timeout(MAX_LIFE, answering).await);
}
