//! The built-in and the synthetic news sites are what the worker's tests take them for.
use std::{collections::HashSet, time::Duration};

use dateline::demo::{DemoSite, DemoStory};

use crate::support::{
    http::{get, split},
    news::{News, Plan, breaches},
};

async fn demo() -> DemoSite {
    DemoSite::start()
        .await
        .expect("a loopback port is free and the embedded files are sound")
}

/// The page's text with the entities of our own templates undone.
async fn page_of(site: &DemoSite, story: &DemoStory) -> String {
    let reply = get(site.address(), &story.host, &story.path, "").await;
    assert_eq!(reply.status, 200, "{}{}", story.host, story.path);
    reply.body.replace("&quot;", "\"").replace("&amp;", "&")
}

/// Links of a feed, read by feed-rs.
fn links(body: &str) -> Vec<String> {
    let feed = feed_rs::parser::parse(body.as_bytes()).expect("a feed of ours is well formed");
    for entry in &feed.entries {
        assert!(
            entry.title.is_some() && entry.published.or(entry.updated).is_some(),
            "{entry:?}"
        );
    }
    let first = |entry: feed_rs::model::Entry| entry.links.into_iter().next().map(|link| link.href);
    feed.entries.into_iter().filter_map(first).collect()
}

#[tokio::test]
async fn the_demo_has_the_promised_size() {
    let site = demo().await;
    let texts: HashSet<String> = site
        .stories()
        .iter()
        .map(|story| story.paragraphs.join("\n"))
        .collect();
    assert!(
        site.hosts().len() >= 8
            && site
                .hosts()
                .iter()
                .all(|host| host.rsplit('.').next() == Some("test"))
    );
    assert_eq!(site.feeds().len(), 6);
    assert!(texts.len() >= 40, "{} different stories", texts.len());
    for story in site.stories() {
        let words = story
            .paragraphs
            .iter()
            .flat_map(|text| text.split_whitespace())
            .count();
        assert!(
            (120..=350).contains(&words),
            "{}: {words} words",
            story.path
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn every_page_holds_its_clean_paragraphs_in_order_and_its_day() {
    let site = demo().await;
    for story in site.stories() {
        let page = page_of(&site, story).await;
        let mut rest = page.as_str();
        for paragraph in &story.paragraphs {
            let at = rest.find(paragraph.as_str());
            let at = at.unwrap_or_else(|| panic!("{}: lost {paragraph:?}", story.path));
            rest = &rest[at + paragraph.len()..];
        }
        assert!(page.contains(&story.title));
        assert!(
            !page.contains("{{"),
            "{}: a placeholder is left",
            story.path
        );
        let days = ["%Y-%m-%d", "%B %-d, %Y", "%A, %-d %B %Y"];
        let shown = days
            .iter()
            .any(|f| page.contains(&story.published.strftime(f).to_string()));
        assert!(shown, "{}: no day", story.path);
    }
    site.stop().await;
}

#[tokio::test]
#[allow(
    clippy::disallowed_methods,
    reason = "the pages are our own: no budget is needed"
)]
async fn no_page_consists_of_its_story_alone() {
    let site = demo().await;
    for story in site.stories() {
        let page = page_of(&site, story).await;
        let plain = scraper::Html::parse_document(&page);
        let shown: usize = plain
            .root_element()
            .text()
            .map(|text| text.trim().len())
            .sum();
        let clean: usize = story.paragraphs.iter().map(String::len).sum();
        assert!(
            shown > clean + 300,
            "{}: only {} more bytes",
            story.path,
            shown - clean
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn the_feeds_list_every_story_in_four_formats() {
    let site = demo().await;
    let (mut listed, mut types) = (HashSet::new(), HashSet::new());
    for feed in site.feeds() {
        let (host, path) = split(&feed.url);
        let reply = get(site.address(), host, path, "").await;
        types.insert(reply.header("content-type").to_owned());
        listed.extend(links(&reply.body));
    }
    assert_eq!(types.len(), 4, "{types:?}");
    let port = site.address().port();
    for story in site.stories() {
        let url = format!("http://{}:{port}{}", story.host, story.path);
        let short = story.path.contains("dayton");
        let named = |link: &String| link.split('?').next() == Some(url.as_str());
        assert!(short || listed.iter().any(named), "{url} is in no feed");
    }
    site.stop().await;
}

#[tokio::test]
async fn one_story_is_listed_by_four_feeds_under_different_addresses() {
    let site = demo().await;
    let mut addresses = HashSet::new();
    for feed in site.feeds() {
        let (host, path) = split(&feed.url);
        let all = links(&get(site.address(), host, path, "").await.body);
        addresses.extend(
            all.into_iter()
                .filter(|link| link.contains("security-council-kosovo")),
        );
    }
    assert_eq!(addresses.len(), 4, "{addresses:?}");
    site.stop().await;
}

#[tokio::test]
async fn an_unchanged_page_or_feed_answers_304() {
    let site = demo().await;
    let feed = site.feeds().remove(0);
    let (host, path) = split(&feed.url);
    let first = get(site.address(), host, path, "").await;
    let etag = format!("If-None-Match: {}\r\n", first.header("etag"));
    let since = format!("If-Modified-Since: {}\r\n", first.header("last-modified"));
    let other = format!("If-None-Match: \"other\"\r\n{since}");
    for (line, status) in [(etag, 304), (since, 304), (other, 200)] {
        assert_eq!(
            get(site.address(), host, path, &line).await.status,
            status,
            "{line}"
        );
    }
    site.stop().await;
}

#[tokio::test]
async fn hosts_are_kept_apart_and_odd_roads_lead_where_they_should() {
    let site = demo().await;
    let port = site.address().port();
    let ask = |host: &'static str, path: &'static str| get(site.address(), host, path, "");
    assert_eq!(
        ask("eastwire.test", "/1978/09/camp-david-accords")
            .await
            .status,
        404
    );
    assert_eq!(ask("nobody.test", "/").await.status, 404);
    assert_eq!(
        ask("northgazette.test", "/1989/11/withdrawn-page")
            .await
            .status,
        404
    );
    let rules = ask("harbourherald.test", "/robots.txt").await.body;
    assert!(rules.contains("Disallow: /print/"), "{rules}");
    let short = ask("go.shortlinks.test", "/m7").await;
    let target = short.header("location").to_owned();
    assert_eq!(short.status, 301);
    let (host, path) = split(&target);
    assert!(
        get(site.address(), host, path, "")
            .await
            .body
            .contains("Dayton")
    );
    let wall = ask("lakesidepost.test", "/1992/12/year-in-treaties").await;
    let (host, path) = split(wall.header("location"));
    let form = get(site.address(), host, path, "").await;
    assert_eq!((wall.status, form.status), (302, 200));
    assert!(form.body.contains(&format!(
        "lakesidepost.test:{port}/1992/12/year-in-treaties"
    )));
    site.stop().await;
}

#[tokio::test]
async fn the_site_remembers_who_was_asked_for_what() {
    let site = demo().await;
    get(site.address(), "eastwire.test", "/feed.json?x=1", "").await;
    let visits = site.visits();
    assert_eq!(visits.len(), 1);
    assert_eq!(
        (visits[0].host.as_str(), visits[0].status),
        ("eastwire.test", 200)
    );
    assert_eq!(visits[0].path, "/feed.json?x=1");
    assert!(
        visits[0]
            .ended
            .is_some_and(|ended| ended >= visits[0].started)
    );
    site.stop().await;
}

#[tokio::test]
async fn each_synthetic_article_holds_its_own_marker_and_no_other() {
    let news = News::start(Plan::tangle(7))
        .await
        .expect("a loopback port is free");
    let articles = news.articles();
    let markers: HashSet<&String> = articles.iter().map(|(marker, _)| marker).collect();
    assert_eq!(markers.len(), 120);
    for (marker, url) in &articles {
        let (host, path) = split(url);
        let page = get(news.address(), host, path, "").await.body;
        let body = page
            .split("</h1>")
            .nth(1)
            .expect("an article has a headline");
        assert_eq!(body.matches("DLM").count(), 1);
        assert!(body.contains(marker.as_str()), "{url} lacks {marker}");
    }
    news.stop().await;
}

#[tokio::test]
async fn synthetic_feeds_list_each_article_four_times_and_lead_to_it() {
    let news = News::start(Plan::tangle(7))
        .await
        .expect("a loopback port is free");
    assert_eq!(news.feeds().len(), 30);
    let (mut all, mut odd) = (Vec::new(), 0);
    for feed in news.feeds() {
        let (host, path) = split(&feed);
        for link in links(&get(news.address(), host, path, "").await.body) {
            odd += usize::from(link.ends_with("/circle") || link.ends_with("/walled"));
            let (host, path) = split(&link);
            let reply = get(news.address(), host, path, "").await;
            let end = if reply.status == 301 {
                reply.header("location")
            } else {
                &link
            };
            all.push(
                end.split('?')
                    .next()
                    .expect("a split has a first part")
                    .to_owned(),
            );
        }
    }
    assert_eq!(odd, 2);
    for (_, url) in news.articles() {
        assert_eq!(all.iter().filter(|link| **link == url).count(), 4, "{url}");
    }
    news.stop().await;
}

#[tokio::test]
async fn a_feed_changes_when_more_articles_are_let_out() {
    let news = News::start(Plan::flow(3, 2000))
        .await
        .expect("a loopback port is free");
    let feed = news.feeds().remove(0);
    let (host, path) = split(&feed);
    news.list(10);
    let few = get(news.address(), host, path, "").await;
    let same = format!("If-None-Match: {}\r\n", few.header("etag"));
    assert_eq!(get(news.address(), host, path, &same).await.status, 304);
    news.list(100);
    let more = get(news.address(), host, path, &same).await;
    assert_eq!(
        (links(&few.body).len(), more.status, links(&more.body).len()),
        (10, 200, 100)
    );
    news.stop().await;
}

#[tokio::test]
async fn overlapping_and_hasty_requests_are_noticed() {
    let plan = Plan {
        latency: Duration::from_millis(500),
        ..Plan::flow(1, 20)
    };
    let news = News::start(plan).await.expect("a loopback port is free");
    let ask = |host: &'static str| get(news.address(), host, "/f/0", "");
    tokio::join!(ask("site0.test"), ask("site1.test"));
    assert_eq!(
        breaches(&news.visits(), Duration::from_mins(1), Duration::ZERO).len(),
        0
    );
    tokio::join!(ask("site2.test"), ask("site2.test"));
    let found = breaches(&news.visits(), Duration::ZERO, Duration::ZERO);
    assert!(found.len() == 1 && found[0].contains("during"), "{found:?}");
    ask("site1.test").await;
    let found = breaches(&news.visits(), Duration::from_mins(1), Duration::ZERO);
    assert_eq!(found.len(), 3, "{found:?}");
    news.stop().await;
}
