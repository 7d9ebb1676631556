//! The records of state, as they lie on their topics.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    ledger::{Seen, Waiting},
    site::Site,
};

/// Version of state records; the next one is readable too, a later one stops its partition.
pub(in crate::kafka) const VERSION: u32 = 1;

/// The record of a mailbox: the entry and the site it is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::kafka) struct EntryRecord {
    /// The site whose owner is to read it.
    pub(in crate::kafka) site: String,
    /// The entry.
    #[serde(flatten)]
    pub(in crate::kafka) waiting: Waiting,
}

/// The record of a mark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::kafka) struct SeenRecord {
    /// Version of this record.
    #[serde(default)]
    pub(in crate::kafka) v: u32,
    /// The mark.
    #[serde(flatten)]
    pub(in crate::kafka) seen: Seen,
}

/// Who owned a partition last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::kafka) struct OwnerRecord {
    /// Version of this record.
    pub(in crate::kafka) v: u32,
    /// Its transactional id, by which a transaction it left open is ended, and the client id of its member of the group.
    pub(in crate::kafka) transactional_id: String,
    /// The process: a random text, for an instance keeps its transactional id from one process to the next.
    pub(in crate::kafka) process: String,
    /// Its member of the group, by the id that the cluster gave it: another process under its instance name has another
    /// one. `None` where the cluster did not say.
    #[serde(default)]
    pub(in crate::kafka) member: Option<String>,
    /// Since when.
    pub(in crate::kafka) since: Timestamp,
    /// Whether it ended as it should.
    pub(in crate::kafka) clean: bool,
    /// Whether an earlier end was unclean and what may have caused it is not tried yet: whoever takes the partition
    /// over suspects it again, however this owner ends.
    #[serde(default)]
    pub(in crate::kafka) untried: bool,
}

/// How sites are spread over partitions: frozen, and the same for all workers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::kafka) struct LayoutRecord {
    /// Version of this record.
    pub(in crate::kafka) v: u32,
    /// Where the sample addresses of [`LayoutRecord::of_this_version`] come to be, which tells rule, list and hash.
    pub(in crate::kafka) samples: Vec<u32>,
    /// How many partitions each state topic has.
    pub(in crate::kafka) partitions: u32,
    /// A copy into these topics began then and is not complete; written first, and over when a later record says no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::kafka) copying: Option<String>,
}

impl LayoutRecord {
    /// The layout that this version keeps for so many partitions.
    pub(in crate::kafka) fn of_this_version(partitions: u32) -> Self {
        let hosts = [
            "www.example.org",
            "news.bbc.co.uk",
            "dawn.com",
            "someone.substack.com",
            "192.0.2.7",
            "xn--bcher-kva.example",
        ];
        let place = |host: &&str| {
            let url = url::Url::parse(&format!("https://{host}/")).ok()?;
            Site::of_url(&url).map(|site| site.partition_among(partitions))
        };
        Self {
            v: VERSION,
            samples: hosts.iter().filter_map(place).collect(),
            partitions,
            copying: None,
        }
    }
}

/// A state record that this version cannot read.
pub(in crate::kafka) fn read_state_record<T: DeserializeOwned>(
    topic: &str,
    key: &str,
    value: &[u8],
) -> Result<T, String> {
    serde_json::from_slice(value)
        .map_err(|error| format!("record `{key}` of {topic} cannot be read: {error}"))
}
