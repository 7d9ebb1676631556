//! A coded article as one batch: its records against those published before, marks under every address, the entry cleared.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    same_text::mark_story,
    settle::{count_settled, set_aside},
    work::{EntryWork, Trouble, blank_settled},
};
use crate::{
    event,
    ledger::{Batch, EventMark, Ledger, LedgerError, Post, Seen, Settled, SettledAs, Waiting, Why},
    record::{Article, Event, Record},
    set_aside::{EntryStage, SetAsideReason},
    telemetry::Metrics,
    worker::newsroom::{Broken, Newsroom},
};

/// Publishes an article with its events; of one that is read again, only what changed.
pub(in crate::worker) async fn publish_article<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    mut article: Article,
    coded: Vec<Event>,
) -> Result<(), Broken> {
    let now = Timestamp::now();
    let before = job.before.as_ref().filter(|before| before.is_published());
    if let Some(before) = before
        && before.text_sha256.as_ref() == Some(&article.text_sha256)
    {
        return keep_unchanged(room, job, before, now).await;
    }
    let events = withhold_events(room, job, &mut article, coded);
    let (revision, outcome) = match before {
        Some(before) => (before.revision + 1, "revised"),
        None => (1, "published"),
    };
    article.revision = revision;
    outcome.clone_into(&mut article.status);
    let standing = before.map_or(&[][..], |before| &before.events);
    let (records, events) = revise_events(room, events, standing, revision, now).await?;
    let settled_as = settled_article(job, &article, events, now);
    let mut batch = job.begin_batch();
    mark_published(room, job, &mut batch, settled_as, now);
    batch.seen.extend(mark_story(job, now));
    batch.records.push(Record::Article(Box::new(article)));
    batch.records.extend(records);
    commit_records(room, job, batch, outcome).await?;
    // A revision and a copy say again what was counted.
    if before.is_none() && job.copied.is_none() && !job.line_hashes.is_empty() {
        let gates = &room.gates;
        gates.learn_site_lines(&job.site, &job.line_hashes).await;
    }
    Ok(())
}

/// What is kept of an article once it is published.
fn settled_article(
    job: &EntryWork,
    article: &Article,
    events: Vec<EventMark>,
    now: Timestamp,
) -> Settled {
    let before = job.before.as_ref();
    let published = before.filter(|before| before.is_published());
    Settled {
        outcome: SettledAs::Published,
        revision: article.revision,
        text_sha256: Some(article.text_sha256.clone()),
        simhash: job.simhash.clone(),
        story: job.story_mark(),
        events,
        from_feed: article.body_source == "feed",
        tries: before.map_or(0, |before| before.tries),
        settled: published.map_or(now, |before| before.settled),
        ..blank_settled(now)
    }
}

/// What is published stays as it is; that it was read again is entered.
async fn keep_unchanged<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    before: &Settled,
    now: Timestamp,
) -> Result<(), Broken> {
    let mut batch = job.begin_batch();
    let in_vain = u32::from(job.turn.waiting.why == Why::Changed);
    let again = Settled {
        when: now,
        unchanged: before.unchanged.saturating_add(in_vain),
        ..before.clone()
    };
    mark_published(room, job, &mut batch, again, now);
    room.commit_batch(batch).await?;
    tracing::debug!(revision = before.revision, "article read again, unchanged");
    count_settled(room, "unchanged");
    Ok(())
}

/// Commits it; a record that no outlet takes is set aside.
async fn commit_records<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    batch: Batch,
    outcome: &'static str,
) -> Result<(), Broken> {
    let records = batch.records.len();
    match room.commit_batch(batch).await {
        Err(Broken::Ledger(LedgerError::TooLarge { bytes, limit })) => {
            let detail = format!("a record of {bytes} bytes, an outlet takes {limit}");
            let trouble =
                Trouble::never_again(EntryStage::Publish, SetAsideReason::TooLarge, detail);
            return set_aside(room, job, trouble).await;
        }
        done => done?,
    };
    tracing::debug!(outcome, records, "article published");
    count_settled(room, outcome);
    Ok(())
}

