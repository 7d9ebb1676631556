//! The feeds of a site, from one of its pages: those it names, those it links, then the places where feeds usually are.

use std::collections::HashSet;

use url::Url;

use super::{
    links::resolve_href,
    text::strip_markup,
    values::read_attribute,
    xml::{TagReader, XmlToken},
};
use crate::decode::decode_text;

mod kind;

use kind::{LinkKind, is_feed_path, kind_of};

/// File names tried where a page names no feed that works, under its own path and at the root of its site: at most
/// twelve requests.
const USUAL: [&str; 6] = [
    "feed",
    "rss",
    "atom.xml",
    "feed.xml",
    "index.xml",
    "rss.xml",
];
/// Candidates taken from one page.
const MAX_NAMED: usize = 20;
/// Site maps taken from one robots.txt.
// Each is fetched to be looked at, at the pace of the site.
const MAX_SITEMAPS: usize = 5;
/// The text of a link that leads to a feed is no longer than this, in characters.
// `RSS`, `Atom feed`, `Subscribe`: longer ones are sentences about feeds.
const MAX_LINK_TEXT: usize = 12;

/// How the place of a feed became known, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoundBy {
    /// The `Link` head of the answer.
    Head,
    /// A `<link>` of the page with the type of a feed.
    Link,
    /// A `<link>` of the page whose type says little (`application/xml`, or none).
    VagueLink,
    /// A link in the text of the page.
    Anchor,
    /// Feeds usually are there.
    Usual,
    /// The site's robots.txt names it as a site map.
    Sitemap,
}

impl FoundBy {
    /// In words, for people.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Head => "Link head",
            Self::Link => "<link>",
            Self::VagueLink => "<link>, type unclear",
            Self::Anchor => "link in the text",
            Self::Usual => "usual place",
            Self::Sitemap => "robots.txt",
        }
    }
}

/// A place where a feed may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedCandidate {
    /// Its address.
    pub url: Url,
    /// As the page calls it.
    pub title: Option<String>,
    /// How it became known.
    pub found_by: FoundBy,
}

impl FeedCandidate {
    /// Whether it lists what readers wrote under the articles.
    fn is_of_comments(&self) -> bool {
        let title = self.title.as_deref().unwrap_or_default().to_lowercase();
        self.url.path().to_ascii_lowercase().contains("comment") || title.contains("comment")
    }
}

/// Where the feeds of a page's site may be, the likeliest first. `links` are the `Link` heads of its answer.
pub fn discover(bytes: &[u8], address: &Url, links: &[String]) -> Vec<FeedCandidate> {
    let mut found = find_named(bytes, address, links);
    found.extend(list_usual(address));
    drop_doubles(&mut found);
    found
}

/// Where feeds usually are: under the path of an address, then at the root of its site.
pub fn list_usual(address: &Url) -> Vec<FeedCandidate> {
    let mut folder = address.clone();
    folder.set_query(None);
    folder.set_fragment(None);
    let last = folder.path().rsplit('/').next().unwrap_or_default();
    // `/blog` is a folder without its slash, `/blog/index.html` a page in one.
    if !last.is_empty() && !last.contains('.') {
        let path = format!("{}/", folder.path());
        folder.set_path(&path);
    }
    let under = USUAL.iter().filter_map(|name| folder.join(name).ok());
    let at_root = USUAL
        .iter()
        .filter_map(|name| address.join(&format!("/{name}")).ok());
    let mut found: Vec<FeedCandidate> = under
        .chain(at_root)
        .map(|url| FeedCandidate {
            url,
            title: None,
            found_by: FoundBy::Usual,
        })
        .collect();
    drop_doubles(&mut found);
    found
}

/// The feeds that a page names: in its head, in the heads of its answer, and where there is none in its text.
pub fn find_named(bytes: &[u8], address: &Url, links: &[String]) -> Vec<FeedCandidate> {
    let text = decode_text(bytes, None);
    let mut found: Vec<FeedCandidate> = links
        .iter()
        .flat_map(|line| line.split(",<").flat_map(|part| part.split(", <")))
        .filter_map(|link| read_head(link, address))
        .collect();
    let page = PageLinks::read_page(&text, address);
    found.extend(page.named);
    if found.is_empty() {
        found = page.anchors;
    }
    found.sort_by_key(|candidate| (candidate.is_of_comments(), candidate.found_by));
    drop_doubles(&mut found);
    found.truncate(MAX_NAMED);
    found
}

/// The site maps that a robots.txt names, those of news first.
pub fn find_sitemaps(robots: &[u8], address: &Url) -> Vec<FeedCandidate> {
    let text = String::from_utf8_lossy(robots);
    let named = text.lines().filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        let is_map = key.trim().eq_ignore_ascii_case("sitemap");
        is_map.then(|| resolve_href(value, address)).flatten()
    });
    let mut maps: Vec<Url> = named.collect();
    maps.sort_by_key(|url| !is_of_news(url));
    maps.truncate(MAX_SITEMAPS);
    let found_by = FoundBy::Sitemap;
    let candidate = |url| FeedCandidate {
        url,
        title: None,
        found_by,
    };
    maps.into_iter().map(candidate).collect()
}

