//! What a cluster must grant this client, and answers that say that a grant is missing: asking again is of no use then,
//! an operator must give it.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::commands::quoted;
use crate::kafka::{
    format::names::{Topic, TopicNames},
    hold::shared::{ClusterShared, LedgerEnd},
};

/// What a locked-down cluster must grant.
pub(in crate::kafka) fn acls(names: &TopicNames, brokers: &str, user: &str) -> Vec<String> {
    let begin = format!(
        "kafka-acls.sh --bootstrap-server {} --add --allow-principal {}",
        quoted(brokers),
        quoted(&format!("User:{user}"))
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
pub(in crate::kafka) fn missing(
    code: RDKafkaErrorCode,
    names: &TopicNames,
    topic: &str,
) -> Option<String> {
    let what = match code {
        RDKafkaErrorCode::TopicAuthorizationFailed => return Some(forbidden(topic)),
        RDKafkaErrorCode::TransactionalIdAuthorizationFailed => {
            format!(
                "transactions of ids that begin with {}",
                names.transactional
            )
        }
        RDKafkaErrorCode::ClusterAuthorizationFailed => "to write at all".to_owned(),
        _ => return None,
    };
    Some(refused(&what))
}

/// A topic may not be used, or not even be seen.
pub(in crate::kafka) fn forbidden(topic: &str) -> String {
    refused(&format!("to use topic {topic}"))
}

fn refused(what: &str) -> String {
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
        self.finish(LedgerEnd::Unfit(refused(&what)));
        true
    }

    /// The same for an error's code.
    pub(in crate::kafka) fn look_at_code(&self, code: RDKafkaErrorCode, topic: &str) -> bool {
        let Some(detail) = missing(code, &self.names, topic) else {
            return false;
        };
        self.finish(LedgerEnd::Unfit(detail));
        true
    }
}
