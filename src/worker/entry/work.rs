//! An entry in work: what is known of it, the addresses it answered to, and the marks that follow from them.

use std::time::Duration;

use jiff::Timestamp;

use super::same_text::{RepeatedArticle, StoryKeys};
use crate::{
    article::identity::ArticleUrl,
    fetch::Again,
    id::ArticleId,
    ledger::{Batch, Claim, EntryTurn, Seen, Settled, SettledAs},
    set_aside::{EntryStage, SetAsideCause, SetAsideReason},
    site::Site,
    site_lines::LineHash,
    worker::{gate::NoAnswer, newsroom::Broken},
};

/// An entry in work.
pub(in crate::worker) struct EntryWork {
    pub(in crate::worker) turn: EntryTurn,
    pub(in crate::worker) site: Site,
    pub(in crate::worker) first_at: Timestamp,
    /// Addresses asked on the way, those of other sites first.
    pub(in crate::worker) visited: Vec<String>,
    /// The address the article is known by.
    pub(in crate::worker) url: ArticleUrl,
    /// Its id without parameters that only track, where an operator names such.
    pub(in crate::worker) tracked: Option<ArticleId>,
    /// Other addresses of the site that it answered to.
    pub(in crate::worker) aliases: Vec<ArticleUrl>,
    /// Addresses of the site that led to it by redirects and are no articles of their own.
    pub(in crate::worker) hops: Vec<ArticleUrl>,
    /// Ids of those addresses, claimed until the commit.
    pub(in crate::worker) claims: Vec<Claim>,
    /// How it was settled before, when it is read again.
    pub(in crate::worker) before: Option<Settled>,
    pub(in crate::worker) fetched: Option<Timestamp>,
    /// Of the text as it was read, which the record may withhold.
    pub(in crate::worker) simhash: Option<String>,
    /// By what its story is found again at another address.
    pub(in crate::worker) story: Option<StoryKeys>,
    /// What other articles of the site may have in common with it.
    pub(in crate::worker) line_hashes: Vec<LineHash>,
    /// The article that it repeats.
    pub(in crate::worker) copied: Option<RepeatedArticle>,
}

/// Why an entry was not published this time.
#[derive(Debug)]
pub(in crate::worker) struct Trouble {
    pub(in crate::worker) cause: SetAsideCause,
    pub(in crate::worker) again: Again,
    pub(in crate::worker) retry_after: Option<Duration>,
}

/// Why the walk of an entry ended before its article was published.
#[derive(Debug)]
pub(in crate::worker) enum Unpublished {
    /// The visit is over.
    Broken(Broken),
    /// The entry is to be tried again, or set aside.
    Trouble(Trouble),
}

impl From<Broken> for Unpublished {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<Trouble> for Unpublished {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<NoAnswer> for Unpublished {
    fn from(none: NoAnswer) -> Self {
        match none {
            NoAnswer::Broken(broken) => Self::Broken(broken),
            NoAnswer::Fetch(error) => {
                let trouble = Trouble::never_again(
                    EntryStage::Fetch,
                    SetAsideReason::of_stage(error.reason()),
                    error.in_words(),
                );
                Self::Trouble(trouble.with_retry(error.again()))
            }
        }
    }
}

impl Trouble {
    pub(in crate::worker) fn never_again(
        stage: EntryStage,
        reason: SetAsideReason,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            cause: SetAsideCause {
                stage,
                reason,
                detail: detail.into(),
            },
            again: Again::Never,
            retry_after: None,
        }
    }

    /// The same, to be tried again or not.
    pub(in crate::worker) fn with_retry(self, again: Again) -> Self {
        Self { again, ..self }
    }
}

impl EntryWork {
    pub(in crate::worker) fn begin_work(
        site: &Site,
        turn: EntryTurn,
        now: Timestamp,
    ) -> Result<Self, Box<EntryTurn>> {
        let Ok(url) = ArticleUrl::parse(&turn.waiting.url) else {
            return Err(Box::new(turn));
        };
        Ok(Self {
            site: site.clone(),
            first_at: turn.first_at.unwrap_or(now),
            visited: turn.waiting.visited.clone(),
            url,
            tracked: None,
            aliases: Vec::new(),
            hops: Vec::new(),
            claims: Vec::new(),
            before: turn.before.clone(),
            fetched: None,
            simhash: None,
            story: None,
            line_hashes: Vec::new(),
            copied: None,
            turn,
        })
    }

