//! What every ledger promises, written against the trait: a ledger is plugged in by a [`Bench`].
#![allow(
    dead_code,
    reason = "each test crate includes this module and uses its own part of it"
)]

use std::future::Future;

use dateline::{
    id::ArticleId,
    ledger::{
        Batch, EntryTurn, Excess, Ledger, LedgerError, MAX_KILLS, MAX_WAITING_A_SITE,
        MAX_WAITING_AGE, Outlet, Post, PublishedRecord, SEEN_KEPT, SEEN_REFRESHED, Seen, Settled,
        Take, Waiting, Why,
    },
    record::Record,
    site::Site,
};
use jiff::{SignedDuration, Timestamp};

#[path = "conformance/records.rs"]
pub(crate) mod records;
#[path = "conformance/sequence.rs"]
pub(crate) mod sequence;

/// One store, opened and closed as a test needs it.
pub(crate) trait Bench {
    /// The ledger on it.
    type Opened: Ledger;

    /// Opens the ledger; what was committed before stands in it, and every partition is owned.
    fn open(&mut self) -> impl Future<Output = Self::Opened>;

    /// Ends the process as `kill -9` would: nothing is closed.
    fn crash(&mut self, ledger: Self::Opened) -> impl Future<Output = ()>;

    /// Takes the partition of a site away and gives it back: a tenure given before has passed. Every partition is owned
    /// again.
    fn reassign(&mut self, ledger: Self::Opened, site: &Site)
    -> impl Future<Output = Self::Opened>;

    /// What a reader of committed records finds in an outlet, in commit order for each id.
    fn published(&mut self, outlet: Outlet) -> impl Future<Output = Vec<PublishedRecord>>;
}

/// The instant that tests count from: recent, since marks are forgotten by age.
pub(crate) fn start() -> Timestamp {
    hours(Timestamp::now(), -30 * 24)
}

/// An instant so many hours after another.
pub(crate) fn hours(from: Timestamp, hours: i64) -> Timestamp {
    let second = from.as_second() + hours * 3600;
    Timestamp::from_second(second).expect("a few hundred days from now is within range")
}

/// The id of a test's article.
pub(crate) fn id(name: &str) -> ArticleId {
    ArticleId::of(&["test", name])
}

/// An entry on its way to the mailbox of `site`.
pub(crate) fn post(site: &Site, name: &str, why: Why, posted: Timestamp) -> Post {
    let waiting = Waiting {
        v: 1,
        url: format!("https://{site}/{name}"),
        why,
        posted,
        first_seen: posted,
        feed: None,
        also: Vec::new(),
        title: Some(format!("title of {name}")),
        authors: Vec::new(),
        published: None,
        date_refused: false,
        text: None,
        visited: Vec::new(),
    };
    Post {
        id: id(name),
        site: site.clone(),
        waiting,
    }
}

/// A mark of something published with this revision.
pub(crate) fn settled(when: Timestamp, revision: u32) -> Seen {
    Seen::Settled(Settled {
        outcome: dateline::ledger::SettledAs::Published,
        when,
        settled: when,
        revision,
        text_sha256: Some("00".to_owned()),
        ..Settled::default()
    })
}

/// A mark of something that failed.
pub(crate) fn retry(attempt: u32, kills: u32, due: Timestamp) -> Seen {
    let why = "server_error".to_owned();
    Seen::Retry {
        attempt,
        kills,
        due,
        first_at: due,
        why,
        before: None,
    }
}

/// An empty batch of a site's owner.
pub(crate) fn batch(ledger: &impl Ledger, site: &Site) -> Batch {
    Batch {
        ..Batch::begin(ledger.find_tenure(site).expect("an owned site"))
    }
}

/// Posts entries in one batch of `poller`'s owner.
pub(crate) async fn post_all(ledger: &impl Ledger, poller: &Site, posts: Vec<Post>) {
    let batch = Batch {
        posts,
        ..batch(ledger, poller)
    };
    ledger.commit(batch).await.expect("posts are committed");
}

