//! Commits a poll: several batches where there is much news, and around what no ledger takes.

use std::collections::HashSet;

use jiff::Timestamp;

use super::news::News;
use crate::{
    feed::{
        Feed,
        state::{FeedState, Listed},
    },
    id::ArticleId,
    ledger::{Batch, Ledger, LedgerError, Post, Tenure},
    record::{Record, SetAside, SetAsideTries},
    set_aside::{EntryStage, SetAsideCause, SetAsideReason},
    telemetry::Metrics,
    worker::newsroom::{Broken, Newsroom},
};

/// Entries posted in one batch.
// A batch is one transaction, and must stay far below what a broker takes.
const POSTS_A_BATCH: usize = 100;

/// A poll on its way into the ledger.
struct Posting<'a, L> {
    room: &'a Newsroom<L>,
    feed: &'a Feed,
    tenure: Tenure,
    listed: Option<Listed>,
    unposted: HashSet<ArticleId>,
}

/// Commits a poll. What is listed grows with what is posted, and the state with its new validators comes last, so that
/// nothing unposted is answered 304 next time.
pub(in crate::worker) async fn commit_in_batches<L: Ledger>(
    room: &Newsroom<L>,
    feed: &Feed,
    tenure: Tenure,
    state: FeedState,
    work: News,
) -> Result<(), Broken> {
    let mut posting = Posting {
        room,
        feed,
        tenure,
        listed: work.listed,
        unposted: work.posts.iter().map(|post| post.id).collect(),
    };
    let mut posts = work.posts;
    while posts.len() > POSTS_A_BATCH {
        let rest = posts.split_off(POSTS_A_BATCH);
        posting.commit_posts(posts, None).await?;
        posts = rest;
    }
    posting.commit_posts(posts, Some(state)).await
}

impl<L: Ledger> Posting<'_, L> {
    fn begin_batch(&self) -> Batch {
        Batch::begin(self.tenure)
    }

    /// The listing without what is still to be posted.
    fn posted_listing(&self) -> Option<(crate::id::FeedId, Listed)> {
        let listed = self.listed.as_ref()?;
        let posted = |id: &ArticleId| !self.unposted.contains(id);
        let items = listed.items.iter().filter(|item| posted(&item.id));
        let listed = Listed {
            v: listed.v,
            items: items.cloned().collect(),
        };
        Some((self.feed.id.clone(), listed))
    }

    /// Commits some of the posts with the listing so far; with the last of them the state.
    async fn commit_posts(
        &mut self,
        posts: Vec<Post>,
        state: Option<FeedState>,
    ) -> Result<(), Broken> {
        for post in &posts {
            self.unposted.remove(&post.id);
        }
        let batch = Batch {
            posts: posts.clone(),
            listed: self.posted_listing(),
            feed: state.clone().map(|state| (self.feed.id.clone(), state)),
            ..self.begin_batch()
        };
        if self.commit_unless_too_large(batch).await?.is_none() {
            return Ok(());
        }
        self.one_by_one(posts).await?;
        if let Some(state) = state {
            self.commit_state(state).await?;
        }
        Ok(())
    }

    /// Posts each entry by itself and sets aside those that are too large; then the listing, in which these count as
    /// left out.
    async fn one_by_one(&mut self, posts: Vec<Post>) -> Result<(), Broken> {
        for post in posts {
            let batch = Batch {
                posts: vec![post.clone()],
                ..self.begin_batch()
            };
            if let Some(detail) = self.commit_unless_too_large(batch).await? {
                self.set_aside(post, detail).await?;
            }
        }
        let batch = Batch {
            listed: self.posted_listing(),
            ..self.begin_batch()
        };
        self.or_warn(batch, "what a feed lists is too large to be remembered")
            .await
    }

    async fn set_aside(&mut self, post: Post, detail: String) -> Result<(), Broken> {
        let items = self.listed.iter_mut().flat_map(|listed| &mut listed.items);
        for item in items.filter(|item| item.id == post.id) {
            item.posted = None;
        }
        let now = Timestamp::now();
        let cause = SetAsideCause {
            stage: EntryStage::Post,
            reason: SetAsideReason::TooLarge,
            detail,
        };
        let feed = Some(self.feed.id.to_string());
        let tries = SetAsideTries {
            attempts: 0,
            first_at: now,
            last_at: now,
        };
        let record = SetAside::of_entry(post.id, cause, post.waiting.url, feed, tries);
        tracing::info!(url = %record.url, reason = record.reason, detail = record.detail, "entry set aside");
        Metrics::count_outcome(&self.room.metrics.articles, "set_aside");
        let batch = Batch {
            records: vec![Record::SetAside(Box::new(record))],
            ..self.begin_batch()
        };
        self.or_warn(
            batch,
            "an entry too large to be posted is too large to be set aside",
        )
        .await
    }

    /// Commits the state; where even that is too large, without the words that came from outside.
    async fn commit_state(&self, state: FeedState) -> Result<(), Broken> {
        let id = || self.feed.id.clone();
        let batch = Batch {
            feed: Some((id(), state.clone())),
            ..self.begin_batch()
        };
        if self.commit_unless_too_large(batch).await?.is_none() {
            return Ok(());
        }
        let batch = Batch {
            feed: Some((id(), state.without_foreign_words())),
            ..self.begin_batch()
        };
        self.or_warn(batch, "the state of a feed is too large to be remembered")
            .await
    }

    async fn or_warn(&self, batch: Batch, what: &'static str) -> Result<(), Broken> {
        if let Some(detail) = self.commit_unless_too_large(batch).await? {
            tracing::warn!(feed.id = %self.feed.id, detail, "{what}");
        }
        Ok(())
    }

    /// Commits a batch; where no ledger can take it, says why.
    async fn commit_unless_too_large(&self, batch: Batch) -> Result<Option<String>, Broken> {
        match self.room.commit_batch(batch).await {
            Ok(_) => Ok(None),
            Err(Broken::Ledger(error @ LedgerError::TooLarge { .. })) => {
                Ok(Some(error.to_string()))
            }
            Err(broken) => Err(broken),
        }
    }
}