/// Whether a site map is one of news by its address.
pub fn is_of_news(url: &Url) -> bool {
    url.as_str().to_ascii_lowercase().contains("news")
}

fn drop_doubles(found: &mut Vec<FeedCandidate>) {
    let mut seen = HashSet::new();
    found.retain(|candidate| seen.insert(candidate.url.clone()));
}

/// A link of the `Link` head (RFC 8288): `<address>; rel="alternate"; type="application/rss+xml"`.
fn read_head(link: &str, address: &Url) -> Option<FeedCandidate> {
    let link = link.trim().trim_start_matches('<');
    let (href, rest) = link.split_once('>')?;
    let parameter = |wanted: &str| {
        rest.split(';').find_map(|part| {
            let (name, value) = part.split_once('=')?;
            let value = value.trim().trim_matches('"').to_owned();
            name.trim().eq_ignore_ascii_case(wanted).then_some(value)
        })
    };
    let kind = kind_of(
        parameter("rel").as_deref(),
        parameter("type").as_deref(),
        href,
    )?;
    (kind == LinkKind::Feed).then_some(())?;
    Some(FeedCandidate {
        url: resolve_href(href, address)?,
        title: parameter("title"),
        found_by: FoundBy::Head,
    })
}

/// What a page links to that may be a feed.
struct PageLinks {
    named: Vec<FeedCandidate>,
    anchors: Vec<FeedCandidate>,
}

impl PageLinks {
    fn read_page(text: &str, address: &Url) -> Self {
        let mut reader = TagReader::new(text);
        let mut base = address.clone();
        let (mut named, mut anchors) = (Vec::new(), Vec::new());
        while let Some(token) = reader.next() {
            let XmlToken::Start {
                name, attributes, ..
            } = token
            else {
                continue;
            };
            if name.eq_ignore_ascii_case("base") {
                let own = read_attribute(attributes, "href")
                    .and_then(|href| resolve_href(&href, address));
                base = own.unwrap_or(base);
            } else if name.eq_ignore_ascii_case("link") && named.len() < MAX_NAMED {
                named.extend(read_link(attributes, &base));
            } else if name.eq_ignore_ascii_case("a") && anchors.len() < MAX_NAMED {
                let after = text.get(reader.position()..).unwrap_or_default();
                anchors.extend(read_anchor(attributes, after, &base));
            }
        }
        Self { named, anchors }
    }
}

fn read_link(attributes: &str, base: &Url) -> Option<FeedCandidate> {
    let href = read_attribute(attributes, "href")?;
    let said = |name| read_attribute(attributes, name);
    // The same page in another language or for another screen is no feed.
    let is_twin = said("hreflang").is_some() || said("media").is_some();
    let kind = kind_of(said("rel").as_deref(), said("type").as_deref(), &href)?;
    if is_twin && kind == LinkKind::Vague {
        return None;
    }
    Some(FeedCandidate {
        url: resolve_href(&href, base)?,
        title: said("title"),
        found_by: match kind {
            LinkKind::Feed => FoundBy::Link,
            LinkKind::Vague => FoundBy::VagueLink,
        },
    })
}

