//! What an entry came to that was not published, as one batch: tried again, set aside, moved, the same as another.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::same_text::KnownStory;
use super::work::{EntryWork, Trouble, blank_settled, settled_mark};
use crate::{
    article::identity::ArticleUrl,
    fetch::{Again, bound_asked_wait},
    id::ArticleId,
    ledger::{Batch, EntryTurn, Ledger, LedgerError, Post, Seen, Settled, SettledAs, Waiting, Why},
    record::{Record, SetAside, SetAsideTries},
    set_aside::{EntryStage, SetAsideCause, SetAsideReason},
    telemetry::Metrics,
    worker::newsroom::{Broken, Newsroom},
};

/// Tries again later where that can help and has not been tried too often; else sets aside.
pub(in crate::worker) async fn retry_or_set_aside<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
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
    let asked = trouble.retry_after.map(bound_asked_wait);
    let wait = asked.unwrap_or_default().max(*wait);
    let now = Timestamp::now();
    let due = now + SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_hours(24));
    let SetAsideCause { reason, detail, .. } = &trouble.cause;
    tracing::debug!(url = job.url.as_str(), %reason, detail, attempt, "tried, again later");
    let reason = *reason;
    // It came back, whatever it brought, so no end of the process is held against it.
    let seen = vec![job.retry_mark((attempt, 0), due, reason)];
    room.commit_batch(Batch {
        seen,
        ..Batch::begin(job.turn.tenure)
    })
    .await?;
    room.metrics.count_retry(reason);
    Ok(())
}

/// Publishes that an entry was not published, and why. What is published of it stays as it is.
pub(in crate::worker) async fn set_aside<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    trouble: Trouble,
) -> Result<(), Broken> {
    turn_set_aside(room, &job.turn, job.before.as_ref(), trouble).await
}

/// The same for a turn of which nothing else is known.
pub(in crate::worker) async fn turn_set_aside<L: Ledger>(
    room: &Newsroom<L>,
    turn: &EntryTurn,
    before: Option<&Settled>,
    trouble: Trouble,
) -> Result<(), Broken> {
    let now = Timestamp::now();
    let asked = u32::from(trouble.cause.stage != EntryStage::Post);
    let tries = (turn.attempt + turn.alone.unwrap_or(0) + asked).max(1);
    let attempts = before.map_or(0, |before| before.tries) + tries;
    let record = SetAside::of_entry(
        turn.id,
        trouble.cause,
        turn.waiting.url.clone(),
        turn.waiting.feed.as_ref().map(ToString::to_string),
        SetAsideTries {
            attempts,
            first_at: turn.first_at.unwrap_or(now),
            last_at: now,
        },
    );
    tracing::info!(url = %record.url, reason = record.reason, detail = record.detail, "entry set aside");
    let mark = Settled {
        when: now,
        tries: attempts,
        ..before.cloned().unwrap_or_else(|| set_aside_mark(now))
    };
    let batch = Batch {
        cleared: vec![turn.to_cleared()],
        seen: vec![(turn.id, Seen::Settled(mark))],
        records: vec![Record::SetAside(Box::new(record))],
        ..Batch::begin(turn.tenure)
    };
    room.commit_batch(batch).await?;
    count_settled(room, "set_aside");
    Ok(())
}

/// The mark of an address of which nothing was ever published.
fn set_aside_mark(now: Timestamp) -> Settled {
    Settled {
        outcome: SettledAs::SetAside,
        ..blank_settled(now)
    }
}

/// Hands the entry over to the site that its address leads to.
pub(in crate::worker) async fn hand_over_moved<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    url: &Url,
) -> Result<(), Broken> {
    let Ok(address) = ArticleUrl::of(url.clone()) else {
        let detail = "it leads to no address that may be asked";
        return set_aside(
            room,
            job,
            Trouble::never_again(EntryStage::Fetch, SetAsideReason::ForbiddenAddress, detail),
        )
        .await;
    };
    match room.commit_batch(handed_over(job, &address, url)).await {
        Err(Broken::Ledger(error @ LedgerError::TooLarge { .. })) => {
            let trouble = Trouble::never_again(
                EntryStage::Fetch,
                SetAsideReason::TooLarge,
                error.to_string(),
            );
            return set_aside(room, job, trouble).await;
        }
        done => done?,
    };
    tracing::debug!(to = url.as_str(), "entry handed over to another site");
    count_settled(room, "moved");
    Ok(())
}

