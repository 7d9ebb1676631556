//! What the clients report of the cluster: whether it answers, why not; and the token they show it.

use std::{error::Error, ops::Deref, sync::Arc};

use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};
use rdkafka::{
    ClientContext,
    client::OAuthToken,
    config::RDKafkaLogLevel,
    consumer::ConsumerContext,
    error::{KafkaError, RDKafkaErrorCode},
};

use super::token::Tokens;
use crate::config::KafkaConfig;

/// The library's words where no token was to be had.
// Nobody refused this client, and the next one may be there.
const NO_TOKEN: &str = "Failed to acquire SASL OAUTHBEARER token";
/// Lines of the library's log that say why a connection was closed; no error says so where a listener expects TLS or a
/// password and the client shows none.
const CLOSED: &str = "FAIL";

/// What every client reports of the cluster; shared by them.
#[derive(Debug, Clone)]
pub(in crate::kafka) struct ClusterLink {
    state: Arc<Mutex<LinkState>>,
    tokens: Tokens,
}

#[derive(Debug, Default)]
struct LinkState {
    down_since: Option<Timestamp>,
    reason: Option<String>,
    /// Why a connection was closed last, which may be for want of anything to say: a reason where no other is known.
    closed: Option<String>,
    refusal: Option<String>,
}

impl ClusterLink {
    /// Nothing is known of the cluster yet.
    pub(in crate::kafka) fn new_unknown(config: &KafkaConfig) -> Self {
        Self {
            state: Arc::default(),
            tokens: Tokens::from_config(config),
        }
    }

    fn lock_state(&self) -> MutexGuard<'_, LinkState> {
        self.state.lock()
    }

    /// Out of reach since.
    pub(in crate::kafka) fn down_since(&self) -> Option<Timestamp> {
        self.lock_state().down_since
    }

    /// The last reason given for not answering.
    pub(in crate::kafka) fn last_reason(&self) -> Option<String> {
        self.lock_state().reason.clone()
    }

    /// Why the cluster will not have this client, whatever the time of day.
    pub(in crate::kafka) fn standing_refusal(&self) -> Option<String> {
        self.lock_state().refusal.clone()
    }

    /// The cluster did not answer; logged once until it does.
    pub(in crate::kafka) fn mark_down(&self, reason: &str) {
        let mut state = self.lock_state();
        state.reason = Some(reason.to_owned());
        if state.down_since.is_none() {
            state.down_since = Some(Timestamp::now());
            tracing::warn!(reason, "kafka is out of reach, nothing new is begun");
        }
    }

    /// The cluster answers.
    pub(in crate::kafka) fn mark_up(&self) {
        let mut state = self.lock_state();
        (state.reason, state.closed) = (None, None);
        if let Some(since) = state.down_since.take() {
            tracing::info!(since = %since, "kafka answers again");
        }
    }
}

/// Whether the other side broke off for want of a certificate of this client that it trusts (RFC 8446 section 6.2; in
/// TLS 1.3 it does so after the handshake, so that the library takes it for a connection that was lost).
fn refuses_certificate(reason: &str) -> bool {
    let alert = reason.split("SSL alert number ").nth(1);
    let number = alert.and_then(|rest| rest.split(' ').next()?.parse::<u8>().ok());
    matches!(number, Some(42..=46 | 48 | 116))
}

impl ClientContext for ClusterLink {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "dateline::librdkafka", ?level, facility, message, "client library");
        if facility == CLOSED {
            let (_, why) = message.split_once("]: ").unwrap_or(("", message));
            self.lock_state().closed = Some(why.to_owned());
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        match error.rdkafka_error_code() {
            // What every reader is told at the end of what there is.
            Some(RDKafkaErrorCode::PartitionEOF) => {}
            Some(RDKafkaErrorCode::AllBrokersDown) => {
                let why = {
                    let state = self.lock_state();
                    state.reason.clone().or_else(|| state.closed.clone())
                };
                self.mark_down(why.as_deref().unwrap_or(reason));
            }
            Some(RDKafkaErrorCode::Authentication) if reason.contains(NO_TOKEN) => {
                tracing::warn!(reason, "no token to show to kafka, it is asked for again");
                self.lock_state().reason = Some(reason.to_owned());
            }
            Some(RDKafkaErrorCode::Authentication) => {
                let mut state = self.lock_state();
                state.reason = Some(reason.to_owned());
                state.refusal = Some(reason.to_owned());
            }
            Some(RDKafkaErrorCode::SSL) => {
                let mut state = self.lock_state();
                state.reason = Some(reason.to_owned());
                if reason.contains("certificate") {
                    state.refusal = Some(reason.to_owned());
                }
            }
            Some(RDKafkaErrorCode::BrokerTransportFailure) if refuses_certificate(reason) => {
                let mut state = self.lock_state();
                state.reason = Some(reason.to_owned());
                state.refusal = Some(format!(
                    "it wants a certificate that it trusts (ssl.certificate.location): {reason}"
                ));
            }
            _ => self.lock_state().reason = Some(reason.to_owned()),
        }
    }

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.tokens.next()
    }
}

impl ConsumerContext for ClusterLink {}

/// What one kind of client remembers of its own, beside what every client reports of the cluster.
pub(in crate::kafka) struct Linked<T> {
    link: ClusterLink,
    own: T,
}

impl ClusterLink {
    /// The context of a client that remembers something of its own.
    pub(in crate::kafka) fn link_with<T>(&self, own: T) -> Linked<T> {
        Linked {
            link: self.clone(),
            own,
        }
    }
}

impl<T> Deref for Linked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.own
    }
}

impl<T: Send + Sync> ClientContext for Linked<T> {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = ClusterLink::ENABLE_REFRESH_OAUTH_TOKEN;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.link.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.link.error(error, reason);
    }

    fn generate_oauth_token(&self, config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.link.generate_oauth_token(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_certificate_that_the_other_side_does_not_take_is_a_refusal_and_a_lost_connection_is_none()
     {
        let link = ClusterLink::new_unknown(&crate::kafka::cluster::connect::unreachable_config());
        let broke_off = |reason: &str| {
            let code = RDKafkaErrorCode::BrokerTransportFailure;
            link.error(KafkaError::Global(code), reason);
            link.standing_refusal()
        };
        assert_eq!(broke_off("Receive failed: Connection reset by peer"), None);
        let alert =
            "Receive failed: ssl/tls alert bad certificate: SSL alert number 42 (after 0ms)";
        let refusal = broke_off(alert).expect("no time of day helps");
        assert!(refusal.contains("ssl.certificate.location") && refusal.contains(alert));
    }
}
