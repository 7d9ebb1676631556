//! A cluster as the source or the target of a copy, while no worker runs on it.

use std::time::{Duration, Instant};

use rdkafka::{
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    groups::GroupMemberInfo,
};

use super::{
    cluster::{
        connect::{ANSWER, Connection},
        link::ClusterLink,
    },
    format::names::TopicNames,
};
use crate::ledger::LedgerError;

mod sent;
mod source;
mod target;

pub(crate) use self::source::ClusterSource;
pub(crate) use self::target::ClusterTarget;

/// Between two looks at the cluster.
// A person waits for the copy.
const LOOK: Duration = Duration::from_millis(100);
/// Topics that were just made, or whose broker was just started, answer within this.
const SETTLED: Duration = Duration::from_secs(20);

/// Asks again while the cluster finds its way: leaders of topics that were just made, the coordinator of a group.
fn ask_patiently<T>(
    connection: &Connection,
    ask: impl Fn() -> Result<T, KafkaError>,
) -> Result<T, LedgerError> {
    let begun = Instant::now();
    loop {
        match ask() {
            Ok(found) => return Ok(found),
            Err(error) if begun.elapsed() > SETTLED => {
                return Err(connection.unreachable_error(&error));
            }
            Err(error) => tracing::info!(%error, "asked again"),
        }
        std::thread::sleep(LOOK);
    }
}

fn no_worker(
    consumer: &BaseConsumer<ClusterLink>,
    connection: &Connection,
    names: &TopicNames,
) -> Result<(), LedgerError> {
    let refused = |error: &KafkaError| {
        *error == KafkaError::GroupListFetch(RDKafkaErrorCode::GroupAuthorizationFailed)
    };
    let list = ask_patiently(connection, || {
        match consumer.fetch_group_list(Some(&names.group), ANSWER) {
            Err(error) if refused(&error) => Ok(None),
            found => found.map(Some),
        }
    })?;
    let Some(list) = list else {
        return Err(LedgerError::Unfit {
            detail: format!(
                "this client may not see the members of group {}; `dateline kafka topics` prints the grants",
                names.group
            ),
        });
    };
    let groups = list.groups().iter();
    let members: Vec<&str> = groups
        .flat_map(|group| group.members().iter())
        .map(GroupMemberInfo::client_id)
        .collect();
    if members.is_empty() {
        return Ok(());
    }
    Err(LedgerError::Taken {
        detail: format!(
            "{} of group {} at {} run; stop them (one that was killed counts for its session, 6 s)",
            members.join(", "),
            names.group,
            connection.brokers()
        ),
    })
}