    /// Whether the id is claimed by this work.
    pub(in crate::worker) fn holds_claim(&self, id: ArticleId) -> bool {
        id == self.turn.id || self.claims.iter().any(|claim| claim.id() == id)
    }

    /// The article goes on under another address of its site; the one so far becomes an alias.
    pub(in crate::worker) fn answers_to(&mut self, url: ArticleUrl) {
        if url.id() != self.url.id() {
            self.aliases.push(std::mem::replace(&mut self.url, url));
        }
    }

    /// Every address of the site that it answered to, its own first.
    pub(in crate::worker) fn own_addresses(&self) -> Vec<String> {
        let mut addresses = vec![self.url.as_str().to_owned()];
        let others = self.aliases.iter().chain(&self.hops);
        let others = others.map(|alias| alias.as_str().to_owned());
        for address in others.chain([self.turn.waiting.url.clone()]) {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses
    }

    /// Marks of every address it answered to: the article's own, the entry's and those on the way.
    pub(in crate::worker) fn marks_of_addresses(
        &self,
        settled: &Settled,
    ) -> Vec<(ArticleId, Seen)> {
        let own = self.url.id();
        let mut marks = vec![(own, Seen::Settled(settled.clone()))];
        for id in self.other_ids() {
            if marks.iter().all(|(marked, _)| *marked != id) {
                let alias = Settled {
                    same_as: Some(own),
                    outcome: SettledAs::Same,
                    ..blank_settled(settled.when)
                };
                marks.push((id, Seen::Settled(alias)));
            }
        }
        marks
    }

    /// Ids of every address it answered to but the article's own.
    pub(in crate::worker) fn other_ids(&self) -> impl Iterator<Item = ArticleId> {
        let addresses = self.aliases.iter().chain(&self.hops);
        addresses
            .map(ArticleUrl::id)
            .chain(self.tracked)
            .chain([self.turn.id])
    }

    /// Whether the feed's own text may stand in for a page that cannot be read: not where a page was read before, of
    /// which the feed has the beginning only.
    pub(in crate::worker) fn may_take_feed_text(&self) -> bool {
        self.before
            .as_ref()
            .is_none_or(|before| !before.is_published() || before.from_feed)
    }

    /// The mark of a try that did not end it: so many tries so far, and not again before `due`.
    pub(in crate::worker) fn retry_mark(
        &self,
        (attempt, kills): (u32, u32),
        due: Timestamp,
        reason: SetAsideReason,
    ) -> (ArticleId, Seen) {
        let retry = Seen::Retry {
            attempt,
            kills,
            due,
            first_at: self.first_at,
            why: reason.as_str().to_owned(),
            before: self.before.clone().map(Box::new),
        };
        (self.turn.id, retry)
    }

    pub(in crate::worker) fn begin_batch(&self) -> Batch {
        Batch {
            cleared: vec![self.turn.to_cleared()],
            ..Batch::begin(self.turn.tenure)
        }
    }
}

/// A mark of an address under which nothing is published.
pub(in crate::worker) fn blank_settled(now: Timestamp) -> Settled {
    Settled {
        when: now,
        settled: now,
        ..Settled::default()
    }
}

/// A mark that says how an address was settled, and nothing else.
pub(in crate::worker) fn settled_mark(
    id: ArticleId,
    outcome: SettledAs,
    same_as: Option<ArticleId>,
    now: Timestamp,
) -> (ArticleId, Seen) {
    (
        id,
        Seen::Settled(Settled {
            outcome,
            same_as,
            ..blank_settled(now)
        }),
    )
}
