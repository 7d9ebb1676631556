//! What a cluster must grant this client, and answers that say that a grant is missing: asking again is of no use then,
//! an operator must give it.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::commands::quote_for_shell;
use crate::kafka::{
    format::names::{Topic, TopicNames},
    hold::shared::{ClusterShared, LedgerEnd},
};

/// What a locked-down cluster must grant.
pub(in crate::kafka) fn needed_acls(names: &TopicNames, brokers: &str, user: &str) -> Vec<String> {
    let begin = format!(
        "kafka-acls.sh --bootstrap-server {} --add --allow-principal {}",
        quote_for_shell(brokers),
        quote_for_shell(&format!("User:{user}"))
    );
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
    grants.push("# Only where dateline is to make its topics:".to_owned());
    grants.push(format!("{begin} --operation Create --cluster"));
    grants
}

/// What a missing grant forbids, in one line; `None` where the answer is about something else.
pub(in crate::kafka) fn missing_grant(
    code: RDKafkaErrorCode,
    names: &TopicNames,
    topic: &str,
) -> Option<String> {
    let what = match code {
        RDKafkaErrorCode::TopicAuthorizationFailed => return Some(forbidden_topic(topic)),
        RDKafkaErrorCode::TransactionalIdAuthorizationFailed => {
            format!(
                "transactions of ids that begin with {}",
                names.transactional
            )
        }
        RDKafkaErrorCode::ClusterAuthorizationFailed => "to write at all".to_owned(),
        _ => return None,
    };
    Some(refused_line(&what))
}

/// A topic may not be used, or not even be seen.
pub(in crate::kafka) fn forbidden_topic(topic: &str) -> String {
    refused_line(&format!("to use topic {topic}"))
}

fn refused_line(what: &str) -> String {
    format!("kafka does not allow this client {what}; `dateline kafka topics` prints the grants")
}

impl ClusterShared {
    /// Ends the ledger where an error says that a grant is missing; whether it does.
    pub(in crate::kafka) fn look_at_grants(&self, error: &KafkaError, topic: &str) -> bool {
        let code = error.rdkafka_error_code();
        code.is_some_and(|code| self.look_at_code(code, topic))
    }

    /// The same for an answer about the group: readers, which are in none, are refused a group of no account.
    pub(in crate::kafka) fn look_at_group(&self, error: &KafkaError, topic: &str) -> bool {
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::GroupAuthorizationFailed) {
            return self.look_at_grants(error, topic);
        }
        let what = format!("to use group {}", self.names.group);
        self.finish_with(LedgerEnd::Unfit(refused_line(&what)));
        true
    }

    /// The same for an error's code.
    pub(in crate::kafka) fn look_at_code(&self, code: RDKafkaErrorCode, topic: &str) -> bool {
        let Some(detail) = missing_grant(code, &self.names, topic) else {
            return false;
        };
        self.finish_with(LedgerEnd::Unfit(detail));
        true
    }
}
