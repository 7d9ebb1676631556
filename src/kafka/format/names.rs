//! Names on the cluster: topics, group, transactional ids, and the keys of state records.

use std::collections::BTreeMap;

use crate::{
    config::KafkaConfig,
    id::FeedId,
    ledger::{LedgerError, Outlet},
    site::Site,
};

/// Key of the record that says how sites are spread over partitions.
pub(in crate::kafka) const LAYOUT_KEY: &str = "layout";
/// Key of the record that says who owned a partition last.
pub(in crate::kafka) const OWNER_KEY: &str = "owner";
const SITE_PREFIX: &str = "site/";
const FEED_PREFIX: &str = "feed/";
const LISTED_PREFIX: &str = "listed/";

/// A topic of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::kafka) enum Topic {
    /// State of sites, and the owner of each partition.
    Sites,
    /// State of feeds, and what each listed last.
    Feeds,
    /// Mailboxes; the one the group subscribes to.
    Entries,
    /// Marks of addresses.
    Seen,
    /// Outlet.
    Articles,
    /// Outlet.
    Events,
    /// Outlet.
    SetAside,
}

impl Topic {
    /// All of them, state first.
    pub(in crate::kafka) const ALL: [Self; 7] = [
        Self::Sites,
        Self::Feeds,
        Self::Entries,
        Self::Seen,
        Self::Articles,
        Self::Events,
        Self::SetAside,
    ];
    /// Those that are read at a restore, entries last.
    // Their turn depends on marks.
    pub(in crate::kafka) const STATE: [Self; 4] =
        [Self::Sites, Self::Feeds, Self::Seen, Self::Entries];

    /// The topic of an outlet.
    pub(in crate::kafka) fn of_outlet(outlet: Outlet) -> Self {
        match outlet {
            Outlet::Articles => Self::Articles,
            Outlet::Events => Self::Events,
            Outlet::SetAside => Self::SetAside,
        }
    }

    /// Whether it holds state rather than records.
    pub(in crate::kafka) fn is_state(self) -> bool {
        matches!(self, Self::Sites | Self::Feeds | Self::Entries | Self::Seen)
    }

    /// Its key in `[kafka.topics]`.
    pub(in crate::kafka) fn config_key(self) -> &'static str {
        match self {
            Self::Sites => "sites",
            Self::Feeds => "feeds",
            Self::Entries => "entries",
            Self::Seen => "seen",
            Self::Articles => "articles",
            Self::Events => "events",
            Self::SetAside => "set_aside",
        }
    }

    fn default_suffix(self) -> &'static str {
        match self {
            Self::SetAside => "set-aside",
            other => other.config_key(),
        }
    }
}

/// What things are called on this cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kafka) struct TopicNames {
    topics: BTreeMap<Topic, String>,
    /// The consumer group.
    pub(in crate::kafka) group: String,
    /// What transactional ids begin with.
    pub(in crate::kafka) transactional: String,
    /// CloudEvents `source`.
    pub(in crate::kafka) source: String,
}

impl TopicNames {
    /// The names as configured: one by one, else from the prefix.
    pub(in crate::kafka) fn from_config(config: &KafkaConfig) -> Result<Self, LedgerError> {
        let given = |key: &str| config.topics.get(key).cloned();
        let topics: BTreeMap<Topic, String> = Topic::ALL
            .into_iter()
            .map(|topic| {
                let name = given(topic.config_key());
                (
                    topic,
                    name.unwrap_or_else(|| format!("{}{}", config.prefix, topic.default_suffix())),
                )
            })
            .collect();
        let mut sorted: Vec<&String> = topics.values().collect();
        sorted.sort();
        sorted.dedup();
        if sorted.len() < Topic::ALL.len() {
            return Err(LedgerError::Unfit {
                detail: "[kafka.topics] gives two topics one name; each needs its own".to_owned(),
            });
        }
        if let Some(name) = topics.values().find(|name| !is_legal_name(name)) {
            return Err(LedgerError::Unfit {
                detail: format!(
                    "`{name}` is no topic name: letters, digits, `.`, `_` and `-`, at most 249"
                ),
            });
        }
        let base = config.prefix_base().to_owned();
        let group = given("group").unwrap_or_else(|| base.clone());
        Ok(Self {
            topics,
            transactional: given("transactional_id").unwrap_or_else(|| group.clone()),
            group,
            source: format!("/dateline/{base}"),
        })
    }

