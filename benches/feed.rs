//! Megabytes of feeds read a second, healthy and broken, by our reader with all its repair and by feed-rs alone, one
//! thread: `cargo bench --bench feed`.

#![allow(clippy::print_stdout)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use dateline::feed::parse::parse;
use url::Url;

#[path = "../tests/feeds/made.rs"]
#[allow(dead_code)]
mod made;

use made::{BREAKAGES, KINDS, Seeded, broken, healthy, titles};

/// Items of a feed of some 46 KB.
const ITEMS: usize = 56;
const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(150);
/// What we promise, megabytes a second.
const HEALTHY_FLOOR: f64 = 60.0;
const BROKEN_FLOOR: f64 = 30.0;

/// Time that this thread has run on a core, which other work on the machine does not lengthen; where the system does
/// not tell, the clock on the wall is used.
struct Busy(Option<Duration>);

impl Busy {
    fn now() -> Self {
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
        let first = told.and_then(|told| told.split_whitespace().next()?.parse().ok());
        Self(first.map(Duration::from_nanos))
    }

    fn elapsed(&self) -> Option<Duration> {
        Self::now()
            .0?
            .checked_sub(self.0?)
            .filter(|busy| !busy.is_zero())
    }
}

/// The median speed over some rounds, in megabytes a second.
fn speed(document: &[u8], mut read: impl FnMut(&[u8])) -> f64 {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (begun, busy) = (Instant::now(), Busy::now());
            let mut times = 0_u32;
            while begun.elapsed() < ROUND {
                read(black_box(document));
                times += 1;
            }
            let took = busy.elapsed().unwrap_or_else(|| begun.elapsed());
            f64::from(times) * document.len() as f64 / took.as_secs_f64() / 1e6
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

/// Prints the speeds of one document, and gives ours.
fn row(name: &str, document: &[u8], address: &Url) -> f64 {
    let entries = parse(document, address, None).map_or(0, |feed| feed.entries.len());
    let ours = speed(document, |bytes| {
        drop(black_box(parse(bytes, address, None)));
    });
    let alone = |bytes: &[u8]| feed_rs::parser::parse(bytes).map_or(0, |feed| feed.entries.len());
    let theirs = speed(document, |bytes| {
        drop(black_box(feed_rs::parser::parse(bytes)));
    });
    println!(
        "{name:24} {:>7} {ours:>9.1} {entries:>8} {theirs:>9.1} {:>8}",
        document.len(),
        alone(document)
    );
    ours
}

fn main() {
    let address = Url::parse("https://news.example.org/feed").expect("a constant address");
    println!(
        "{:24} {:>7} {:>9} {:>8} {:>9} {:>8}   of {} items",
        "feed",
        "bytes",
        "MB/s",
        "entries",
        "feed-rs",
        "entries",
        titles(ITEMS).len()
    );
    let slowest = |speeds: &mut dyn Iterator<Item = f64>| speeds.fold(f64::INFINITY, f64::min);
    let healthy_slowest = slowest(&mut KINDS.iter().map(|kind| {
        let name = format!("healthy {kind}");
        row(&name, healthy(kind, ITEMS).as_bytes(), &address)
    }));
    let broken_slowest = slowest(&mut BREAKAGES.iter().map(|how| {
        let document = broken(&healthy("rss", ITEMS), how, &mut Seeded::new(7));
        row(how, &document, &address)
    }));
    println!(
        "slowest healthy {healthy_slowest:.1} MB/s (promised {HEALTHY_FLOOR}), slowest broken {broken_slowest:.1} MB/s (promised {BROKEN_FLOOR})"
    );
    if healthy_slowest < HEALTHY_FLOOR || broken_slowest < BROKEN_FLOOR {
        std::process::exit(1);
    }
}
