//! Takes over a changed feed list: found by its content, so that editors, symlinks and ConfigMaps all count.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::sync::watch;

use crate::{config::Refused, feed::list::FeedList, status::Board, stop::Stop, telemetry::Metrics};

/// The file is read again this often, and at SIGHUP.
// Who edits the list then looks at the log for what came of it.
const READ_AGAIN: Duration = Duration::from_secs(5);
/// A list that shrank to less than this share of the old one is worth a warning.
// Edits take out a few feeds; a full disk or a wrong merge takes out many.
const SHRUNK: f64 = 0.5;

/// Watches the list at `path` and sends each valid new one; a wrong one is refused, named and the old one kept.
pub async fn watch_list(
    path: PathBuf,
    lists: watch::Sender<Arc<FeedList>>,
    board: Arc<Board>,
    metrics: Metrics,
    stop: Stop,
) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangup) = signal(SignalKind::hangup()) else {
        tracing::error!("SIGHUP cannot be listened to");
        return;
    };
    let mut refused: Option<String> = None;
    loop {
        let woken = async {
            tokio::select! {
                _ = hangup.recv() => (),
                () = tokio::time::sleep(READ_AGAIN) => (),
            }
        };
        if stop.unless_stopped(woken).await.is_none() {
            return;
        }
        let Some(read) = read_changed(&path, &lists).await else {
            continue;
        };
        let wrong = match read {
            Ok(None) => None,
            Ok(Some(list)) => {
                take_over_list(list, &lists, &board, &metrics);
                None
            }
            Err(wrong) => Some(wrong.to_string()),
        };
        if wrong != refused {
            note_refused(wrong.as_deref(), &board, &metrics);
            refused = wrong;
        }
    }
}

/// Reads the list where its text has changed: a long one costs as much as the feeds it names. `None` where the thread that
/// read it is gone.
async fn read_changed(
    path: &Path,
    lists: &watch::Sender<Arc<FeedList>>,
) -> Option<Result<Option<FeedList>, Refused>> {
    let (path, old) = (path.to_owned(), lists.borrow().hash.clone());
    let reading = move || FeedList::load_changed(&path, &old);
    tokio::task::spawn_blocking(reading).await.ok()
}

/// Says once that a list is left as it is, and takes that back where none is wrong any more.
fn note_refused(wrong: Option<&str>, board: &Board, metrics: &Metrics) {
    let Some(wrong) = wrong else {
        board.set_note("feed_list", None);
        return;
    };
    tracing::error!(faults = %wrong, "the new feed list is wrong, the old one stays");
    Metrics::count_outcome(&metrics.reloads, "refused");
    let note = format!("the new feed list is wrong, the old one stays: {wrong}");
    board.set_note("feed_list", Some(note));
}

fn take_over_list(
    list: FeedList,
    lists: &watch::Sender<Arc<FeedList>>,
    board: &Board,
    metrics: &Metrics,
) {
    let (before, after) = (lists.borrow().feeds.len(), list.feeds.len());
    tracing::info!(before, after, hash = %list.hash, "feed list taken over");
    Metrics::count_outcome(&metrics.reloads, "taken");
    let shrunk = (after as f64) < before as f64 * SHRUNK;
    let note = shrunk.then(|| format!("the feed list shrank from {before} to {after} feeds"));
    if let Some(note) = &note {
        tracing::warn!(before, after, "{note}");
    }
    board.set_note("feed_list_shrank", note);
    lists.send_replace(Arc::new(list));
}
