//! Processor time by stage: a worker's threads by what they do, and reading and coding, which share theirs, each alone.

use std::{
    collections::BTreeMap,
    fs, io,
    time::{Duration, Instant},
};

use dateline::{
    article::{Page, Rules, extract},
    config::SiteRules,
    event::{Coder, LexiconSource, Story},
};
use url::Url;

use crate::{
    http::{get, split},
    news::News,
};

/// Clock ticks a second in /proc/PID/stat (USER_HZ, which Linux fixes for programs).
const TICKS: f64 = 100.0;
/// Threads are looked at this often: one that ends takes its figure with it.
const LOOK: Duration = Duration::from_millis(200);
/// The name of the runtime's threads, as Linux cuts it.
const RUNTIME: &str = "tokio-rt-worker";

/// What a group of a worker's threads does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// The runtime's first threads, one a core.
    Asking,
    /// The runtime's other threads, which come when something is to be computed.
    Computing,
    /// The ledger's own threads.
    Ledger,
    /// Those of the client library.
    Client,
    /// The main thread.
    Start,
}

impl Group {
    /// What is done there, in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Asking => "poll, fetch, and what goes on between the stages",
            Self::Computing => "read and code (and the parsing of feeds)",
            Self::Ledger => "commit: the ledger's own threads",
            Self::Client => "commit: the threads of the Kafka client",
            Self::Start => "the main thread: configuration, lexicon, model",
        }
    }
}

/// The processor time of a process's threads, as it was seen last.
#[derive(Debug)]
pub(crate) struct Threads {
    process: u32,
    /// Name and seconds by number; numbers grow in the order in which threads start.
    seen: BTreeMap<u32, (String, f64)>,
    looked: Instant,
}

impl Threads {
    pub(crate) fn of(process: u32) -> Self {
        Self {
            process,
            seen: BTreeMap::new(),
            looked: Instant::now(),
        }
    }

    /// Looks, unless it did a moment ago.
    pub(crate) fn look_now_and_then(&mut self) {
        if self.looked.elapsed() >= LOOK {
            self.look();
        }
    }

    pub(crate) fn look(&mut self) {
        self.looked = Instant::now();
        let folder = format!("/proc/{}/task", self.process);
        for task in fs::read_dir(folder).into_iter().flatten().flatten() {
            let number = task.file_name().to_string_lossy().parse();
            let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            if let (Ok(number), Some(found)) = (number, name_and_seconds(&stat)) {
                self.seen.insert(number, found);
            }
        }
    }

    /// Seconds by group.
    pub(crate) fn groups(&self) -> BTreeMap<Group, f64> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (mut groups, mut runtime) = (BTreeMap::new(), 0);
        for (name, seconds) in self.seen.values() {
            let group = if name == RUNTIME {
                runtime += 1;
                if runtime <= cores {
                    Group::Asking
                } else {
                    Group::Computing
                }
            } else if name.starts_with("kafka-") {
                Group::Ledger
            } else if name.starts_with("rdk:") {
                Group::Client
            } else {
                Group::Start
            };
            *groups.entry(group).or_default() += seconds;
        }
        groups
    }
}

/// Seconds of a process and of the threads it had, in itself and in the kernel.
pub(crate) fn process_seconds(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    name_and_seconds(&stat).map_or(0.0, |(_, seconds)| seconds)
}

/// proc(5): the name stands in brackets; user and kernel time are the 12th and 13th field after it.
fn name_and_seconds(stat: &str) -> Option<(String, f64)> {
    let (before, after) = stat.rsplit_once(')')?;
    let (_, name) = before.split_once('(')?;
    let fields = after.split_whitespace().skip(11).take(2);
    let ticks: f64 = fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    Some((name.to_owned(), ticks / TICKS))
}

/// Reading and coding of all the news, one page after another with nothing beside: seconds of each.
pub(crate) async fn alone(news: &News) -> io::Result<(f64, f64)> {
    let mut pages = Vec::new();
    for (_, address) in news.articles() {
        let (host, path) = split(&address);
        let page = get(news.address(), host, path, "").await.body;
        let address = Url::parse(&address).map_err(io::Error::other)?;
        pages.push((address, page));
    }
    let (rules, site) = (Rules::shipped(), SiteRules::default());
    let coder = Coder::new(&LexiconSource::embedded(), &[]).map_err(io::Error::other)?;
    let me = std::process::id();
    let begun = process_seconds(me);
    let mut articles = Vec::new();
    for (address, page) in &pages {
        let page = Page {
            bytes: page.as_bytes(),
            content_type: Some("text/html; charset=utf-8"),
            address: Some(address),
            ..Page::default()
        };
        articles.push(extract(&page, &rules, &site).map_err(io::Error::other)?);
    }
    let read = process_seconds(me);
    let mut events = 0;
    for article in &articles {
        let story = Story {
            paragraphs: &article.paragraphs,
            title: article.title.as_deref(),
            published: article.published.clone(),
            language: article.language.clone(),
            dateline: article.dateline.clone(),
            ..Story::of_text(&article.text)
        };
        events += coder.code(&story).len();
    }
    assert!(events > 0, "nothing was coded");
    Ok((read - begun, process_seconds(me) - read))
}
