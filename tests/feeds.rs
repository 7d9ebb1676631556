//! Feeds: every kind is read, broken ones too, and no document hurts.

use std::{fs, io::Write as _, path::Path};

use dateline::feed::{
    ParsedFeed,
    parse::{FeedError, parse},
};
use url::Url;

use crate::support::skip;

mod broken;
mod hostile;
mod limits;
mod made;
mod reported;

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
fn an_empty_feed_is_a_feed_and_a_lone_entry_is_read_by_the_second_opinion() {
    for empty in [
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><channel><items><rdf:Seq/></items></channel></rdf:RDF>",
        "<rss><channel><!-- <item><title>t</title></item> --></channel></rss>",
    ] {
        assert_eq!(read(empty).entries, [], "{empty}");
    }
    let lone = read(
        "<?xml version='1.0' encoding='utf-16'?><entry xmlns='http://www.w3.org/2005/Atom'>\
         <id>tag:1</id><title>caf\u{e9}</title><link href='/a'/></entry>",
    );
    assert_eq!(lone.entries[0].title.as_deref(), Some("caf\u{e9}"));
    assert_eq!(lone.entries[0].id, "tag:1");
}

#[test]
fn a_json_feed_is_read_field_by_field() {
    let feed = read(
        r#"{"version": 1, "title": "a", "title": "f", "language": ["en"], "items": [0, null, [[]], "x",
            {"id": 7, "url": "/seven", "title": {"a": 1}, "authors": [{"name": "A"}, 3, [["B"]], "C"], "tags": {"": [0]}},
            {"id": ["no"], "external_url": "/eight", "title": "t", "author": {"name": 5}, "date_published": 1}]}"#,
    );
    assert_eq!(feed.title.as_deref(), Some("f"));
    assert_eq!(feed.unusable, 4);
    let [seven, eight] = &feed.entries[..] else {
        panic!("{:?}", feed.entries);
    };
    assert_eq!((seven.id.as_str(), &seven.title), ("7", &None));
    assert_eq!(seven.authors, ["A", "3", "C"]);
    assert_eq!(eight.id, "https://news.example.org/eight");
    assert_eq!(eight.authors, ["5"]);
}

#[test]
fn a_json_feed_with_an_error_keeps_what_stands_before_it() {
    let items = |cut: &str| {
        format!("{{\"title\":\"f\",\"items\":[{{\"id\":\"1\",\"title\":\"a\u{1}b\nc\"}},{cut}")
    };
    for rest in [
        "{\"id\":\"2\"}]}",
        "{\"id\":\"2\"},,]}",
        "{\"id\":\"2\"},{\"id\":\"3",
        "{\"id\":\"2\"}",
    ] {
        let feed = read(&items(rest));
        assert_eq!(feed.entries.len(), 2, "{rest}");
        assert_eq!(feed.entries[0].title.as_deref(), Some("a b c"));
    }
}

#[test]
fn a_packed_sitemap_is_unpacked_and_an_index_names_its_sitemaps() {
    let sitemap = fs::read("tests/fixtures/feeds/news-sitemap.xml").expect("a fixture");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&sitemap).expect("memory");
    let mut packed = gzip.finish().expect("memory");
    let read = |bytes: &[u8]| parse(bytes, &address(), None).map_or(0, |feed| feed.entries.len());
    assert_eq!(read(&packed), 2);
    packed.truncate(packed.len() - 9);
    assert!(read(&packed) > 0);
    let index = "<sitemapindex><sitemap><loc>https://a.example.org/1.xml</loc></sitemap><sitemap><loc>/2.xml</loc>";
    let error = parse(index.as_bytes(), &address(), None).expect_err("an index is no feed");
    assert!(
        error
            .to_string()
            .ends_with("https://a.example.org/1.xml https://news.example.org/2.xml"),
        "{error}"
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
        skip::left_out("no ../shared/bench beside the checkout: only feeds of our own are mutated");
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
