//! What an operator may set of the client library, each setting under one name.

use rdkafka::{ClientConfig, config::RDKafkaLogLevel};

use crate::{config::KafkaConfig, ledger::LedgerError};

/// Settings that dateline's own rules rest on.
// One that is given otherwise would lose or repeat records.
const OURS: &[&str] = &[
    "acks",
    "bootstrap.servers",
    "client.id",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "isolation.level",
    "partition.assignment.strategy",
    "partitioner",
    "transactional.id",
];
/// Second names of settings, each with the one used here.
// Of two names the library takes whichever comes last, and a map has no order (librdkafka's CONFIGURATION.md, every
// row "Alias for").
const SECOND_NAMES: &[(&str, &str)] = &[
    ("auto.commit.enable", "enable.auto.commit"),
    ("compression.type", "compression.codec"),
    ("fetch.message.max.bytes", "max.partition.fetch.bytes"),
    ("max.in.flight.requests.per.connection", "max.in.flight"),
    ("message.send.max.retries", "retries"),
    ("message.timeout.ms", "delivery.timeout.ms"),
    ("metadata.broker.list", "bootstrap.servers"),
    ("queue.buffering.max.ms", "linger.ms"),
    ("request.required.acks", "acks"),
    (
        "sasl.oauthbearer.client.credentials.client.id",
        "sasl.oauthbearer.client.id",
    ),
    (
        "sasl.oauthbearer.client.credentials.client.secret",
        "sasl.oauthbearer.client.secret",
    ),
    ("sasl.mechanisms", "sasl.mechanism"),
];
/// Settings that say which authorities are trusted.
const AUTHORITIES: &[&str] = &["ssl.ca.location", "ssl.ca.pem", "ssl.ca.certificate.stores"];

/// The settings as configured; those that are dateline's own are refused, and what is given twice.
pub(in crate::kafka) fn client_settings(config: &KafkaConfig) -> Result<ClientConfig, LedgerError> {
    let refused = |detail| Err(LedgerError::Unfit { detail });
    let mut settings = ClientConfig::new();
    for (key, value) in &config.client {
        let name = first_name(key);
        if OURS.contains(&name) {
            return refused(format!(
                "[kafka.client] `{key}` is set by dateline itself: take it out"
            ));
        }
        if name != key && config.client.contains_key(name) {
            return refused(format!(
                "[kafka.client] `{key}` and `{name}` are two names of one setting: take one out"
            ));
        }
        settings.set(name, value.expose());
    }
    let has_own = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some());
    trust_the_system(&mut settings, has_own);
    settings.set_log_level(if settings.get("debug").is_some() {
        RDKafkaLogLevel::Debug
    } else {
        // Why a connection was closed is reported at this level alone.
        RDKafkaLogLevel::Info
    });
    Ok(settings)
}

pub(in crate::kafka) fn first_name(key: &str) -> &str {
    let mut second = SECOND_NAMES.iter();
    second
        .find_map(|(second, first)| (*second == key).then_some(*first))
        .unwrap_or(key)
}

/// The TLS library is built in and looks for authorities where it was built; the system's are looked for where systems
/// have them, unless the environment or a setting says where they are.
fn trust_the_system(settings: &mut ClientConfig, has_own: bool) {
    let protocol = settings.get("security.protocol").unwrap_or_default();
    let is_tls = ["SSL", "SASL_SSL"]
        .into_iter()
        .any(|tls| protocol.eq_ignore_ascii_case(tls));
    let is_said = has_own || AUTHORITIES.iter().any(|key| settings.get(key).is_some());
    if is_tls && !is_said {
        settings.set("ssl.ca.location", "probe");
    }
}

/// A default of ours that an operator may change.
pub(in crate::kafka) fn default(settings: &mut ClientConfig, key: &str, value: &str) {
    if settings.get(key).is_none() {
        settings.set(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Secret, kafka::cluster::connect::unreachable_config};

    fn read(client: &[(&str, &str)]) -> Result<ClientConfig, String> {
        let secret =
            |(key, value): &(&str, &str)| ((*key).to_owned(), Secret::new((*value).to_owned()));
        let config = KafkaConfig {
            client: client.iter().map(secret).collect(),
            ..unreachable_config()
        };
        client_settings(&config).map_err(|error| error.to_string())
    }

    #[test]
    fn a_setting_that_would_lose_or_repeat_records_is_refused_under_each_of_its_names() {
        let second = SECOND_NAMES.iter();
        let second = second.filter_map(|(second, first)| OURS.contains(first).then_some(second));
        let all: Vec<&str> = OURS.iter().chain(second).copied().collect();
        assert!(all.contains(&"metadata.broker.list"), "{all:?}");
        for key in all {
            let refused = read(&[(key, "x")]).expect_err(key);
            assert!(refused.contains(&format!("`{key}` is set by")), "{refused}");
        }
    }

    #[test]
    fn a_setting_under_its_second_name_takes_the_place_of_the_default() {
        let mut settings = read(&[("queue.buffering.max.ms", "7")]).expect("one setting");
        default(&mut settings, "linger.ms", "0");
        assert_eq!(settings.get("linger.ms"), Some("7"));
        assert_eq!(settings.get("queue.buffering.max.ms"), None);
    }

    #[test]
    fn two_names_of_one_setting_are_a_fault_that_names_both() {
        for (second, first) in [
            ("sasl.mechanisms", "sasl.mechanism"),
            ("compression.type", "compression.codec"),
        ] {
            let refused = read(&[(first, "x"), (second, "y")]).expect_err("two values");
            assert!(
                refused.contains(&format!("`{second}` and `{first}`")),
                "{refused}"
            );
        }
    }

    #[test]
    fn the_authorities_of_the_system_are_trusted_where_nothing_else_is_said() {
        let probed = |client: &[(&str, &str)], has_own| {
            let mut settings = ClientConfig::new();
            for (key, value) in client {
                settings.set(*key, *value);
            }
            trust_the_system(&mut settings, has_own);
            settings.get("ssl.ca.location") == Some("probe")
        };
        assert!(probed(&[("security.protocol", "SASL_SSL")], false));
        assert!(probed(&[("security.protocol", "ssl")], false));
        assert!(!probed(&[("security.protocol", "SSL")], true));
        for own in AUTHORITIES {
            assert!(!probed(&[("security.protocol", "SSL"), (own, "x")], false));
        }
        assert!(!probed(&[("security.protocol", "SASL_PLAINTEXT")], false));
        assert!(!probed(&[], false));
    }
}
