//! Feeds: every kind is read, broken ones too, and no document hurts.

use std::{fs, path::Path};

use dateline::feed::{
    ParsedFeed,
    parse::{FeedError, MAX_ENTRIES, parse},
};
use url::Url;

fn address() -> Url {
    Url::parse("https://news.example.org/feeds/all.xml").expect("a constant address")
}

fn read(document: &str) -> ParsedFeed {
    parse(document.as_bytes(), &address(), None)
        .unwrap_or_else(|error| panic!("{error}: {document}"))
}

fn fixture(name: &str) -> ParsedFeed {
    let path = Path::new("tests/fixtures/feeds").join(name);
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    parse(&bytes, &address(), None).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_kind_of_feed_gives_title_link_id_and_date() {
    for name in [
        "rss2.xml",
        "rss1.rdf",
        "atom1.xml",
        "atom03.xml",
        "feed.json",
        "cdf.xml",
        "news-sitemap.xml",
    ] {
        let feed = fixture(name);
        assert_eq!(feed.entries.len(), 2, "{name}");
        let first = &feed.entries[0];
        assert_eq!(
            first.title.as_deref(),
            Some("Talks on the river begin"),
            "{name}"
        );
        assert_eq!(
            first.link.as_ref().map(Url::as_str),
            Some("https://news.example.org/2004/river"),
            "{name}"
        );
        let at = first.published.or(first.updated).map(|at| at.to_string());
        assert_eq!(at.as_deref(), Some("2004-05-25T14:23:17Z"), "{name}");
        assert!(
            !first.id.is_empty() && first.id != feed.entries[1].id,
            "{name}"
        );
    }
}

#[test]
fn one_broken_item_costs_itself_and_never_the_feed() {
    for broken in [
        "<item><title>b</item>",
        "<item><title>AT&T & co < c</title><link>https://a.example.org/</link></item>",
        "<item><title><![CDATA[b</title></item>",
        "<item><media:description/><title>b</title></item>",
        "<item><title>b</title><unknown><deep></unknown></item>",
    ] {
        let item = |n: u32| {
            format!("<item><title>t{n}</title><link>https://a.example.org/{n}</link></item>")
        };
        let feed = read(&format!(
            "<rss><channel><title>f</title>{}{broken}{}</channel></rss>",
            item(1),
            item(2)
        ));
        let titles: Vec<_> = feed
            .entries
            .iter()
            .filter_map(|entry| entry.title.clone())
            .collect();
        assert!(
            titles.contains(&"t1".to_owned()) && titles.contains(&"t2".to_owned()),
            "{broken}: {titles:?}"
        );
    }
}

#[test]
fn a_feed_that_is_cut_short_keeps_what_is_whole() {
    let whole: Vec<String> = (0..5)
        .map(|n| format!("<item><title>t{n}</title><guid>https://a.example.org/{n}</guid></item>"))
        .collect();
    let whole = whole.concat();
    for cut in [1, 20, 40] {
        let document = format!(
            "<rss version=\"2.0\"><channel>{}",
            &whole[..whole.len() - cut]
        );
        assert!(read(&document).entries.len() >= 4, "{cut}");
    }
}

#[test]
fn versions_and_namespaces_that_nobody_declared_are_read() {
    for document in [
        "<rss><channel><item><title>t</title></item></channel></rss>",
        "<rss version='0.93'><channel><item><title>t</title></item></channel></rss>",
        "<RSS version='2.0.1'><Channel><ITEM><Title>t</Title></ITEM></Channel></RSS>",
        "<rdf><item><title>t</title></item></rdf>",
        "<feed xmlns='https://www.w3.org/2005/Atom/wrong'><entry><title>t</title></entry></feed>",
        "<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry><a:title>t</a:title></a:entry></a:feed>",
        "<html><body><rss version='2.0'><channel><item><title>t</title></item></channel></rss></body></html>",
        "\u{feff}\n\n <?xml version='1.0'?><rss version='2.0'><channel><item><title>t</title></item></channel></rss>",
    ] {
        assert_eq!(
            read(document).entries[0].title.as_deref(),
            Some("t"),
            "{document}"
        );
    }
}

#[test]
fn a_link_falls_back_to_the_guid_where_it_is_one() {
    let item = |guid: &str| {
        let feed = read(&format!(
            "<rss><channel><item><title>t</title>{guid}</item></channel></rss>"
        ));
        feed.entries[0].link.as_ref().map(Url::to_string)
    };
    assert_eq!(
        item("<guid>https://a.example.org/1</guid>").as_deref(),
        Some("https://a.example.org/1")
    );
    assert_eq!(
        item("<guid isPermaLink='false'>https://a.example.org/1</guid>"),
        None
    );
    assert_eq!(item("<guid>tag:1</guid>"), None);
}

#[test]
fn an_item_without_guid_and_link_has_the_same_id_at_every_poll() {
    let document =
        "<rss><channel><item><title>t</title><description>d</description></item></channel></rss>";
    assert_eq!(read(document).entries[0].id, read(document).entries[0].id);
    let other = document.replace("<title>t<", "<title>u<");
    assert_ne!(read(document).entries[0].id, read(&other).entries[0].id);
}

#[test]
fn a_title_is_never_overwritten_by_that_of_another_family() {
    let document = "<rss><channel><image><title>logo</title></image><title>feed</title><item><title>real</title>\
                    <media:content><media:title>photo</media:title></media:content></item></channel></rss>";
    let feed = read(document);
    assert_eq!(
        (feed.title.as_deref(), feed.entries[0].title.as_deref()),
        (Some("feed"), Some("real"))
    );
}

#[test]
fn hints_of_a_feed_are_read_within_bounds() {
    let feed = read(
        "<rss xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel><ttl>60</ttl>\
         <sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>\
         <skipHours><hour>1</hour><hour>24</hour></skipHours><skipDays><day>Sunday</day></skipDays>\
         <item><title>t</title></item></channel></rss>",
    );
    assert_eq!(
        feed.hints.at_least().map(|wait| wait.as_secs()),
        Some(3_600)
    );
    assert_eq!(
        (feed.hints.skip_hours, feed.hints.skip_days),
        (vec![1, 0], vec![6])
    );
}

#[test]
fn what_is_no_feed_is_refused() {
    for document in [
        "",
        "<html><body><p>hello</p></body></html>",
        "{\"a\": 1}",
        "[1, 2]",
        "plain text",
        "\u{0}\u{1}",
    ] {
        assert_eq!(
            parse(document.as_bytes(), &address(), None),
            Err(FeedError::NoFeed),
            "{document}"
        );
    }
}

#[test]
fn entities_are_never_expanded_and_no_file_is_read() {
    let bomb: Vec<String> = (1..10)
        .map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)))
        .collect();
    let bomb = bomb.concat();
    let document = format!(
        "<!DOCTYPE rss [<!ENTITY l0 \"lol\">{bomb}<!ENTITY f SYSTEM \"file:///etc/passwd\">]>\
         <rss><channel><item><title>&l9; &f;</title></item></channel></rss>"
    );
    assert_eq!(
        read(&document).entries[0].title.as_deref(),
        Some("&l9; &f;")
    );
}

