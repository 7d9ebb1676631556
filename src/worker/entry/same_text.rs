//! One story, once: what stands published is not published again under another address of its site.
//!
//! Some servers write another session into their addresses at every poll, and some list one story under two sections.
//! So that both ledgers, a restart and a copy know it alike, title and text are marked like addresses of their own.

use std::collections::HashSet;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    known::find_settled,
    work::{EntryWork, settled_mark},
};
use crate::{
    article::{Extracted, simhash::nearly_equal},
    id::ArticleId,
    ledger::{Ledger, SEEN_REFRESHED, Seen, Settled, SettledAs, StoryMark},
    worker::{
        newsroom::{Broken, Newsroom},
        story_address::stable_part,
    },
};

/// A shorter text, in characters, may be the same in two stories, or nearly so.
// A notice, a correction, a word on what follows.
const MIN_TEXT: usize = 200;

/// By what a story is found again at another address of its site.
#[derive(Debug, Clone)]
pub(in crate::worker) struct StoryKeys {
    mark: StoryMark,
    /// Whether the page says the day; that of a feed may be the day of the poll.
    day_of_page: bool,
    is_long: bool,
}

impl StoryKeys {
    /// Those of a story as it was read; none where there is no text.
    pub(super) fn of_story(job: &EntryWork, extracted: &Extracted) -> Option<Self> {
        let waiting = &job.turn.waiting;
        let text = extracted.text.as_str();
        if text.is_empty() {
            return None;
        }
        // Another port is another server, such as that of the next demo: its stories are its own.
        let server = match job.url.url().port() {
            Some(port) => format!("{}:{port}", job.site),
            None => job.site.to_string(),
        };
        let is_long = text.chars().nth(MIN_TEXT).is_some();
        // Some pages have one title for all stories, some feeds have.
        let told = [extracted.title.as_deref(), waiting.title.as_deref()];
        let titles = told.map(Option::unwrap_or_default);
        let of_feed = waiting
            .published
            .map(|at| at.to_zoned_datetime(TimeZone::UTC).date());
        let stable = stable_part(job.url.url());
        let title: Vec<&str> = ["title/1", &server].into_iter().chain(titles).collect();
        let mark = StoryMark {
            title: ArticleId::of(&title),
            text: ArticleId::of(&["text/2", &server, text]),
            day: extracted.published.day.or(of_feed),
            address: stable
                .is_shorter
                .then(|| ArticleId::of(&["address/1", &server, &stable.text])),
            copy_of: None,
        };
        Some(Self {
            mark,
            day_of_page: extracted.published.day.is_some(),
            is_long,
        })
    }

    /// Whether a story is this one: a forecast that is worded as yesterday's is another, unless only a session parts
    /// their addresses.
    fn is_whole(&self, known: &KnownStory) -> bool {
        let (own, other) = (&self.mark, &known.story);
        let same_address = own.address.is_some() && own.address == other.address;
        (own.title, own.text) == (other.title, other.text)
            && (same_address || !self.day_of_page || self.is_about(other.day))
    }

    /// Whether this story repeats another one of about its day: in its words, or in nearly these under its title.
    fn is_copy(&self, known: &KnownStory, simhash: Option<&str>) -> bool {
        let hashes = known.settled.simhash.as_deref().zip(simhash);
        let is_near = || hashes.is_some_and(|(one, other)| nearly_equal(one, other));
        self.is_long
            && self.is_about(known.story.day)
            && (self.mark.text == known.story.text
                || self.mark.title == known.story.title && is_near())
    }

    /// Whether two days are the same or, told in two zones, beside each other. One that is not told may be any.
    fn is_about(&self, other: Option<Date>) -> bool {
        let (Some(day), Some(other)) = (self.mark.day, other) else {
            return true;
        };
        day.until(other)
            .is_ok_and(|span| span.get_days().abs() <= 1)
    }
}

/// A story that is published, with the mark under which it was found.
#[derive(Debug)]
pub(in crate::worker) struct KnownStory {
    pub(in crate::worker) id: ArticleId,
    key: ArticleId,
    settled: Settled,
    story: StoryMark,
}

