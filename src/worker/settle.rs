//! What an entry came to, as one batch: records, marks under every address, the entry cleared.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::room::{Broken, Newsroom};
use crate::{
    article::url::ArticleUrl,
    event,
    feed::poll::{MAX_WAIT, MIN_WAIT},
    fetch::Again,
    id::ArticleId,
    ledger::{
        Batch, Claim, EventMark, Ledger, LedgerError, Post, Seen, Settled, Turn, Waiting, Why,
    },
    record::{Article, Event, Record, SET_ASIDE_SCHEMA, SetAside},
    site::Site,
    telemetry::{Metrics, Outcome, Reason},
};

/// An entry in work.
pub(super) struct Job {
    pub(super) turn: Turn,
    pub(super) site: Site,
    pub(super) first_at: Timestamp,
    /// Addresses asked on the way, those of other sites first.
    pub(super) visited: Vec<String>,
    /// The address the article is known by.
    pub(super) url: ArticleUrl,
    /// Its id without parameters that only track, where an operator names such.
    pub(super) tracked: Option<ArticleId>,
    /// Other addresses of the site that it answered to.
    pub(super) aliases: Vec<ArticleUrl>,
    /// Ids of those addresses, claimed until the commit.
    pub(super) claims: Vec<Claim>,
    /// How it was settled before, when it is read again.
    pub(super) before: Option<Settled>,
    pub(super) fetched: Option<Timestamp>,
}

/// Why an entry was not published this time.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) stage: &'static str,
    pub(super) reason: &'static str,
    pub(super) detail: String,
    pub(super) again: Again,
    pub(super) retry_after: Option<Duration>,
}

impl Trouble {
    pub(super) fn never(
        stage: &'static str,
        reason: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            stage,
            reason,
            detail: detail.into(),
            again: Again::Never,
            retry_after: None,
        }
    }
}

impl Job {
    pub(super) fn of(site: &Site, turn: Turn, now: Timestamp) -> Result<Self, Box<Turn>> {
        let Ok(url) = ArticleUrl::parse(&turn.waiting.url) else {
            return Err(Box::new(turn));
        };
        Ok(Self {
            site: site.clone(),
            first_at: turn.first_at.unwrap_or(now),
            visited: turn.waiting.visited.clone(),
            url,
            tracked: None,
            aliases: Vec::new(),
            claims: Vec::new(),
            before: turn.before.clone(),
            fetched: None,
            turn,
        })
    }

    /// Whether the id is in this job's hands.
    pub(super) fn holds(&self, id: ArticleId) -> bool {
        id == self.turn.id || self.claims.iter().any(|claim| claim.id() == id)
    }

    /// The article goes on under another address of its site; the one so far becomes an alias.
    pub(super) fn answers_to(&mut self, url: ArticleUrl) {
        if url.id() != self.url.id() {
            self.aliases.push(std::mem::replace(&mut self.url, url));
        }
    }

    /// Every address of the site that it answered to, its own first.
    pub(super) fn addresses(&self) -> Vec<String> {
        let mut addresses = vec![self.url.as_str().to_owned()];
        let others = self.aliases.iter().map(|alias| alias.as_str().to_owned());
        for address in others.chain([self.turn.waiting.url.clone()]) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses
    }

    /// Marks of every address it answered to: the article's own, the entry's and those on the way.
    fn marks(&self, settled: &Settled) -> Vec<(ArticleId, Seen)> {
        let own = self.url.id();
        let mut marks = vec![(own, Seen::Settled(settled.clone()))];
        let others = self
            .aliases
            .iter()
            .map(ArticleUrl::id)
            .chain(self.tracked)
            .chain([self.turn.id]);
        for id in others {
            if marks.iter().all(|(marked, _)| *marked != id) {
                let alias = Settled {
                    same_as: Some(own),
                    outcome: "same".to_owned(),
                    ..blank(settled.when)
                };
                marks.push((id, Seen::Settled(alias)));
            }
        }
        marks
    }

    fn batch(&self) -> Batch {
        Batch {
            tenure: Some(self.turn.tenure),
            cleared: vec![self.turn.id],
            ..Batch::default()
        }
    }
}

