//! What every visit shares: the parts of the worker, and the calls that need several of them.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant as Moment},
};

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

use super::{cpu::Cpu, gate::Gates, poll::twins::FeedEnds};
use crate::{
    article::Rules,
    config::{Config, SiteRules},
    event::{Coder, Publish},
    feed::{Feed, list::FeedList},
    fetch::Fetcher,
    id::FeedId,
    ledger::{Batch, Ledger, LedgerError},
    record::{FETCHED, Record},
    set_aside::SetAsideReason,
    site::Site,
    status::{Board, Committed},
    stop::Stop,
    telemetry::{EventLabels, Metrics},
};

/// First wait while the ledger is out of reach; doubles up to [`LEDGER_AGAIN_MOST`].
// A leader that moves is back within seconds; to ask more often than every 5 s helps nobody.
const LEDGER_AGAIN: Duration = Duration::from_millis(200);
const LEDGER_AGAIN_MOST: Duration = Duration::from_secs(5);

/// What a worker reads, codes and fetches with.
#[derive(Debug)]
pub struct NewsroomParts {
    /// Asks web servers.
    pub fetcher: Fetcher,
    /// Boilerplate rules.
    pub rules: Arc<Rules>,
    /// Codes events.
    pub coder: Coder,
    /// Which events are published.
    pub publish: Publish,
}

/// The parts of a worker.
#[derive(Debug)]
pub struct Newsroom<L> {
    /// Settings.
    pub config: Config,
    /// Memory, mailbox and outlet.
    pub ledger: Arc<L>,
    /// Asks web servers.
    pub fetcher: Fetcher,
    /// Boilerplate rules.
    pub rules: Arc<Rules>,
    /// Codes events.
    pub coder: Coder,
    /// Which events are published.
    pub publish: Publish,
    /// What is shown of the worker.
    pub board: Arc<Board>,
    /// What is counted.
    pub metrics: Metrics,
    /// Says when to stop.
    pub stop: Stop,
    pub(super) cpu: Cpu,
    pub(super) gates: Gates,
    pub(super) ends: FeedEnds,
    pub(super) round: Mutex<Arc<RoundList>>,
    pub(super) due: Mutex<HashMap<FeedId, Instant>>,
}

/// The feed list by site.
#[derive(Debug, Default)]
pub(super) struct RoundList {
    pub(super) by_site: HashMap<Site, Vec<Arc<Feed>>>,
    pub(super) by_id: HashMap<FeedId, Arc<Feed>>,
    pub(super) list: Arc<FeedList>,
}

/// Why a visit ended before its work was done; nothing of it was committed.
#[derive(Debug)]
pub(super) enum Broken {
    /// Stop was said.
    Stopped,
    /// The site has another owner by now.
    Stale,
    /// The site is not to be asked before then: longer than a visit waits at its gate.
    Held(Instant),
    /// The ledger cannot go on.
    Ledger(LedgerError),
}

impl From<LedgerError> for Broken {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Stale { .. } => Self::Stale,
            error => Self::Ledger(error),
        }
    }
}

impl RoundList {
    pub(super) fn from_list(list: &Arc<FeedList>) -> Self {
        let mut round = Self {
            list: Arc::clone(list),
            ..Self::default()
        };
        for feed in &list.feeds {
            round
                .by_site
                .entry(feed.site.clone())
                .or_default()
                .push(Arc::clone(feed));
            round.by_id.insert(feed.id.clone(), Arc::clone(feed));
        }
        round
    }
}

impl<L: Ledger> Newsroom<L> {
    /// Puts a worker together.
    pub fn new(
        config: Config,
        ledger: L,
        parts: NewsroomParts,
        board: Arc<Board>,
        metrics: Metrics,
        stop: Stop,
    ) -> Self {
        let ledger = Arc::new(ledger);
        // The metrics outlive the worker: a strong hold would keep its ledger open, and locked.
        let asked = Arc::downgrade(&ledger);
        metrics.ask_for_figures(move || {
            asked
                .upgrade()
                .map_or_else(Vec::new, |ledger| ledger.figures())
        });
        Self {
            cpu: Cpu::new(config.worker.threads),
            config,
            ledger,
            fetcher: parts.fetcher,
            rules: parts.rules,
            coder: parts.coder,
            publish: parts.publish,
            board,
            metrics,
            stop,
            gates: Gates::default(),
            ends: FeedEnds::default(),
            round: Mutex::default(),
            due: Mutex::default(),
        }
    }