/// Takes, and waits where the ledger has yet to read what was just committed.
pub(crate) async fn take(ledger: &impl Ledger, site: &Site, now: Timestamp) -> Take {
    ledger
        .take_entry(site, now)
        .await
        .expect("a mailbox can be read")
}

/// Takes an entry whose turn must have come.
pub(crate) async fn turn(ledger: &impl Ledger, site: &Site, now: Timestamp) -> Box<EntryTurn> {
    match take(ledger, site, now).await {
        Take::Turn(turn) => turn,
        other => panic!("an entry was to have its turn, not {other:?}"),
    }
}

/// Settles a turn with records.
pub(crate) async fn settle(
    ledger: &impl Ledger,
    turn: &EntryTurn,
    seen: Seen,
    records: Vec<Record>,
) -> Result<Timestamp, LedgerError> {
    let batch = Batch {
        seen: vec![(turn.id, seen)],
        cleared: vec![turn.to_cleared()],
        records,
        ..Batch::begin(turn.tenure)
    };
    ledger.commit(batch).await
}

fn site() -> Site {
    Site::of_host("one.test")
}

pub(crate) async fn entries_come_in_the_order_they_were_posted(bench: &mut impl Bench) {
    let (ledger, now) = (bench.open().await, start());
    let posts = ["a", "b", "c"].map(|name| post(&site(), name, Why::New, now));
    post_all(&ledger, &Site::of_host("feeds.test"), posts.to_vec()).await;
    for name in ["a", "b", "c"] {
        let turn = turn(&ledger, &site(), now).await;
        assert_eq!((turn.id, turn.attempt), (id(name), 0));
        settle(&ledger, &turn, settled(now, 1), Vec::new())
            .await
            .expect("settled");
    }
    assert!(matches!(take(&ledger, &site(), now).await, Take::Empty));
}

pub(crate) async fn a_post_is_told_to_whoever_waits_for_a_change(bench: &mut impl Bench) {
    let (ledger, now) = (bench.open().await, start());
    while !ledger.next_change().await.ownership {}
    post_all(&ledger, &site(), vec![post(&site(), "a", Why::New, now)]).await;
    while !ledger.next_change().await.sites.contains(&site()) {}
}

pub(crate) async fn an_entry_in_hand_is_not_handed_out_again(bench: &mut impl Bench) {
    let (ledger, now) = (bench.open().await, start());
    post_all(&ledger, &site(), vec![post(&site(), "a", Why::New, now)]).await;
    let first = turn(&ledger, &site(), now).await;
    assert!(ledger.claims().is_claimed(id("a")));
    assert!(matches!(take(&ledger, &site(), now).await, Take::NotBefore(at) if at > now));
    drop(first);
    assert_eq!(turn(&ledger, &site(), now).await.id, id("a"));
}

pub(crate) async fn a_failed_entry_waits_until_it_is_due(bench: &mut impl Bench) {
    let (ledger, now) = (bench.open().await, start());
    let names = ["a", "b"].map(|name| post(&site(), name, Why::New, now));
    post_all(&ledger, &site(), names.to_vec()).await;
    let failed = turn(&ledger, &site(), now).await;
    let mut failure = Batch::begin(failed.tenure);
    failure.seen.push((failed.id, retry(1, 0, hours(now, 1))));
    ledger
        .commit(failure)
        .await
        .expect("the failure is committed");
    drop(failed);
    let other = turn(&ledger, &site(), now).await;
    assert_eq!(other.id, id("b"));
    settle(&ledger, &other, settled(now, 1), Vec::new())
        .await
        .expect("settled");
    drop(other);
    let wait = take(&ledger, &site(), now).await;
    assert!(
        matches!(wait, Take::NotBefore(at) if at == hours(now, 1)),
        "{wait:?}"
    );
    let again = turn(&ledger, &site(), hours(now, 1)).await;
    assert_eq!((again.id, again.attempt), (id("a"), 1));
}

