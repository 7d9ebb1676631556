//! Copying a ledger into an empty one: states and records as they stand, whatever kind and partition count either has.
//!
//! States lie in the partition of their site. Sites, entries and feeds name it; a mark does not, for an id is a hash.
//! Where the partition counts differ, a mark goes into every partition its site may be in: one that nobody asks for
//! costs 24 bytes for 90 days, one that is missing an article published twice.

use std::path::Path;

use jiff::Timestamp;

#[cfg(feature = "kafka")]
use super::kafka::copy as cluster;
use super::{LedgerError, Outlet, Published, Seen, rules, sqlite::copy as file};
#[cfg(feature = "kafka")]
use crate::config::KafkaConfig;
use crate::site::Site;

/// Where a ledger is.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// In a file.
    File(&'a Path),
    /// On a cluster.
    #[cfg(feature = "kafka")]
    Cluster(&'a KafkaConfig),
}

/// How much was copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// States of sites.
    pub sites: u64,
    /// States of feeds.
    pub feeds: u64,
    /// Entries that wait.
    pub entries: u64,
    /// Marks of addresses that were seen.
    pub marks: u64,
    /// Articles, every revision.
    pub articles: u64,
    /// Events, every revision.
    pub events: u64,
    /// What was set aside.
    pub set_aside: u64,
}

/// What a state is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A site; the key is its name.
    Site,
    /// A feed; the key is its id.
    Feed,
    /// What a feed listed last; the key is the feed's id.
    Listed,
    /// A mark; the key is the id of the address.
    Mark,
    /// An entry; the key is its id.
    Entry,
}

/// A state on its way.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) kind: Kind,
    pub(super) key: String,
    /// The partition it lay in.
    pub(super) part: u32,
    /// Its site, where that is known.
    pub(super) site: Option<Site>,
    /// When it was written, for states that expire by that.
    pub(super) written: Timestamp,
    /// The state, in the form that files keep.
    pub(super) json: String,
}

/// How the states of the source are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spread {
    /// Partitions; 1 where it is not known how they were cut.
    pub(super) partitions: u32,
    /// Whether the last worker ended as it should.
    pub(super) clean: bool,
}

/// A target, open and empty.
enum Target {
    File(file::Target),
    #[cfg(feature = "kafka")]
    Cluster(Box<cluster::Target>),
}

/// Copies a whole ledger into an empty one.
///
/// # Errors
/// `Taken` while a worker runs on either side, `Unfit` when the target is not empty or half of a copy that was broken
/// off, `Unreachable` and `Disk` as for a worker. Whatever ends it early, the target is refused by workers.
pub async fn copy(from: Place<'_>, to: Place<'_>) -> Result<Copied, LedgerError> {
    if same(from, to) {
        let detail = "the two configurations name one ledger".to_owned();
        return Err(LedgerError::Unfit { detail });
    }
    match from {
        Place::File(path) => {
            let source = file::Source::open(path)?;
            let target = Target::open(to).await?;
            off_the_async_threads(move || target.fill(&source)).await
        }
        #[cfg(feature = "kafka")]
        Place::Cluster(config) => {
            let source = cluster::Source::open(config).await?;
            let target = Target::open(to).await?;
            off_the_async_threads(move || {
                let staged = source.stage()?;
                target.fill_unless(&staged, || source.no_worker())
            })
            .await
        }
    }
}

fn same(from: Place<'_>, to: Place<'_>) -> bool {
    match (from, to) {
        (Place::File(a), Place::File(b)) => {
            a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
        }
        #[cfg(feature = "kafka")]
        (Place::Cluster(a), Place::Cluster(b)) => {
            a.brokers == b.brokers && a.prefix == b.prefix && a.topics == b.topics
        }
        #[cfg(feature = "kafka")]
        _ => false,
    }
}

/// Copying waits for disk and cluster.
async fn off_the_async_threads<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, LedgerError> {
    let fault = |error| LedgerError::Fault {
        detail: format!("copy: {error}"),
    };
    tokio::task::spawn_blocking(work).await.map_err(fault)?
}

