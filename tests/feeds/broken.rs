//! Feeds as publishers break them: what is whole in them is read.

use dateline::feed::parse::parse;

use super::{
    address,
    made::{BREAKAGES, KINDS, Seeded, broken, healthy, titles},
};

const ITEMS: usize = 12;
/// 8 ways and 25 seeds: 200 feeds.
const SEEDS: u64 = 25;

/// Whether the titles that were read are those that are whole in a document. A broken item may cost itself.
fn yields(how: &str, document: &[u8], read: &[String]) -> bool {
    let text = String::from_utf8_lossy(document);
    let whole = if how == "cut end" {
        text.matches("</item>").count() + text.matches("</entry>").count()
    } else {
        ITEMS
    };
    let wanted = titles(whole);
    let bare = how == "bare ampersands";
    let there = wanted
        .iter()
        .map(|title| {
            if bare {
                title.replace(", and ", " & ")
            } else {
                title.clone()
            }
        })
        .filter(|title| read.contains(title))
        .count();
    there + 1 >= whole
}

fn ours(document: &[u8]) -> Vec<String> {
    let feed = parse(document, &address(), None);
    let entries = feed.map(|feed| feed.entries).unwrap_or_default();
    entries
        .into_iter()
        .filter_map(|entry| entry.title)
        .collect()
}

fn plain_feed_rs(document: &[u8]) -> Vec<String> {
    let feed = std::panic::catch_unwind(|| feed_rs::parser::parse(document));
    let entries = feed.ok().and_then(Result::ok).map(|feed| feed.entries);
    let titles = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.title);
    titles.map(|title| title.content).collect()
}

#[test]
fn broken_feeds_yield_what_is_whole_in_them() {
    let (mut all, mut own, mut theirs) = (0_u32, 0_u32, 0_u32);
    for how in BREAKAGES {
        let (mut own_here, mut theirs_here) = (0, 0);
        for seed in 0..SEEDS {
            let mut random = Seeded::new(seed);
            let kind = KINDS[random.below(KINDS.len())];
            let document = broken(&healthy(kind, ITEMS), how, &mut random);
            let got = yields(how, &document, &ours(&document));
            if !got {
                println!("lost: {how}, seed {seed}, {kind}");
            }
            own_here += u32::from(got);
            theirs_here += u32::from(yields(how, &document, &plain_feed_rs(&document)));
        }
        println!("{how:24} ours {own_here:3} feed-rs alone {theirs_here:3} of {SEEDS}");
        all += SEEDS as u32;
        own += own_here;
        theirs += theirs_here;
    }
    println!("broken feeds that yield their entries: ours {own}, feed-rs alone {theirs}, of {all}");
    assert!(own * 100 >= all * 95, "{own} of {all}");
    assert!(own > theirs);
}
