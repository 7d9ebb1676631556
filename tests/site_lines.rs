//! What stands below the articles of a site is learned from them, kept in the ledger, and no part of the next one.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use dateline::ledger::Outlet;
use serde_json::Value;

use crate::support::{
    papers::{PAPER, published, sections_settings},
    raw_site::{RawSite, Step, answer},
    worker::Home,
};

/// No rule and no phrase says that this is no part of a story.
const FOOT: &str =
    "The Example Gazette is printed on the quay and read in all nine towns of the province.";
/// Articles from which it is learned.
const LEARNED_FROM: usize = 4;

fn page(story: usize) -> String {
    format!(
        "<html lang=\"en\"><head><title>Harvest {story}</title></head><body><article><h1>Harvest {story}</h1>\
         <p>Norway praised Portugal for its help with harvest {story}, and officials in both capitals said so.</p>\
         <p>In town {story} ministers described the step as useful and said that the details would take time.</p>\
         <p>Traders of ship {story} welcomed the news and hoped for calmer weeks after a long, stormy winter.</p>\
         <p>{FOOT}</p></article></body></html>"
    )
}

/// A paper that lists as many stories as it is told to.
async fn open_paper(listed: Arc<AtomicUsize>) -> RawSite {
    RawSite::at([127, 0, 0, 1], move |head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let host = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("host").then_some(value)
        });
        let said = match path.strip_prefix("/s/").map(str::parse) {
            Some(Ok(story)) => answer(
                "200 OK",
                "Content-Type: text/html\r\n",
                page(story).as_bytes(),
            ),
            _ if path == "/feed" => {
                let item = |story| {
                    let link = format!("http://{}/s/{story}", host.unwrap_or_default());
                    format!("<item><title>Harvest {story}</title><link>{link}</link></item>")
                };
                let items: String = (0..listed.load(Ordering::SeqCst)).map(item).collect();
                let feed = format!(
                    "<rss version=\"2.0\"><channel><title>T</title>{items}</channel></rss>"
                );
                answer("200 OK", "Content-Type: text/xml\r\n", feed.as_bytes())
            }
            _ => answer("404 Not Found", "", b""),
        };
        vec![Step::Send(said)]
    })
    .await
}

/// The articles of a worker that is ended and started again before the last story is listed.
async fn published_around_an_end(is_clean: bool) -> Vec<Value> {
    let listed = Arc::new(AtomicUsize::new(LEARNED_FROM));
    let paper = open_paper(Arc::clone(&listed)).await;
    let settings = sections_settings(&paper, "[article]\nkeep_removed = true\n");
    assert_eq!(settings.hosts, [PAPER]);
    let home = Home::new(&settings);
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, LEARNED_FROM);
    if is_clean {
        assert!(worker.stop().success());
    } else {
        worker.kill();
    }
    listed.fetch_add(1, Ordering::SeqCst);
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, LEARNED_FROM + 1);
    assert!(worker.stop().success());
    published(&home, Outlet::Articles)
}

fn has_foot(article: &Value) -> bool {
    article["text"]
        .as_str()
        .is_some_and(|text| text.contains(FOOT))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_below_each_article_of_a_site_is_no_part_of_the_next_one() {
    let articles = published_around_an_end(true).await;
    let (last, first) = articles.split_last().expect("five articles");
    assert!(first.iter().all(has_foot), "nothing is known yet");
    assert!(!has_foot(last), "{last:#}");
    let removed = serde_json::json!({"rule": "site_repeat", "text": FOOT});
    assert_eq!(last["removed"][0], removed);
    assert_eq!(last["paragraphs"].as_array().map(Vec::len), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_kill_forgets_of_a_sites_lines_has_changed_no_article() {
    let articles = published_around_an_end(false).await;
    assert!(articles.iter().all(has_foot));
}
