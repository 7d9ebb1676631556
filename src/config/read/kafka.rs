//! The keys of `[kafka]`.

use std::collections::BTreeMap;

use super::{
    super::{ConfigTable, KafkaConfig, Retention, Secret},
    DAY, HOUR, SECOND, forever_or, read_closed,
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

/// How long each outlet keeps its records.
fn read_retention(table: &ConfigTable<'_>) -> BTreeMap<String, Retention> {
    read_closed(table, "retention", |table| {
        let of = |outlet| Retention {
            kept: forever_or(
                table,
                outlet,
                (outlet != "events").then_some(90 * DAY),
                SECOND,
            ),
            is_set: table.has_key(outlet),
        };
        OUTLETS.iter().map(|&o| (o.to_owned(), of(o))).collect()
    })
}

/// The topics that are named one by one.
fn read_topic_names(table: &ConfigTable<'_>) -> BTreeMap<String, String> {
    read_closed(table, "topics", |table| {
        let named = |&topic: &&str| {
            Some((
                topic.to_owned(),
                table.read_parsed(topic, NAME, parse_whole)?,
            ))
        };
        TOPICS.iter().filter_map(named).collect()
    })
}

pub(super) fn read_kafka(table: &ConfigTable<'_>) -> KafkaConfig {
    let topics = read_topic_names(table);
    let prefix = table.read_parsed("prefix", NAME, |text| {
        if prefix_base(text).is_empty() && !topics.contains_key("group") {
            return Err("leaves the group without a name".to_owned());
        }
        parse_topic_name(text)
    });
    let replication = table.read_whole("replication", 1, 1..=32) as u32;
    KafkaConfig {
        brokers: table
            .read_parsed("brokers", "host:port, several with commas", parse_brokers)
            .unwrap_or_else(|| "localhost:9092".to_owned()),
        prefix: prefix.unwrap_or_else(|| "dateline.".to_owned()),
        instance: table
            .read_parsed("instance", NAME, parse_topic_name)
            .unwrap_or_default(),
        partitions: table.read_whole("partitions", 16, 1..=1_000) as u32,
        replication,
        min_insync: read_min_insync(table, replication),
        start_timeout: table.read_duration("start_timeout", 30 * SECOND, SECOND..=HOUR),
        client: read_closed(table, "client", read_texts)
            .into_iter()
            .map(|(k, v)| (k, Secret::new(v)))
            .collect(),
        topics,
        retention: read_retention(table),
        token_command: table.read_text("token_command"),
        token_file: table
            .read_text("token_path")
            .map(|path| table.path_beside(&path)),
    }
}

fn read_min_insync(table: &ConfigTable<'_>, replication: u32) -> Option<u32> {
    let min_insync = table
        .has_key("min_insync")
        .then(|| table.read_whole("min_insync", 1, 1..=32) as u32);
    if min_insync.is_some_and(|least| least > replication) {
        let problem = format!("is more than replication, which is {replication}");
        table.record_fault(
            "min_insync",
            problem,
            "at most as many as there are replicas",
        );
    }
    min_insync
}

/// What precedes a prefix's separator.
pub(crate) fn prefix_base(prefix: &str) -> &str {
    prefix.trim_end_matches(['.', '-', '_'])
}

/// Addresses as the client library takes them, each with its port.
fn parse_brokers(text: &str) -> Result<String, String> {
    for broker in parse_filled(text)?.split(',').map(str::trim) {
        let address = broker.rsplit("://").next().unwrap_or_default();
        let port = address
            .rsplit_once(':')
            .map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(_))) || address.contains([' ', '/']) {
            return Err(format!("`{broker}` is no host with its port"));
        }
    }
    Ok(text.to_owned())
}

fn parse_filled(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("is empty".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

fn parse_whole(text: &str) -> Result<String, String> {
    parse_filled(text).and_then(|text| parse_topic_name(&text))
}

fn parse_topic_name(text: &str) -> Result<String, String> {
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
fn read_texts(table: &ConfigTable<'_>) -> BTreeMap<String, String> {
    let mut made = BTreeMap::new();
    for key in table.dotted_key_names() {
        let key = key.strip_suffix("_file").unwrap_or(&key).to_owned();
        if let Some(text) = table.read_text(&key) {
            made.insert(key, text);
        }
    }
    made
}
