//! Each article once, each site at its own pace, whichever feeds list it and whatever redirects lead to it.

#[path = "support/folder.rs"]
mod folder;
#[path = "support/news.rs"]
mod news;

use std::{collections::BTreeMap, time::Duration};

use dateline::set_aside::REASONS;
use folder::Folder;
use news::{News, Plan, breaches};

#[tokio::test(flavor = "multi_thread")]
async fn no_site_is_asked_twice_at_once_or_too_soon_and_each_article_is_read_once() {
    let pace = Duration::from_millis(40);
    let news = News::start(Plan::tangle(11))
        .await
        .expect("a local news server");
    let tables = "[poll]\nno_validators_floor = \"0s\"\nmin_interval = \"2s\"\ninterval = \"2s\"\nfirst_poll = 2000\n";
    let folder = Folder::new(&news.hosts(), &news.feeds(), pace, tables);
    let worker = folder.run();
    let expected = news.articles();
    folder.wait(
        "all articles and the two that lead nowhere",
        Duration::from_secs(180),
        |folder| folder.articles().len() >= expected.len() && folder.aside().len() >= 2,
    );
    assert!(worker.terminate().success(), "{}", folder.log());

    let articles = folder.articles();
    for (marker, url) in &expected {
        let found = articles
            .iter()
            .filter(|article| article.text.contains(marker))
            .count();
        assert_eq!(found, 1, "{marker} at {url}");
    }
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for aside in folder.aside() {
        assert!(
            REASONS.iter().any(|(reason, _)| *reason == aside.reason),
            "{aside:?}"
        );
        *reasons.entry(aside.reason).or_default() += 1;
    }
    assert!(
        reasons.contains_key("redirect_loop") && reasons.contains_key("consent_wall"),
        "{reasons:?}"
    );
    let hurried = breaches(&news.visits(), pace, Duration::from_millis(5));
    println!(
        "articles {}, visits {}, set aside {reasons:?}, hurried {}",
        articles.len(),
        news.visits().len(),
        hurried.len()
    );
    assert!(hurried.is_empty(), "{hurried:?}");
    news.stop().await;
}
