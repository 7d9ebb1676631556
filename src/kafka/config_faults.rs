//! What a start would refuse of names and settings, found without a network.

use rdkafka::{ClientConfig, consumer::BaseConsumer};

use super::{
    cluster::{connect::Connection, link::ClusterLink, settings::first_name},
    format::names::TopicNames,
    hold::rebalance,
    write::deliveries,
};
use crate::{config::KafkaConfig, ledger::LedgerError};

/// Looks at names and settings as a start does, without a network.
///
/// # Errors
/// [`LedgerError::Unfit`] with what a start would refuse.
pub fn check_config(config: &KafkaConfig) -> Result<(), LedgerError> {
    let names = TopicNames::from_config(config)?;
    let connection = Connection::from_config(config, &names.transactional)?;
    let nowhere = |mut settings: ClientConfig| {
        // Without an address no client connects: only its settings are looked at.
        settings.remove("bootstrap.servers");
        settings
    };
    let member = nowhere(rebalance::member_settings(
        &connection,
        &names,
        &config.instance,
    ));
    let _: BaseConsumer<ClusterLink> =
        connection.create_client(&member, connection.link_state().clone())?;
    let writer = nowhere(deliveries::producer_settings(
        &connection,
        &names.transactional,
        deliveries::TRANSACTION,
    ));
    deliveries::create_producer(&connection, &writer).map(drop)
}

/// All that a start would refuse of names and settings, each with its key where it is one of `[kafka.client]`.
pub fn list_config_faults(config: &KafkaConfig) -> Vec<(Option<String>, String)> {
    let mut left = config.clone();
    let mut faults = Vec::new();
    // The library names the first alone: it is taken out, and the rest looked at again.
    while let Err(error) = check_config(&left) {
        let said = error.to_string();
        let key = said.split_once("[kafka.client] `").map(|(_, rest)| rest);
        let key = key
            .and_then(|rest| rest.split('`').next())
            .unwrap_or_default();
        let known = left
            .client
            .keys()
            .find(|known| *known == key || first_name(known) == key);
        let Some(key) = known.cloned() else {
            faults.push((None, said));
            return faults;
        };
        left.client.remove(&key);
        faults.push((Some(key), said));
    }
    faults
}
