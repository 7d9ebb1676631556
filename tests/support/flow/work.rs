//! What a flow's worker does: polls feeds, reads entries, publishes.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use dateline::{
    feed::{memory::FeedMemory, state::FeedState},
    id::FeedId,
    kafka::KafkaLedger,
    ledger::{Batch, EntryTurn, Ledger as _, LedgerError, MAX_KILLS, Seen, Take, Why},
    record::Record,
    site::Site,
};
use jiff::Timestamp;

use super::{Flow, process::say, site};
use crate::support::conformance::{post, records, settled};

/// Entries that wait, a site: with more, nothing is polled, unless `FLOW_BACKLOG` says otherwise.
const BACKLOG: usize = 4;

/// One site: polls its feed, then works off its mailbox.
pub(super) async fn work(
    ledger: Arc<KafkaLedger>,
    flow: Flow,
    number: u32,
    stop: Arc<AtomicBool>,
) -> Result<(), LedgerError> {
    let mut first = true;
    while !stop.load(Ordering::Acquire) {
        let done = match step(&ledger, &flow, number).await {
            Ok(done) => done,
            Err(LedgerError::Stale { .. } | LedgerError::Unreachable { .. }) => false,
            Err(error) => return Err(error),
        };
        if done && first {
            first = false;
            say(&format!("first {number}"));
        }
        if !done {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(())
}

async fn step(ledger: &KafkaLedger, flow: &Flow, number: u32) -> Result<bool, LedgerError> {
    let own = site(number);
    let Some(tenure) = ledger.find_tenure(&own) else {
        return Ok(false);
    };
    let taken = ledger.take_entry(&own, Timestamp::now()).await?;
    if let Take::Turn(turn) = taken {
        read(ledger, &own, *turn).await?;
        say(&format!("settled {number}"));
        return Ok(true);
    }
    let feed = FeedId::configured(&format!("feed{number}"));
    let state = ledger.read_feed(&own, &feed).await?.unwrap_or_default();
    let backlog = env::var("FLOW_BACKLOG").ok();
    let backlog = backlog
        .and_then(|text| text.parse().ok())
        .unwrap_or(BACKLOG);
    let enough = ledger.health().waiting > backlog * flow.sites as usize;
    if state.polls >= flow.polls || enough || flow.is_last() {
        return Ok(false);
    }
    let posts = [number, (number + 1) % flow.sites]
        .map(|to| {
            let name = format!("a-{number}-{to}-{}", state.polls);
            post(&site(to), &name, Why::New, Timestamp::now())
        })
        .to_vec();
    let state = FeedState::from(FeedMemory {
        v: 1,
        polls: state.polls + 1,
        ..FeedMemory::from(state)
    });
    let polls = state.polls;
    let batch = Batch {
        posts,
        feed: Some((feed, state)),
        ..Batch::begin(tenure)
    };
    ledger.commit(batch).await?;
    say(&format!("polled {number} {polls}"));
    Ok(true)
}

async fn read(ledger: &KafkaLedger, site: &Site, turn: EntryTurn) -> Result<(), LedgerError> {
    let name = turn
        .waiting
        .url
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    let now = Timestamp::now();
    let killed = turn.alone.is_some_and(|kills| kills >= MAX_KILLS);
    if let (Some(kills), false) = (turn.alone, killed) {
        let seen = Seen::Retry {
            attempt: turn.attempt,
            kills: kills + 1,
            due: now,
            first_at: turn.first_at.unwrap_or(now),
            why: "killed_worker".to_owned(),
            before: None,
        };
        let tried = Batch {
            seen: vec![(turn.id, seen)],
            ..Batch::begin(turn.tenure)
        };
        ledger.commit(tried).await?;
    }
    if env::var("FLOW_KILLER").is_ok_and(|killer| killer == name) && !killed {
        say("killed by a page");
        std::process::abort();
    }
    let revision = turn.before.as_ref().map_or(1, |before| before.revision + 1);
    let published = if killed {
        vec![records::set_aside(
            &name,
            &format!("https://{site}/{name}"),
            3,
        )]
    } else {
        vec![
            told_by_its_life(records::article(&name, revision)),
            records::event(&name, 0, revision, "coded"),
            records::event(&name, 1, revision, "coded"),
        ]
    };
    let batch = Batch {
        seen: vec![(turn.id, settled(now, revision))],
        cleared: vec![turn.to_cleared()],
        records: published,
        ..Batch::begin(turn.tenure)
    };
    ledger.commit(batch).await.map(drop)
}

/// An article whose title says which life of a worker wrote it, where lives are counted.
fn told_by_its_life(article: Record) -> Record {
    match (article, env::var("FLOW_LIFE")) {
        (Record::Article(mut article), Ok(life)) => {
            article.title = Some(life);
            Record::Article(article)
        }
        (article, _) => article,
    }
}
