//! The topics: those that are missing are made, those that are there looked at.

use std::{collections::BTreeMap, time::Duration};

use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    consumer::{BaseConsumer, Consumer},
    error::RDKafkaErrorCode,
};

use super::{
    connect::{ANSWER, Connection},
    grants,
    link::ClusterLink,
};
use crate::{kafka::format::names::Topic, ledger::LedgerError};

mod check;
mod plan;

pub(in crate::kafka) use self::plan::{TopicPlan, plan_topics};

/// The cluster may take this long to make a topic.
// A broker makes one in 0.1 s (measured); one that has just started takes its time.
const MAKING: Duration = Duration::from_secs(30);

/// What the topics turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kafka) struct FoundTopics {
    /// Partitions of each state topic.
    pub(in crate::kafka) partitions: u32,
    /// Partitions of each outlet.
    pub(in crate::kafka) outlets: BTreeMap<Topic, u32>,
    /// What is set otherwise than it should be without harm to what is stored.
    pub(in crate::kafka) advice: Vec<String>,
    /// Topics that were made now.
    pub(in crate::kafka) made: Vec<String>,
}

/// Makes what is missing and looks at what is there.
pub(in crate::kafka) async fn ensure_topics(
    connection: &Connection,
    consumer: &BaseConsumer<ClusterLink>,
    plans: &[TopicPlan],
) -> Result<FoundTopics, LedgerError> {
    let mut there = count_all_partitions(connection, consumer, plans)?;
    if connection.is_bearer() {
        return as_they_are(connection, plans, &there);
    }
    let admin: AdminClient<ClusterLink> = connection.create_client(
        &connection.client_settings(),
        connection.link_state().clone(),
    )?;
    // Partitions of state topics are decided at the first start: one that must be made anew follows the others.
    let mut state = plans.iter().filter(|plan| plan.topic.is_state());
    let decided = state.find_map(|plan| there.get(&plan.name).copied());
    let mut made = Vec::new();
    for plan in plans.iter().filter(|plan| !there.contains_key(&plan.name)) {
        let mut plan = plan.clone();
        if plan.topic.is_state() {
            plan.partitions = decided.unwrap_or(plan.partitions);
        }
        create_topic(connection, &admin, &plan).await?;
        made.push(plan.name);
    }
    if !made.is_empty() {
        there = count_until_known(connection, consumer, plans)?;
    }
    let advice = check::check_settings(connection, &admin, plans).await?;
    let mut found = judge_found(plans, &there)?;
    found.advice = advice;
    found.made = made;
    Ok(found)
}

/// What is there, for a client that shows a token: the library gives its administrative client no occasion to ask for
/// one, so topics are made and their settings looked at by hand.
fn as_they_are(
    connection: &Connection,
    plans: &[TopicPlan],
    there: &BTreeMap<String, u32>,
) -> Result<FoundTopics, LedgerError> {
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
    let mut found = judge_found(plans, there)?;
    found.advice.push(
        "with OAUTHBEARER dateline cannot look at the settings of its topics: they must be as `dateline kafka topics` \
         prints them"
            .to_owned(),
    );
    Ok(found)
}

/// Partitions of a topic, 0 where it is not there; refused where this client may not see whether it is.
pub(in crate::kafka) fn count_partitions(
    connection: &Connection,
    consumer: &BaseConsumer<ClusterLink>,
    name: &str,
) -> Result<u32, LedgerError> {
    // Asked by its name: a list of all topics leaves those out that may not be seen.
    let metadata = consumer
        .fetch_metadata(Some(name), ANSWER)
        .map_err(|error| connection.unreachable_error(&error))?;
    let Some(topic) = metadata.topics().first() else {
        return Ok(0);
    };
    match topic.error().map(RDKafkaErrorCode::from) {
        None => Ok(topic.partitions().len() as u32),
        Some(RDKafkaErrorCode::TopicAuthorizationFailed) => Err(LedgerError::Unfit {
            detail: grants::forbidden_topic(name),
        }),
        Some(_) => Ok(0),
    }
}

/// Partitions of the topics that are there.
fn count_all_partitions(
    connection: &Connection,
    consumer: &BaseConsumer<ClusterLink>,
    plans: &[TopicPlan],
) -> Result<BTreeMap<String, u32>, LedgerError> {
    let mut there = BTreeMap::new();
    for plan in plans {
        let count = count_partitions(connection, consumer, &plan.name)?;
        if count > 0 {
            there.insert(plan.name.clone(), count);
        }
    }
    Ok(there)
}

/// The same once topics that were just made are known everywhere.
fn count_until_known(
    connection: &Connection,
    consumer: &BaseConsumer<ClusterLink>,
    plans: &[TopicPlan],
) -> Result<BTreeMap<String, u32>, LedgerError> {
    let begun = std::time::Instant::now();
    loop {
        let there = count_all_partitions(connection, consumer, plans)?;
        if there.len() == plans.len() || begun.elapsed() > MAKING {
            return Ok(there);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

async fn create_topic(
    connection: &Connection,
    admin: &AdminClient<ClusterLink>,
    plan: &TopicPlan,
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
        .map_err(|error| connection.unreachable_error(&error))?;
    for answer in answers {
        match answer {
            // Another worker that starts at the same moment has made it.
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

fn judge_found(
    plans: &[TopicPlan],
    there: &BTreeMap<String, u32>,
) -> Result<FoundTopics, LedgerError> {
    let mut outlets = BTreeMap::new();
    let mut state: Vec<(String, u32)> = Vec::new();
    for plan in plans {
        let count = there.get(&plan.name).copied().unwrap_or(0);
        if count == 0 {
            return Err(LedgerError::Unfit {
                detail: format!(
                    "topic {} was made and is not there: nobody leads it",
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
    Ok(FoundTopics {
        partitions,
        outlets,
        advice: Vec::new(),
        made: Vec::new(),
    })
}
