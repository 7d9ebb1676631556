//! Papers on loopback whose feeds grow, and which know who asks.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;

use super::{
    folder::Folder,
    raw_site::{RawSite, Step, answer},
};

/// Host names of papers.
const SITES: usize = 6;
/// Stories that a paper has in the end.
const STORIES: usize = 12;

/// The running papers.
pub(crate) struct Papers {
    site: RawSite,
    listed: Arc<AtomicUsize>,
}

impl Papers {
    /// Each lists one story. One of them also lists `/killer`: of whoever asks for that page `asked` hears the head of
    /// the request first.
    pub(crate) async fn start(asked: impl Fn(&str) + Send + Sync + 'static) -> Self {
        let listed = Arc::new(AtomicUsize::new(1));
        let now = Arc::clone(&listed);
        let site = RawSite::at([127, 0, 0, 1], move |head| {
            let mut lines = head.lines();
            let path = lines.next().and_then(|line| line.split(' ').nth(1));
            let host = lines.find_map(|line| line.strip_prefix("host: "));
            let (path, host) = (path.unwrap_or_default(), host.unwrap_or_default());
            let ok = |kind: &str, text: &str| {
                let kind = format!("Content-Type: {kind}\r\n");
                answer("200 OK", &kind, text.as_bytes())
            };
            if path == "/killer" {
                asked(head);
            }
            vec![Step::Send(match path {
                "/feed" => ok(
                    "application/rss+xml",
                    &feed(host, now.load(Ordering::SeqCst)),
                ),
                path if path.starts_with("/story") => ok("text/html", &story(host, path)),
                _ => answer("404 Not Found", "", b""),
            })]
        })
        .await;
        Self { site, listed }
    }

    /// From now on each lists so many stories; gives how many that makes, at most [`Self::stories`].
    pub(crate) fn list(&self, each: usize) -> usize {
        let each = each.min(STORIES);
        self.listed.store(each, Ordering::SeqCst);
        SITES * each
    }

    /// Stories in the end.
    pub(crate) fn stories() -> usize {
        SITES * STORIES
    }

    /// Requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.site.heads().len()
    }

    /// The feeds of the first papers.
    pub(crate) fn feeds(&self, of: usize) -> Vec<String> {
        let port = self.site.address.port();
        let feed = |host| format!("http://{host}:{port}/feed");
        hosts().take(of).map(feed).collect()
    }

    /// A worker's folder for all of them.
    pub(crate) fn folder(&self, worker: &str, tables: &str) -> Folder {
        let hosts: Vec<String> = hosts().collect();
        let pace = Duration::from_millis(20);
        Folder::of(worker, &hosts, &self.feeds(SITES), pace, tables)
    }
}

fn hosts() -> impl Iterator<Item = String> {
    (0..SITES).map(|site| format!("paper{site}.test"))
}

fn feed(host: &str, listed: usize) -> String {
    let names = (0..listed).map(|n| format!("story{n}"));
    let killer = host.starts_with("paper2.").then(|| "killer".to_owned());
    let item = |name: String| {
        format!("<item><title>{name} of {host}</title><link>http://{host}/{name}</link></item>")
    };
    let items: String = names.chain(killer).map(item).collect();
    format!("<rss version=\"2.0\"><channel><title>Paper</title>{items}</channel></rss>")
}

fn story(host: &str, path: &str) -> String {
    let title = format!("{} of {host}", path.trim_start_matches('/'));
    let told =
        "It was told at some length, so that it is a story and not a list of links. ".repeat(4);
    format!("<article><h1>{title}</h1><p>{title}. {told}</p></article>")
}

/// All stories are among these articles, each once.
pub(crate) fn all_are_there_once(articles: &[Value]) {
    let mut titles: Vec<String> = articles
        .iter()
        .map(|article| article["title"].to_string())
        .collect();
    titles.sort_unstable();
    titles.dedup();
    let stories = Papers::stories();
    assert_eq!((titles.len(), articles.len()), (stories, stories));
}