/// A mark of an address under which nothing is published.
fn blank(now: Timestamp) -> Settled {
    Settled {
        outcome: String::new(),
        when: now,
        settled: now,
        same_as: None,
        revision: 0,
        text_sha256: None,
        simhash: None,
        events: Vec::new(),
    }
}

fn marked(
    id: ArticleId,
    outcome: &str,
    same_as: Option<ArticleId>,
    now: Timestamp,
) -> (ArticleId, Seen) {
    (
        id,
        Seen::Settled(Settled {
            outcome: outcome.to_owned(),
            same_as,
            ..blank(now)
        }),
    )
}

/// Tries again later where that can help and has not been tried too often; else sets aside.
pub(super) async fn failed<L: Ledger>(
    room: &Newsroom<L>,
    job: &Job,
    trouble: Trouble,
) -> Result<(), Broken> {
    let waits = &room.config.fetch.retries;
    let attempt = job.turn.attempt + 1;
    let Some(wait) = waits
        .get(job.turn.attempt as usize)
        .filter(|_| trouble.again == Again::Later)
    else {
        return set_aside(room, job, trouble).await;
    };
    let asked = trouble
        .retry_after
        .map(|wait| wait.clamp(MIN_WAIT, MAX_WAIT));
    let wait = asked.unwrap_or_default().max(*wait);
    let now = Timestamp::now();
    let due = now + SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_hours(24));
    tracing::debug!(
        url = job.url.as_str(),
        reason = trouble.reason,
        detail = trouble.detail,
        attempt,
        "tried, again later"
    );
    let reason = crate::set_aside::known(trouble.reason);
    let why = trouble.reason.to_owned();
    let retry = Seen::Retry {
        attempt,
        kills: 0,
        due,
        first_at: job.first_at,
        why,
        before: job.before.clone().map(Box::new),
    };
    let seen = vec![(job.turn.id, retry)];
    room.commit(Batch {
        tenure: Some(job.turn.tenure),
        seen,
        ..Batch::default()
    })
    .await?;
    room.metrics.retries.get_or_create(&Reason { reason }).inc();
    Ok(())
}

/// Publishes that an entry was not published, and why. What stands published of it stays as it is.
pub(super) async fn set_aside<L: Ledger>(
    room: &Newsroom<L>,
    job: &Job,
    trouble: Trouble,
) -> Result<(), Broken> {
    turn_set_aside(room, &job.turn, job.before.as_ref(), trouble).await
}

/// The same for a turn of which nothing else is known.
pub(super) async fn turn_set_aside<L: Ledger>(
    room: &Newsroom<L>,
    turn: &Turn,
    before: Option<&Settled>,
    trouble: Trouble,
) -> Result<(), Broken> {
    let now = Timestamp::now();
    let tried = u32::from(trouble.stage != "post");
    let record = SetAside {
        schema: SET_ASIDE_SCHEMA.to_owned(),
        id: turn.id.to_string(),
        recorded: now,
        stage: trouble.stage.to_owned(),
        reason: trouble.reason.to_owned(),
        detail: trouble.detail,
        url: turn.waiting.url.clone(),
        feed: turn.waiting.feed.as_ref().map(ToString::to_string),
        attempts: turn.attempt + tried,
        first_at: turn.first_at.unwrap_or(now),
        last_at: now,
        retry_at: None,
    };
    tracing::info!(url = %record.url, reason = record.reason, detail = record.detail, "entry set aside");
    let mark = match before {
        Some(before) => (
            turn.id,
            Seen::Settled(Settled {
                when: now,
                ..before.clone()
            }),
        ),
        None => marked(turn.id, "set_aside", None, now),
    };
    let batch = Batch {
        tenure: Some(turn.tenure),
        cleared: vec![turn.id],
        seen: vec![mark],
        records: vec![Record::SetAside(Box::new(record))],
        ..Batch::default()
    };
    room.commit(batch).await?;
    settled(room, "set_aside");
    Ok(())
}

