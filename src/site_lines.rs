//! The lines that articles of one site have in common: what stands below each of them is no part of any.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Articles of a site that are looked back on: one bit each.
const LOOK_BACK: u32 = u64::BITS;
/// Lines that are remembered of a site.
// Some eight articles of 25 lines each, so that a line of every fifth article is met again before it makes room. In the
// ledger a line takes some 25 bytes: a third of what all that is known of a site may take.
const MAX_LINES: usize = 200;
/// Longer lines are paragraphs, characters: what is told in full on two pages is news of both.
// On 55 sites with two pages each, of 16,405 leftovers 88 in 100 stood on the other page too; of 2,922 blocks of stories
// 2.4, which the counts below are there for.
const MAX_LINE: usize = 400;

/// Articles that have a line at the start or the end of a story before it counts as common.
// Two articles of one day may end with the same paragraph of background.
const EDGE_TIMES: u32 = 3;
/// One in so many of the articles looked back on has it, at least.
const EDGE_SHARE: u32 = 5;
/// The same for a line in the middle of a story, which says more rarely what is no part of it: labels such as `Pros:`
/// come back in stories, so it has so many characters at least.
const MIDDLE_TIMES: u32 = 5;
const MIDDLE_SHARE: u32 = 2;
const MIDDLE_CHARS: usize = 40;

/// What a line is known by: its letters and digits, hashed.
pub(crate) type LineHash = u64;

/// Which lines the last articles of a site had; the oldest and rarest make room.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SiteLines {
    /// Articles seen so far, at most 64.
    articles: u32,
    lines: Arc<Vec<SeenLine>>,
}

/// A line and the articles that had it, the last one in the lowest bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
struct SeenLine {
    hash: LineHash,
    articles: u64,
}

/// Where a line stands in a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinePlace {
    /// Nothing but lines in common stands before it, or after it.
    Edge,
    /// Between lines of the story.
    Middle,
}

/// What a line is known by; `None` for one that is too long to count, and one without letters.
pub(crate) fn hash_line(line: &str) -> Option<LineHash> {
    if line.chars().nth(MAX_LINE).is_some() {
        return None;
    }
    let letters: String = line
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    if letters.is_empty() {
        return None;
    }
    let digest = Sha256::digest(letters.as_bytes());
    // 40 bits: of 200 lines against 50 of a page one in a hundred million is taken for another.
    let bytes = digest.iter().take(5);
    Some(bytes.fold(0, |hash, byte| hash << 8 | u64::from(*byte)))
}

impl SiteLines {
    /// Takes in the lines of an article that was published for the first time.
    pub(crate) fn learn_article(&mut self, hashes: &[LineHash]) {
        self.articles = (self.articles + 1).min(LOOK_BACK);
        let lines = Arc::make_mut(&mut self.lines);
        for line in lines.iter_mut() {
            line.articles <<= 1;
        }
        for &hash in hashes {
            match lines.iter_mut().find(|line| line.hash == hash) {
                Some(line) => line.articles |= 1,
                None => lines.push(SeenLine { hash, articles: 1 }),
            }
        }
        lines.retain(|line| line.articles != 0);
        lines.sort_by_key(|line| {
            let times = line.articles.count_ones();
            (std::cmp::Reverse(times), line.articles.trailing_zeros())
        });
        lines.truncate(MAX_LINES);
    }

    /// Whether a line of so many characters is one that the articles of the site have in common.
    pub(crate) fn is_common(&self, hash: LineHash, chars: usize, place: LinePlace) -> bool {
        let line = self.lines.iter().find(|line| line.hash == hash);
        let times = line.map_or(0, |line| line.articles.count_ones());
        match place {
            LinePlace::Edge => times >= EDGE_TIMES && times >= self.articles / EDGE_SHARE,
            LinePlace::Middle => {
                times >= MIDDLE_TIMES
                    && times >= self.articles / MIDDLE_SHARE
                    && chars >= MIDDLE_CHARS
            }
        }
    }

    /// Whether nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

impl From<SeenLine> for String {
    fn from(line: SeenLine) -> Self {
        format!("{:x} {:x}", line.hash, line.articles)
    }
}

impl TryFrom<String> for SeenLine {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parts = text.split_once(' ').and_then(|(hash, articles)| {
            let read = |digits| u64::from_str_radix(digits, 16).ok();
            Some((read(hash)?, read(articles)?))
        });
        let (hash, articles) = parts.ok_or_else(|| format!("{text:?} is no line of a site"))?;
        Ok(Self { hash, articles })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOOT: &str = "The Example is a member of the Press Council.";

    fn hashes(lines: &[&str]) -> Vec<LineHash> {
        lines.iter().filter_map(|line| hash_line(line)).collect()
    }

    /// What is known after so many articles, each `every`th of which ends with [`FOOT`].
    fn learned(articles: usize, every: usize) -> SiteLines {
        let mut known = SiteLines::default();
        for article in 0..articles {
            let story: Vec<String> = (0..25)
                .map(|line| format!("Paragraph {line} of {article}."))
                .collect();
            let mut lines: Vec<&str> = story.iter().map(String::as_str).collect();
            if article % every == 0 {
                lines.push(FOOT);
            }
            known.learn_article(&hashes(&lines));
        }
        known
    }

    fn is_common(known: &SiteLines, line: &str, place: LinePlace) -> bool {
        hash_line(line).is_some_and(|hash| known.is_common(hash, line.chars().count(), place))
    }

    #[test]
    fn a_line_at_the_end_of_every_fifth_article_is_common_and_one_of_two_articles_is_not() {
        assert!(is_common(&learned(11, 5), FOOT, LinePlace::Edge));
        assert!(is_common(&learned(300, 5), FOOT, LinePlace::Edge));
        assert!(!is_common(&learned(10, 5), FOOT, LinePlace::Edge));
        assert!(!is_common(&learned(64, 9), FOOT, LinePlace::Edge));
    }

    #[test]
    fn in_the_middle_of_a_story_half_of_the_articles_must_have_it() {
        assert!(!is_common(&learned(60, 3), FOOT, LinePlace::Middle));
        assert!(is_common(&learned(60, 2), FOOT, LinePlace::Middle));
        let mut known = SiteLines::default();
        for _ in 0..20 {
            known.learn_article(&hashes(&["Pros:"]));
        }
        assert!(!is_common(&known, "Pros:", LinePlace::Middle));
    }

    #[test]
    fn a_line_that_a_site_gave_up_is_forgotten() {
        let mut known = learned(64, 1);
        for article in 0..64 {
            known.learn_article(&hashes(&[&format!("Another story {article}")]));
        }
        assert!(!is_common(&known, FOOT, LinePlace::Edge));
    }

    #[test]
    fn what_is_known_of_a_site_stays_within_six_kilobytes_and_reads_back() {
        let known = learned(500, 3);
        let json = serde_json::to_string(&known).expect("plain values");
        assert!(json.len() < 6 * 1024, "{}", json.len());
        assert_eq!(
            serde_json::from_str::<SiteLines>(&json).expect("as written"),
            known
        );
    }

    #[test]
    fn a_line_is_the_same_in_capitals_and_with_other_signs_and_a_paragraph_does_not_count() {
        assert_eq!(hash_line("Read more »"), hash_line("READ MORE"));
        assert_eq!(hash_line("* * *"), None);
        assert_eq!(hash_line(&"word ".repeat(100)), None);
    }
}
