//! The feed's own text in place of a page that gives only a line of the story.

use super::work::EntryWork;
use crate::{
    article::{self, Extracted},
    ledger::Ledger,
    record::Access,
    worker::newsroom::Newsroom,
};

/// A text of so many sentences tells a story; with fewer it is a notice such as "Subscribe to read the full story".
const STORY_SENTENCES: usize = 3;
/// A sentence is longer than this, in characters.
// Initials and numbers end with a stop too.
const MIN_SENTENCE: usize = 20;
/// What says that an article is not free, where its page says nothing: it has less of it than the feed.
const EVIDENCE: &str = "page shorter than feed";

/// The story as the page has it, or as the feed has it where the page has a stub; and which of both it is.
pub(super) async fn take_fuller<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
    page: Extracted,
) -> (Extracted, &'static str) {
    if count_sentences(&page.text) >= STORY_SENTENCES || !job.may_take_feed_text() {
        return (page, "page");
    }
    match read_feed_text(room, job).await {
        Some(feed) if tells_more(&feed, &page) => (joined(page, feed), "feed"),
        _ => (page, "page"),
    }
}

/// The feed's own text, read as a page is.
pub(super) async fn read_feed_text<L: Ledger>(
    room: &Newsroom<L>,
    job: &EntryWork,
) -> Option<Extracted> {
    let waiting = &job.turn.waiting;
    let (text, title) = (waiting.text.clone()?, waiting.title.clone());
    let rules = room.rules.clone();
    let work = move || article::from_feed_html(&text, title.as_deref(), &rules);
    room.cpu.run_blocking(work).await.ok()?.ok()
}

fn tells_more(feed: &Extracted, page: &Extracted) -> bool {
    count_sentences(&feed.text) >= STORY_SENTENCES && feed.text.len() > page.text.len()
}

/// What the page says about the story, with the text of the feed.
fn joined(page: Extracted, feed: Extracted) -> Extracted {
    let says_so = ["paywalled", "metered"].contains(&page.access.state.as_str());
    let access = if says_so {
        page.access.clone()
    } else {
        Access {
            state: "paywalled".to_owned(),
            evidence: Some(EVIDENCE.to_owned()),
        }
    };
    Extracted {
        text: feed.text,
        paragraphs: feed.paragraphs,
        removed: feed.removed,
        dateline: feed.dateline,
        method: feed.method,
        text_sha256: feed.text_sha256,
        simhash: feed.simhash,
        simhash_bands: feed.simhash_bands,
        access,
        ..page
    }
}

fn count_sentences(text: &str) -> usize {
    let ends = |c: char| ['.', '!', '?', '\n', '。', '！', '？', '।', '۔', '؟'].contains(&c);
    let parts = text.split(ends);
    parts
        .filter(|part| part.trim().chars().nth(MIN_SENTENCE).is_some())
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_no_story_and_three_sentences_are() {
        assert_eq!(count_sentences("Subscribe to read the full story."), 1);
        assert_eq!(
            count_sentences(
                "The foreign minister of France met his counterpart. They signed an agreement on steel. \
                 Further meetings would follow, Mr. A. B. Smith said."
            ),
            3
        );
    }
}