pub(crate) async fn what_is_settled_is_dropped_unless_it_is_to_be_read_again(
    bench: &mut impl Bench,
) {
    let (ledger, now) = (bench.open().await, start());
    post_all(&ledger, &site(), vec![post(&site(), "a", Why::New, now)]).await;
    let first = turn(&ledger, &site(), now).await;
    settle(&ledger, &first, settled(now, 3), Vec::new())
        .await
        .expect("settled");
    drop(first);
    for why in [Why::New, Why::StillListed, Why::Moved] {
        post_all(&ledger, &site(), vec![post(&site(), "a", why, now)]).await;
        assert!(
            matches!(take(&ledger, &site(), now).await, Take::Empty),
            "{why:?}"
        );
    }
    for why in [Why::Changed, Why::Recheck, Why::Asked] {
        post_all(&ledger, &site(), vec![post(&site(), "a", why, now)]).await;
        let again = turn(&ledger, &site(), now).await;
        assert_eq!(
            again.before.as_ref().map(|before| before.revision),
            Some(3),
            "{why:?}"
        );
        settle(&ledger, &again, settled(now, 3), Vec::new())
            .await
            .expect("settled");
    }
}

pub(crate) async fn what_is_posted_while_an_entry_is_in_hand_is_not_cleared_with_it(
    bench: &mut impl Bench,
) {
    let (mut ledger, now) = (bench.open().await, start());
    let posted = |why| vec![post(&site(), "a", why, now)];
    post_all(&ledger, &site(), posted(Why::New)).await;
    // Another feed names it meanwhile: there is nothing to read.
    let in_hand = turn(&ledger, &site(), now).await;
    post_all(&ledger, &site(), posted(Why::New)).await;
    settle(&ledger, &in_hand, settled(now, 1), Vec::new())
        .await
        .expect("settled");
    drop(in_hand);
    assert!(matches!(take(&ledger, &site(), now).await, Take::Empty));
    // It changes meanwhile: it is read again, after a restart too.
    post_all(&ledger, &site(), posted(Why::Changed)).await;
    for is_restarted in [false, true] {
        let in_hand = turn(&ledger, &site(), now).await;
        post_all(&ledger, &site(), posted(Why::Changed)).await;
        settle(&ledger, &in_hand, settled(now, 2), Vec::new())
            .await
            .expect("settled");
        drop(in_hand);
        if is_restarted {
            bench.crash(ledger).await;
            ledger = bench.open().await;
        }
    }
    let changed = turn(&ledger, &site(), now).await;
    assert_eq!((changed.id, changed.waiting.why), (id("a"), Why::Changed));
    settle(&ledger, &changed, settled(now, 2), Vec::new())
        .await
        .expect("settled");
    drop(changed);
    assert!(matches!(take(&ledger, &site(), now).await, Take::Empty));
}

pub(crate) async fn a_failed_reading_again_keeps_how_it_was_settled(bench: &mut impl Bench) {
    let (ledger, now) = (bench.open().await, start());
    post_all(&ledger, &site(), vec![post(&site(), "a", Why::New, now)]).await;
    let first = turn(&ledger, &site(), now).await;
    settle(&ledger, &first, settled(now, 2), Vec::new())
        .await
        .expect("settled");
    drop(first);
    post_all(
        &ledger,
        &site(),
        vec![post(&site(), "a", Why::Changed, now)],
    )
    .await;
    let again = turn(&ledger, &site(), now).await;
    let mut failure = retry(1, 0, hours(now, 1));
    if let Seen::Retry { before, .. } = &mut failure {
        *before = again.before.clone().map(Box::new);
    }
    let seen = vec![(again.id, failure)];
    let failed = Batch {
        seen,
        ..Batch::begin(again.tenure)
    };
    ledger
        .commit(failed)
        .await
        .expect("the failure is committed");
    drop(again);
    let third = turn(&ledger, &site(), hours(now, 1)).await;
    assert_eq!(third.before.as_ref().map(|before| before.revision), Some(2));
}

