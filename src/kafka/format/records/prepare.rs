//! A batch, or who owns a partition, made ready to be written: each record, and its place among them.

use jiff::Timestamp;

use super::{
    EntryRecord, OwnerRecord, PreparedRecords, SeenRecord, UP_TO, VERSION, outlet_record,
    state_record,
};
use crate::{
    feed::state::{FeedState, Listed},
    fetch::SiteState,
    id::{ArticleId, FeedId},
    kafka::format::names::{StateKey, Topic, TopicNames},
    ledger::{
        Batch, Cleared, LedgerError, MAX_RECORD_BYTES, MAX_SITE_STATE_BYTES, Post, Seen,
        entry_rules,
    },
    site::Site,
};

impl PreparedRecords {
    /// Stamps a batch and writes it as records.
    pub(in crate::kafka) fn prepare_batch(
        mut batch: Batch,
        names: &TopicNames,
        partitions: u32,
        home: u32,
        recorded: Timestamp,
    ) -> Result<Self, LedgerError> {
        entry_rules::finish_batch(&mut batch, recorded);
        let mut made = Self::default();
        // Entries are cleared before others are posted: a post is newer than what is settled.
        for cleared in batch.cleared {
            made.add_cleared(home, cleared);
        }
        for (id, seen) in batch.seen {
            made.add_mark(home, id, seen)?;
        }
        for post in batch.posts {
            made.add_post(post, partitions)?;
        }
        made.add_states(home, batch.feed, batch.listed, batch.site)?;
        for record in &batch.records {
            made.push_write(outlet_record(record, &names.source, recorded)?);
        }
        Ok(made)
    }

    fn add_cleared(&mut self, home: u32, cleared: Cleared) {
        let mut write = state_record(Topic::Entries, home, cleared.id.to_string(), None);
        write.headers = vec![(UP_TO, cleared.version.to_string())];
        let at = self.push_write(write);
        self.effects.cleared.push((cleared, at));
    }

    /// What is remembered of a feed, of its listing and of a site.
    fn add_states(
        &mut self,
        home: u32,
        feed: Option<(FeedId, FeedState)>,
        listed: Option<(FeedId, Listed)>,
        site: Option<(Site, SiteState)>,
    ) -> Result<(), LedgerError> {
        if let Some((id, feed)) = feed {
            let json = entry_rules::state_json(&feed, MAX_RECORD_BYTES)?;
            let key = StateKey::Feed(id.clone()).to_text();
            self.push_write(state_record(Topic::Feeds, home, key, Some(json.clone())));
            self.effects.feed = Some((id, json));
        }
        if let Some((id, listed)) = listed {
            let json = entry_rules::state_json(&listed, MAX_RECORD_BYTES)?;
            let key = StateKey::Listed(id.clone()).to_text();
            let at = self.push_write(state_record(Topic::Feeds, home, key, Some(json)));
            self.effects.listed = Some((id, at));
        }
        if let Some((site, known)) = site {
            let json = entry_rules::state_json(&known, MAX_SITE_STATE_BYTES)?;
            let key = StateKey::Site(site.clone()).to_text();
            self.push_write(state_record(Topic::Sites, home, key, Some(json.clone())));
            self.effects.site = Some((site, json));
        }
        Ok(())
    }

    /// The record that says who owns a partition.
    pub(in crate::kafka) fn prepare_owner(
        partition: u32,
        owner: &OwnerRecord,
    ) -> Result<Self, LedgerError> {
        let json = entry_rules::state_json(owner, MAX_RECORD_BYTES)?;
        let mut made = Self::default();
        made.push_write(state_record(
            Topic::Sites,
            partition,
            StateKey::Owner.to_text(),
            Some(json),
        ));
        Ok(made)
    }

    fn add_mark(&mut self, home: u32, id: ArticleId, seen: Seen) -> Result<(), LedgerError> {
        let record = SeenRecord { v: VERSION, seen };
        let json = entry_rules::state_json(&record, MAX_RECORD_BYTES)?;
        let at = self.push_write(state_record(Topic::Seen, home, id.to_string(), Some(json)));
        self.effects.seen.push((id, record.seen, at));
        Ok(())
    }

    fn add_post(&mut self, post: Post, partitions: u32) -> Result<(), LedgerError> {
        let record = EntryRecord {
            site: post.site.as_str().to_owned(),
            waiting: post.waiting,
        };
        let json = entry_rules::state_json(&record, MAX_RECORD_BYTES)?;
        let partition = post.site.partition_among(partitions);
        let at = self.push_write(state_record(
            Topic::Entries,
            partition,
            post.id.to_string(),
            Some(json),
        ));
        let post = Post {
            id: post.id,
            site: post.site,
            waiting: record.waiting,
        };
        self.effects.posts.push((post, at));
        Ok(())
    }
}
