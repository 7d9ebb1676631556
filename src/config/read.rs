//! The keys of the configuration file: one function a table.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use url::Url;

use crate::{fetch::Range, site::Site};

use super::{
    ArticleConfig, CoderConfig, Config, FetchConfig, HttpConfig, KafkaConfig, LedgerConfig,
    LedgerKind, PollConfig, Secret, SiteRules, Table, WorkerConfig, value,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// The topics a cluster's names can be set for; `group` and `transactional_id` are set in the same table.
const TOPICS: &[&str] = &[
    "articles",
    "entries",
    "events",
    "feeds",
    "group",
    "seen",
    "set_aside",
    "sites",
    "transactional_id",
];
const OUTLETS: &[&str] = &["articles", "events", "set_aside"];
const MODALITIES: &[&str] = &[
    "asserted",
    "negated",
    "future",
    "hypothetical",
    "historical",
    "generic",
];

pub(super) fn config(root: &Table<'_>) -> Config {
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
        kafka: closed(root, "kafka", kafka),
        fetch: closed(root, "fetch", fetch),
        poll: closed(root, "poll", poll),
        article: closed(root, "article", article),
        coder: closed(root, "coder", coder),
        http: closed(root, "http", http),
        worker: closed(root, "worker", worker),
    }
}

/// Reads a table and refuses the keys that nobody asked for.
fn closed<T>(parent: &Table<'_>, key: &str, read: impl FnOnce(&Table<'_>) -> T) -> T {
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

fn ledger(table: &Table<'_>) -> LedgerConfig {
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
fn forever_or(table: &Table<'_>, key: &str, default: Option<Duration>) -> Option<Duration> {
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

fn kafka(table: &Table<'_>) -> KafkaConfig {
    let retention = closed(table, "retention", |table| {
        let days = |outlet| {
            if outlet == "events" {
                None
            } else {
                Some(90 * DAY)
            }
        };
        OUTLETS
            .iter()
            .map(|&o| (o.to_owned(), forever_or(table, o, days(o))))
            .collect()
    });
    KafkaConfig {
        brokers: table
            .text("brokers")
            .unwrap_or_else(|| "localhost:9092".to_owned()),
        prefix: table
            .parsed("prefix", NAME, name)
            .unwrap_or_else(|| "dateline.".to_owned()),
        instance: table.parsed("instance", NAME, name).unwrap_or_default(),
        partitions: table.whole("partitions", 16, 1..=1_000) as u32,
        replication: table.whole("replication", 1, 1..=32) as u32,
        min_insync: table
            .has("min_insync")
            .then(|| table.whole("min_insync", 1, 1..=32) as u32),
        start_timeout: table.duration("start_timeout", 30 * SECOND, SECOND..=HOUR),
        client: closed(table, "client", texts)
            .into_iter()
            .map(|(k, v)| (k, Secret::new(v)))
            .collect(),
        topics: closed(table, "topics", |table| {
            let named = |&topic: &&str| Some((topic.to_owned(), table.parsed(topic, NAME, name)?));
            TOPICS.iter().filter_map(named).collect()
        }),
        retention,
        token_command: table.text("token_command"),
        token_file: table.text("token_path").map(|path| table.beside(&path)),
    }
}

const NAME: &str = "letters, digits, `.`, `_` and `-`, at most 200";

fn name(text: &str) -> Result<String, String> {
    let fits = text.len() <= 200
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` has other characters"))
    }
}

/// A table of texts whose keys the user makes up; `KEY_file` reads the text of `KEY` from a file.
fn texts(table: &Table<'_>) -> BTreeMap<String, String> {
    let mut made = BTreeMap::new();
    for key in table.names() {
        let key = key.strip_suffix("_file").unwrap_or(&key).to_owned();
        if let Some(text) = table.text(&key) {
            made.insert(key, text);
        }
    }
    made
}

fn fetch(table: &Table<'_>) -> FetchConfig {
    FetchConfig {
        pace: table.duration("pace", Duration::from_millis(1_500), Duration::ZERO..=HOUR),
        private: table
            .list("private", "ranges such as \"127.0.0.0/8\"", |text| {
                text.parse::<Range>().map_err(|error| error.to_string())
            })
            .unwrap_or_default(),
        proxy: empty_is_none(
            table,
            "proxy",
            "an address such as \"http://proxy.example.org:3128\"",
            |text| {
                let url = Url::parse(text).map_err(|error| format!("is no address: {error}"))?;
                match url.scheme() {
                    "http" | "https" => Ok(Secret::new(text.to_owned())),
                    scheme if scheme.starts_with("socks") => {
                        Err("is a SOCKS proxy, which this program cannot use".to_owned())
                    }
                    _ => Err("is no http address".to_owned()),
                }
            },
        ),
        ca_file: table
            .text("ca_file")
            .filter(|path| !path.is_empty())
            .map(|path| table.beside(&path)),
        hosts: closed(table, "hosts", hosts),
        sites: closed(table, "sites", sites),
        retries: table
            .list("retries", "durations such as \"10m\"", value::duration)
            .unwrap_or_else(|| vec![MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR]),
        concurrency: table.whole("concurrency", 256, 1..=10_000) as usize,
    }
}

fn empty_is_none<T>(
    table: &Table<'_>,
    key: &str,
    accepted: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let read = table.parsed(key, accepted, |text| {
        if text.is_empty() {
            Ok(None)
        } else {
            parse(text).map(Some)
        }
    });
    read.flatten()
}

fn hosts(table: &Table<'_>) -> BTreeMap<String, IpAddr> {
    let mut made = BTreeMap::new();
    for name in table.names() {
        let address = table.parsed(&name, "an IP address", |text| {
            text.parse()
                .map_err(|_| format!("`{text}` is no IP address"))
        });
        made.extend(address.map(|address| (name.to_lowercase(), address)));
    }
    made
}

/// Rules of sites by name; a name such as `www.example.org` stands for its site.
pub(crate) fn sites(table: &Table<'_>) -> BTreeMap<String, SiteRules> {
    let mut made = BTreeMap::new();
    for name in table.names() {
        let rules = closed(table, &name, site_rules);
        let host = name.trim();
        let is_host = !host.is_empty()
            && (host.parse::<IpAddr>().is_ok() || !host.contains(['/', ':', ' ', '@', '?']));
        if !is_host {
            let problem = format!("`{name}` is no host name");
            table.fault(&name, problem, "a host name such as \"example.org\"");
            continue;
        }
        let site = Site::of_host(host).as_str().to_owned();
        if made.insert(site.clone(), rules).is_some() {
            let problem = format!("the rules of {site} are set twice");
            table.fault(&name, problem, "each site once");
        }
    }
    made
}

/// `pace`, `remove`, `tracking` and `verify_tls` of one site.
fn site_rules(table: &Table<'_>) -> SiteRules {
    let pace = table
        .has("pace")
        .then(|| table.duration("pace", SECOND, Duration::ZERO..=HOUR));
    SiteRules {
        pace,
        remove: table
            .list("remove", "phrases", |text| Ok(text.to_owned()))
            .unwrap_or_default(),
        tracking: table
            .list(
                "tracking",
                "names of parameters",
                |text| Ok(text.to_owned()),
            )
            .unwrap_or_default(),
        verify_tls: table
            .has("verify_tls")
            .then(|| table.flag("verify_tls", true)),
    }
}

fn poll(table: &Table<'_>) -> PollConfig {
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

fn article(table: &Table<'_>) -> ArticleConfig {
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

fn paths(table: &Table<'_>, key: &str) -> Vec<std::path::PathBuf> {
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

fn coder(table: &Table<'_>) -> CoderConfig {
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

fn http(table: &Table<'_>) -> HttpConfig {
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

fn worker(table: &Table<'_>) -> WorkerConfig {
    WorkerConfig {
        grace: table.duration("grace", 25 * SECOND, SECOND..=HOUR),
        threads: table.whole("threads", 0, 0..=1_024) as usize,
    }
}
