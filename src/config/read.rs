//! The keys of the configuration file: one function a table.

use std::time::Duration;

use super::{
    ArticleConfig, CoderConfig, Config, ConfigTable, HttpConfig, LedgerConfig, LedgerKind,
    PollConfig, WorkerConfig, value,
};

mod fetch;
mod kafka;

pub(crate) use fetch::sites;
pub(super) use kafka::base;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

const MODALITIES: &[&str] = &[
    "asserted",
    "negated",
    "future",
    "hypothetical",
    "historical",
    "generic",
];

pub(super) fn config(root: &ConfigTable<'_>) -> Config {
    Config {
        contact: root.parsed(
            "contact",
            "an address people can write to, or a web page",
            contact,
        ),
        feeds: root.beside(
            &root
                .text("feeds")
                .unwrap_or_else(|| "feeds.toml".to_owned()),
        ),
        ledger: closed(root, "ledger", ledger),
        kafka: closed(root, "kafka", kafka::kafka),
        fetch: closed(root, "fetch", fetch::fetch),
        poll: closed(root, "poll", poll),
        article: closed(root, "article", article),
        coder: closed(root, "coder", coder),
        http: closed(root, "http", http),
        worker: closed(root, "worker", worker),
    }
}

/// Reads a table and refuses the keys that nobody asked for.
fn closed<T>(parent: &ConfigTable<'_>, key: &str, read: impl FnOnce(&ConfigTable<'_>) -> T) -> T {
    let table = parent.table(key);
    let made = read(&table);
    table.refuse_unknown();
    made
}

fn contact(text: &str) -> Result<String, String> {
    let text = text.trim();
    let printable = text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if text.len() >= 5 && printable && (text.contains('@') || text.contains("://")) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is neither"))
    }
}

fn ledger(table: &ConfigTable<'_>) -> LedgerConfig {
    LedgerConfig {
        kind: if table.one_of("kind", false, &[("sqlite", false), ("kafka", true)]) {
            LedgerKind::Kafka
        } else {
            LedgerKind::Sqlite
        },
        path: table.beside(
            &table
                .text("path")
                .unwrap_or_else(|| "dateline.db".to_owned()),
        ),
        keep: forever_or(table, "keep", None),
    }
}

/// A duration, or "forever" as `None`.
fn forever_or(table: &ConfigTable<'_>, key: &str, default: Option<Duration>) -> Option<Duration> {
    let read = table.parsed(
        key,
        "a duration such as \"90d\", or \"forever\"",
        |text| match text {
            "forever" => Ok(None),
            text => value::duration(text).map(Some),
        },
    );
    read.unwrap_or(default)
}

fn poll(table: &ConfigTable<'_>) -> PollConfig {
    let poll = PollConfig {
        interval: table.duration("interval", 15 * MINUTE, SECOND..=30 * DAY),
        min_interval: table.duration("min_interval", 15 * MINUTE, SECOND..=30 * DAY),
        max_interval: table.duration("max_interval", 24 * HOUR, SECOND..=30 * DAY),
        no_validators_floor: table.duration("no_validators_floor", HOUR, Duration::ZERO..=30 * DAY),
        first_poll: table.whole("first_poll", 20, 0..=2_000) as usize,
    };
    if poll.min_interval > poll.max_interval {
        table.fault(
            "min_interval",
            "is longer than max_interval",
            "a shorter one",
        );
    }
    poll
}

fn article(table: &ConfigTable<'_>) -> ArticleConfig {
    ArticleConfig {
        keep_removed: table.flag("keep_removed", false),
        recheck: table
            .list("recheck", "durations such as \"6h\"", value::duration)
            .unwrap_or_default(),
        boilerplate: paths(table, "boilerplate"),
        metadata_only: table
            .list("metadata_only", &DIRECTIVES.join(", "), directive)
            .unwrap_or_else(|| vec!["noindex".to_owned()]),
    }
}

/// Directives of publishers that `metadata_only` may name.
const DIRECTIVES: [&str; 6] = [
    "noindex",
    "noarchive",
    "nosnippet",
    "noai",
    "noimageai",
    "tdm-reservation",
];

fn directive(text: &str) -> Result<String, String> {
    DIRECTIVES
        .contains(&text)
        .then(|| text.to_owned())
        .ok_or_else(|| format!("`{text}` is no such directive"))
}

fn paths(table: &ConfigTable<'_>, key: &str) -> Vec<std::path::PathBuf> {
    let read = table.list(key, "paths of files", |path| {
        let path = table.beside(path);
        if path.is_file() {
            Ok(path)
        } else {
            Err(format!("{} is no file", path.display()))
        }
    });
    read.unwrap_or_default()
}

fn coder(table: &ConfigTable<'_>) -> CoderConfig {
    let modality = |text: &str| {
        let known = MODALITIES.contains(&text);
        known
            .then(|| text.to_owned())
            .ok_or_else(|| format!("`{text}` is no modality"))
    };
    let publish = table.list("publish", &MODALITIES.join(", "), modality);
    CoderConfig {
        min_confidence: table.number("min_confidence", 0.5, 0.0..=1.0),
        publish: publish.unwrap_or_else(|| vec!["asserted".to_owned()]),
        actors: paths(table, "actors"),
        lexicon: table
            .text("lexicon")
            .filter(|path| !path.is_empty())
            .map(|path| table.beside(&path)),
    }
}

fn http(table: &ConfigTable<'_>) -> HttpConfig {
    let listen = table.parsed(
        "listen",
        "an address with port such as \"127.0.0.1:9464\", or \"\" for none",
        |text| {
            if text.is_empty() {
                return Ok(None);
            }
            text.parse()
                .map(Some)
                .map_err(|_| format!("`{text}` is no address with port"))
        },
    );
    HttpConfig {
        listen: listen.unwrap_or_else(|| Some(default_listen())),
    }
}

/// The port of this machine alone; an image sets the variable, since probes come from outside of it.
fn default_listen() -> std::net::SocketAddr {
    let set = std::env::var("DATELINE_LISTEN")
        .ok()
        .and_then(|text| text.parse().ok());
    set.unwrap_or_else(|| ([127, 0, 0, 1], 9464).into())
}

fn worker(table: &ConfigTable<'_>) -> WorkerConfig {
    WorkerConfig {
        grace: table.duration("grace", 25 * SECOND, SECOND..=HOUR),
        threads: table.whole("threads", 0, 0..=1_024) as usize,
    }
}
