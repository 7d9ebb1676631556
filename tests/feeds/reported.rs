//! What people reported of other pollers: each kind by what it broke.

use dateline::feed::parse::parse;
use url::Url;

use super::read;

/// A feed found on another host than its site.
fn read_elsewhere(document: &str) -> dateline::feed::ParsedFeed {
    let address = Url::parse("https://cdn.example.net/feeds/all.xml").expect("a constant address");
    parse(document.as_bytes(), &address, None).unwrap_or_else(|error| panic!("{error}: {document}"))
}

fn link_of(feed: &dateline::feed::ParsedFeed, nth: usize) -> Option<&str> {
    feed.entries[nth].link.as_ref().map(Url::as_str)
}

#[test]
fn relative_links_of_a_feed_on_another_host_lead_to_the_site_of_its_channel() {
    let items = "<item><title>A</title><link>/story/1</link></item><item><title>B</title><guid>/story/2</guid></item>";
    let feed = read_elsewhere(&format!(
        "<rss><channel><link>https://www.example.org/</link>{items}</channel></rss>"
    ));
    assert_eq!(link_of(&feed, 0), Some("https://www.example.org/story/1"));
    assert_eq!(link_of(&feed, 1), Some("https://www.example.org/story/2"));
    let based = read_elsewhere(&format!(
        "<rss xml:base=\"https://base.example.org/\"><channel><link>https://www.example.org/</link>{items}</channel></rss>"
    ));
    assert_eq!(link_of(&based, 0), Some("https://base.example.org/story/1"));
    let own = read(&format!(
        "<rss><channel><link>https://news.example.org/en/</link>{items}</channel></rss>"
    ));
    assert_eq!(link_of(&own, 0), Some("https://news.example.org/story/1"));
    let json = read_elsewhere(
        r#"{"version":"https://jsonfeed.org/version/1.1","title":"T","home_page_url":"https://www.example.org/",
            "items":[{"id":"1","url":"/story/1"}]}"#,
    );
    assert_eq!(link_of(&json, 0), Some("https://www.example.org/story/1"));
}

#[test]
fn a_text_that_is_no_address_leads_nowhere_and_is_counted() {
    for text in ["N/A", "tba", "none", "coming soon"] {
        let feed = read(&format!(
            "<rss><channel><item><title>A</title><link>{text}</link></item></channel></rss>"
        ));
        assert_eq!((link_of(&feed, 0), feed.unusable), (None, 1), "{text}");
    }
    let feed = read(
        "<rss><channel><item><title>A</title><link>\n  https://example.org/one/\n  two </link></item></channel></rss>",
    );
    assert_eq!(link_of(&feed, 0), Some("https://example.org/one/two"));
}

#[test]
fn a_guid_that_is_said_to_be_a_permalink_leads_there_from_the_site_of_the_channel() {
    let feed = read_elsewhere(
        "<rss><channel><link>https://www.example.org/</link>\
         <item><title>A</title><guid isPermaLink=\"true\">story/1</guid></item>\
         <item><title>B</title><guid>story/2</guid></item>\
         <item><title>C</title><guid isPermaLink=\"true\">none</guid></item></channel></rss>",
    );
    let links: Vec<_> = (0..3).map(|nth| link_of(&feed, nth)).collect();
    assert_eq!(links, [Some("https://www.example.org/story/1"), None, None]);
}

#[test]
fn what_media_say_of_themselves_never_takes_the_place_of_an_items_own_text() {
    for own in [
        "<description>The story.</description>",
        "<dc:description>The story.</dc:description>",
    ] {
        let feed = read(&format!(
            "<rss xmlns:media='http://search.yahoo.com/mrss/' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>\
             <item><media:content url='a.jpg'><media:description>A caption.</media:description></media:content>\
             {own}<media:description>Another.</media:description></item></channel></rss>"
        ));
        assert_eq!(feed.entries[0].text.as_deref(), Some("The story."), "{own}");
    }
}

