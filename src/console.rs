//! The console: what people ask of the events on the worker's page, and the answers. It reads what is committed and
//! writes nothing but the wish that an entry be tried again.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    task::{self, AbortHandle},
};

mod answers;
mod filter;
mod held;
mod index;
mod reading;
mod recent;
mod row;
mod source;
mod summary;

use self::{
    answers::draw_token,
    recent::Recent,
    source::{find_article_in_file, find_in_file, list_withholding_in_file},
};
pub use self::{
    answers::{EventAnswer, Scope, Session},
    filter::{EventFilter, KEYS},
    held::{HeldEvent, Recoder},
    index::{EventIndex, EventPage},
    row::{EventRow, SharedWords},
    source::{LedgerSource, WholeEvent, Withholding},
    summary::{DayCounts, NamedCount, PlaceCounts, QuadCounts, Summary},
};
use crate::{
    event::Publish,
    ledger::LedgerError,
    status::{Board, Committed},
};

/// Events of a file that the console knows.
// 800 bytes each (81 MB for 100,000, measured): 160 MB at most, for whoever opens it on a ledger of years.
const MOST_OF_A_FILE: usize = 200_000;
/// Events that it knows of a cluster.
const MOST_OF_A_CLUSTER: usize = 20_000;
/// Rows that a slow reader may lag behind before it misses some.
const WATCHED: usize = 1_024;
/// Other events of the same happening that are shown.
const SAME: usize = 50;

/// What the worker's page asks.
pub struct Console {
    source: LedgerSource,
    board: Arc<Board>,
    index: Mutex<EventIndex>,
    recent: Mutex<Recent>,
    most: usize,
    rows: broadcast::Sender<Arc<EventRow>>,
    /// Codes an article again; there once the worker is.
    recoder: OnceLock<(Recoder, Publish)>,
    token: String,
    since: Timestamp,
    begun: AtomicBool,
    /// Counts readings of the file: an earlier one enters nothing more.
    reading: AtomicU64,
    /// All of the file has been read.
    complete: AtomicBool,
    following: Mutex<Option<AbortHandle>>,
}

impl Console {
    /// A console of a worker that writes to this ledger and shows itself on this board.
    pub fn new(source: LedgerSource, board: Arc<Board>) -> Arc<Self> {
        let is_file = matches!(source, LedgerSource::File(_));
        let most = if is_file {
            MOST_OF_A_FILE
        } else {
            MOST_OF_A_CLUSTER
        };
        let console = Arc::new(Self {
            source,
            board,
            index: Mutex::new(EventIndex::new(most)),
            recent: Mutex::default(),
            most,
            rows: broadcast::Sender::new(WATCHED),
            recoder: OnceLock::new(),
            token: draw_token(),
            since: Timestamp::now(),
            begun: AtomicBool::new(false),
            reading: AtomicU64::new(0),
            complete: AtomicBool::new(!is_file),
            following: Mutex::default(),
        });
        if !is_file {
            // What a cluster was given cannot be read back at once: it is kept from the start.
            console.begin();
        }
        console
    }

    /// Gives what codes an article again, and what is published.
    pub fn set_recoder(&self, recoder: Recoder, publish: Publish) {
        // Given once, when the worker is wired.
        drop(self.recoder.set((recoder, publish)));
    }

    /// Begins to follow what is committed and to read what was; the first question does so, and none before costs anything.
    pub fn begin(self: &Arc<Self>) {
        if self.begun.swap(true, Ordering::AcqRel) {
            return;
        }
        let commits = self.board.watch_commits();
        let following = task::spawn(Arc::clone(self).follow_commits(commits));
        *self.following.lock() = Some(following.abort_handle());
        self.begin_reading();
    }

    /// Follows nothing any more.
    pub fn close(&self) {
        if let Some(following) = self.following.lock().take() {
            following.abort();
        }
        self.reading.fetch_add(1, Ordering::AcqRel);
    }

