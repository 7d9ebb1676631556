//! Feeds made to hurt: deep, endless, bloated, or pointing elsewhere.

use std::{
    fs,
    net::TcpListener,
    process::Command,
    time::{Duration, Instant},
};

use dateline::feed::parse::{MAX_ENTRIES, parse};

use super::{address, read};

/// What stands before and after so many of a piece that the document has a given size.
const SLOW: &[(&str, &str, &str, &str)] = &[
    (
        "titles of the feed, never closed",
        "<rss><channel>",
        "<title>",
        "",
    ),
    ("images, never closed", "<rss><channel>", "<image>", ""),
    (
        "titles with an end that closes one",
        "<feed>",
        "<title>a",
        "</title></feed>",
    ),
    ("declarations with brackets", "<rss><channel>", "<![>", ""),
    (
        "declarations closed at last",
        "<rss><channel>",
        "<![>",
        "]>",
    ),
    (
        "document types with brackets",
        "<rss><channel>",
        "<!DOCTYPE [>",
        "",
    ),
    ("CDATA, never closed", "<rss><channel>", "<![CDATA[", ""),
    (
        "CDATA cut by items",
        "<rss><channel><item>",
        "<![CDATA[</item><item>",
        "",
    ),
    (
        "CDATA cut by entries",
        "<feed><entry>",
        "<![CDATA[</entry><entry>",
        "",
    ),
    ("comments, never closed", "<rss><channel>", "<!-", "<!--"),
    ("instructions", "<rss><channel>", "<?<>", ""),
    ("end tags, never closed", "<rss><channel>", "</x", ""),
    ("end tags closed at last", "<rss><channel>", "</x", ">"),
    ("start tags, never closed", "<rss><channel>", "<x", ""),
    (
        "quotes, never closed",
        "<rss><channel>",
        "<x y='<x y=\"",
        "",
    ),
    (
        "tags in a title",
        "<rss><channel><item><title>",
        "&lt;a",
        "</title>",
    ),
    (
        "tags in a title closed at last",
        "<rss><channel><item><title>",
        "&lt;a",
        "&gt;</title>",
    ),
    (
        "scripts in a title",
        "<rss><channel><item><title>",
        "&lt;script&gt;",
        "</title>",
    ),
    (
        "comments in a title",
        "<rss><channel><item><title>",
        "&lt;!-",
        "</title>",
    ),
    (
        "slashes in a title",
        "<rss><channel><item><title>",
        "&lt;//",
        "</title>",
    ),
    (
        "ampersands in a title",
        "<rss><channel><item><title>",
        "&#&x",
        "</title>",
    ),
    ("titles of an item", "<rss><channel><item>", "<title>", ""),
    ("elements of an item", "<rss><channel><item>", "<x>", ""),
    (
        "unclosed items",
        "<rss><channel>",
        "<item><a><b><title>",
        "",
    ),
    (
        "authors",
        "<rss><channel><item>",
        "<author>a</author>",
        "</item>",
    ),
    (
        "authors with parts",
        "<rss><channel><item><author>",
        "<nam",
        "</author></item>",
    ),
    ("bases", "<rss><channel>", "<rss xml:base='a/'>", "<item/>"),
    ("hours", "<rss><channel>", "<hour>1</hour>", "<item/>"),
    ("attributes", "<rss><channel><item ", "x=1 ", "/>"),
    ("namespaces", "<rss><channel><item ", "xmlns:x=\"", "/>"),
    ("lists in a list", "{\"title\":\"\",\"items\":[", "[", ""),
    (
        "objects in an object",
        "{\"title\":\"\",\"items\":[",
        "{\"authors\":",
        "",
    ),
    (
        "numbers in a list",
        "{\"title\":\"\",\"items\":[",
        "0,",
        "0]}",
    ),
    (
        "authors of an item",
        "{\"title\":\"\",\"items\":[{\"authors\":[",
        "\"a\",",
        "0]}]}",
    ),
];

fn filled((_, before, piece, after): (&str, &str, &str, &str), bytes: usize) -> String {
    // One allocation of the right size: the document must not hide what its reading takes.
    let pieces = bytes / piece.len();
    let mut document = String::with_capacity(before.len() + pieces * piece.len() + after.len());
    document.push_str(before);
    document.extend(std::iter::repeat_n(piece, pieces));
    document.push_str(after);
    document
}

fn time_of(document: &str) -> Duration {
    let begun = Instant::now();
    let entries = parse(document.as_bytes(), &address(), None).map_or(0, |feed| feed.entries.len());
    assert!(entries <= MAX_ENTRIES);
    begun.elapsed()
}