/// The entry as it waits at the site it has moved to, and the marks that say so here.
fn handed_over(job: &EntryWork, address: &ArticleUrl, url: &Url) -> Batch {
    let now = Timestamp::now();
    let before = &job.turn.waiting;
    let why = if before.why.reads_again() {
        before.why
    } else {
        Why::Moved
    };
    let waiting = Waiting {
        url: url.to_string(),
        why,
        posted: now,
        visited: job.visited.clone(),
        ..before.clone()
    };
    let post = Post {
        id: address.id(),
        site: address.site(),
        waiting,
    };
    let moved = Seen::Settled(Settled {
        outcome: SettledAs::Moved,
        same_as: Some(address.id()),
        moved_to: Some(url.to_string()),
        ..blank_settled(now)
    });
    let aliases = job.aliases.iter().chain(&job.hops).map(ArticleUrl::id);
    let ids = std::iter::once(job.turn.id).chain(aliases);
    Batch {
        posts: vec![post],
        seen: ids.map(|id| (id, moved.clone())).collect(),
        ..job.begin_batch()
    }
}

/// Settles an entry whose page is an article known under another address.
pub(in crate::worker) async fn settle_as_same<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    id: ArticleId,
) -> Result<(), Broken> {
    let batch = settled_as_same(job, id, Timestamp::now());
    tracing::debug!(url = job.url.as_str(), same.id = %id, "article known under another address");
    room.commit_batch(batch).await?;
    count_settled(room, "same");
    Ok(())
}

/// Settles an entry whose story is published under another address, and keeps what it is known by alive.
pub(in crate::worker) async fn settle_as_repeated<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    known: &KnownStory,
) -> Result<(), Broken> {
    let now = Timestamp::now();
    let mut batch = settled_as_same(job, known.id, now);
    batch.seen.extend(known.refreshed_marks(now));
    tracing::debug!(url = job.url.as_str(), copy_of = %known.id, "story published before");
    room.commit_batch(batch).await?;
    count_settled(room, "same");
    Ok(())
}

/// The marks of every address of an entry that belongs to another article.
fn settled_as_same(job: &EntryWork, id: ArticleId, now: Timestamp) -> Batch {
    let mut batch = job.begin_batch();
    let addresses = job.other_ids().chain([job.url.id()]);
    for alias in addresses.filter(|alias| *alias != id) {
        if batch.seen.iter().all(|(marked, _)| *marked != alias) {
            batch
                .seen
                .push(settled_mark(alias, SettledAs::Same, Some(id), now));
        }
    }
    batch
}

/// Writes the mark of an alias that is still listed again, and those of what it stands for; nothing is fetched.
pub(in crate::worker) async fn refresh_marks<L: Ledger>(
    room: &Newsroom<L>,
    job: &mut EntryWork,
) -> Result<(), Broken> {
    let now = Timestamp::now();
    let mut batch = job.begin_batch();
    let (mut id, mut mark) = (job.turn.id, job.before.clone());
    while let Some(settled) = mark {
        let (next, moved_to) = (settled.same_as, settled.moved_to.clone());
        let again = Settled {
            when: now,
            ..settled
        };
        batch.seen.push((id, Seen::Settled(again)));
        if let Some(to) = moved_to {
            batch.posts.extend(still_listed(job, &to, now));
            break;
        }
        // Who holds it writes it anew.
        let Some(claim) = next.and_then(|next| room.ledger.claims().claim_id(next)) else {
            break;
        };
        id = claim.id();
        job.claims.push(claim);
        mark = match room
            .ask_ledger(|| room.ledger.read_seen(&job.site, id))
            .await?
        {
            Some(Seen::Settled(settled)) => Some(settled),
            _ => None,
        };
    }
    room.commit_batch(batch).await?;
    count_settled(room, "same");
    Ok(())
}

/// Tells the site that an address has moved to that it is listed still.
fn still_listed(job: &EntryWork, to: &str, now: Timestamp) -> Option<Post> {
    let address = ArticleUrl::parse(to).ok()?;
    let waiting = Waiting {
        url: to.to_owned(),
        why: Why::StillListed,
        posted: now,
        visited: vec![job.turn.waiting.url.clone()],
        ..job.turn.waiting.clone()
    };
    Some(Post {
        id: address.id(),
        site: address.site(),
        waiting,
    })
}

/// Counts how an entry was settled.
pub(in crate::worker) fn count_settled<L>(room: &Newsroom<L>, outcome: &'static str) {
    Metrics::count_outcome(&room.metrics.articles, outcome);
}