    async fn follow_commits(self: Arc<Self>, mut commits: broadcast::Receiver<Arc<Committed>>) {
        loop {
            match commits.recv().await {
                Ok(commit) => {
                    // It may have to wait for a question that looks through all events.
                    let console = Arc::clone(&self);
                    let entering = task::spawn_blocking(move || console.enter_commit(&commit));
                    if entering.await.is_err() {
                        return;
                    }
                }
                Err(RecvError::Closed) => return,
                Err(RecvError::Lagged(missed)) => {
                    tracing::debug!(missed, "the console missed commits, a file is read anew");
                    self.begin_reading();
                }
            }
        }
    }

    fn lock_index(&self) -> MutexGuard<'_, EventIndex> {
        self.index.lock()
    }

    fn enter_commit(&self, commit: &Arc<Committed>) {
        let mut index = self.lock_index();
        if !matches!(self.source, LedgerSource::File(_)) {
            for id in self.recent.lock().keep(commit, self.most) {
                index.forget(&id);
            }
        }
        for event in &commit.events {
            if let Some(row) = index.enter_new(event) {
                // Nobody watching is no fault.
                drop(self.rows.send(Arc::new(row)));
            }
        }
    }

    /// Of what the answers speak now.
    pub fn scope(&self) -> Scope {
        let index = self.lock_index();
        let is_file = matches!(self.source, LedgerSource::File(_));
        let reading = !self.complete.load(Ordering::Acquire);
        Scope {
            ledger: self.source.kind(),
            whole: is_file && !reading && !index.is_cut(),
            reading,
            since: (!is_file).then_some(self.since),
            events: index.len(),
        }
    }

    /// Who asks.
    pub fn session(&self) -> Session {
        Session {
            token: self.token.clone(),
            version: env!("CARGO_PKG_VERSION"),
            ledger: self.source.kind(),
        }
    }

    /// Whether a request shows the token of this worker's page.
    pub fn knows_token(&self, shown: &str) -> bool {
        shown == self.token
    }

    /// The newest events that a filter admits.
    pub fn read_page(&self, filter: &EventFilter, before: Option<i64>, limit: usize) -> EventPage {
        self.lock_index().read_page(filter, before, limit)
    }

    /// What the events that a filter admits tell together.
    pub fn summarise(&self, filter: &EventFilter) -> Summary {
        self.lock_index().summarise(filter)
    }

    /// Rows as they are committed from now on.
    pub fn watch_rows(&self) -> broadcast::Receiver<Arc<EventRow>> {
        self.rows.subscribe()
    }

    /// An event with its article; `None` where it is not known.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn find_event(&self, id: &str) -> Result<Option<EventAnswer>, LedgerError> {
        let whole = match self.source.open_file() {
            Some(reader) => find_in_file(&reader?, id)?,
            None => self.recent.lock().find_whole(id)?,
        };
        let scope = self.scope();
        Ok(whole.map(|whole| {
            let dedup_key = whole.event["dedup_key"].as_str().unwrap_or_default();
            let same = self.lock_index().find_same(id, dedup_key, SAME);
            EventAnswer { whole, same, scope }
        }))
    }

    /// Articles of which events were held back, the newest first, those after a place where one is given.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn list_withholding(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Withholding>, LedgerError> {
        if let Some(reader) = self.source.open_file() {
            return list_withholding_in_file(&reader?, before, limit);
        }
        Ok(self.recent.lock().list_withholding(before, limit))
    }

    /// The events of an article that were held back, found by coding it again; `None` where the article is not known.
    ///
    /// # Errors
    /// The file cannot be read, or the worker does not code yet.
    pub fn list_held(&self, article: &str) -> Result<Option<Vec<HeldEvent>>, LedgerError> {
        let Some((recoder, publish)) = self.recoder.get() else {
            return Err(LedgerError::Unreachable {
                detail: "the worker is starting".to_owned(),
            });
        };
        let found = match self.source.open_file() {
            Some(reader) => find_article_in_file(&reader?, article)?,
            None => self.recent.lock().find_article(article).cloned(),
        };
        Ok(found.map(|article| held::list_held(article, recoder, publish)))
    }

    /// Whether the worker takes nothing new any more: nobody would read what is asked for again.
    pub fn is_stopping(&self) -> bool {
        self.board.is_stopping()
    }

    /// The ledger.
    pub fn source(&self) -> &LedgerSource {
        &self.source
    }
}