pub(crate) async fn of_two_posts_for_an_address_the_stronger_reason_stays(bench: &mut impl Bench) {
    let (ledger, now) = (bench.open().await, start());
    post_all(&ledger, &site(), vec![post(&site(), "a", Why::Asked, now)]).await;
    let later = post(&site(), "a", Why::StillListed, hours(now, 1));
    post_all(&ledger, &site(), vec![later]).await;
    let turn = turn(&ledger, &site(), hours(now, 2)).await;
    assert_eq!((turn.waiting.why, turn.waiting.posted), (Why::Asked, now));
}

pub(crate) async fn a_mark_is_written_again_weekly_and_forgotten_after_90_days(
    bench: &mut impl Bench,
) {
    let (ledger, now) = (bench.open().await, start());
    post_all(&ledger, &site(), vec![post(&site(), "a", Why::New, now)]).await;
    let first = turn(&ledger, &site(), now).await;
    settle(&ledger, &first, settled(now, 1), Vec::new())
        .await
        .expect("settled");
    drop(first);
    let listed = |posted| vec![post(&site(), "a", Why::StillListed, posted)];
    let day = now + SignedDuration::from_hours(24);
    post_all(&ledger, &site(), listed(day)).await;
    assert!(matches!(take(&ledger, &site(), day).await, Take::Empty));
    assert_eq!(when(&ledger).await, now);
    let week = now + SEEN_REFRESHED + SignedDuration::from_secs(1);
    post_all(&ledger, &site(), listed(week)).await;
    assert!(matches!(take(&ledger, &site(), week).await, Take::Empty));
    assert_eq!(when(&ledger).await, week);
    let forgotten = week + SEEN_KEPT + SignedDuration::from_secs(1);
    post_all(&ledger, &site(), listed(forgotten)).await;
    assert_eq!(turn(&ledger, &site(), forgotten).await.before, None);
}

async fn when(ledger: &impl Ledger) -> Timestamp {
    match ledger
        .read_seen(&site(), id("a"))
        .await
        .expect("a mark can be read")
    {
        Some(Seen::Settled(settled)) => settled.when,
        other => panic!("a settled mark was to be found, not {other:?}"),
    }
}

pub(crate) async fn what_waited_a_month_or_is_one_too_many_is_excess(bench: &mut impl Bench) {
    let (ledger, now) = (bench.open().await, start());
    let old = now - MAX_WAITING_AGE - SignedDuration::from_secs(1);
    let mut posts = vec![post(&site(), "old", Why::New, old)];
    let many = (0..=MAX_WAITING_A_SITE).map(|n| post(&site(), &format!("{n}"), Why::New, now));
    posts.extend(many);
    for posts in posts.chunks(2_000) {
        post_all(&ledger, &Site::of_host("feeds.test"), posts.to_vec()).await;
    }
    let expired = turn(&ledger, &site(), now).await;
    assert_eq!(
        (expired.id, expired.excess),
        (id("old"), Some(Excess::Expired))
    );
    let surplus = turn(&ledger, &site(), now).await;
    assert_eq!(
        (surplus.id, surplus.excess),
        (id("0"), Some(Excess::Backlog))
    );
    let next = turn(&ledger, &site(), now).await;
    assert_eq!((next.id, next.excess), (id("1"), None));
}

pub(crate) async fn a_batch_of_a_tenure_that_has_passed_is_refused_whole(bench: &mut impl Bench) {
    let (ledger, now) = (bench.open().await, start());
    post_all(&ledger, &site(), vec![post(&site(), "a", Why::New, now)]).await;
    let old = turn(&ledger, &site(), now).await;
    let ledger = bench.reassign(ledger, &site()).await;
    let article = records::article("a", 1);
    let refused = settle(&ledger, &old, settled(now, 1), vec![article]).await;
    assert!(
        matches!(refused, Err(LedgerError::Stale { .. })),
        "{refused:?}"
    );
    drop(old);
    assert_eq!(
        ledger
            .read_seen(&site(), id("a"))
            .await
            .expect("a mark can be read"),
        None
    );
    assert!(bench.published(Outlet::Articles).await.is_empty());
    assert_eq!(turn(&ledger, &site(), now).await.id, id("a"));
}