/// Ten times the bytes take some ten times as long; a hundred times would be quadratic.
#[test]
fn what_is_never_closed_is_read_in_time_that_grows_with_its_length() {
    const SHORT: usize = 1 << 20;
    const LONG: usize = 10 << 20;
    const AT_ONCE: Duration = Duration::from_millis(500);
    for &kind in SLOW {
        // A small one first: what is quadratic fails here, rather than holding the test up for hours.
        let small = time_of(&filled(kind, SHORT / 16));
        assert!(small < AT_ONCE, "{}: {small:?}", kind.0);
        let document = filled(kind, SHORT);
        let short = time_of(&document).min(time_of(&document));
        assert!(
            short < 40 * small.max(AT_ONCE / 10),
            "{}: {small:?}, {short:?}",
            kind.0
        );
        let long = time_of(&filled(kind, LONG));
        println!("{:36} 1 MiB {short:>9.1?}  10 MiB {long:>9.1?}", kind.0);
        assert!(
            long < (40 * short).max(AT_ONCE),
            "{}: {short:?}, {long:?}",
            kind.0
        );
    }
}

/// Ways to make one reader see tags that another does not.
const TRICKS: &[(&str, &str)] = &[
    ("", ""),
    ("<?p [?>", "<!-- ]> <rss><channel></channel></rss> -->"),
    (
        "<!DOCTYPE rss [ <!-- ]> --> ",
        " ]><rss><channel></channel></rss>",
    ),
    ("<!-- -- > ", " --><rss><channel></channel></rss>"),
    ("<![CDATA[ ", " ]]><rss><channel></channel></rss>"),
    ("<?xml version='1.0' encoding='utf-16'?>", ""),
];

const PARTS: &[&str] = &[
    "media:group",
    "media:content",
    "media:thumbnail",
    "media:community",
    "media:credit",
    "media:rating",
    "media:text",
    "media:title",
    "media:description",
    "media:keywords",
    "media:player",
    "media:hash",
    "item",
    "entry",
    "channel",
    "a",
    "div",
    "content",
];

#[test]
fn nesting_of_any_depth_at_any_place_ends_in_an_answer() {
    const RSS: &str =
        "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\"><channel>";
    const ATOM: &str = "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:media=\"http://search.yahoo.com/mrss/\">";
    let places = [
        (String::new(), ""),
        (RSS.to_owned(), "</channel></rss>"),
        (format!("{RSS}<item>"), "</item></channel></rss>"),
        (format!("{ATOM}<entry>"), "</entry></feed>"),
        ("<entry xmlns=\"http://www.w3.org/2005/Atom\" xmlns:media=\"http://search.yahoo.com/mrss/\">".to_owned(), "</entry>"),
    ];
    let mut documents = 0;
    for depth in [65, 700, 3_000, 1_000_000] {
        let giant = depth == 1_000_000;
        for (number, part) in PARTS.iter().enumerate() {
            let open = format!("<{part}>").repeat(depth);
            let close = format!("</{part}>").repeat(depth);
            for (place, (before, after)) in places.iter().enumerate() {
                for (trick, (front, back)) in TRICKS.iter().enumerate() {
                    // All together only while they are small.
                    if giant && (trick + place + number) % 30 != 0 {
                        continue;
                    }
                    let open_only = format!("{front}{before}{open}<item>{back}");
                    let whole = format!("{front}{before}{open}<item>x{close}{after}{back}");
                    for document in [open_only, whole] {
                        documents += 1;
                        let answer = parse(document.as_bytes(), &address(), None);
                        assert!(answer.map_or(0, |feed| feed.entries.len()) <= MAX_ENTRIES);
                    }
                }
            }
        }
    }
    println!("documents with deep nesting: {documents}, 0 aborts");
}

