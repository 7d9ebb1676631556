//! What each topic should be, and the commands that make and mend it.

use crate::{
    config::{KafkaConfig, Retention},
    kafka::{
        cluster::commands::quote_for_shell,
        format::names::{Topic, TopicNames},
    },
    ledger::SEEN_KEPT,
};

/// Partitions of an outlet.
// As many consumers of a group can read an outlet side by side.
const OUTLET_PARTITIONS: u32 = 12;
/// A day in milliseconds.
const DAY_MS: u64 = 86_400_000;

/// One topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kafka) struct TopicPlan {
    pub(in crate::kafka) topic: Topic,
    pub(in crate::kafka) name: String,
    pub(in crate::kafka) partitions: u32,
    pub(super) replication: u32,
    /// Setting, value, and whether dateline cannot do without.
    pub(super) settings: Vec<(&'static str, String, bool)>,
    /// Whether the operator says how long an outlet keeps its records; else any time is right.
    pub(super) has_own_retention: bool,
}

/// What the topics should be.
pub(in crate::kafka) fn plan_topics(config: &KafkaConfig, names: &TopicNames) -> Vec<TopicPlan> {
    let make = |topic: Topic| TopicPlan {
        topic,
        name: names.topic(topic).to_owned(),
        partitions: if topic.is_state() {
            config.partitions
        } else {
            OUTLET_PARTITIONS
        },
        replication: config.replication,
        settings: plan_settings(topic, config),
        has_own_retention: plan_retention(topic, config).is_set,
    };
    Topic::ALL.into_iter().map(make).collect()
}

fn plan_retention(topic: Topic, config: &KafkaConfig) -> Retention {
    let said = config.retention.get(topic.config_key());
    said.copied().unwrap_or_default()
}

fn plan_settings(topic: Topic, config: &KafkaConfig) -> Vec<(&'static str, String, bool)> {
    let in_sync = config
        .min_insync
        .unwrap_or(config.replication.saturating_sub(1).max(1));
    let mut settings = vec![("min.insync.replicas", in_sync.to_string(), false)];
    let mut set = |key, value: &str, required| settings.push((key, value.to_owned(), required));
    if !topic.is_state() {
        let kept = plan_retention(topic, config).kept;
        set("cleanup.policy", "delete", false);
        set(
            "retention.ms",
            &kept.map_or("-1".to_owned(), |kept| kept.as_millis().to_string()),
            false,
        );
        return settings;
    }
    // A producer's clock that is slow by more than the retention lost every record of such a topic (measured).
    set("message.timestamp.type", "LogAppendTime", true);
    // By size marks would go before their time, and what they stood for would be published again.
    set("retention.bytes", "-1", true);
    // The last segment is never compacted: with Kafka's own 1 GiB and 7 days each restore would read it all.
    set("segment.bytes", "33554432", false);
    set("segment.ms", "21600000", false);
    set("min.cleanable.dirty.ratio", "0.1", false);
    set("max.compaction.lag.ms", "86400000", false);
    if topic == Topic::Seen {
        set("cleanup.policy", "compact,delete", true);
        set("retention.ms", &SEEN_KEPT.as_millis().to_string(), true);
    } else {
        set("cleanup.policy", "compact", true);
    }
    settings
}

impl TopicPlan {
    /// How long an outlet keeps its records, in words; `None` for a topic of state.
    pub(in crate::kafka) fn retention_in_words(&self) -> Option<String> {
        let value = |wanted: &str| {
            let mut settings = self.settings.iter();
            settings.find_map(|(key, value, _)| (*key == wanted).then_some(value.as_str()))
        };
        if self.topic.is_state() {
            return None;
        }
        let ms = value("retention.ms").and_then(|ms| ms.parse::<u64>().ok());
        Some(match ms {
            Some(ms) if ms % DAY_MS == 0 => format!("{} kept {} days", self.name, ms / DAY_MS),
            Some(ms) => format!("{} kept {} s", self.name, ms / 1_000),
            None => format!("{} kept for ever", self.name),
        })
    }

    /// The command that makes the topic.
    pub(in crate::kafka) fn create_command(&self, brokers: &str) -> String {
        let command = format!(
            "kafka-topics.sh --bootstrap-server {} --create --if-not-exists --topic {} --partitions {} --replication-factor {}",
            quote_for_shell(brokers),
            self.name,
            self.partitions,
            self.replication
        );
        let settings = self
            .settings
            .iter()
            .map(|(key, value, _)| format!("--config {key}={value}"));
        [command]
            .into_iter()
            .chain(settings)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The command that mends settings.
    pub(super) fn alter_command(&self, brokers: &str, wrong: &[(&str, &str)]) -> String {
        let pairs: Vec<String> = wrong
            .iter()
            // A list needs brackets there.
            .map(|(key, value)| {
                if value.contains(',') {
                    format!("{key}=[{value}]")
                } else {
                    format!("{key}={value}")
                }
            })
            .collect();
        format!(
            "kafka-configs.sh --bootstrap-server {} --alter --entity-type topics --entity-name {} --add-config {}",
            quote_for_shell(brokers),
            self.name,
            quote_for_shell(&pairs.join(","))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl TopicPlan {
        pub(in crate::kafka::cluster::topics) fn of_seen() -> Self {
            Self {
                topic: Topic::Seen,
                name: "dateline.seen".to_owned(),
                partitions: 16,
                replication: 1,
                settings: vec![
                    ("cleanup.policy", "compact,delete".to_owned(), true),
                    ("retention.ms", "7776000000".to_owned(), true),
                    ("segment.ms", "21600000".to_owned(), false),
                ],
                has_own_retention: false,
            }
        }
    }

    #[test]
    fn how_long_an_outlet_is_kept_is_said_in_words() {
        let outlet = |ms: &str| TopicPlan {
            topic: Topic::Articles,
            name: "dateline.articles".to_owned(),
            settings: vec![("retention.ms", ms.to_owned(), false)],
            ..TopicPlan::of_seen()
        };
        let said = ["-1", "7776000000", "3600000"].map(|ms| outlet(ms).retention_in_words());
        let expected = ["kept for ever", "kept 90 days", "kept 3600 s"];
        let expected = expected.map(|words| Some(format!("dateline.articles {words}")));
        assert_eq!(said, expected);
        assert_eq!(TopicPlan::of_seen().retention_in_words(), None);
    }
}
