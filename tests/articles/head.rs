//! What a page says of its article in several wordings: the headline, and the day.

use dateline::{
    article::{Extracted, Page, Rules, extract},
    config::SiteRules,
};
use url::Url;

use super::{STORY, page, paragraphs};

/// A page of the story with something behind the headline, and data that say when it was published.
fn dated_by(published: &str, behind: &str) -> String {
    let html = format!(
        "<title>School moves to new building</title><meta property='article:published_time' content='{published}'>\
         <main><h1>School moves to new building</h1>{behind}<div>{}</div></main>",
        paragraphs(&STORY)
    );
    let read = page(&html).expect("a story");
    read.published.day.expect("a day").to_string()
}

fn dated(behind: &str) -> String {
    dated_by("2025-06-24T08:00:00Z", behind)
}

#[test]
fn a_day_shown_behind_the_headline_is_that_of_the_article() {
    assert_eq!(
        dated("<div><span>August 25, 2024</span></div>"),
        "2024-08-25"
    );
    assert_eq!(
        dated("<div><time datetime='2025-08-25'>August 25, 2025</time></div>"),
        "2025-08-25"
    );
    assert_eq!(
        dated("<div><a href='/today'>August 25, 2025</a></div>"),
        "2025-08-25"
    );
}

#[test]
fn a_day_of_another_thing_behind_the_headline_is_not() {
    for other in [
        "<div><span>Last updated on</span> <span>August 25, 2024</span></div>",
        "<div class='post-date'>Last updated: August 25, 2025</div>",
        "<a href='/x'><span>August 25, 2024</span> Theatre finds a head</a>",
        "<p><b>Release date:</b> August 25, 2024</p>",
        "<p>Release date: August 25, 2024</p>",
        "<div style='display:none'><span>August 25, 2024</span></div>",
    ] {
        assert_eq!(dated(other), "2025-06-24", "{other}");
    }
}

#[test]
fn a_change_in_the_night_does_not_move_the_day_that_the_data_tell_with_their_zone() {
    let shown = "<div><time datetime='2025-06-25T00:05'>2025/06/25 00:05</time></div>";
    assert_eq!(dated_by("2025-06-24T23:17:00+09:00", shown), "2025-06-24");
}

#[test]
fn the_day_behind_a_lesser_heading_that_says_the_title_counts_before_others() {
    let html = format!(
        "<title>School moves to new building | The Courier</title><main><ul><li>Theatre finds a head \
         <span class='post-date'>09/09/2019</span></li></ul><h3>School moves to new building</h3>\
         <p>27 Sep 2016</p><div>{}</div></main>",
        paragraphs(&STORY)
    );
    let day = page_at("https://vale.test/school", &html).published.day;
    assert_eq!(day.expect("a day").to_string(), "2016-09-27");
}

fn page_at(address: &str, html: &str) -> Extracted {
    let address = Url::parse(address).expect("an address");
    let page = Page {
        bytes: html.as_bytes(),
        address: Some(&address),
        ..Page::default()
    };
    extract(&page, &Rules::shipped(), &SiteRules::default()).expect("a story")
}

fn title_at(address: &str, head: &str, heading: &str) -> String {
    let html = format!(
        "{head}<main><h1>{heading}</h1><div>{}</div></main>",
        paragraphs(&STORY)
    );
    page_at(address, &html).title.expect("a title")
}

#[test]
fn of_two_headlines_that_share_little_the_one_that_the_address_was_made_of_is_the_title() {
    let told = "School on the island moves to new building";
    let heading = "Twelve minutes by ferry: what pupils will see from September on";
    let head = format!(
        "<title>{heading}</title><script type='application/ld+json'>{{\"@type\":\"NewsArticle\",\"headline\":\"{told}\"}}\
         </script>"
    );
    let address = "https://vale.test/news/school-on-the-island-moves-to-new-building-4711123.html";
    assert_eq!(title_at(address, &head, heading), told);
    assert_eq!(
        title_at("https://vale.test/news/4711123", &head, heading),
        told
    );
    let other = "https://vale.test/news/twelve-minutes-by-ferry-what-pupils-will-see";
    let agreed = format!("<meta property='og:title' content='{heading}'>{head}");
    assert_eq!(title_at(other, &agreed, heading), heading);
    assert_eq!(title_at(address, &agreed, heading), told);
}

#[test]
fn a_quotation_with_a_dash_in_it_is_not_cut_at_the_dash() {
    let heading = "'I sell seats on the ferry - going on a Monday could save you a lot'";
    let head = "<title>'I sell seats on the old ferry - going on a Monday could save you a lot'</title>\
                <meta property='og:title' content=\"'I sell seats - going on a Monday could save you a lot'\">";
    assert_eq!(title_at("https://vale.test/news/1", head, heading), heading);
}
