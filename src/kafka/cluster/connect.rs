//! Clients of the cluster: their settings, the token for OAUTHBEARER, and whether the cluster answers.

use std::{
    fmt,
    time::{Duration, Instant},
};

use rdkafka::{
    ClientConfig, ClientContext,
    config::FromClientConfigAndContext,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};

use super::{
    link::ClusterLink,
    settings::{self, default},
};
use crate::{config::KafkaConfig, ledger::LedgerError};

/// What a broker with default settings takes; room for records of a million bytes with key and headers.
pub(in crate::kafka) const MAX_MESSAGE_BYTES: usize = 1_048_588;
/// An idle client is polled for so long, now and then.
// What waits is served at once, and the library sleeps through no more than this.
pub(in crate::kafka) const MOMENT: Duration = Duration::from_millis(2);
/// More events of an idle client than these wait for its next turn.
// A cluster out of reach reports errors without end, and a turn must come to one.
const MOST_EVENTS: usize = 1_000;
/// The library's words for a connection that the cluster ended.
const CLOSED: &str = "Disconnected: connection ";
/// What that means where no connection lasts.
const WRONG_LISTENER: &str = "; is `security.protocol` right? A listener that expects TLS or a password closes a connection that shows none";
/// One answer of the cluster is awaited this long.
pub(in crate::kafka) const ANSWER: Duration = Duration::from_secs(5);

/// How to reach the cluster; makes every client.
#[derive(Clone)]
pub(in crate::kafka) struct Connection {
    base: ClientConfig,
    link: ClusterLink,
    brokers: String,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("brokers", &self.brokers)
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// Settings as configured; those that are dateline's own are refused.
    pub(in crate::kafka) fn from_config(
        config: &KafkaConfig,
        client_id: &str,
    ) -> Result<Self, LedgerError> {
        let mut base = settings::client_settings(config)?;
        if is_bearer(&base) && config.token_file.is_none() && config.token_command.is_none() {
            return Err(LedgerError::Unfit {
                detail: "OAUTHBEARER needs kafka.token_path or kafka.token_command".to_owned(),
            });
        }
        base.set("bootstrap.servers", &config.brokers)
            .set("client.id", client_id);
        // Answers of a cluster that is away are asked for again soon, so that work goes on soon after it is back.
        default(&mut base, "reconnect.backoff.max.ms", "1000");
        Ok(Self {
            base,
            brokers: config.brokers.clone(),
            link: ClusterLink::new_unknown(config),
        })
    }

    /// The addresses as configured.
    pub(in crate::kafka) fn brokers(&self) -> &str {
        &self.brokers
    }

    /// Whether the cluster answers.
    pub(in crate::kafka) fn link_state(&self) -> &ClusterLink {
        &self.link
    }

    /// The settings of a client, to which its own are added.
    pub(in crate::kafka) fn client_settings(&self) -> ClientConfig {
        self.base.clone()
    }

    /// Largest record a producer sends, with headers.
    pub(in crate::kafka) fn max_message_bytes(&self) -> usize {
        let configured = self
            .base
            .get("message.max.bytes")
            .and_then(|text| text.parse().ok());
        configured.unwrap_or(MAX_MESSAGE_BYTES)
    }

    /// Whether this client shows who it is, or asks the cluster to.
    pub(in crate::kafka) fn is_guarded(&self) -> bool {
        self.base.get("security.protocol").is_some()
    }

    /// Whether this client shows a token.
    pub(in crate::kafka) fn is_bearer(&self) -> bool {
        is_bearer(&self.base)
    }

    /// A consumer that is in no group and is told what to read, and reads to the end.
    pub(in crate::kafka) fn open_reader(
        &self,
        isolation: Isolation,
    ) -> Result<BaseConsumer<ClusterLink>, LedgerError> {
        // The end of a partition is told after one such wait, and a restore reads four topics in a row.
        self.open_consumer(isolation, "10")
    }

    /// A consumer that is in no group and waits for what comes: an idle one asks the cluster twice a second.
    pub(in crate::kafka) fn open_follower(&self) -> Result<BaseConsumer<ClusterLink>, LedgerError> {
        self.open_consumer(Isolation::Committed, "500")
    }

    fn open_consumer(
        &self,
        isolation: Isolation,
        fetch_wait_ms: &str,
    ) -> Result<BaseConsumer<ClusterLink>, LedgerError> {
        let mut settings = self.client_settings();
        settings
            // The library assigns nothing to a consumer without a group's name, also where it joins none.
            .set("group.id", "dateline-no-group")
            .set("isolation.level", isolation.isolation_level())
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            .set("fetch.wait.max.ms", fetch_wait_ms);
        // A restore of 100,000 records peaked at 21 MB with it, at 37 MB with the library's own (measured).
        default(&mut settings, "queued.max.messages.kbytes", "8192");
        default(&mut settings, "queued.min.messages", "1000");
        let consumer: BaseConsumer<ClusterLink> =
            self.create_client(&settings, self.link.clone())?;
        // A token is asked for first of all, and only while the client is polled.
        drop(consumer.poll(Duration::ZERO));
        Ok(consumer)
    }

    /// A client of any kind.
    pub(in crate::kafka) fn create_client<C, T>(
        &self,
        settings: &ClientConfig,
        context: C,
    ) -> Result<T, LedgerError>
    where
        C: ClientContext,
        T: FromClientConfigAndContext<C>,
    {
        T::from_config_and_context(settings, context).map_err(|error| LedgerError::Unfit {
            detail: format!("kafka at {}: {}", self.brokers, refused_setting(&error)),
        })
    }