#[test]
fn entities_are_never_expanded_and_nothing_is_fetched_for_them() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a listening socket");
    let web = format!(
        "http://{}/e",
        listener.local_addr().expect("a bound address")
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    fs::write(&file, "canary-on-disk").expect("a writable folder");
    let file = format!("file://{}", file.display());
    let laughs: String = (1..10)
        .map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)))
        .collect();
    let big = "b".repeat(50_000);
    let subsets = [
        (
            "billion laughs",
            format!("<!ENTITY l0 \"lol\">{laughs}"),
            "&l9;".to_owned(),
        ),
        (
            "quadratic",
            format!("<!ENTITY b \"{big}\">"),
            "&b;".repeat(10_000),
        ),
        (
            "a file",
            format!("<!ENTITY f SYSTEM \"{file}\">"),
            "&f;".to_owned(),
        ),
        (
            "the web",
            format!("<!ENTITY w SYSTEM \"{web}\">"),
            "&w;".to_owned(),
        ),
        (
            "parameter entities",
            format!(
                "<!ENTITY % p SYSTEM \"{web}\"> %p; <!ENTITY % q \"<!ENTITY r SYSTEM '{file}'>\"> %q;"
            ),
            "&r;".to_owned(),
        ),
        (
            "nested",
            "<!ENTITY a \"&lt;!ENTITY b 'x'&gt;&b;\"><!ENTITY b \"&a;&a;\">".to_owned(),
            "&b;".repeat(1_000),
        ),
    ];
    for (name, subset, used) in subsets {
        // In a feed that our own reader reads, and in a lone entry, which goes to the second opinion.
        for (open, close) in [
            ("<rss><channel><item>", "</item></channel></rss>"),
            ("<entry>", "</entry>"),
        ] {
            let document = format!(
                "<?xml version=\"1.0\"?><!DOCTYPE x [{subset}]>{open}<title>{used}</title><description>{used}</description>{close}"
            );
            let said = format!("{:?}", parse(document.as_bytes(), &address(), None));
            println!(
                "{name:20} {:>7} bytes in, {:>7} out",
                document.len(),
                said.len()
            );
            assert!(said.len() <= 2 * document.len() + 1_000, "{name}");
            assert!(!said.contains("canary"), "{name}");
        }
    }
    assert!(listener.accept().is_err(), "something was fetched");
    let literal = read(
        "<!DOCTYPE a [<!ENTITY l \"x\">]><rss><channel><item><title>&l; &f;</title></item></channel></rss>",
    );
    assert_eq!(literal.entries[0].title.as_deref(), Some("&l; &f;"));
}

/// Documents whose reading may take this much memory beside the document itself.
const HEAVY: &[(&str, &str, &str, &str)] = &[
    (
        "zeros",
        "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[",
        "0,",
        "0]}",
    ),
    (
        "objects",
        "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[",
        "{\"\":0},",
        "0]}",
    ),
    (
        "nested",
        "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{\"id\":",
        "[",
        "",
    ),
    (
        "other",
        "{\"version\":\"https://jsonfeed.org/version/1\",\"x\":[",
        "[{}],",
        "0],\"items\":[]}",
    ),
    (
        "items",
        "<rss><channel>",
        "<item><title>t</title><link>https://a.example.org/</link></item>",
        "</channel></rss>",
    ),
    (
        "text",
        "<rss><channel>",
        "<item><description>&amp;lt;p></description></item>",
        "</channel></rss>",
    ),
    (
        "one text",
        "<rss><channel><item><description>",
        "\u{1}x",
        "</description></item></channel></rss>",
    ),
];
const HEAVY_BYTES: usize = 10 << 20;
const MOST_KIB: usize = 100 * 1024;

fn peak_kib() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0)
}

/// Runs in a process of its own, started by the test below; on its own it has nothing to do.
#[test]
fn reading_one_heavy_feed() {
    let asked = std::env::var("DATELINE_HEAVY_FEED").unwrap_or_default();
    let Some(kind) = HEAVY.iter().find(|kind| kind.0 == asked) else {
        return;
    };
    let document = filled(*kind, HEAVY_BYTES);
    let before = peak_kib();
    let feed = parse(document.as_bytes(), &address(), None);
    let entries = feed.as_ref().map_or(0, |feed| feed.entries.len());
    println!("entries {entries} kib {}", peak_kib() - before);
}

#[test]
fn a_feed_of_ten_megabytes_takes_little_memory() {
    let own = std::env::current_exe().expect("a running test");
    for (name, ..) in HEAVY {
        let child = Command::new(&own)
            .args([
                "--exact",
                "feeds::hostile::reading_one_heavy_feed",
                "--nocapture",
            ])
            .env("DATELINE_HEAVY_FEED", name)
            .output()
            .expect("the test itself can be started");
        let said = String::from_utf8_lossy(&child.stdout);
        let kib: usize = said
            .split_once(" kib ")
            .and_then(|(_, rest)| rest.split_whitespace().next()?.parse().ok())
            .unwrap_or_else(|| panic!("{name}: {said}"));
        println!(
            "{name:10} 10 MiB read with {:5.1} MiB more",
            kib as f64 / 1_024.0
        );
        assert!(kib < MOST_KIB, "{name}: {kib} KiB");
    }
}