#[test]
fn nesting_of_any_depth_ends_in_an_answer() {
    for depth in [65, 1_000, 30_000, 1_000_000] {
        for name in [
            "media:group",
            "media:content",
            "item",
            "entry",
            "channel",
            "a",
            "div",
        ] {
            let document = format!(
                "<rss><channel><item><title>t</title>{}x{}</item></channel></rss>",
                format!("<{name}>").repeat(depth),
                format!("</{name}>").repeat(depth)
            );
            // What it is read as is not the point: it ends, and within bounds.
            let entries =
                parse(document.as_bytes(), &address(), None).map_or(0, |feed| feed.entries.len());
            assert!(entries <= MAX_ENTRIES, "{name} {depth}");
        }
    }
}

#[test]
fn a_giant_feed_gives_its_first_entries() {
    let item = "<item><title>t</title><link>https://a.example.org/</link></item>";
    let document = format!("<rss><channel>{}</channel></rss>", item.repeat(100_000));
    assert_eq!(read(&document).entries.len(), MAX_ENTRIES);
}

/// Mutates documents by seeded edits; every reader of outside text must answer each of them.
#[test]
fn no_mutated_document_panics() {
    let rounds = if std::env::var_os("DATELINE_SOAK").is_some() {
        10_000
    } else {
        2_000
    };
    let mut documents: Vec<Vec<u8>> = files(Path::new("tests/fixtures/feeds"));
    let bench = Path::new("../shared/bench/feeds/docs");
    if bench.is_dir() {
        documents.extend(files(bench));
    } else {
        eprintln!("no bench documents beside the checkout: only the project's own are mutated");
    }
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % below.max(1)
    };
    for round in 0..rounds {
        let mut document = documents[next(documents.len())].clone();
        document.truncate(200_000);
        for _ in 0..=next(6) {
            let at = next(document.len());
            match next(4) {
                0 => document.truncate(at),
                1 if !document.is_empty() => document[at] = next(256) as u8,
                2 => drop(document.splice(at..at, b"<![CDATA[&#x<a b='".iter().copied())),
                _ => {
                    let end = (at + next(200)).min(document.len());
                    let piece = document[at..end].to_vec();
                    let to = next(document.len() + 1);
                    drop(document.splice(to..to, piece));
                }
            }
        }
        let answer = std::panic::catch_unwind(|| {
            parse(&document, &address(), Some("text/xml; charset=utf-8"))
        });
        assert!(answer.is_ok(), "round {round} panicked");
    }
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else {
                found.extend(fs::read(&path));
            }
        }
    }
    found
}
