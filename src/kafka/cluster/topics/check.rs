//! Compares the settings of topics that are there with what they should be.

use std::collections::BTreeSet;

use rdkafka::admin::{AdminClient, AdminOptions, ConfigResource, ResourceSpecifier};

use super::TopicPlan;
use crate::{
    kafka::cluster::{
        commands::WHO,
        connect::{ANSWER, Connection},
        link::ClusterLink,
    },
    ledger::LedgerError,
};

/// Looks at the settings; what dateline cannot do without is refused, the rest is advice.
pub(super) async fn check_settings(
    connection: &Connection,
    admin: &AdminClient<ClusterLink>,
    plans: &[TopicPlan],
) -> Result<Vec<String>, LedgerError> {
    let resources: Vec<ResourceSpecifier<'_>> = plans
        .iter()
        .map(|plan| ResourceSpecifier::Topic(&plan.name))
        .collect();
    let options = AdminOptions::new().request_timeout(Some(ANSWER));
    let answers = admin
        .describe_configs(&resources, &options)
        .await
        .map_err(|error| connection.unreachable_error(&error))?;
    let (mut faults, mut advice) = (Vec::new(), Vec::new());
    for (plan, answer) in plans.iter().zip(answers) {
        match answer {
            Ok(resource) => {
                let (fault, advised) = judge_topic(connection, plan, &resource);
                faults.extend(fault);
                advice.extend(advised);
            }
            Err(code) => advice.push(format!(
                "the settings of topic {} cannot be read ({code})",
                plan.name
            )),
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

/// What is wrong with a topic, and what is advised, each with the command that mends it.
fn judge_topic(
    connection: &Connection,
    plan: &TopicPlan,
    resource: &ConfigResource,
) -> (Option<String>, Option<String>) {
    let name = &plan.name;
    let is = |key: &str| resource.get(key).and_then(|entry| entry.value.clone());
    let (required, advised) = find_wrong_settings(plan, &is);
    let command = |pairs: &Pairs<'_>| plan.alter_command(connection.brokers(), pairs);
    let who = if connection.is_guarded() {
        format!(" ({WHO})")
    } else {
        String::new()
    };
    let fault = (!required.is_empty()).then(|| {
        let command = command(&required);
        format!("topic {name} would lose records as it is set{who}; mend it with: {command}")
    });
    let costs: BTreeSet<&str> = advised
        .iter()
        .map(|(key, _)| cost_of_setting(key))
        .collect();
    let advice = (!advised.is_empty()).then(|| {
        let (costs, command) = (Vec::from_iter(costs).join("; "), command(&advised));
        format!("topic {name} is set otherwise than advised: {costs}{who}; to follow: {command}")
    });
    (fault, advice)
}

type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// Settings that differ: those required and those advised.
fn find_wrong_settings<'a>(
    plan: &'a TopicPlan,
    is: &dyn Fn(&str) -> Option<String>,
) -> (Pairs<'a>, Pairs<'a>) {
    let differs = |key: &str, value: &str| match (key, is(key)) {
        (_, None) => false,
        ("cleanup.policy", Some(now)) => sort_list(&now) != sort_list(value),
        // What nobody set for an outlet is the operator's own.
        ("retention.ms", Some(now)) if !plan.topic.is_state() => {
            plan.has_own_retention && now != value
        }
        // Longer is no loss.
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

/// What a setting costs that is not as advised.
fn cost_of_setting(key: &str) -> &'static str {
    match key {
        "min.insync.replicas" => {
            "with lower ones a broker that fails may take records along, with higher ones it stops all writing"
        }
        "cleanup.policy" => "records may go before their time",
        "retention.ms" => "records are kept for another time than [kafka.retention] says",
        // How a log is cut and compacted.
        _ => "more that is out of date is read at each restore, which takes longer",
    }
}

fn sort_list(list: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = list.split(',').map(str::trim).collect();
    parts.sort_unstable();
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::format::names::Topic;

    #[test]
    fn a_policy_that_would_lose_marks_is_refused_with_the_command_that_mends_it() {
        let plan = TopicPlan::of_seen();
        let is = |key: &str| match key {
            "cleanup.policy" => Some("delete".to_owned()),
            "retention.ms" => Some("-1".to_owned()),
            _ => Some("21600000".to_owned()),
        };
        let (required, advised) = find_wrong_settings(&plan, &is);
        assert!(advised.is_empty());
        assert_eq!(
            plan.alter_command("b:9092", &required),
            "kafka-configs.sh --bootstrap-server b:9092 --alter --entity-type topics --entity-name dateline.seen \
             --add-config 'cleanup.policy=[compact,delete]'"
        );
    }

    #[test]
    fn the_order_of_policies_and_a_longer_retention_are_no_fault() {
        let is = |key: &str| match key {
            "cleanup.policy" => Some("delete,compact".to_owned()),
            "retention.ms" => Some("99776000000".to_owned()),
            _ => None,
        };
        assert_eq!(
            find_wrong_settings(&TopicPlan::of_seen(), &is),
            (Vec::new(), Vec::new())
        );
    }

    #[test]
    fn an_outlet_that_keeps_its_records_otherwise_than_the_file_says_is_told_of_and_no_other() {
        let outlet = |has_own_retention| TopicPlan {
            topic: Topic::Events,
            settings: vec![("retention.ms", "86400000".to_owned(), false)],
            has_own_retention,
            ..TopicPlan::of_seen()
        };
        for (now, is_told) in [
            ("-1", true),
            ("604800000", true),
            ("1000", true),
            ("86400000", false),
        ] {
            let is = |_: &str| Some(now.to_owned());
            let said =
                [true, false].map(|set| !find_wrong_settings(&outlet(set), &is).1.is_empty());
            assert_eq!(said, [is_told, false], "{now}");
        }
        assert!(cost_of_setting("retention.ms").contains("[kafka.retention]"));
    }
}
