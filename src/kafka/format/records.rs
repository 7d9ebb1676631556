//! Batches as records on topics: keys, headers, sizes.

use jiff::Timestamp;
use rdkafka::{
    Message,
    message::{Header, Headers as _, OwnedHeaders},
};
use serde::Deserialize;

use super::names::Topic;
use crate::{
    id::{ArticleId, FeedId},
    ledger::{
        Cleared, LedgerError, Outlet, Post, PublishedRecord, Seen, entry_rules, published::ce_id,
    },
    record::Record,
    site::Site,
};

mod prepare;
mod state_records;

pub(in crate::kafka) use self::state_records::{
    EntryRecord, LayoutRecord, OwnerRecord, SeenRecord, VERSION, read_state_record,
};

/// What a record takes beside its value: key, headers and framing.
const AROUND: usize = 2_048;

/// One record on its way to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kafka) struct Write {
    /// Where to.
    pub(in crate::kafka) topic: Topic,
    /// The partition; `None` for that of the key.
    pub(in crate::kafka) partition: Option<u32>,
    /// The key.
    pub(in crate::kafka) key: String,
    /// The value; `None` clears the key.
    pub(in crate::kafka) value: Option<String>,
    /// CloudEvents attributes of what is published.
    pub(in crate::kafka) headers: Vec<(&'static str, String)>,
}

/// Header of a record that clears an entry: the offset of the post that is done with.
// A later one counts, though the record that clears comes after it.
const UP_TO: &str = "up_to";

/// Up to which offset a record without a value clears its key.
pub(in crate::kafka) fn cleared_up_to(message: &impl Message) -> i64 {
    let headers = message.headers();
    let up_to = headers.and_then(|headers| headers.iter().find(|header| header.key == UP_TO));
    let up_to = up_to.and_then(|header| str::from_utf8(header.value?).ok()?.parse().ok());
    up_to.unwrap_or_else(|| message.offset())
}

impl Write {
    /// The headers as the library takes them.
    pub(in crate::kafka) fn header_list(&self) -> OwnedHeaders {
        let headers = OwnedHeaders::new_with_capacity(self.headers.len());
        self.headers.iter().fold(headers, |headers, (key, value)| {
            headers.insert(Header {
                key,
                value: Some(value),
            })
        })
    }

    fn bytes(&self) -> usize {
        self.value.as_ref().map_or(0, String::len) + self.key.len()
    }
}

/// What a batch changes in memory once it is committed; numbers are places in the list of writes.
#[derive(Debug, Default)]
pub(in crate::kafka) struct Effects {
    pub(in crate::kafka) cleared: Vec<(Cleared, usize)>,
    pub(in crate::kafka) seen: Vec<(ArticleId, Seen, usize)>,
    pub(in crate::kafka) posts: Vec<(Post, usize)>,
    pub(in crate::kafka) feed: Option<(FeedId, String)>,
    pub(in crate::kafka) listed: Option<(FeedId, usize)>,
    pub(in crate::kafka) site: Option<(Site, String)>,
}

/// A batch as records, with everything that can be refused already looked at.
#[derive(Debug, Default)]
pub(in crate::kafka) struct PreparedRecords {
    pub(in crate::kafka) writes: Vec<Write>,
    pub(in crate::kafka) effects: Effects,
}

impl PreparedRecords {
    /// Refuses what the producer would not take.
    pub(in crate::kafka) fn refuse_oversized(self, limit: usize) -> Result<Self, LedgerError> {
        let limit = limit.saturating_sub(AROUND);
        let bytes = self.largest_record_bytes();
        if bytes > limit {
            Err(LedgerError::TooLarge { bytes, limit })
        } else {
            Ok(self)
        }
    }

    /// Bytes of all records together.
    pub(in crate::kafka) fn bytes(&self) -> usize {
        self.writes.iter().map(Write::bytes).sum()
    }

    /// Bytes of the largest record.
    pub(in crate::kafka) fn largest_record_bytes(&self) -> usize {
        self.writes.iter().map(Write::bytes).max().unwrap_or(0)
    }

    fn push_write(&mut self, write: Write) -> usize {
        self.writes.push(write);
        self.writes.len() - 1
    }
}

/// A record of a state topic.
pub(in crate::kafka) fn state_record(
    topic: Topic,
    partition: u32,
    key: String,
    value: Option<String>,
) -> Write {
    Write {
        topic,
        partition: Some(partition),
        key,
        value,
        headers: Vec::new(),
    }
}

/// A record of an outlet.
fn outlet_record(record: &Record, source: &str, recorded: Timestamp) -> Result<Write, LedgerError> {
    let outlet = match record {
        Record::Article(_) => Outlet::Articles,
        Record::Event(_) => Outlet::Events,
        Record::SetAside(_) => Outlet::SetAside,
    };
    let (id, revision) = (record.id().to_owned(), record.revision());
    Ok(Write {
        topic: Topic::of_outlet(outlet),
        partition: None,
        headers: cloud_event_attributes(
            ce_id(outlet, &id, revision),
            record.ce_type(),
            source,
            recorded,
            record.schema_name(),
        ),
        key: id,
        value: Some(entry_rules::record_json(record)?),
    })
}

/// The attributes under which a record was published.
pub(in crate::kafka) fn cloud_event(record: &PublishedRecord) -> Vec<(&'static str, String)> {
    #[derive(Deserialize)]
    struct Schema {
        schema: String,
    }
    let schema = serde_json::from_str::<Schema>(&record.json).map(|found| found.schema);
    cloud_event_attributes(
        record.ce_id(),
        record.ce_type.clone(),
        &record.ce_source,
        record.recorded,
        &schema.unwrap_or_default(),
    )
}

/// CloudEvents 1.0.2, Kafka protocol binding, binary mode.
fn cloud_event_attributes(
    ce_id: String,
    ce_type: String,
    source: &str,
    recorded: Timestamp,
    schema: &str,
) -> Vec<(&'static str, String)> {
    vec![
        ("ce_specversion", "1.0".to_owned()),
        ("ce_id", ce_id),
        ("ce_type", ce_type),
        ("ce_source", source.to_owned()),
        ("ce_time", recorded.to_string()),
        ("ce_dataschema", format!("urn:{}", schema.replace('/', ":"))),
        ("content-type", "application/json".to_owned()),
    ]
}