    /// The name of a topic.
    pub(in crate::kafka) fn topic(&self, topic: Topic) -> &str {
        &self.topics[&topic]
    }
}

/// Kafka's own rule for topic names.
fn is_legal_name(name: &str) -> bool {
    let letters = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    letters && !matches!(name, "" | "." | "..") && name.len() <= 249
}

/// The key of a record of state topics other than marks and entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kafka) enum StateKey {
    /// State of a site.
    Site(Site),
    /// State of a feed.
    Feed(FeedId),
    /// What a feed listed last.
    Listed(FeedId),
    /// Who owned the partition last.
    Owner,
    /// How sites are spread.
    Layout,
}

impl StateKey {
    /// The key as written.
    pub(in crate::kafka) fn to_text(&self) -> String {
        match self {
            Self::Site(site) => format!("{SITE_PREFIX}{site}"),
            Self::Feed(feed) => format!("{FEED_PREFIX}{feed}"),
            Self::Listed(feed) => format!("{LISTED_PREFIX}{feed}"),
            Self::Owner => OWNER_KEY.to_owned(),
            Self::Layout => LAYOUT_KEY.to_owned(),
        }
    }

    /// The key behind its text; `None` for one of a version to come.
    pub(in crate::kafka) fn parse_key(text: &str) -> Option<Self> {
        match text {
            OWNER_KEY => return Some(Self::Owner),
            LAYOUT_KEY => return Some(Self::Layout),
            _ => {}
        }
        if let Some(site) = text.strip_prefix(SITE_PREFIX) {
            return Some(Self::Site(Site::of_host(site)));
        }
        if let Some(feed) = text.strip_prefix(FEED_PREFIX) {
            return Some(Self::Feed(FeedId::configured(feed)));
        }
        text.strip_prefix(LISTED_PREFIX)
            .map(|feed| Self::Listed(FeedId::configured(feed)))
    }
}

/// The partition that the Java client's default partitioner chooses for a key: murmur2 with seed 0x9747b28c, made
/// positive, modulo the count (Kafka's `Utils.murmur2` and `BuiltInPartitioner.partitionForKey`).
pub(in crate::kafka) fn java_partition(key: &[u8], partitions: u32) -> u32 {
    (murmur2(key) & 0x7fff_ffff) % partitions.max(1)
}

fn murmur2(data: &[u8]) -> u32 {
    const MIX: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c ^ data.len() as u32;
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes(word.try_into().expect("chunks of exactly four bytes"));
        k = k.wrapping_mul(MIX);
        k ^= k >> 24;
        hash = hash.wrapping_mul(MIX) ^ k.wrapping_mul(MIX);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (i, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * i);
        }
        hash = hash.wrapping_mul(MIX);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MIX);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmur2_gives_the_values_of_kafkas_own_test() {
        // Apache Kafka, UtilsTest.testMurmur2.
        for (text, expected) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            (
                "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
        ] {
            assert_eq!(murmur2(text.as_bytes()).cast_signed(), expected, "{text}");
        }
    }

    #[test]
    fn a_key_reads_back_from_its_text() {
        for key in [
            StateKey::Site(Site::of_host("example.org")),
            StateKey::Feed(FeedId::configured("dawn/home")),
            StateKey::Listed(FeedId::configured("owner")),
            StateKey::Owner,
            StateKey::Layout,
        ] {
            assert_eq!(StateKey::parse_key(&key.to_text()), Some(key));
        }
    }
}
