//! One story, once: a text that stands published is not published again under another address of its site.
//!
//! Some servers write another session into their addresses at every poll, and some list one story under two sections.
//! So that both ledgers, a restart and a copy know it alike, the text of an article is marked like an address of its own.

use jiff::{Timestamp, tz::TimeZone};

use super::work::{EntryWork, settled_mark};
use crate::{
    id::ArticleId,
    ledger::{Ledger, Seen, Settled, SettledAs},
    worker::{
        newsroom::{Broken, Newsroom},
        session::stable_part,
    },
};

/// A shorter text may be the same in two stories, in characters.
// A notice, a correction, a word on what follows.
const MIN_TEXT: usize = 200;

/// By what a text is found again. Its title belongs to it, and its day, since a forecast that is worded as yesterday's is
/// another one; or what stays the same in its address, where a part of that is made anew for every visitor.
fn ids_of_text(job: &EntryWork, title: Option<&str>, text: &str) -> Vec<ArticleId> {
    let Some(title) = title.filter(|_| text.chars().nth(MIN_TEXT).is_some()) else {
        return Vec::new();
    };
    let day = job.turn.waiting.published.map(|at| {
        let day = at.to_zoned_datetime(TimeZone::UTC).date();
        day.to_string()
    });
    let stable = stable_part(job.url.url());
    let anchors = [day, stable.is_shorter.then_some(stable.text)];
    // Another port is another server, such as that of the next demo: its stories are its own.
    let server = match job.url.url().port() {
        Some(port) => format!("{}:{port}", job.site),
        None => job.site.to_string(),
    };
    let id = |anchor: String| ArticleId::of(&["text/1", &server, title, &anchor, text]);
    anchors.into_iter().flatten().map(id).collect()
}

/// The article of the site that has this text already, where the address in work has none published.
pub(super) async fn find_same<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    title: Option<&str>,
    text: &str,
) -> Result<Option<ArticleId>, Broken> {
    if job.before.as_ref().is_some_and(Settled::is_published) {
        return Ok(None);
    }
    for id in ids_of_text(job, title, text) {
        let seen = room
            .ask_ledger(|| room.ledger.read_seen(&job.site, id))
            .await?;
        let Some(Seen::Settled(mark)) = seen else {
            continue;
        };
        if let Some(other) = mark.same_as.filter(|other| *other != job.url.id()) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// The marks that a text is that of the article in work.
pub(super) fn mark_text(
    job: &EntryWork,
    title: Option<&str>,
    text: &str,
    now: Timestamp,
) -> Vec<(ArticleId, Seen)> {
    let own = job.url.id();
    let ids = ids_of_text(job, title, text).into_iter();
    ids.map(|id| settled_mark(id, SettledAs::Same, Some(own), now))
        .collect()
}
