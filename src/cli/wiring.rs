//! How a worker is put together and run, for `run` and `demo` alike.

use std::sync::Arc;

use tokio::sync::watch;

use super::face::Face;
use crate::{
    config::Config,
    feed::list::FeedList,
    ledger::{Ledger, LedgerError},
    record::Article,
    stop::Stop,
    worker::{Newsroom, NewsroomParts, code_article, run_worker},
};

/// A worker that is ready to run.
pub(super) struct WiredWorker<L> {
    pub(super) room: Arc<Newsroom<L>>,
    listening: watch::Receiver<Arc<FeedList>>,
    stop: Stop,
}

impl<L: Ledger> WiredWorker<L> {
    /// Puts a worker together that writes on a face; beside it what takes the feed list as it is later on.
    pub(super) fn wire_worker(
        (config, list, parts): (Config, FeedList, NewsroomParts),
        ledger: L,
        face: &Face,
        stop: Stop,
    ) -> (Self, watch::Sender<Arc<FeedList>>) {
        let (board, metrics) = (Arc::clone(&face.board), face.metrics.clone());
        let (lists, listening) = watch::channel(Arc::new(list));
        let room = Newsroom::new(config, ledger, parts, board, metrics, stop.clone());
        let room = Arc::new(room);
        if let Some(server) = &face.server {
            let (coder, publish) = (Arc::clone(&room), room.publish.clone());
            let recode = move |article: &mut Article| code_article(&coder.coder, article);
            server.console().set_recoder(Box::new(recode), publish);
        }
        let wired = Self {
            room,
            listening,
            stop,
        };
        (wired, lists)
    }

    /// Runs it until stop is said. What stands beside it is spawned before.
    pub(super) async fn run_until_stopped(self) -> Result<(), LedgerError> {
        run_worker(self.room, self.listening, self.stop).await
    }
}
