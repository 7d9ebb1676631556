//! The keys of the configuration file: one function a table.

use std::time::Duration;

use super::{
    ArticleConfig, CoderConfig, Config, ConfigTable, FeedLimits, HttpConfig, LedgerConfig,
    LedgerKind, PollConfig, WorkerConfig, reader::none_of_them, value,
};

mod fetch;
mod kafka;

pub(crate) use fetch::read_sites;
pub(super) use kafka::prefix_base;

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

pub(super) fn read_config(root: &ConfigTable<'_>) -> Config {
    Config {
        contact: root.read_parsed(
            "contact",
            "an address people can write to, or a web page",
            parse_contact,
        ),
        feeds: root.path_beside(
            &root
                .read_text("feeds")
                .unwrap_or_else(|| "feeds.toml".to_owned()),
        ),
        ledger: read_closed(root, "ledger", read_ledger),
        kafka: read_closed(root, "kafka", kafka::read_kafka),
        fetch: read_closed(root, "fetch", fetch::read_fetch),
        poll: read_closed(root, "poll", read_poll),
        article: read_closed(root, "article", read_article),
        coder: read_closed(root, "coder", read_coder),
        http: read_closed(root, "http", read_http),
        worker: read_closed(root, "worker", read_worker),
    }
}

/// Reads a table and refuses the keys that nobody asked for.
fn read_closed<T>(
    parent: &ConfigTable<'_>,
    key: &str,
    read: impl FnOnce(&ConfigTable<'_>) -> T,
) -> T {
    let table = parent.read_table(key);
    let made = read(&table);
    table.refuse_unknown();
    made
}

fn parse_contact(text: &str) -> Result<String, String> {
    let text = text.trim();
    let printable = text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if text.len() >= 5 && printable && (text.contains('@') || text.contains("://")) {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is neither"))
    }
}

fn read_ledger(table: &ConfigTable<'_>) -> LedgerConfig {
    LedgerConfig {
        kind: if table.one_of("kind", false, &[("sqlite", false), ("kafka", true)]) {
            LedgerKind::Kafka
        } else {
            LedgerKind::Sqlite
        },
        path: table.path_beside(
            &table
                .read_text("path")
                .unwrap_or_else(|| "dateline.db".to_owned()),
        ),
        keep: forever_or(table, "keep", None, DAY),
    }
}

/// A duration of at least `least`, or "forever" as `None`.
// Records that go while they are being read are of no use; "1s" was meant to be something else.
fn forever_or(
    table: &ConfigTable<'_>,
    key: &str,
    default: Option<Duration>,
    least: Duration,
) -> Option<Duration> {
    let shown = value::show_duration(least);
    let accepted = format!("a duration such as \"90d\", at least {shown}, or \"forever\"");
    let read = table.read_parsed(key, &accepted, |text| match text {
        "forever" => Ok(None),
        text => match value::parse_duration(text)? {
            kept if kept < least => Err(format!("`{text}` is too short")),
            kept => Ok(Some(kept)),
        },
    });
    read.unwrap_or(default)
}

fn read_poll(table: &ConfigTable<'_>) -> PollConfig {
    let usual = FeedLimits::default();
    let poll = PollConfig {
        interval: table.read_duration("interval", 15 * MINUTE, SECOND..=30 * DAY),
        min_interval: table.read_duration("min_interval", 15 * MINUTE, SECOND..=30 * DAY),
        max_interval: table.read_duration("max_interval", 24 * HOUR, SECOND..=30 * DAY),
        no_validators_floor: table.read_duration(
            "no_validators_floor",
            HOUR,
            Duration::ZERO..=30 * DAY,
        ),
        first_poll: table.read_whole("first_poll", 20, 0..=2_000) as usize,
        limits: FeedLimits {
            max_bytes: table.read_size("max_feed_size", usual.max_bytes, 64 << 10..=256 << 20),
            max_entries: table.read_whole("max_items", usual.max_entries as u64, 1..=100_000)
                as usize,
        },
    };
    if poll.min_interval > poll.max_interval {
        table.record_fault(
            "min_interval",
            "is longer than max_interval",
            "a shorter one",
        );
    } else if table.has_key("interval")
        && !(poll.min_interval..=poll.max_interval).contains(&poll.interval)
    {
        let (least, most) = (poll.min_interval, poll.max_interval);
        let accepted = format!(
            "{} (min_interval) to {} (max_interval)",
            value::show_duration(least),
            value::show_duration(most)
        );
        table.record_fault("interval", "is not between its bounds", &accepted);
    }
    poll
}

fn read_article(table: &ConfigTable<'_>) -> ArticleConfig {
    let recheck = table
        .read_list("recheck", "durations such as \"6h\"", value::parse_duration)
        .unwrap_or_default();
    if !recheck.is_sorted_by(|one, next| one < next) {
        let accepted = "ages in their order, e.g. [\"1h\", \"6h\", \"24h\"]";
        table.record_fault("recheck", "an age is not above the one before it", accepted);
    }
    ArticleConfig {
        keep_removed: table.read_flag("keep_removed", false),
        learn_site_lines: table.read_flag("learn_site_lines", true),
        recheck,
        boilerplate: read_paths(table, "boilerplate"),
        metadata_only: table
            .read_list("metadata_only", &DIRECTIVES.join(", "), parse_directive)
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

fn parse_directive(text: &str) -> Result<String, String> {
    DIRECTIVES
        .contains(&text)
        .then(|| text.to_owned())
        .ok_or_else(|| none_of_them(text, DIRECTIVES.into_iter()))
}

fn read_paths(table: &ConfigTable<'_>, key: &str) -> Vec<std::path::PathBuf> {
    let read = table.read_list(key, "paths of files", |path| {
        let path = table.path_beside(path);
        if path.is_file() {
            Ok(path)
        } else {
            Err(format!("{} is no file", path.display()))
        }
    });
    read.unwrap_or_default()
}

fn read_coder(table: &ConfigTable<'_>) -> CoderConfig {
    let modality = |text: &str| {
        let known = MODALITIES.contains(&text);
        known
            .then(|| text.to_owned())
            .ok_or_else(|| none_of_them(text, MODALITIES.iter().copied()))
    };
    let publish = table.read_list("publish", &MODALITIES.join(", "), modality);
    CoderConfig {
        min_confidence: table.read_number("min_confidence", 0.5, 0.0..=1.0),
        publish: publish.unwrap_or_else(|| vec!["asserted".to_owned()]),
        actors: read_paths(table, "actors"),
        lexicon: table
            .read_parsed(
                "lexicon",
                "a folder, or \"\" for the shipped lexicon",
                |text| {
                    let path = table.path_beside(text);
                    match text {
                        "" => Ok(None),
                        _ if path.is_dir() => Ok(Some(path)),
                        _ => Err(format!("{} is no folder", path.display())),
                    }
                },
            )
            .flatten(),
    }
}

fn read_http(table: &ConfigTable<'_>) -> HttpConfig {
    let listen = table.read_parsed(
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
        hosts: table
            .read_list("hosts", "host names, or \"*\" for any", |text| {
                Ok(text.trim_end_matches('.').to_lowercase())
            })
            .unwrap_or_default(),
    }
}

/// The port of this machine alone; an image sets the variable, since probes come from outside of it.
fn default_listen() -> std::net::SocketAddr {
    let set = std::env::var("DATELINE_LISTEN")
        .ok()
        .and_then(|text| text.parse().ok());
    set.unwrap_or_else(|| ([127, 0, 0, 1], 9464).into())
}

fn read_worker(table: &ConfigTable<'_>) -> WorkerConfig {
    WorkerConfig {
        grace: table.read_duration("grace", 25 * SECOND, SECOND..=HOUR),
        threads: table.read_whole("threads", 0, 0..=1_024) as usize,
    }
}