/// Enters the marks of a published article; where one of the ages of `recheck` is still to come, it goes on waiting
/// until then, with what is published kept in its retry.
fn mark_published<L>(
    room: &Newsroom<L>,
    job: &EntryWork,
    batch: &mut Batch,
    settled_as: Settled,
    now: Timestamp,
) {
    let first = settled_as.settled;
    batch.seen = job.marks_of_addresses(&settled_as);
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
    batch.cleared.retain(|cleared| cleared.id != own);
    batch.posts.push(recheck_post(job, now));
}

/// The post by which an article is read again later.
fn recheck_post(job: &EntryWork, now: Timestamp) -> Post {
    let waiting = Waiting {
        url: job.url.as_str().to_owned(),
        why: Why::Recheck,
        posted: now,
        visited: Vec::new(),
        ..job.turn.waiting.clone()
    };
    Post {
        id: job.url.id(),
        site: job.site.clone(),
        waiting,
    }
}

/// The events of a coded article that are published; those held back are counted.
fn withhold_events<L>(
    room: &Newsroom<L>,
    job: &EntryWork,
    article: &mut Article,
    coded: Vec<Event>,
) -> Vec<Event> {
    let told = |event: &Event| {
        let copied = job.copied.as_ref();
        copied.is_some_and(|copied| copied.events.contains(&event.dedup_key))
    };
    let (events, withheld): (Vec<Event>, Vec<Event>) = coded
        .into_iter()
        .partition(|event| room.publish.allows(event) && !told(event));
    article.coding.events = events.len() as u32;
    let withheld = withheld
        .iter()
        .filter(|event| room.publish.withholds(event));
    article.coding.withheld = withheld.clone().count() as u32;
    for event in withheld {
        let why = if told(event) {
            "copy"
        } else {
            room.publish.reason_held(event)
        };
        tracing::debug!(
            r#type = event.r#type,
            confidence = event.confidence.overall,
            why,
            "event withheld"
        );
        Metrics::count_outcome(&room.metrics.withheld, why);
    }
    events
}

/// The events to publish against those published before: new ones, changed ones, and the last record again of those gone.
async fn revise_events<L: Ledger>(
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
        // Two acts can agree in everything that the id is made of: the first counts for both.
        if marks.iter().any(|mark: &EventMark| mark.id == event.id) {
            continue;
        }
        marks.push(number_event(&mut event, known, content, now));
        records.push(Record::Event(Box::new(event)));
    }
    for mark in standing.into_values() {
        let Some((mark, event)) = retract_event(room, mark, now).await? else {
            marks.push(mark.clone());
            continue;
        };
        marks.push(mark);
        records.push(Record::Event(Box::new(event)));
    }
    Ok((records, marks))
}

/// Gives an event that is new or has changed its revision and status; the mark that says so.
fn number_event(
    event: &mut Event,
    known: Option<&EventMark>,
    content: String,
    now: Timestamp,
) -> EventMark {
    event.revision = known.map_or(1, |known| known.revision + 1);
    if known.is_some() { "revised" } else { "coded" }.clone_into(&mut event.status);
    EventMark {
        id: event.id.clone(),
        revision: event.revision,
        content,
        recorded: now,
        retracted: false,
    }
}

/// The last record of an event that is gone, retracted, with its mark; none where it was retracted before.
async fn retract_event<L: Ledger>(
    room: &Newsroom<L>,
    mark: &EventMark,
    now: Timestamp,
) -> Result<Option<(EventMark, Event)>, Broken> {
    if mark.retracted {
        return Ok(None);
    }
    let Some(mut event) = room.ask_ledger(|| room.ledger.read_event(mark)).await? else {
        return Ok(None);
    };
    event.revision = mark.revision + 1;
    "retracted".clone_into(&mut event.status);
    // The mark stays: should the event come back, it goes on counting revisions.
    let mark = EventMark {
        revision: event.revision,
        recorded: now,
        retracted: true,
        ..mark.clone()
    };
    Ok(Some((mark, event)))
}
