//! What the clients tell of the cluster: whether it answers, why not; and the token they show it.

use std::{
    error::Error,
    ops::Deref,
    path::PathBuf,
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use rdkafka::{
    ClientContext,
    client::OAuthToken,
    config::RDKafkaLogLevel,
    consumer::ConsumerContext,
    error::{KafkaError, RDKafkaErrorCode},
};
use serde::Deserialize;

use crate::config::KafkaConfig;

/// A token without a date of its own is fetched again after this.
const TOKEN_LIFE: Duration = Duration::from_secs(300);

/// What every client tells of the cluster; shared by them.
#[derive(Debug, Clone)]
pub(super) struct Link {
    state: Arc<Mutex<State>>,
    token_file: Option<PathBuf>,
    token_command: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    down_since: Option<Timestamp>,
    reason: Option<String>,
    refusal: Option<String>,
}

impl Link {
    /// Nothing is known of the cluster yet.
    pub(super) fn of(config: &KafkaConfig) -> Self {
        Self {
            state: Arc::default(),
            token_file: config.token_file.clone(),
            token_command: config.token_command.clone(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Out of reach since.
    pub(super) fn down_since(&self) -> Option<Timestamp> {
        self.state().down_since
    }

    /// The last reason given for not answering.
    pub(super) fn reason(&self) -> Option<String> {
        self.state().reason.clone()
    }

    /// Why the cluster will not have this client, whatever the time of day.
    pub(super) fn refusal(&self) -> Option<String> {
        self.state().refusal.clone()
    }

    /// The cluster did not answer; logged once until it does.
    pub(super) fn down(&self, reason: &str) {
        let mut state = self.state();
        state.reason = Some(reason.to_owned());
        if state.down_since.is_none() {
            state.down_since = Some(Timestamp::now());
            tracing::warn!(reason, "kafka is out of reach, nothing new is begun");
        }
    }

    /// The cluster answers.
    pub(super) fn up(&self) {
        let mut state = self.state();
        state.reason = None;
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

impl ClientContext for Link {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        tracing::debug!(target: "dateline::librdkafka", ?level, facility, message, "client library");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        match error.rdkafka_error_code() {
            // What every reader is told at the end of what there is.
            Some(RDKafkaErrorCode::PartitionEOF) => {}
            Some(RDKafkaErrorCode::AllBrokersDown) => {
                let why = self.reason().unwrap_or_else(|| reason.to_owned());
                self.down(&why);
            }
            Some(RDKafkaErrorCode::Authentication) => {
                let mut state = self.state();
                state.reason = Some(reason.to_owned());
                state.refusal = Some(reason.to_owned());
            }
            Some(RDKafkaErrorCode::SSL) => {
                let mut state = self.state();
                state.reason = Some(reason.to_owned());
                if reason.contains("certificate") {
                    state.refusal = Some(reason.to_owned());
                }
            }
            Some(RDKafkaErrorCode::BrokerTransportFailure) if refuses_certificate(reason) => {
                let mut state = self.state();
                state.reason = Some(reason.to_owned());
                state.refusal = Some(format!(
                    "it wants a certificate that it trusts (ssl.certificate.location): {reason}"
                ));
            }
            _ => self.state().reason = Some(reason.to_owned()),
        }
    }

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        let token = self.token()?;
        let claims = claims(&token);
        let now = Timestamp::now().as_millisecond();
        let life = i64::try_from(TOKEN_LIFE.as_millis()).unwrap_or(i64::MAX);
        Ok(OAuthToken {
            lifetime_ms: claims
                .exp
                .map_or(now + life, |seconds| (seconds * 1000.0) as i64),
            principal_name: claims.sub.unwrap_or_else(|| "dateline".to_owned()),
            token,
        })
    }
}

impl ConsumerContext for Link {}

/// What one kind of client remembers of its own, beside what every client tells of the cluster.
pub(super) struct Linked<T> {
    link: Link,
    own: T,
}

impl Link {
    /// The context of a client that remembers something of its own.
    pub(super) fn with<T>(&self, own: T) -> Linked<T> {
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
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = Link::ENABLE_REFRESH_OAUTH_TOKEN;

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

impl Link {
    /// Reads the token anew: whoever issues it may have replaced it.
    fn token(&self) -> Result<String, Box<dyn Error>> {
        if let Some(path) = &self.token_file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| format!("kafka.token_path {}: {error}", path.display()))?;
            return Ok(text.trim().to_owned());
        }
        let Some(command) = &self.token_command else {
            return Err("OAUTHBEARER needs kafka.token_path or kafka.token_command".into());
        };
        let output = Command::new("sh")
            .args(["-c", command])
            .output()
            .map_err(|error| format!("kafka.token_command: {error}"))?;
        if !output.status.success() {
            return Err(format!("kafka.token_command ended with {}", output.status).into());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

/// What a JSON Web Token says of itself (RFC 7519 section 4.1).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Claims {
    sub: Option<String>,
    exp: Option<f64>,
}

/// The claims of a token; none where it is not a JSON Web Token.
fn claims(token: &str) -> Claims {
    let payload = token.split('.').nth(1).and_then(base64url);
    payload
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

/// RFC 4648 section 5, without padding.
fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(value)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_certificate_that_the_other_side_does_not_take_is_a_refusal_and_a_lost_connection_is_none()
     {
        let link = Link::of(&crate::ledger::kafka::connect::nowhere());
        let broke_off = |reason: &str| {
            let code = RDKafkaErrorCode::BrokerTransportFailure;
            link.error(KafkaError::Global(code), reason);
            link.refusal()
        };
        assert_eq!(broke_off("Receive failed: Connection reset by peer"), None);
        let alert =
            "Receive failed: ssl/tls alert bad certificate: SSL alert number 42 (after 0ms)";
        let refusal = broke_off(alert).expect("no time of day helps");
        assert!(refusal.contains("ssl.certificate.location") && refusal.contains(alert));
    }

    #[test]
    fn a_token_tells_whose_it_is_and_until_when() {
        // {"sub":"news","exp":2000000000.5} in base64url between two dots.
        let token = "e30.eyJzdWIiOiJuZXdzIiwiZXhwIjoyMDAwMDAwMDAwLjV9.x";
        let claims = claims(token);
        assert_eq!(
            (claims.sub.as_deref(), claims.exp),
            (Some("news"), Some(2_000_000_000.5))
        );
        let link = Link {
            state: Arc::default(),
            token_file: None,
            token_command: Some("printf canary".to_owned()),
        };
        let token = link
            .generate_oauth_token(None)
            .expect("the command prints one");
        assert_eq!(
            (token.token.as_str(), token.principal_name.as_str()),
            ("canary", "dateline")
        );
    }
}
