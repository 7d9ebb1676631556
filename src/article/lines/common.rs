//! Lines that articles of the site have in common: they are trimmed off both ends, and taken out of the middle where
//! half of the articles have them.

use super::{Block, Kind, Rules, Story};
use crate::site_lines::{LinePlace, SiteLines, hash_line};

/// Where more of a story than this is in common with others, it is told again or a form that is filled in, and nothing
/// is taken out; in parts of a hundred.
const MAX_COMMON: usize = 40;

impl Story {
    /// Drops the lines that articles of the site have in common, and keeps what the next ones are compared with.
    pub(super) fn drop_common(&mut self, known: Option<&SiteLines>, rules: &Rules) {
        let Some(known) = known else { return };
        let hashes = self.blocks.iter().map(|block| hash_line(&block.text));
        let hashes: Vec<Option<u64>> = hashes.collect();
        let is_common = |at: usize, place| {
            let hash = hashes[at];
            hash.is_some_and(|hash| known.is_common(hash, self.blocks[at].chars, place))
        };
        let count = self.blocks.len();
        let at_edge = |at: &usize| is_common(*at, LinePlace::Edge);
        let first = (0..count).take_while(at_edge).count();
        let last = count - (first..count).rev().take_while(at_edge).count();
        let common: Vec<bool> = (0..count)
            .map(|at| {
                let inside = (first..last).contains(&at);
                !inside || is_middle(&self.blocks[at]) && is_common(at, LinePlace::Middle)
            })
            .collect();
        self.line_hashes = hashes.into_iter().flatten().collect();
        self.line_hashes.sort_unstable();
        self.line_hashes.dedup();
        if !is_too_much(&self.blocks, &common) {
            self.drop_marked(&common, rules);
        }
    }

    fn drop_marked(&mut self, common: &[bool], rules: &Rules) {
        let blocks = std::mem::take(&mut self.blocks);
        for (block, &is_common) in blocks.into_iter().zip(common) {
            if is_common {
                self.drop(block, "site_repeat", rules);
            } else {
                self.blocks.push(block);
            }
        }
    }
}

/// Headings such as `Background` come back over what differs.
fn is_middle(block: &Block) -> bool {
    !matches!(block.kind, Kind::Heading(_) | Kind::Standfirst)
}

fn is_too_much(blocks: &[Block], common: &[bool]) -> bool {
    let sum = |wanted: bool| -> usize {
        let lines = blocks.iter().zip(common);
        let counted = lines.filter(|(_, is_common)| **is_common || !wanted);
        counted.map(|(block, _)| block.chars).sum()
    };
    sum(true) * 100 > sum(false) * MAX_COMMON
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{blocks::of_text, lines::Context};

    const FOOT: &str = "The Example is printed by the Example Press and read in nine towns.";

    fn story(day: usize) -> String {
        let told = (1..=4).map(|part| {
            format!("On day {day} the minister said in part {part} of the talks that all would go on as before.\n")
        });
        told.collect()
    }

    fn read(text: &str, known: &SiteLines) -> Story {
        let context = Context {
            site_lines: Some(known.clone()),
            ..Context::default()
        };
        Story::of(of_text(text), &context, &Rules::shipped())
    }

    /// What is known after some articles that end with [`FOOT`].
    fn learned(articles: usize) -> SiteLines {
        let mut known = SiteLines::default();
        for day in 0..articles {
            let read = read(&format!("{}{FOOT}", story(day)), &known);
            known.learn_article(&read.line_hashes);
        }
        known
    }

    #[test]
    fn what_ends_three_articles_of_a_site_is_no_part_of_the_fourth() {
        let next = format!("{}{FOOT}", story(9));
        assert_eq!(read(&next, &learned(2)).blocks.len(), 5);
        let read = read(&next, &learned(3));
        assert_eq!(read.blocks.len(), 4);
        assert_eq!(read.gone[0].rule, "site_repeat");
        assert_eq!(read.gone[0].text, FOOT);
    }

    #[test]
    fn what_goes_is_still_counted_so_that_it_goes_from_the_next_ones_too() {
        let next = format!("{}{FOOT}", story(99));
        assert_eq!(read(&next, &learned(70)).blocks.len(), 4);
    }

    #[test]
    fn a_story_that_is_told_again_keeps_its_lines() {
        let mut known = SiteLines::default();
        let text = story(1);
        for _ in 0..8 {
            let again = read(&text, &known);
            assert_eq!(again.blocks.len(), 4);
            known.learn_article(&again.line_hashes);
        }
    }

    #[test]
    fn a_line_amid_a_story_goes_where_half_of_the_articles_have_it() {
        let next = format!("{}{FOOT}\n{}", story(98), story(99));
        assert_eq!(read(&next, &learned(4)).blocks.len(), 9);
        assert_eq!(read(&next, &learned(5)).blocks.len(), 8);
    }
}
