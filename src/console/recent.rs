//! What a worker on Kafka has published lately, whole: its console knows no more.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use super::source::{WholeEvent, Withholding};
use crate::{
    ledger::LedgerError,
    record::{Article, Event},
    status::Committed,
};

/// Bytes of records that are kept, about.
// Some 5,000 articles with their events; a worker of the default memory limit has room for it.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// What a record takes beside its texts, about: keys, numbers, allocations (an event of the demo takes 2.6 KB as JSON).
const RECORD_BYTES: usize = 3 * 1024;

/// The latest commits, the newest last.
#[derive(Debug, Default)]
pub(super) struct Recent {
    commits: VecDeque<(Arc<Committed>, usize)>,
    by_event: HashMap<String, Arc<Committed>>,
    bytes: usize,
}

impl Recent {
    /// Keeps a commit; gives the ids of the events that are kept no more.
    pub(super) fn keep(&mut self, commit: &Arc<Committed>, most_events: usize) -> Vec<String> {
        let bytes = size_of_commit(commit);
        self.bytes += bytes;
        self.commits.push_back((Arc::clone(commit), bytes));
        for event in &commit.events {
            self.by_event.insert(event.id.clone(), Arc::clone(commit));
        }
        let mut gone = Vec::new();
        while self.commits.len() > 1
            && (self.bytes > MAX_BYTES || self.by_event.len() > most_events)
        {
            self.drop_oldest(&mut gone);
        }
        gone
    }

    fn drop_oldest(&mut self, gone: &mut Vec<String>) {
        let Some((commit, bytes)) = self.commits.pop_front() else {
            return;
        };
        self.bytes -= bytes;
        for event in &commit.events {
            let is_latest = self
                .by_event
                .get(&event.id)
                .is_some_and(|latest| Arc::ptr_eq(latest, &commit));
            if is_latest {
                self.by_event.remove(&event.id);
                gone.push(event.id.clone());
            }
        }
    }

    /// An event with its article, as published last.
    fn find_event(&self, id: &str) -> Option<(&Event, &Article)> {
        let commit = self.by_event.get(id)?;
        let event = commit.events.iter().find(|event| event.id == id)?;
        Some((event, &commit.article))
    }

    /// The records of an event and its article.
    pub(super) fn find_whole(&self, id: &str) -> Result<Option<WholeEvent>, LedgerError> {
        let Some((event, article)) = self.find_event(id) else {
            return Ok(None);
        };
        let unreadable = |error: serde_json::Error| LedgerError::Fault {
            detail: format!("{id}: {error}"),
        };
        Ok(Some(WholeEvent {
            event: serde_json::to_value(event).map_err(unreadable)?,
            article: Some(serde_json::to_value(article).map_err(unreadable)?),
        }))
    }

    /// Articles of which events were held back, the newest first, those after a place where one is given.
    pub(super) fn list_withholding(&self, before: Option<u64>, limit: usize) -> Vec<Withholding> {
        let articles = self.newest_first();
        let withholding = articles.filter(|article| article.coding.withheld > 0);
        let numbered = (0..).zip(withholding);
        let after = numbered.filter(|(number, _)| before.is_none_or(|before| *number > before));
        let rows = after.map(|(number, article)| Withholding::of_article(article, number));
        rows.take(limit).collect()
    }

    /// An article as published last.
    pub(super) fn find_article(&self, id: &str) -> Option<&Article> {
        self.newest_first().find(|article| article.id == id)
    }

    /// The articles, the newest first.
    fn newest_first(&self) -> impl Iterator<Item = &Article> {
        self.commits.iter().rev().map(|(commit, _)| &commit.article)
    }
}

fn size_of_commit(commit: &Committed) -> usize {
    // The text, its paragraphs' marks and what was removed take about as much again.
    2 * commit.article.text.len() + RECORD_BYTES * (1 + commit.events.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        article::{self, Rules},
        event::{Coder, LexiconSource, Story},
        id::ArticleId,
        record::Source,
    };

    fn committed(number: usize) -> Arc<Committed> {
        let coder = Coder::new(&LexiconSource::embedded(), &[]).expect("no faults");
        let mut events = coder.code(&Story::of_text("Turkey accused Greece of spying."));
        for event in &mut events {
            event.id = format!("ev_{number}");
        }
        let read = article::from_text("Turkey accused Greece of spying.", None, &Rules::shipped());
        let mut article = read.record(ArticleId::of(&["sample"]), Source::default());
        article.id = format!("ar_{number}");
        Arc::new(Committed { article, events })
    }

    #[test]
    fn the_oldest_commit_goes_with_its_events_where_there_are_too_many() {
        let mut recent = Recent::default();
        assert_eq!(recent.keep(&committed(1), 2), Vec::<String>::new());
        assert_eq!(recent.keep(&committed(2), 2), Vec::<String>::new());
        assert_eq!(recent.keep(&committed(3), 2), ["ev_1"]);
        assert!(recent.find_event("ev_1").is_none() && recent.find_article("ar_1").is_none());
        let (event, article) = recent.find_event("ev_3").expect("kept");
        assert_eq!((event.id.as_str(), article.id.as_str()), ("ev_3", "ar_3"));
    }
}