/// Hands the entry over to the site that its address leads to.
pub(super) async fn moved<L: Ledger>(
    room: &Newsroom<L>,
    job: &Job,
    url: &Url,
) -> Result<(), Broken> {
    let Ok(address) = ArticleUrl::of(url.clone()) else {
        let detail = "it leads to no address that may be asked";
        return set_aside(
            room,
            job,
            Trouble::never("fetch", "forbidden_address", detail),
        )
        .await;
    };
    let site = address.site();
    let now = Timestamp::now();
    let why = if job.turn.waiting.why.reads_again() {
        job.turn.waiting.why
    } else {
        Why::Moved
    };
    let waiting = Waiting {
        url: url.to_string(),
        why,
        posted: now,
        visited: job.visited.clone(),
        ..job.turn.waiting.clone()
    };
    let mut batch = job.batch();
    batch.posts = vec![Post {
        id: address.id(),
        site,
        waiting,
    }];
    batch.seen = vec![marked(job.turn.id, "moved", Some(address.id()), now)];
    for alias in &job.aliases {
        batch
            .seen
            .push(marked(alias.id(), "moved", Some(address.id()), now));
    }
    match room.commit(batch).await {
        Err(Broken::Ledger(error @ LedgerError::TooLarge { .. })) => {
            let trouble = Trouble::never("fetch", "too_large", error.to_string());
            return set_aside(room, job, trouble).await;
        }
        done => done?,
    };
    settled(room, "moved");
    Ok(())
}

/// Settles an entry whose page is an article known under another address.
pub(super) async fn same<L: Ledger>(
    room: &Newsroom<L>,
    job: &Job,
    id: ArticleId,
) -> Result<(), Broken> {
    let now = Timestamp::now();
    let mut batch = job.batch();
    let addresses = job
        .aliases
        .iter()
        .map(ArticleUrl::id)
        .chain([job.turn.id, job.url.id()]);
    for alias in addresses.filter(|alias| *alias != id) {
        if batch.seen.iter().all(|(marked, _)| *marked != alias) {
            batch.seen.push(marked(alias, "same", Some(id), now));
        }
    }
    room.commit(batch).await?;
    settled(room, "same");
    Ok(())
}

fn settled<L>(room: &Newsroom<L>, outcome: &'static str) {
    room.metrics
        .articles
        .get_or_create(&Outcome { outcome })
        .inc();
}

/// Publishes an article with its events; of one that is read again, only what changed.
pub(super) async fn published<L: Ledger>(
    room: &Newsroom<L>,
    job: &Job,
    mut article: Article,
    coded: Vec<Event>,
) -> Result<(), Broken> {
    let now = Timestamp::now();
    let before = job.before.as_ref().filter(|before| before.revision > 0);
    if let Some(before) =
        before.filter(|before| before.text_sha256.as_ref() == Some(&article.text_sha256))
    {
        let mut batch = job.batch();
        let again = Settled {
            when: now,
            ..before.clone()
        };
        settled_or_rechecked(room, job, &mut batch, again, now);
        room.commit(batch).await?;
        settled(room, "unchanged");
        return Ok(());
    }
    let (events, withheld): (Vec<Event>, Vec<Event>) = coded
        .into_iter()
        .partition(|event| room.publish.allows(event));
    withheld_counted(room, &withheld);
    article.coding.events = events.len() as u32;
    article.coding.withheld = withheld.len() as u32;
    let (revision, outcome, word) = match before {
        Some(before) => (before.revision + 1, "revised", "revised"),
        None => (1, "published", "published"),
    };
    article.revision = revision;
    word.clone_into(&mut article.status);
    let marks = before
        .map(|before| before.events.clone())
        .unwrap_or_default();
    let (records, events) = revised(room, events, &marks, revision, now).await?;
    let settled_as = Settled {
        outcome: "published".to_owned(),
        revision,
        text_sha256: Some(article.text_sha256.clone()),
        simhash: Some(article.simhash.clone()),
        events,
        settled: before.map_or(now, |before| before.settled),
        ..blank(now)
    };
    let mut batch = job.batch();
    settled_or_rechecked(room, job, &mut batch, settled_as, now);
    batch.records = std::iter::once(Record::Article(Box::new(article)))
        .chain(records)
        .collect();
    match room.commit(batch).await {
        Err(Broken::Ledger(LedgerError::TooLarge { bytes, limit })) => {
            let detail = format!("a record of {bytes} bytes, an outlet takes {limit}");
            return set_aside(room, job, Trouble::never("publish", "too_large", detail)).await;
        }
        done => done?,
    };
    settled(room, outcome);
    Ok(())
}