#[test]
fn texts_of_atom_are_read_by_their_type() {
    let feed = read(
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id>\
         <title>Use of &lt;col&gt; in &lt;colgroup&gt;</title><summary type='text'>1 &lt; 2 &amp; 3</summary></entry>\
         <entry><id>2</id><title type='html'>&lt;b&gt;Blue&lt;/b&gt; wins</title></entry>\
         <entry><id>3</id><title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>A &lt;b&gt; <em>c</em></div></title></entry></feed>",
    );
    let titles: Vec<&str> = feed
        .entries
        .iter()
        .filter_map(|entry| entry.title.as_deref())
        .collect();
    assert_eq!(
        titles,
        ["Use of <col> in <colgroup>", "Blue wins", "A <b> c"]
    );
    let text = feed.entries[0].text.as_deref();
    assert_eq!(text, Some("1 < 2 & 3"), "what is no markup stays as it is");
}

#[test]
fn a_feed_that_lists_the_oldest_first_gives_the_newest() {
    let item = |n: i64| {
        let at = jiff::Timestamp::from_second(1_700_000_000 + 60 * n).expect("an instant");
        format!(
            "<item><title>N{n}</title><link>https://a.example.org/{n}</link><pubDate>{at}</pubDate></item>"
        )
    };
    let items: String = (0..2_400).map(item).collect();
    let feed = read(&format!("<rss><channel>{items}</channel></rss>"));
    let titles: Vec<&str> = feed
        .entries
        .iter()
        .filter_map(|entry| entry.title.as_deref())
        .collect();
    assert_eq!(
        (titles.len(), titles[0], feed.past_the_cap),
        (2_000, "N400", 400)
    );
    assert_eq!(titles[1_999], "N2399");
}

#[test]
fn a_comment_that_is_never_closed_swallows_no_item() {
    let item =
        |n: u32| format!("<item><title>t{n}</title><link>https://a.example.org/{n}</link></item>");
    for rest in ["", "<!-- made in 3 ms -->"] {
        let feed = read(&format!(
            "<rss><channel>{}<!-- left open {}{}</channel></rss>{rest}",
            item(1),
            item(2),
            item(3)
        ));
        assert_eq!(feed.entries.len(), 3, "{rest}");
    }
}

#[test]
fn junk_in_brackets_before_the_document_makes_no_json_of_it() {
    let feed = read(
        "[notice] cache rebuilt\n<?xml version=\"1.0\"?><rss><channel><item><title>A</title></item></channel></rss>",
    );
    assert_eq!(feed.entries.len(), 1);
}

#[test]
fn a_fault_in_a_json_feed_costs_its_item_and_is_counted() {
    let feed = |items: &str| {
        read(&format!(
            r#"{{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{items}]}}"#
        ))
    };
    let good =
        |n: u32| format!(r#"{{"id":"{n}","url":"https://a.example.org/{n}","title":"t{n}"}}"#);
    let escape =
        r#"{"id":"1","url":"https://a.example.org/1","title":"It\'s over \ud83d\ude00 \ud83d"}"#;
    let mended = feed(&format!("{escape},{}", good(2)));
    let title = mended.entries[0].title.as_deref();
    assert_eq!(title, Some("It's over \u{1f600} \u{fffd}"));
    assert_eq!((mended.entries.len(), mended.unusable), (2, 0));
    let broken = r#"{"id":"1","title":"no end, "tags":[{"name":"x"}]}"#;
    let rest = feed(&format!("{},{broken},{}", good(2), good(3)));
    let ids: Vec<&str> = rest.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["2", "3"]);
    assert!(rest.unusable > 0);
}

#[test]
fn a_json_feed_of_which_nothing_can_be_read_is_no_empty_feed() {
    let text =
        r#"{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":1"title"}]}"#;
    let address = Url::parse("https://news.example.org/feed.json").expect("a constant address");
    assert!(parse(text.as_bytes(), &address, None).is_err());
}
