//! The topics: what they must be, how they are made, and the command that mends each.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication},
    consumer::{BaseConsumer, Consumer},
    error::RDKafkaErrorCode,
};

use super::{
    connect::{ANSWER, Connection},
    link::Link,
    names::{Names, Topic},
};
use crate::{
    config::KafkaConfig,
    ledger::{LedgerError, SEEN_KEPT},
};

/// Partitions of an outlet.
const OUTLET_PARTITIONS: u32 = 12;
/// The cluster may take this long to make a topic.
const MAKING: Duration = Duration::from_secs(30);

/// One topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) topic: Topic,
    pub(super) name: String,
    pub(super) partitions: u32,
    replication: u32,
    /// Setting, value, and whether dateline cannot do without.
    settings: Vec<(&'static str, String, bool)>,
}

/// What the topics should be.
pub(super) fn plan(config: &KafkaConfig, names: &Names) -> Vec<Plan> {
    let make = |topic: Topic| Plan {
        topic,
        name: names.topic(topic).to_owned(),
        partitions: if topic.is_state() {
            config.partitions
        } else {
            OUTLET_PARTITIONS
        },
        replication: config.replication,
        settings: settings(topic, config),
    };
    Topic::ALL.into_iter().map(make).collect()
}

fn settings(topic: Topic, config: &KafkaConfig) -> Vec<(&'static str, String, bool)> {
    let in_sync = config
        .min_insync
        .unwrap_or(config.replication.saturating_sub(1).max(1));
    let mut settings = vec![("min.insync.replicas", in_sync.to_string(), false)];
    let mut set = |key, value: &str, required| settings.push((key, value.to_owned(), required));
    if !topic.is_state() {
        let kept = config.retention.get(topic.key()).copied().flatten();
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
    set("retention.bytes", "-1", true);
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

impl Plan {
    /// The command that makes the topic.
    pub(super) fn create_command(&self, brokers: &str) -> String {
        let command = format!(
            "kafka-topics --bootstrap-server {brokers} --create --topic {} --partitions {} --replication-factor {}",
            self.name, self.partitions, self.replication
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
    fn alter_command(&self, brokers: &str, wrong: &[(&str, &str)]) -> String {
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
            "kafka-configs --bootstrap-server {brokers} --alter --entity-type topics --entity-name {} --add-config {}",
            self.name,
            pairs.join(",")
        )
    }
}

/// What a locked-down cluster must grant.
pub(super) fn acls(names: &Names, brokers: &str, user: &str) -> Vec<String> {
    let begin =
        format!("kafka-acls --bootstrap-server {brokers} --add --allow-principal User:{user}");
    let mut grants: Vec<String> = Topic::ALL
        .into_iter()
        .map(|topic| {
            let may = "--operation Read --operation Write --operation Describe --operation DescribeConfigs";
            format!("{begin} {may} --topic {}", names.topic(topic))
        })
        .collect();
    grants.push(format!(
        "{begin} --operation Read --operation Describe --group {}",
        names.group
    ));
    let may = "--operation Write --operation Describe";
    grants.push(format!(
        "{begin} {may} --transactional-id {} --resource-pattern-type prefixed",
        names.transactional
    ));
    grants.push(format!(
        "{begin} --operation Create --cluster   # only where dateline is to make its topics"
    ));
    grants
}

/// What the topics turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Partitions of each state topic.
    pub(super) partitions: u32,
    /// Partitions of each outlet.
    pub(super) outlets: BTreeMap<Topic, u32>,
    /// What is set otherwise than it should be without harm to what is stored.
    pub(super) advice: Vec<String>,
    /// Topics that were made now.
    pub(super) made: Vec<String>,
}

/// Makes what is missing and looks at what is there.
pub(super) async fn ensure(
    connection: &Connection,
    consumer: &BaseConsumer<Link>,
    plans: &[Plan],
) -> Result<Found, LedgerError> {
    let mut there = counts(connection, consumer)?;
    if connection.is_bearer() {
        return as_they_are(connection, plans, &there);
    }
    let admin: AdminClient<Link> =
        connection.client(&connection.settings(), connection.link().clone())?;
    // Partitions of state topics are decided at the first start: one that must be made anew follows the others.
    let mut state = plans.iter().filter(|plan| plan.topic.is_state());
    let decided = state.find_map(|plan| there.get(&plan.name).copied());
    let mut made = Vec::new();
    for plan in plans.iter().filter(|plan| !there.contains_key(&plan.name)) {
        let mut plan = plan.clone();
        if plan.topic.is_state() {
            plan.partitions = decided.unwrap_or(plan.partitions);
        }
        make(connection, &admin, &plan).await?;
        made.push(plan.name);
    }
    if !made.is_empty() {
        there = counted(connection, consumer, plans)?;
    }
    let advice = check(connection, &admin, plans).await?;
    let mut found = found(plans, &there)?;
    found.advice = advice;
    found.made = made;
    Ok(found)
}

/// What is there, for a client that shows a token: the library gives its administrative client no occasion to ask for
/// one, so topics are made and their settings looked at by hand.
fn as_they_are(
    connection: &Connection,
    plans: &[Plan],
    there: &BTreeMap<String, u32>,
) -> Result<Found, LedgerError> {
    let missing = plans.iter().filter(|plan| !there.contains_key(&plan.name));
    let commands: Vec<String> = missing
        .map(|plan| plan.create_command(connection.brokers()))
        .collect();
    if !commands.is_empty() {
        return Err(LedgerError::Unfit {
            detail: format!(
                "topics are missing, and with OAUTHBEARER dateline cannot make them; make them with:\n{}",
                commands.join("\n")
            ),
        });
    }
    let mut found = found(plans, there)?;
    found.advice.push(
        "with OAUTHBEARER dateline cannot look at the settings of its topics: they must be as `dateline kafka topics` \
         prints them"
            .to_owned(),
    );
    Ok(found)
}

/// Partitions of every topic this client may see.
fn counts(
    connection: &Connection,
    consumer: &BaseConsumer<Link>,
) -> Result<BTreeMap<String, u32>, LedgerError> {
    let metadata = consumer
        .fetch_metadata(None, ANSWER)
        .map_err(|error| connection.unreachable(&error))?;
    let sound = metadata
        .topics()
        .iter()
        .filter(|topic| topic.error().is_none());
    Ok(sound
        .map(|topic| (topic.name().to_owned(), topic.partitions().len() as u32))
        .collect())
}

/// The same once topics that were just made are known everywhere.
fn counted(
    connection: &Connection,
    consumer: &BaseConsumer<Link>,
    plans: &[Plan],
) -> Result<BTreeMap<String, u32>, LedgerError> {
    let begun = std::time::Instant::now();
    loop {
        let there = counts(connection, consumer)?;
        let all = plans
            .iter()
            .all(|plan| there.get(&plan.name).is_some_and(|count| *count > 0));
        if all || begun.elapsed() > MAKING {
            return Ok(there);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

async fn make(
    connection: &Connection,
    admin: &AdminClient<Link>,
    plan: &Plan,
) -> Result<(), LedgerError> {
    let replication = TopicReplication::Fixed(i32::try_from(plan.replication).unwrap_or(1));
    let partitions = i32::try_from(plan.partitions).unwrap_or(i32::MAX);
    let mut topic = NewTopic::new(&plan.name, partitions, replication);
    for (key, value, _) in &plan.settings {
        topic = topic.set(key, value);
    }
    let options = AdminOptions::new().operation_timeout(Some(MAKING));
    let answers = admin
        .create_topics([&topic], &options)
        .await
        .map_err(|error| connection.unreachable(&error))?;
    for answer in answers {
        match answer {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => {
                return Err(LedgerError::Unfit {
                    detail: format!(
                        "topic {name} is missing and cannot be made ({code}); make it with: {}",
                        plan.create_command(connection.brokers())
                    ),
                });
            }
        }
    }
    Ok(())
}

/// Looks at the settings; what dateline cannot do without is refused, the rest is advice.
async fn check(
    connection: &Connection,
    admin: &AdminClient<Link>,
    plans: &[Plan],
) -> Result<Vec<String>, LedgerError> {
    let resources: Vec<ResourceSpecifier<'_>> = plans
        .iter()
        .map(|plan| ResourceSpecifier::Topic(&plan.name))
        .collect();
    let answers = admin
        .describe_configs(
            &resources,
            &AdminOptions::new().request_timeout(Some(ANSWER)),
        )
        .await
        .map_err(|error| connection.unreachable(&error))?;
    let (mut faults, mut advice) = (Vec::new(), Vec::new());
    for (plan, answer) in plans.iter().zip(answers) {
        let resource = match answer {
            Ok(resource) => resource,
            Err(code) => {
                advice.push(format!(
                    "the settings of topic {} cannot be read ({code})",
                    plan.name
                ));
                continue;
            }
        };
        let is = |key: &str| resource.get(key).and_then(|entry| entry.value.clone());
        let (required, advised) = wrong(plan, &is);
        if !required.is_empty() {
            let command = plan.alter_command(connection.brokers(), &required);
            faults.push(format!(
                "topic {} would lose records as it is set; mend it with: {command}",
                plan.name
            ));
        }
        if !advised.is_empty() {
            let command = plan.alter_command(connection.brokers(), &advised);
            advice.push(format!(
                "topic {} is set otherwise than advised; to follow: {command}",
                plan.name
            ));
        }
    }
    if faults.is_empty() {
        Ok(advice)
    } else {
        Err(LedgerError::Unfit {
            detail: faults.join("\n"),
        })
    }
}

type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// Settings that differ: those required and those advised.
fn wrong<'a>(plan: &'a Plan, is: &dyn Fn(&str) -> Option<String>) -> (Pairs<'a>, Pairs<'a>) {
    let differs = |key: &str, value: &str| match (key, is(key)) {
        (_, None) => false,
        ("cleanup.policy", Some(now)) => sorted(&now) != sorted(value),
        // Longer is no loss; for outlets any retention is the user's own.
        ("retention.ms", Some(now)) => {
            let number = |text: &str| text.parse::<i64>().ok().filter(|ms| *ms >= 0);
            match (number(&now), number(value)) {
                (Some(now), Some(value)) => now < value,
                (Some(_), None) => true,
                _ => false,
            }
        }
        (_, Some(now)) => now != value,
    };
    let all = plan
        .settings
        .iter()
        .filter(|(key, value, _)| differs(key, value));
    let (required, advised): (Vec<_>, Vec<_>) = all.partition(|(_, _, required)| *required);
    let pair = |list: Vec<&'a (&'static str, String, bool)>| {
        list.into_iter()
            .map(|(key, value, _)| (*key, value.as_str()))
            .collect()
    };
    (pair(required), pair(advised))
}

fn sorted(list: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = list.split(',').map(str::trim).collect();
    parts.sort_unstable();
    parts
}

fn found(plans: &[Plan], there: &BTreeMap<String, u32>) -> Result<Found, LedgerError> {
    let mut outlets = BTreeMap::new();
    let mut state: Vec<(String, u32)> = Vec::new();
    for plan in plans {
        let count = there.get(&plan.name).copied().unwrap_or(0);
        if count == 0 {
            return Err(LedgerError::Unfit {
                detail: format!(
                    "topic {} is not there and this client may not see why",
                    plan.name
                ),
            });
        }
        if plan.topic.is_state() {
            state.push((plan.name.clone(), count));
        } else {
            outlets.insert(plan.topic, count);
        }
    }
    let partitions = state.first().map_or(0, |(_, count)| *count);
    if let Some((name, count)) = state.iter().find(|(_, count)| *count != partitions) {
        return Err(LedgerError::Unfit {
            detail: format!(
                "topic {name} has {count} partitions and {} has {partitions}: the four state topics need the same; \
                 `dateline ledger copy` moves a ledger to new topics",
                state[0].0
            ),
        });
    }
    Ok(Found {
        partitions,
        outlets,
        advice: Vec::new(),
        made: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen_plan() -> Plan {
        Plan {
            topic: Topic::Seen,
            name: "dateline.seen".to_owned(),
            partitions: 16,
            replication: 1,
            settings: vec![
                ("cleanup.policy", "compact,delete".to_owned(), true),
                ("retention.ms", "7776000000".to_owned(), true),
                ("segment.ms", "21600000".to_owned(), false),
            ],
        }
    }

    #[test]
    fn a_policy_that_would_lose_marks_is_refused_with_the_command_that_mends_it() {
        let plan = seen_plan();
        let is = |key: &str| match key {
            "cleanup.policy" => Some("delete".to_owned()),
            "retention.ms" => Some("-1".to_owned()),
            _ => Some("21600000".to_owned()),
        };
        let (required, advised) = wrong(&plan, &is);
        assert!(advised.is_empty());
        assert_eq!(
            plan.alter_command("b:9092", &required),
            "kafka-configs --bootstrap-server b:9092 --alter --entity-type topics --entity-name dateline.seen \
             --add-config cleanup.policy=[compact,delete]"
        );
    }

    #[test]
    fn the_order_of_policies_and_a_longer_retention_are_no_fault() {
        let is = |key: &str| match key {
            "cleanup.policy" => Some("delete,compact".to_owned()),
            "retention.ms" => Some("99776000000".to_owned()),
            _ => None,
        };
        assert_eq!(wrong(&seen_plan(), &is), (Vec::new(), Vec::new()));
    }
}