/// Enters the marks of a published article; where one of the ages of `recheck` is still to come, it goes on waiting
/// until then, with what stands published kept in its retry.
fn settled_or_rechecked<L>(
    room: &Newsroom<L>,
    job: &Job,
    batch: &mut Batch,
    settled_as: Settled,
    now: Timestamp,
) {
    let first = settled_as.settled;
    batch.seen = job.marks(&settled_as);
    let due = room
        .config
        .article
        .recheck
        .iter()
        .filter_map(|age| first.checked_add(*age).ok());
    let Some(due) = due.filter(|due| *due > now).min() else {
        return;
    };
    let own = job.url.id();
    let retry = Seen::Retry {
        attempt: 0,
        kills: 0,
        due,
        first_at: now,
        why: "recheck".to_owned(),
        before: Some(Box::new(settled_as)),
    };
    batch.seen.retain(|(id, _)| *id != own);
    batch.seen.push((own, retry));
    batch.cleared.retain(|id| *id != own);
    let waiting = Waiting {
        url: job.url.as_str().to_owned(),
        why: Why::Recheck,
        posted: now,
        visited: Vec::new(),
        ..job.turn.waiting.clone()
    };
    batch.posts.push(Post {
        id: own,
        site: job.site.clone(),
        waiting,
    });
}

fn withheld_counted<L>(room: &Newsroom<L>, withheld: &[Event]) {
    for event in withheld {
        let by_modality = !room.publish.modalities.contains(&event.modality);
        Metrics::count(
            &room.metrics.withheld,
            if by_modality {
                "modality"
            } else {
                "confidence"
            },
        );
    }
}

/// The events to publish against those that stand: new ones, changed ones, and the last record again of those gone.
async fn revised<L: Ledger>(
    room: &Newsroom<L>,
    events: Vec<Event>,
    before: &[EventMark],
    article_revision: u32,
    now: Timestamp,
) -> Result<(Vec<Record>, Vec<EventMark>), Broken> {
    let mut standing: BTreeMap<&str, &EventMark> =
        before.iter().map(|mark| (mark.id.as_str(), mark)).collect();
    let (mut records, mut marks) = (Vec::new(), Vec::new());
    for mut event in events {
        event.article.revision = article_revision;
        let content = event::content_hash(&event);
        let known = standing.remove(event.id.as_str());
        if let Some(known) = known.filter(|known| known.content == content && !known.retracted) {
            marks.push(known.clone());
            continue;
        }
        event.revision = known.map_or(1, |known| known.revision + 1);
        if known.is_some() { "revised" } else { "coded" }.clone_into(&mut event.status);
        let id = event.id.clone();
        if marks.iter().any(|mark: &EventMark| mark.id == id) {
            continue;
        }
        marks.push(EventMark {
            id,
            revision: event.revision,
            content,
            recorded: now,
            retracted: false,
        });
        records.push(Record::Event(Box::new(event)));
    }
    for mark in standing.into_values() {
        let last = if mark.retracted {
            None
        } else {
            room.ask(|| room.ledger.event(mark)).await?
        };
        let Some(mut event) = last else {
            marks.push(mark.clone());
            continue;
        };
        event.revision = mark.revision + 1;
        "retracted".clone_into(&mut event.status);
        // The mark stays: should the event come back, it goes on counting revisions.
        marks.push(EventMark {
            revision: event.revision,
            recorded: now,
            retracted: true,
            ..mark.clone()
        });
        records.push(Record::Event(Box::new(event)));
    }
    Ok((records, marks))
}