    /// The gap between two requests to a site, before robots.txt and complaints lengthen it.
    pub(super) fn pace_of(&self, site: &Site) -> Duration {
        let own = self.rules_of(site).pace;
        own.unwrap_or(self.config.fetch.pace)
    }

    /// Parameters that only track on a site.
    pub(super) fn tracking_of(&self, site: &Site) -> Vec<String> {
        self.rules_of(site).tracking
    }

    /// What the operator says of a site: the feed list and the configuration together, the list first.
    pub(super) fn rules_of(&self, site: &Site) -> SiteRules {
        self.config
            .fetch
            .rules_of(&self.current_round().list.sites, site)
    }

    /// A listed feed of a site that this worker owns: what another worker's feeds say is that worker's to know.
    pub(super) fn find_feed(&self, id: &FeedId) -> Option<Arc<Feed>> {
        let feed = self.current_round().by_id.get(id).cloned();
        feed.filter(|feed| self.ledger.find_tenure(&feed.site).is_some())
    }

    /// Feeds whose place was taken by one that is not [`Self::find_feed`] any more are polled again.
    pub(super) fn keep_ends(&self) {
        self.ends.keep_ours(|id| self.find_feed(id).is_some());
    }

    pub(super) fn current_round(&self) -> Arc<RoundList> {
        Arc::clone(&self.round.lock())
    }

    /// Commits a batch; while the ledger is out of reach, waits and tries the same batch again.
    pub(super) async fn commit_batch(&self, batch: Batch) -> Result<Timestamp, Broken> {
        let began = Moment::now();
        let mut wait = LEDGER_AGAIN;
        loop {
            match self.ledger.commit(batch.clone()).await {
                Ok(at) => {
                    self.metrics.count_stage_time("commit", began.elapsed());
                    self.count(&batch, at);
                    return Ok(at);
                }
                Err(LedgerError::Unreachable { detail }) => {
                    tracing::debug!(detail, "ledger out of reach, the batch waits");
                    if self.stop.unless_stopped(sleep(wait)).await.is_none() {
                        return Err(Broken::Stopped);
                    }
                    wait = (wait * 2).min(LEDGER_AGAIN_MOST);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Counts and shows what a batch published.
    fn count(&self, batch: &Batch, at: Timestamp) {
        let mut events = Vec::new();
        let mut article = None;
        for record in &batch.records {
            match record {
                Record::Article(record) => article = Some(record),
                Record::Event(event) => {
                    self.metrics
                        .events
                        .get_or_create(&EventLabels::of_event(event))
                        .inc();
                    let mut event = (**event).clone();
                    event.recorded = at;
                    events.push(event);
                }
                Record::SetAside(record) => {
                    let reason = SetAsideReason::of_stage(&record.reason);
                    self.metrics.count_set_aside(reason);
                }
            }
        }
        let Some(article) = article else { return };
        // What is read again a day later is not late news.
        let told = article.published.source.as_deref() != Some(FETCHED);
        let new = article
            .published
            .at
            .filter(|_| told && article.revision == 1);
        let lag = new.map(|published| at.duration_since(published).as_secs_f64().max(0.0));
        if let Some(seconds) = lag {
            self.metrics.lag.observe(seconds);
        }
        self.board.enter_committed(&events, lag);
        self.board.tell_commit(|| {
            let mut article = (**article).clone();
            article.recorded = at;
            Committed { article, events }
        });
    }

    /// Asks the ledger, waiting while it is out of reach.
    pub(super) async fn ask_ledger<T, F: Future<Output = Result<T, LedgerError>>>(
        &self,
        question: impl Fn() -> F,
    ) -> Result<T, Broken> {
        let mut wait = LEDGER_AGAIN;
        loop {
            match question().await {
                Err(LedgerError::Unreachable { .. }) => {
                    if self.stop.unless_stopped(sleep(wait)).await.is_none() {
                        return Err(Broken::Stopped);
                    }
                    wait = (wait * 2).min(LEDGER_AGAIN_MOST);
                }
                answer => return Ok(answer?),
            }
        }
    }
}
