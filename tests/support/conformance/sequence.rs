//! Seeded sequences of what workers do to a ledger, and the state that must come of them, kept by a model of its own.
#![allow(
    dead_code,
    reason = "each test crate includes this module and uses its own part of it"
)]

use std::collections::{BTreeMap, BTreeSet};

use dateline::{
    ledger::{Batch, EntryTurn, Ledger, LedgerError, Outlet, Seen, Settled, Take, Why},
    record::Record,
    site::Site,
};
use jiff::Timestamp;

use super::{Bench, batch, hours, id, post, post_all, records, start, take};

/// Sites that take part.
const SITES: u64 = 5;
/// Addresses of each.
const ADDRESSES: u64 = 12;
/// Steps of a sequence.
const STEPS: usize = 250;

/// A small generator, so that a seed tells the whole sequence (xorshift64*, Vigna 2016).
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound
    }

    fn hours(&mut self, bound: u64) -> i64 {
        i64::try_from(self.below(bound)).expect("a small number")
    }
}

/// What must be known of an address.
#[derive(Debug, Clone, Default, PartialEq)]
struct Address {
    waits: Option<(Why, Timestamp)>,
    /// Order of posts, for entries of the same instant.
    order: u64,
    attempt: u32,
    due: Option<Timestamp>,
    /// Revision published last, and the instant that the mark carries.
    settled: Option<(u32, Timestamp)>,
}

impl Address {
    fn turn(&self) -> Option<Timestamp> {
        let (_, posted) = self.waits?;
        Some(self.due.unwrap_or(posted))
    }

    /// Whether its entry is cleared without being read.
    fn is_dropped(&self) -> bool {
        let again = |why| matches!(why, Why::Changed | Why::Recheck | Why::Asked);
        self.due.is_none()
            && self.settled.is_some()
            && self.waits.is_some_and(|(why, _)| !again(why))
    }
}

/// The state that must be.
#[derive(Debug, Default)]
struct Model {
    addresses: BTreeMap<String, Address>,
    published: BTreeSet<(String, u32)>,
    posts: u64,
}

fn site(n: u64) -> Site {
    Site::of_host(&format!("site{n}.test"))
}

fn site_of(name: &str) -> Site {
    let n = name
        .split('-')
        .next()
        .and_then(|n| n.parse().ok())
        .expect("a name made below");
    site(n)
}

fn rank(why: Why) -> u8 {
    match why {
        Why::StillListed => 0,
        Why::New | Why::Moved => 1,
        Why::Recheck => 2,
        Why::Changed => 3,
        Why::Asked => 4,
    }
}

impl Model {
    fn posted(&mut self, name: &str, why: Why, at: Timestamp) {
        self.posts += 1;
        let posts = self.posts;
        let address = self.addresses.entry(name.to_owned()).or_default();
        address.waits = Some(match address.waits {
            None => {
                address.order = posts;
                (why, at)
            }
            Some((before, first)) if rank(before) > rank(why) => (before, first.min(at)),
            Some((_, first)) => (why, first.min(at)),
        });
    }

    /// The entry whose turn it is at a site; what is settled already is cleared on the way.
    fn next(&mut self, site: &Site, now: Timestamp) -> Option<String> {
        let ready = |address: &Address| address.turn().is_some_and(|turn| turn <= now);
        let mut queue: Vec<_> = self
            .addresses
            .iter()
            .filter(|(name, address)| site_of(name) == *site && ready(address))
            .map(|(name, address)| (address.turn(), address.order, name.clone()))
            .collect();
        queue.sort();
        for (_, _, name) in queue {
            let address = self.addresses.get_mut(&name).expect("it was just listed");
            if !address.is_dropped() {
                return Some(name);
            }
            address.waits = None;
            if let Some((_, when)) = &mut address.settled
                && now.duration_since(*when) > dateline::ledger::SEEN_REFRESHED
            {
                *when = now;
            }
        }
        None
    }
}

/// A run of one seed.
struct Run<'b, B: Bench> {
    bench: &'b mut B,
    ledger: Option<B::Opened>,
    model: Model,
    dice: Dice,
    now: Timestamp,
}