    /// Waits until the cluster answers.
    pub(in crate::kafka) fn wait_for_answer(
        &self,
        consumer: &BaseConsumer<ClusterLink>,
        at_most: Duration,
    ) -> Result<(), LedgerError> {
        let begun = Instant::now();
        loop {
            let answer = consumer.fetch_metadata(None, Duration::from_secs(1));
            // Serves the log and the errors, among them why a connection was refused.
            serve_idle_consumer(consumer);
            match answer {
                Ok(_) => return Ok(()),
                Err(error) if begun.elapsed() >= at_most => {
                    return Err(self.unreachable_for(begun.elapsed(), &error));
                }
                Err(_) => {}
            }
            if let Some(refusal) = self.link.standing_refusal() {
                return Err(LedgerError::Unfit {
                    detail: format!("kafka at {} refused this client: {refusal}", self.brokers),
                });
            }
        }
    }

    /// The cluster does not answer, with the reason that was given last.
    pub(in crate::kafka) fn unreachable_error(&self, error: &dyn fmt::Display) -> LedgerError {
        LedgerError::Unreachable {
            detail: format!("kafka at {}: {}", self.brokers, self.last_reason(error)),
        }
    }

    /// The same where it was waited for.
    pub(in crate::kafka) fn unreachable_for(
        &self,
        waited: Duration,
        error: &dyn fmt::Display,
    ) -> LedgerError {
        let (brokers, seconds) = (&self.brokers, waited.as_secs());
        let reason = self.last_reason(error);
        // The library names the setting only where it is told of the end of the connection in one of two ways.
        let closed = reason.contains(CLOSED) && !reason.contains("security.protocol");
        let hint = if closed { WRONG_LISTENER } else { "" };
        LedgerError::Unreachable {
            detail: format!("kafka at {brokers} did not answer within {seconds} s: {reason}{hint}"),
        }
    }

    fn last_reason(&self, error: &dyn fmt::Display) -> String {
        self.link.last_reason().unwrap_or_else(|| error.to_string())
    }
}

/// Serves a consumer that has nothing to read: a token is replaced, and an outage reported, only while it is polled. All
/// that waits is taken in, for what is told late would be taken for news.
pub(in crate::kafka) fn serve_idle_consumer(consumer: &BaseConsumer<ClusterLink>) {
    for _ in 0..MOST_EVENTS {
        let begun = Instant::now();
        // What ends sooner has served a line of the log, and more may wait behind it.
        if consumer.poll(MOMENT).is_none() && begun.elapsed() >= MOMENT {
            return;
        }
    }
}

fn is_bearer(settings: &ClientConfig) -> bool {
    let mechanism = settings.get("sasl.mechanism");
    mechanism.is_some_and(|mechanism| mechanism.eq_ignore_ascii_case("OAUTHBEARER"))
}

/// The library's words name the value too, which may be a secret.
fn refused_setting(error: &KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(_, said, key, value) => {
            let said = if value.is_empty() {
                said.clone()
            } else {
                said.replace(value, "***")
            };
            format!("[kafka.client] `{key}`: {said}")
        }
        other => format!("[kafka.client]: {other}"),
    }
}

/// Which records a reader sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::kafka) enum Isolation {
    /// Those of committed transactions.
    Committed,
    /// All that is in the log.
    Uncommitted,
}

impl Isolation {
    fn isolation_level(self) -> &'static str {
        match self {
            Self::Committed => "read_committed",
            Self::Uncommitted => "read_uncommitted",
        }
    }
}

/// A configuration whose cluster is not there.
#[cfg(test)]
pub(in crate::kafka) fn unreachable_config() -> KafkaConfig {
    use std::collections::BTreeMap;

    KafkaConfig {
        brokers: "127.0.0.1:1".to_owned(),
        prefix: "dateline.".to_owned(),
        instance: String::new(),
        partitions: 16,
        replication: 1,
        min_insync: None,
        start_timeout: Duration::from_secs(1),
        client: BTreeMap::new(),
        topics: BTreeMap::new(),
        retention: BTreeMap::new(),
        token_command: Some("printf canary".to_owned()),
        token_file: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn config(client: &[(&str, &str)]) -> KafkaConfig {
        let client = client
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Secret::new((*value).to_owned())))
            .collect();
        KafkaConfig {
            client,
            ..unreachable_config()
        }
    }

    #[test]
    fn a_secret_is_not_in_any_error_or_debug_text() {
        let connection = Connection::from_config(
            &config(&[
                ("sasl.password", "canary"),
                ("security.protocol", "canary-protocol"),
            ]),
            "id",
        )
        .expect("the settings are not ours");
        let error = connection
            .open_reader(Isolation::Committed)
            .err()
            .map(|error| error.to_string());
        let said = format!("{connection:?} {error:?}");
        assert!(
            said.contains("security.protocol") && !said.contains("canary"),
            "{said}"
        );
    }

    #[test]
    fn a_cluster_that_is_not_there_is_named_with_the_reason() {
        let connection = Connection::from_config(&config(&[]), "id").expect("no setting at all");
        let reader = connection
            .open_reader(Isolation::Committed)
            .expect("the settings are sound");
        let error = connection
            .wait_for_answer(&reader, Duration::from_secs(1))
            .expect_err("nobody listens there");
        let said = error.to_string();
        assert!(matches!(error, LedgerError::Unreachable { .. }), "{said}");
        assert!(said.contains("127.0.0.1:1"), "{said}");
    }
}
