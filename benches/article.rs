//! What reading an article costs beside the bare parse of its page, one thread: `cargo bench --bench article`, over the
//! pages of a folder (`DATELINE_PAGES`, HTML, gzipped or not) where one is named, else over those of the tests.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints; the bare parse is what it measures by"
)]

use std::{
    fs,
    hint::black_box,
    io::Read,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use dateline::{
    article::{Page, Rules, read},
    config::SiteRules,
};
use flate2::read::GzDecoder;
use scraper::Html;

/// Times each page is read; the fastest counts, which other work on the machine does not lengthen.
const ROUNDS: usize = 7;
/// What we promise of the median page: times the bare parse.
const MOST: f64 = 1.7;

fn fastest(mut work: impl FnMut()) -> Duration {
    let times = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    });
    times.min().unwrap_or_default()
}

fn median(mut list: Vec<f64>) -> f64 {
    list.sort_by(f64::total_cmp);
    list.get(list.len() / 2).copied().unwrap_or_default()
}

/// The HTML files below a folder.
fn find_pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let packed = path.extension().is_some_and(|end| end == "gz");
            let name = if packed {
                path.with_extension("")
            } else {
                path.clone()
            };
            if path.is_dir() {
                folders.push(path);
            } else if name.extension().is_some_and(|end| end == "html") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn load(path: &Path) -> Option<Vec<u8>> {
    let bytes = fs::read(path).ok()?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Some(bytes);
    }
    let mut page = Vec::new();
    GzDecoder::new(bytes.as_slice())
        .read_to_end(&mut page)
        .ok()?;
    Some(page)
}

fn main() {
    let folder =
        std::env::var("DATELINE_PAGES").unwrap_or_else(|_| "tests/fixtures/articles".to_owned());
    let (rules, site) = (Rules::shipped(), SiteRules::default());
    let (mut parses, mut reads, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for bytes in find_pages(Path::new(&folder))
        .iter()
        .filter_map(|path| load(path))
    {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let page = Page {
            bytes: &bytes,
            ..Page::default()
        };
        let parse = fastest(|| drop(black_box(Html::parse_document(black_box(&text)))));
        let whole = fastest(|| drop(black_box(read(black_box(&page), &rules, &site))));
        parses.push(parse.as_secs_f64() * 1e3);
        reads.push(whole.as_secs_f64() * 1e3);
        shares.push(whole.as_secs_f64() / parse.as_secs_f64());
    }
    let (pages, share) = (shares.len(), median(shares));
    println!(
        "{pages} pages: parse {:.2} ms, article {:.2} ms, {share:.2} times the parse (at most {MOST})",
        median(parses),
        median(reads),
    );
}