/// Runs a seeded sequence and compares the ledger with the model at each turn and at the end.
pub(crate) async fn a_sequence_ends_in_the_state_it_must(bench: &mut impl Bench, seed: u64) {
    let ledger = Some(bench.open().await);
    let dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut run = Run {
        bench,
        ledger,
        model: Model::default(),
        dice,
        now: start(),
    };
    for step in 0..STEPS {
        run.step(&format!("seed {seed}, step {step}")).await;
    }
    run.drain(&format!("seed {seed}, drained")).await;
    run.compare(seed).await;
}

impl<B: Bench> Run<'_, B> {
    fn ledger(&self) -> &B::Opened {
        self.ledger
            .as_ref()
            .expect("the ledger is open between two steps")
    }

    async fn step(&mut self, at: &str) {
        match self.dice.below(100) {
            0..35 => self.post().await,
            35..86 => {
                let site = site(self.dice.below(SITES));
                self.visit(&site, at).await;
            }
            86..95 => self.now = hours(self.now, self.dice.hours(16)),
            95..96 => self.stale(at).await,
            96..98 => {
                let ledger = self.ledger.take().expect("it is open");
                ledger.close().await.expect("closed");
                drop(ledger);
                self.ledger = Some(self.bench.open().await);
            }
            _ => self.crash(at).await,
        }
    }

    /// One to four entries, of any sites, in one batch of one poller.
    async fn post(&mut self) {
        let mut posts = Vec::new();
        for _ in 0..=self.dice.below(4) {
            let n = self.dice.below(SITES);
            let name = format!("{n}-{}", self.dice.below(ADDRESSES));
            let why = match self.dice.below(8) {
                0 => Why::Changed,
                1 => Why::Asked,
                2 => Why::StillListed,
                3 => Why::Moved,
                _ => Why::New,
            };
            if posts
                .iter()
                .all(|post: &dateline::ledger::Post| post.id != id(&name))
            {
                self.model.posted(&name, why, self.now);
                posts.push(post(&site(n), &name, why, self.now));
            }
        }
        let poller = site(self.dice.below(SITES));
        post_all(self.ledger(), &poller, posts).await;
    }

    /// Takes an entry of a site and does one of the things that can become of it.
    async fn visit(&mut self, site: &Site, at: &str) -> bool {
        let expected = self.model.next(site, self.now);
        match (take(self.ledger(), site, self.now).await, expected) {
            (Take::Turn(turn), Some(name)) => {
                assert_eq!(
                    (turn.id, turn.alone),
                    (id(&name), None),
                    "{at}: the turn of {name}"
                );
                self.settle(&turn, &name, at).await;
                true
            }
            (Take::Turn(turn), None) => panic!("{at}: nothing waits, yet {turn:?}"),
            (other, Some(name)) => panic!("{at}: the turn of {name}, yet {other:?}"),
            (Take::NotBefore(_) | Take::Empty, None) => false,
        }
    }

    async fn settle(&mut self, turn: &EntryTurn, name: &str, at: &str) {
        let address = self.model.addresses.get_mut(name).expect("it waits");
        let before = turn.before.as_ref();
        assert_eq!(
            before.map(|b| b.revision),
            address.settled.map(|(r, _)| r),
            "{at}: {name}"
        );
        assert_eq!(turn.attempt, address.attempt, "{at}: tries of {name}");
        let mut batch = Batch::begin(turn.tenure);
        match self.dice.below(10) {
            0 => return,
            1..4 => {
                let due = hours(self.now, 1 + self.dice.hours(48));
                let attempt = turn.attempt + 1;
                let first_at = turn.first_at.unwrap_or(self.now);
                let (why, before) = ("unreachable".to_owned(), turn.before.clone().map(Box::new));
                let retry = Seen::Retry {
                    attempt,
                    kills: 0,
                    due,
                    first_at,
                    why,
                    before,
                };
                (address.attempt, address.due) = (attempt, Some(due));
                batch.seen = vec![(turn.id, retry)];
            }
            _ => {
                let revision = before.map_or(1, |before| before.revision + 1);
                batch.records = records_of(name, revision);
                batch.seen = vec![(turn.id, settled(self.now, revision))];
                batch.cleared = vec![turn.to_cleared()];
                *address = Address {
                    settled: Some((revision, self.now)),
                    ..Address::default()
                };
                self.model.published.insert((name.to_owned(), revision));
            }
        }
        self.ledger()
            .commit(batch)
            .await
            .unwrap_or_else(|error| panic!("{at}: {error}"));
    }

    /// A batch that comes after its partition was lost publishes and changes nothing.
    async fn stale(&mut self, at: &str) {
        let site = site(self.dice.below(SITES));
        let old = Batch {
            records: records_of("nobody", 1),
            seen: vec![(id("nobody"), settled(self.now, 1))],
            ..batch(self.ledger(), &site)
        };
        let ledger = self.ledger.take().expect("it is open");
        self.ledger = Some(self.bench.reassign(ledger, &site).await);
        let refused = self.ledger().commit(old).await;
        assert!(
            matches!(refused, Err(LedgerError::Stale { .. })),
            "{at}: {refused:?}"
        );
    }

    /// After an unclean end, every suspect is tried alone, one at a time in its partition, and comes back.
    async fn crash(&mut self, at: &str) {
        let ledger = self.ledger.take().expect("it is open");
        self.bench.crash(ledger).await;
        self.ledger = Some(self.bench.open().await);
        let mut more = true;
        while more {
            more = false;
            for n in 0..SITES {
                let expected = self.model.next(&site(n), self.now);
                let Take::Turn(turn) = take(self.ledger(), &site(n), self.now).await else {
                    continue;
                };
                let name = self.name_of(&turn).or(expected);
                let name = name.unwrap_or_else(|| panic!("{at}: nothing waits, yet {turn:?}"));
                assert_eq!(turn.id, id(&name), "{at}: an entry that waits");
                more |= turn.alone.is_some();
                self.settle(&turn, &name, at).await;
            }
        }
    }

    fn name_of(&self, turn: &EntryTurn) -> Option<String> {
        let waiting = self
            .model
            .addresses
            .iter()
            .filter(|(_, address)| address.waits.is_some());
        waiting
            .map(|(name, _)| name.clone())
            .find(|name| id(name) == turn.id)
    }

    /// Reads everything that waits, however late it is due.
    async fn drain(&mut self, at: &str) {
        for _ in 0..2_000 {
            let mut any = false;
            for n in 0..SITES {
                any |= self.visit(&site(n), at).await;
            }
            if !any
                && self
                    .model
                    .addresses
                    .values()
                    .all(|address| address.waits.is_none())
            {
                return;
            }
            self.now = hours(self.now, i64::from(!any));
        }
        panic!("{at}: entries are left that nobody can take");
    }

    async fn compare(&mut self, seed: u64) {
        for (name, address) in &self.model.addresses {
            let mark = self
                .ledger()
                .read_seen(&site_of(name), id(name))
                .await
                .expect("a mark can be read");
            let found = match mark {
                Some(Seen::Settled(settled)) => Some((settled.revision, settled.when)),
                None => None,
                other => panic!("seed {seed}: {name} was drained, yet {other:?}"),
            };
            assert_eq!(found, address.settled, "seed {seed}: {name}");
        }
        for outlet in [Outlet::Articles, Outlet::Events] {
            let found = self.bench.published(outlet).await;
            let mut once = BTreeSet::new();
            for record in &found {
                assert!(
                    once.insert((record.id.clone(), record.revision)),
                    "seed {seed}: {record:?} twice"
                );
            }
            let expected = self.model.published.iter().flat_map(|(name, revision)| {
                records_of(name, *revision)
                    .into_iter()
                    .filter(|r| of(r) == outlet)
                    .map(|r| (r.id().to_owned(), r.revision()))
            });
            assert_eq!(once, expected.collect(), "seed {seed}: {outlet}");
        }
    }
}

fn of(record: &Record) -> Outlet {
    match record {
        Record::Article(_) => Outlet::Articles,
        Record::Event(_) => Outlet::Events,
        Record::SetAside(_) => Outlet::SetAside,
    }
}

fn records_of(name: &str, revision: u32) -> Vec<Record> {
    let status = if revision == 1 { "coded" } else { "revised" };
    vec![
        records::article(name, revision),
        records::event(name, 0, revision, status),
        records::event(name, 1, revision, status),
    ]
}

fn settled(when: Timestamp, revision: u32) -> Seen {
    Seen::Settled(Settled {
        outcome: dateline::ledger::SettledAs::Published,
        when,
        settled: when,
        revision,
        ..Settled::default()
    })
}