/// A link in the text: one whose address looks like that of a feed, or that is called so.
fn read_anchor(attributes: &str, after: &str, base: &Url) -> Option<FeedCandidate> {
    let url = resolve_href(&read_attribute(attributes, "href")?, base)?;
    let end = memchr::memmem::find(after.as_bytes(), b"</").unwrap_or(0);
    let end = after.floor_char_boundary(end.min(8 * MAX_LINK_TEXT));
    let text = strip_markup(&after[..end]);
    let word = text.to_ascii_lowercase();
    let is_called_so = text.chars().count() <= MAX_LINK_TEXT
        && word
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| ["rss", "atom"].contains(&word));
    let leads = is_feed_path(&url) || is_called_so;
    leads.then(|| FeedCandidate {
        url,
        title: Some(text).filter(|text| !text.is_empty()),
        found_by: FoundBy::Anchor,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Url {
        Url::parse("https://example.org/blog/index.html").expect("an address")
    }

    fn found(page: &str, links: &[&str]) -> Vec<(String, FoundBy)> {
        let links: Vec<String> = links.iter().map(ToString::to_string).collect();
        let found = find_named(page.as_bytes(), &address(), &links);
        let pair = |candidate: FeedCandidate| (candidate.url.to_string(), candidate.found_by);
        found.into_iter().map(pair).collect()
    }

    #[test]
    fn feeds_that_a_page_names_come_before_the_usual_places() {
        let page = br#"<html><head><base href="/news/"><link rel=stylesheet type="text/css" href="a.css">
            <link rel="alternate" type="application/rss+xml" title="All &amp; more" href="rss.xml?a=1&amp;b=2">
            <link rel="alternate" type="application/feed+json" href="https://other.example.org/feed.json">"#;
        let found = discover(page, &address(), &[]);
        assert_eq!(
            found[0].url.as_str(),
            "https://example.org/news/rss.xml?a=1&b=2"
        );
        assert_eq!(found[0].title.as_deref(), Some("All & more"));
        assert_eq!(found[1].url.as_str(), "https://other.example.org/feed.json");
        assert_eq!(found.len(), 2 + 2 * USUAL.len());
    }

    #[test]
    fn a_feed_is_found_however_its_type_is_written() {
        for link in [
            r#"<link rel="alternate" type="application/xml" href="/rss.xml">"#,
            r#"<link rel="alternate" href="/rss.xml">"#,
            r#"<link rel="alternate" title="News" href="../rss.xml">"#,
            r"<LINK REL='Alternate' TYPE='Application/RSS+XML; charset=utf-8' HREF='/rss.xml'>",
            r#"<link rel="alternate" type="application/rss&#43;xml" href="/rss.xml">"#,
            r#"<link rel="alternate" type="application/rss xml" href="/rss.xml">"#,
            r#"<link rel="alternate" type="application/x-rss+xml" href="/rss.xml">"#,
            r#"<link rel="alternate" type="text/rss" href="/rss.xml">"#,
            r#"<link rel="feed" href="/rss.xml">"#,
            r#"<link type="application/atom+xml" href="/rss.xml">"#,
        ] {
            let found = found(link, &[]);
            assert_eq!(found.len(), 1, "{link}");
            assert_eq!(found[0].0, "https://example.org/rss.xml", "{link}");
        }
    }

    #[test]
    fn what_is_the_page_in_another_form_is_no_feed() {
        for link in [
            r#"<link rel="alternate" hreflang="fr" href="/fr/">"#,
            r#"<link rel="alternate" media="handheld" href="/m/feed">"#,
            r#"<link rel="alternate" type="application/json+oembed" href="/oembed">"#,
            r#"<link rel="EditURI" type="application/rsd+xml" href="/xmlrpc.php?rsd">"#,
            r#"<link rel="search" type="application/opensearchdescription+xml" href="/search.xml">"#,
            r#"<link rel="stylesheet" href="/feed.css">"#,
            r#"<link rel="alternate" type="text/html" href="/amp">"#,
        ] {
            assert_eq!(found(link, &[]), [], "{link}");
        }
    }

    #[test]
    fn the_head_of_the_answer_names_feeds_too() {
        let head = "<https://example.org/f.xml>; rel=\"alternate\"; type=\"application/rss+xml\", </style.css>; rel=preload";
        assert_eq!(
            found("<html>", &[head]),
            [("https://example.org/f.xml".to_owned(), FoundBy::Head)]
        );
    }

    #[test]
    fn links_in_the_text_count_where_nothing_else_names_a_feed() {
        let text = r#"<a href="/about">About</a> <a href="/feeds/main">RSS</a> <a href="news.rss">All news</a>"#;
        let expected = [
            ("https://example.org/feeds/main".to_owned(), FoundBy::Anchor),
            (
                "https://example.org/blog/news.rss".to_owned(),
                FoundBy::Anchor,
            ),
        ];
        assert_eq!(found(text, &[]), expected);
        let named = format!(r#"<link rel=alternate type="application/rss+xml" href="/x">{text}"#);
        assert_eq!(found(&named, &[]).len(), 1);
    }

    #[test]
    fn a_feed_of_comments_comes_last() {
        let page = r#"<link rel=alternate type="application/rss+xml" href="/comments/feed/">
            <link rel=alternate type="application/rss+xml" href="/feed/">"#;
        assert_eq!(found(page, &[])[0].0, "https://example.org/feed/");
    }

    #[test]
    fn the_usual_places_are_looked_for_under_the_path_first() {
        let page = Url::parse("https://example.org/blog").expect("an address");
        let usual = list_usual(&page);
        assert_eq!(usual[0].url.as_str(), "https://example.org/blog/feed");
        assert!(
            usual
                .iter()
                .any(|place| place.url.as_str() == "https://example.org/feed")
        );
        let root = Url::parse("https://example.org/").expect("an address");
        assert_eq!(list_usual(&root).len(), USUAL.len());
    }

    #[test]
    fn the_news_map_of_a_robots_txt_comes_first() {
        let robots =
            b"User-agent: *\nSitemap: /map.xml\nsitemap: https://example.org/news-map.xml\n";
        let maps = find_sitemaps(robots, &address());
        let maps: Vec<&str> = maps.iter().map(|map| map.url.as_str()).collect();
        assert_eq!(
            maps,
            [
                "https://example.org/news-map.xml",
                "https://example.org/map.xml"
            ]
        );
    }
}