impl KnownStory {
    /// What keeps it known while other addresses of it are listed, where that is old enough to be written again.
    pub(super) fn refreshed_marks(&self, now: Timestamp) -> Vec<(ArticleId, Seen)> {
        if now.duration_since(self.settled.when) <= SEEN_REFRESHED {
            return Vec::new();
        }
        let settled = Settled {
            when: now,
            ..self.settled.clone()
        };
        let mark = settled_mark(self.key, SettledAs::Same, Some(self.id), now);
        vec![(self.id, Seen::Settled(settled)), mark]
    }
}

/// How a story repeats one that is published.
#[derive(Debug)]
pub(super) enum Repeated {
    /// Title and text are the same: it is the same article.
    Whole(Box<KnownStory>),
    /// Nearly the same words, or the same ones under another title.
    Nearly(RepeatedArticle),
}

/// The article that another one repeats.
#[derive(Debug)]
pub(in crate::worker) struct RepeatedArticle {
    pub(in crate::worker) of: ArticleId,
    /// The keys of its events, which are told already.
    pub(in crate::worker) events: HashSet<String>,
}

/// The story of the site that the one in work repeats. Of what stands published only a copy is still one.
pub(super) async fn find_repeated<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
) -> Result<Option<Repeated>, Broken> {
    let Some(keys) = &job.story else {
        return Ok(None);
    };
    let before = job.before.as_ref().filter(|before| before.is_published());
    let was_copy = before.and_then(|before| before.story.as_ref()?.copy_of);
    if before.is_some() && was_copy.is_none() {
        return Ok(None);
    }
    let by_title = find_marked(room, job, keys.mark.title).await?;
    let by_text = find_marked(room, job, keys.mark.text).await?;
    let mut known: Vec<KnownStory> = by_title.into_iter().chain(by_text).collect();
    if before.is_none()
        && let Some(whole) = known.iter().position(|known| keys.is_whole(known))
    {
        return Ok(Some(Repeated::Whole(Box::new(known.swap_remove(whole)))));
    }
    let simhash = job.simhash.as_deref();
    let Some(known) = known.iter().find(|known| keys.is_copy(known, simhash)) else {
        return Ok(None);
    };
    let of = known.story.copy_of.unwrap_or(known.id);
    // Of two that repeat each other one must be the story, or neither would publish its events.
    if of == job.url.id() || was_copy.is_some_and(|was| was != of) {
        return Ok(None);
    }
    let events = read_told(room, job, of).await?;
    Ok(Some(Repeated::Nearly(RepeatedArticle { of, events })))
}

/// The article that is marked with a title or a text, unless it is the one in work.
async fn find_marked<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    key: ArticleId,
) -> Result<Option<KnownStory>, Broken> {
    let mark = find_settled(room, job, key).await?;
    let id = mark.and_then(|mark| mark.same_as);
    let Some(id) = id.filter(|id| *id != job.url.id()) else {
        return Ok(None);
    };
    let settled = find_settled(room, job, id).await?;
    Ok(settled.filter(Settled::is_published).and_then(|settled| {
        let story = settled.story.clone()?;
        Some(KnownStory {
            id,
            key,
            settled,
            story,
        })
    }))
}

/// The keys of the events that an article tells.
async fn read_told<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    id: ArticleId,
) -> Result<HashSet<String>, Broken> {
    let settled = find_settled(room, job, id).await?;
    let marks = settled.map(|settled| settled.events).unwrap_or_default();
    let mut told = HashSet::new();
    for mark in marks.iter().filter(|mark| !mark.retracted) {
        let event = room.ask_ledger(|| room.ledger.read_event(mark)).await?;
        told.extend(event.map(|event| event.dedup_key));
    }
    Ok(told)
}

/// The marks by which the story in work is found again; the text of a copy stays that of the article it repeats.
pub(super) fn mark_story(job: &EntryWork, now: Timestamp) -> Vec<(ArticleId, Seen)> {
    let Some(keys) = &job.story else {
        return Vec::new();
    };
    let text = job.copied.is_none().then_some(keys.mark.text);
    let own = job.url.id();
    let keys = text.into_iter().chain([keys.mark.title]);
    keys.map(|key| settled_mark(key, SettledAs::Same, Some(own), now))
        .collect()
}

impl EntryWork {
    /// What tells its story from the others of its site.
    pub(super) fn story_mark(&self) -> Option<StoryMark> {
        let keys = self.story.as_ref()?;
        Some(StoryMark {
            copy_of: self.copied.as_ref().map(|copied| copied.of),
            ..keys.mark.clone()
        })
    }
}
