//! Opening the ledger, and giving that up in order where stop is said first.

use std::time::Duration;

use super::{
    KafkaLedger,
    hold::shared::{Hook, Setting},
    start,
};
use crate::{
    config::KafkaConfig,
    ledger::{Ledger as _, LedgerError},
    stop::Stop,
};

/// A start that has begun to join the group when stop is said is finished within this, to leave it in order.
// It takes a second on a cluster that answers; one that does not must not hold up the end.
const HALF_OPEN: Duration = Duration::from_secs(5);

impl KafkaLedger {
    /// Connects, makes or checks the topics, joins the group. Partitions come later: [`next_change`](crate::ledger::Ledger::next_change) tells.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`] when the cluster does not answer within `start_timeout`, [`LedgerError::Unfit`] when
    /// it refuses this client or its topics are set wrong, with the command that mends them.
    pub async fn open(config: &KafkaConfig) -> Result<Self, LedgerError> {
        Self::open_with(config, None).await
    }

    /// The same, given up where stop is said first: the cluster then counts no member of this worker's any more.
    ///
    /// # Errors
    /// Those of [`Self::open`].
    pub async fn open_unless_stopped(
        config: &KafkaConfig,
        stop: &Stop,
    ) -> Result<Option<Self>, LedgerError> {
        let preparing = start::prepare_start(config, None);
        let Some(setting) = stop.unless_stopped(preparing).await else {
            return Ok(None);
        };
        let mut starting = Box::pin(Self::start_with(config, setting?));
        if let Some(started) = stop.unless_stopped(&mut starting).await {
            return started.map(Some);
        }
        // It may have joined the group by now, which would count it until its session is over.
        if let Ok(Ok(ledger)) = tokio::time::timeout(HALF_OPEN, starting).await {
            ledger.close().await?;
        }
        Ok(None)
    }

    /// The same with a hook at each step of each transaction, for tests of processes that end or stop there.
    #[doc(hidden)]
    pub async fn open_with(config: &KafkaConfig, hook: Option<Hook>) -> Result<Self, LedgerError> {
        let setting = start::prepare_start(config, hook).await?;
        Self::start_with(config, setting).await
    }

    async fn start_with(config: &KafkaConfig, setting: Setting) -> Result<Self, LedgerError> {
        let instance = config.instance.clone();
        let start_timeout = config.start_timeout;
        start::run_blocking(move || start::start_ledger(setting, &instance, start_timeout)).await?
    }
}