impl Target {
    #[cfg_attr(
        not(feature = "kafka"),
        expect(clippy::unused_async, reason = "waits for a cluster, with Kafka")
    )]
    async fn open(place: Place<'_>) -> Result<Self, LedgerError> {
        match place {
            Place::File(path) => file::Target::open(path).map(Self::File),
            #[cfg(feature = "kafka")]
            Place::Cluster(config) => {
                let target = cluster::Target::open(config).await?;
                Ok(Self::Cluster(Box::new(target)))
            }
        }
    }

    fn fill(self, source: &file::Source) -> Result<Copied, LedgerError> {
        self.fill_unless(source, || Ok(()))
    }

    /// Fills the target; it becomes a ledger only when nothing has disturbed the source meanwhile.
    fn fill_unless(
        mut self,
        source: &file::Source,
        undisturbed: impl FnOnce() -> Result<(), LedgerError>,
    ) -> Result<Copied, LedgerError> {
        let (mut copied, spread) = (Copied::default(), source.spread());
        self.begin(spread)?;
        let mut marks = Marks::default();
        source.states(|state| {
            if state.kind == Kind::Mark {
                if let Some(done) = marks.next(state)? {
                    copied.marks += 1;
                    self.mark(&done, spread)?;
                }
                return Ok(());
            }
            if let Some(done) = marks.last() {
                copied.marks += 1;
                self.mark(&done, spread)?;
            }
            copied.count(state.kind);
            for part in homes(
                state.part,
                spread.partitions,
                state.site.as_ref(),
                self.partitions(),
            ) {
                self.put(&state, part)?;
            }
            Ok(())
        })?;
        if let Some(done) = marks.last() {
            copied.marks += 1;
            self.mark(&done, spread)?;
        }
        source.records(|record| {
            copied.count_record(record.outlet);
            self.publish(&record)
        })?;
        undisturbed()?;
        self.finish()?;
        Ok(copied)
    }

    /// Writes the marks of one address into the partitions its site may be in, into each the one written last.
    fn mark(&mut self, marks: &[(State, Seen)], spread: Spread) -> Result<(), LedgerError> {
        let to = self.partitions();
        for part in 0..to {
            let there = marks.iter().filter(|(state, _)| {
                homes(state.part, spread.partitions, state.site.as_ref(), to)
                    .any(|home| home == part)
            });
            if let Some((state, _)) = there.max_by_key(|(_, seen)| age(seen)) {
                self.put(state, part)?;
            }
        }
        Ok(())
    }

    fn partitions(&self) -> u32 {
        match self {
            Self::File(_) => file::PARTITIONS,
            #[cfg(feature = "kafka")]
            Self::Cluster(target) => target.partitions(),
        }
    }

    fn begin(&mut self, spread: Spread) -> Result<(), LedgerError> {
        match self {
            Self::File(target) => target.begin(spread.clean),
            #[cfg(feature = "kafka")]
            Self::Cluster(target) => target.begin(spread.clean),
        }
    }

    fn put(&mut self, state: &State, part: u32) -> Result<(), LedgerError> {
        match self {
            Self::File(target) => target.put(state, part),
            #[cfg(feature = "kafka")]
            Self::Cluster(target) => target.put(state, part),
        }
    }

    fn publish(&mut self, record: &Published) -> Result<(), LedgerError> {
        match self {
            Self::File(target) => target.publish(record),
            #[cfg(feature = "kafka")]
            Self::Cluster(target) => target.publish(record),
        }
    }

    fn finish(self) -> Result<(), LedgerError> {
        match self {
            Self::File(target) => target.finish(),
            #[cfg(feature = "kafka")]
            Self::Cluster(target) => target.finish(),
        }
    }
}

impl Copied {
    fn count(&mut self, kind: Kind) {
        match kind {
            Kind::Site => self.sites += 1,
            Kind::Feed => self.feeds += 1,
            Kind::Entry => self.entries += 1,
            Kind::Listed | Kind::Mark => {}
        }
    }

    fn count_record(&mut self, outlet: Outlet) {
        match outlet {
            Outlet::Articles => self.articles += 1,
            Outlet::Events => self.events += 1,
            Outlet::SetAside => self.set_aside += 1,
        }
    }
}

/// Marks come in the order of their ids: those of one id are gathered. After a copy to another count an id may have
/// several, of which only its own site's was written since.
#[derive(Default)]
struct Marks {
    gathered: Vec<(State, Seen)>,
}

impl Marks {
    /// Takes a mark; gives those of the id before it when they are complete.
    fn next(&mut self, state: State) -> Result<Option<Vec<(State, Seen)>>, LedgerError> {
        let seen: Seen = serde_json::from_str(&state.json).map_err(|error| LedgerError::Fault {
            detail: format!("the mark of {} cannot be read: {error}", state.key),
        })?;
        let complete = match self.gathered.first() {
            Some((first, _)) if first.key != state.key => self.last(),
            _ => None,
        };
        if !rules::forgotten(&seen, Timestamp::now()) {
            self.gathered.push((state, seen));
        }
        Ok(complete)
    }

    fn last(&mut self) -> Option<Vec<(State, Seen)>> {
        let gathered = std::mem::take(&mut self.gathered);
        (!gathered.is_empty()).then_some(gathered)
    }
}

/// Tells which of two marks of one address was written later.
fn age(seen: &Seen) -> (Timestamp, u32, u32) {
    match seen {
        Seen::Settled(settled) => (settled.when.max(settled.settled), 0, 0),
        Seen::Retry {
            first_at,
            attempt,
            kills,
            ..
        } => (*first_at, *attempt, *kills),
    }
}

/// The partitions of `to` in which a state may be asked for that lay in partition `part` of `of`: that of its site where
/// it is known. A site's hash leaves the rest `part` when divided by `of`, so any number below `to` that leaves the
/// same rest when divided by what both have in common is possible, and no other.
fn homes(part: u32, of: u32, site: Option<&Site>, to: u32) -> impl Iterator<Item = u32> {
    let known = site.map(|site| site.partition(to));
    let step = common(of, to);
    (0..to).filter(move |home| known.map_or(home % step == part % step, |known| known == *home))
}

/// The greatest common divisor of two counts of at least 1.
fn common(a: u32, b: u32) -> u32 {
    if b == 0 { a.max(1) } else { common(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_state_is_found_in_the_partition_its_site_has_after_the_copy(
            host in "[a-z]{1,12}\\.(org|com|test)", of in 1_u32..40, to in 1_u32..40
        ) {
            let site = Site::of_host(&host);
            let part = site.partition(of);
            let unknown: Vec<u32> = homes(part, of, None, to).collect();
            prop_assert!(unknown.contains(&site.partition(to)));
            prop_assert_eq!(unknown.len() as u32, to / common(of, to));
            let known: Vec<u32> = homes(part, of, Some(&site), to).collect();
            prop_assert_eq!(known, vec![site.partition(to)]);
        }
    }

    #[test]
    fn with_the_same_count_a_state_keeps_its_partition() {
        assert_eq!(homes(5, 16, None, 16).collect::<Vec<_>>(), [5]);
        assert_eq!(homes(5, 16, None, 8).collect::<Vec<_>>(), [5]);
        assert_eq!(homes(5, 16, None, 32).collect::<Vec<_>>(), [5, 21]);
    }
}