pub(crate) async fn a_page_that_ends_the_process_is_set_aside_the_third_time(
    bench: &mut impl Bench,
) {
    let (mut ledger, now) = (bench.open().await, hours(Timestamp::now(), -1));
    let names = ["killer", "b"].map(|name| post(&site(), name, Why::New, now));
    post_all(&ledger, &site(), names.to_vec()).await;
    let in_hand = turn(&ledger, &site(), now).await;
    assert_eq!(in_hand.alone, None);
    drop(in_hand);
    bench.crash(ledger).await;
    ledger = bench.open().await;
    let alone = turn(&ledger, &site(), now).await;
    assert_eq!((alone.id, alone.alone), (id("killer"), Some(0)));
    assert!(matches!(
        take(&ledger, &site(), now).await,
        Take::NotBefore(_)
    ));
    tried_alone(&ledger, &alone, 1, now).await;
    drop(alone);
    bench.crash(ledger).await;
    ledger = bench.open().await;
    // Everything else goes on; what was out alone waits until the process has run for a while.
    let other = turn(&ledger, &site(), now).await;
    assert_eq!((other.id, other.alone), (id("b"), Some(0)));
    settle(&ledger, &other, settled(now, 0), Vec::new())
        .await
        .expect("settled");
    drop(other);
    assert!(matches!(
        take(&ledger, &site(), now).await,
        Take::NotBefore(_)
    ));
    let later = hours(Timestamp::now(), 1);
    let again = turn(&ledger, &site(), later).await;
    assert_eq!((again.id, again.alone), (id("killer"), Some(1)));
    tried_alone(&ledger, &again, MAX_KILLS, now).await;
    drop(again);
    bench.crash(ledger).await;
    let ledger = bench.open().await;
    let last = turn(&ledger, &site(), now).await;
    assert_eq!((last.id, last.alone), (id("killer"), Some(MAX_KILLS)));
    settle(&ledger, &last, settled(now, 0), Vec::new())
        .await
        .expect("set aside");
    drop(last);
    assert!(matches!(take(&ledger, &site(), later).await, Take::Empty));
}

async fn tried_alone(ledger: &impl Ledger, turn: &EntryTurn, kills: u32, now: Timestamp) {
    let tried = Batch {
        seen: vec![(turn.id, retry(0, kills, now))],
        ..Batch::begin(turn.tenure)
    };
    ledger
        .commit(tried)
        .await
        .expect("the try is committed before the fetch");
}

pub(crate) async fn after_a_clean_end_nothing_is_suspected(bench: &mut impl Bench) {
    let (ledger, now) = (bench.open().await, start());
    post_all(&ledger, &site(), vec![post(&site(), "a", Why::New, now)]).await;
    ledger.close().await.expect("closed");
    drop(ledger);
    let ledger = bench.open().await;
    assert_eq!(turn(&ledger, &site(), now).await.alone, None);
}

pub(crate) async fn what_is_not_tried_before_a_clean_end_stays_suspected(bench: &mut impl Bench) {
    let (ledger, now) = (bench.open().await, start());
    let names = ["a", "b"].map(|name| post(&site(), name, Why::New, now));
    post_all(&ledger, &site(), names.to_vec()).await;
    bench.crash(ledger).await;
    let ledger = bench.open().await;
    let first = turn(&ledger, &site(), now).await;
    assert_eq!((first.id, first.alone), (id("a"), Some(0)));
    settle(&ledger, &first, settled(now, 1), Vec::new())
        .await
        .expect("settled");
    drop(first);
    ledger.close().await.expect("closed");
    drop(ledger);
    let ledger = bench.open().await;
    let second = turn(&ledger, &site(), now).await;
    assert_eq!((second.id, second.alone), (id("b"), Some(0)));
    settle(&ledger, &second, settled(now, 1), Vec::new())
        .await
        .expect("settled");
    drop(second);
    ledger.close().await.expect("closed");
    drop(ledger);
    let ledger = bench.open().await;
    post_all(&ledger, &site(), vec![post(&site(), "c", Why::New, now)]).await;
    assert_eq!(turn(&ledger, &site(), now).await.alone, None);
}

