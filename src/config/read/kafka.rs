//! The keys of `[kafka]`.

use std::collections::BTreeMap;

use super::{
    super::{ConfigTable, KafkaConfig, Retention, Secret},
    DAY, HOUR, SECOND, closed, forever_or,
};

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
/// What names of topics and workers are made of.
const NAME: &str = "letters, digits, `.`, `_` and `-`, at most 200";

pub(super) fn kafka(table: &ConfigTable<'_>) -> KafkaConfig {
    let retention = closed(table, "retention", |table| {
        let of = |outlet| Retention {
            kept: forever_or(table, outlet, (outlet != "events").then_some(90 * DAY)),
            is_set: table.has(outlet),
        };
        OUTLETS.iter().map(|&o| (o.to_owned(), of(o))).collect()
    });
    let topics: BTreeMap<String, String> = closed(table, "topics", |table| {
        let named = |&topic: &&str| Some((topic.to_owned(), table.parsed(topic, NAME, whole)?));
        TOPICS.iter().filter_map(named).collect()
    });
    let prefix = table.parsed("prefix", NAME, |text| {
        if base(text).is_empty() && !topics.contains_key("group") {
            return Err("leaves the group without a name".to_owned());
        }
        name(text)
    });
    KafkaConfig {
        brokers: table
            .parsed("brokers", "host:port, several with commas", filled)
            .unwrap_or_else(|| "localhost:9092".to_owned()),
        prefix: prefix.unwrap_or_else(|| "dateline.".to_owned()),
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
        topics,
        retention,
        token_command: table.text("token_command"),
        token_file: table.text("token_path").map(|path| table.beside(&path)),
    }
}

/// What stands before a prefix's separator.
pub(crate) fn base(prefix: &str) -> &str {
    prefix.trim_end_matches(['.', '-', '_'])
}

fn filled(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("is empty".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

fn whole(text: &str) -> Result<String, String> {
    filled(text).and_then(|text| name(&text))
}

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
fn texts(table: &ConfigTable<'_>) -> BTreeMap<String, String> {
    let mut made = BTreeMap::new();
    for key in table.names() {
        let key = key.strip_suffix("_file").unwrap_or(&key).to_owned();
        if let Some(text) = table.text(&key) {
            made.insert(key, text);
        }
    }
    made
}