pub(crate) async fn a_record_that_no_outlet_takes_fails_alone(bench: &mut impl Bench) {
    let (ledger, now) = (bench.open().await, start());
    let names = ["a", "b"].map(|name| post(&site(), name, Why::New, now));
    post_all(&ledger, &site(), names.to_vec()).await;
    let (a, b) = (
        turn(&ledger, &site(), now).await,
        turn(&ledger, &site(), now).await,
    );
    let large = records::article_of_bytes("a", 2_000_000);
    let (refused, taken) = tokio::join!(
        settle(&ledger, &a, settled(now, 1), vec![large]),
        settle(&ledger, &b, settled(now, 1), vec![records::article("b", 1)]),
    );
    assert!(
        matches!(refused, Err(LedgerError::TooLarge { .. })),
        "{refused:?}"
    );
    taken.expect("the other batch passes");
    let published = bench.published(Outlet::Articles).await;
    assert_eq!(published.len(), 1);
    assert_eq!(
        ledger
            .read_seen(&site(), id("a"))
            .await
            .expect("a mark can be read"),
        None
    );
}

pub(crate) async fn states_of_feeds_and_sites_come_back_after_a_restart(bench: &mut impl Bench) {
    let ledger = bench.open().await;
    let feed = dateline::id::FeedId::configured("feed");
    let memory = dateline::feed::memory::FeedMemory {
        v: 1,
        polls: 7,
        ..Default::default()
    };
    let state = dateline::feed::state::FeedState::from(memory);
    let listed = dateline::feed::state::Listed {
        v: 1,
        items: Vec::new(),
    };
    let of_site: dateline::fetch::SiteState =
        serde_json::from_str(r#"{"v":1,"lines":{"articles":3,"lines":["a1b2c3d4e5 7"]}}"#)
            .expect("the state of a site with a line in common");
    let written = Batch {
        feed: Some((feed.clone(), state.clone())),
        listed: Some((feed.clone(), listed.clone())),
        site: Some((site(), of_site.clone())),
        ..batch(&ledger, &site())
    };
    ledger.commit(written).await.expect("states are committed");
    ledger.close().await.expect("closed");
    drop(ledger);
    let ledger = bench.open().await;
    let read = ledger
        .read_feed(&site(), &feed)
        .await
        .expect("a feed's state can be read");
    assert_eq!(read, Some(state));
    let read = ledger
        .read_listed(&site(), &feed)
        .await
        .expect("a feed's list can be read");
    assert_eq!(read, Some(listed));
    let read = ledger
        .read_site(&site())
        .await
        .expect("a site's state can be read");
    assert_eq!(read, Some(of_site));
}

pub(crate) async fn records_carry_the_instant_of_their_commit(bench: &mut impl Bench) {
    let (ledger, now) = (bench.open().await, start());
    post_all(&ledger, &site(), vec![post(&site(), "a", Why::New, now)]).await;
    let turn = turn(&ledger, &site(), now).await;
    let event = records::event("a", 0, 1, "coded");
    let mut mark = settled(now, 1);
    if let Seen::Settled(settled) = &mut mark {
        settled.events = vec![records::mark(&event)];
    }
    let committed = settle(&ledger, &turn, mark, vec![event])
        .await
        .expect("settled");
    assert_eq!(committed.subsec_nanosecond(), 0);
    let published = bench.published(Outlet::Events).await;
    assert_eq!(published[0].recorded, committed);
    assert_eq!(published[0].ce_type, "dateline.event.coded");
    let seen = ledger
        .read_seen(&site(), id("a"))
        .await
        .expect("a mark can be read");
    let Some(Seen::Settled(settled)) = seen else {
        panic!("{seen:?}")
    };
    assert_eq!(settled.events[0].recorded, committed);
    let event = ledger
        .read_event(&settled.events[0])
        .await
        .expect("an event can be read");
    assert_eq!(event.map(|event| event.recorded), Some(committed));
}
