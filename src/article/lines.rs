//! Rules for single lines, then trimming of both ends.

use super::{
    blocks::{Block, Gone, Kind},
    credit, language, lead,
    rules::{Rules, folded},
};
use crate::{
    date::is_date_line,
    site_lines::{LineHash, SiteLines},
};

mod boxes;
mod common;
mod ends;
mod links;
mod notes;
mod repeats;
mod teasers;

use ends::{Folded, after_story, before_story, ends_story, is_bare_date, is_paragraph};
use links::LineLink;

/// Short lines that are taken off the end: more of them are a list.
const MAX_SHORT: usize = 2;

/// Words from which a line that is all link and ends with a full stop is a sentence.
const MIN_LINKED_SENTENCE: usize = 8;

/// What is known of the page that helps to judge its lines.
#[derive(Debug, Default)]
pub(crate) struct Context {
    /// Headline as published and as the top heading shows it.
    pub(crate) titles: Vec<String>,
    pub(crate) authors: Vec<String>,
    pub(crate) publisher: Option<String>,
    /// The language that the page declares.
    pub(crate) language: Option<String>,
    /// What the page describes itself by, folded.
    pub(crate) about: Vec<String>,
    /// What pictures and players of the page are said to show, letters alone.
    pub(crate) pictured: Vec<String>,
    /// Phrases that the user strips from this site.
    pub(crate) remove: Vec<String>,
    /// The lines that articles of the site have in common, where they are known.
    pub(crate) site_lines: Option<SiteLines>,
}

/// The lines of the story, what was taken out, and what was read from it.
#[derive(Debug, Default)]
pub(crate) struct Story {
    pub(crate) blocks: Vec<Block>,
    pub(crate) gone: Vec<Gone>,
    pub(crate) dateline: Option<crate::record::Dateline>,
    pub(crate) agency: Option<String>,
    /// The language of its text.
    pub(crate) language: Option<String>,
    /// The standfirst where it is no part of the text, because the text says it again.
    pub(crate) standfirst: Option<String>,
    /// What other articles of the site may have in common with it.
    pub(crate) line_hashes: Vec<LineHash>,
}

impl Story {
    /// Judges each line, trims both ends, reads credits and the dateline.
    pub(crate) fn of(blocks: Vec<Block>, context: &Context, rules: &Rules) -> Self {
        let mut story = Self {
            language: language::of_lines(&blocks),
            ..Self::default()
        };
        let tags: Vec<&str> = [&context.language, &story.language]
            .into_iter()
            .filter_map(Option::as_deref)
            .collect();
        let names = Folded::of(context, rules.phrases.packs(&tags));
        story.judge(notes::cut_notes(blocks, rules), &names, rules);
        story.drop_repeats(rules);
        story.drop_common(context.site_lines.as_ref(), rules);
        story.trim_start(&names, rules);
        story.trim_teasers(rules);
        story.trim_end(&names, rules);
        story.standfirst = lead::mark_standfirst(&mut story.blocks).map(|block| block.text);
        story.credits(rules);
        story
    }

    fn drop(&mut self, block: Block, rule: &str, rules: &Rules) {
        if self.agency.is_none() && rule == "credit" && block.chars <= 200 {
            self.agency = credit::agency_in(&block.text, &rules.names);
        }
        self.gone.push(Gone {
            rule: rule.to_owned(),
            text: block.text,
        });
    }

    fn judge(&mut self, blocks: Vec<Block>, names: &Folded, rules: &Rules) {
        let total: usize = blocks.iter().map(|block| block.chars).sum();
        let said = boxes::find_phrases(&blocks, names, rules);
        let links = links::judge_links(&blocks);
        let mut passed = 0;
        // A heading of links is open: what follows goes until a paragraph comes.
        let mut under: Option<&'static str> = None;
        let mut lines = blocks.into_iter().zip(said.into_iter().zip(links));
        while let Some((block, (said, link))) = lines.next() {
            passed += block.chars;
            if said.boxed || link == LineLink::Other {
                self.drop(block, said.rule.unwrap_or("related"), rules);
                continue;
            }
            if passed * 2 > total && ends_story(&block) {
                self.drop(block, "comments", rules);
                lines.for_each(|(block, _)| self.drop(block, "comments", rules));
                break;
            }
            if under.is_some() && is_paragraph(&block) {
                under = None;
            }
            let rule = under
                .filter(|_| block.linked * 2 > block.chars || block.chars < 40)
                .map(str::to_owned)
                .or_else(|| self.rule(&block, said.rule, link, names));
            let Some(rule) = rule else {
                self.blocks.push(block);
                continue;
            };
            if under.is_none() && links::opens_links(&block, &rule) {
                under = Some("read_more");
            }
            self.drop(block, &rule, rules);
        }
    }

    fn rule(
        &self,
        block: &Block,
        phrase: Option<&str>,
        link: LineLink,
        names: &Folded,
    ) -> Option<String> {
        let says = |phrase: &String| folded(&block.text).contains(phrase.as_str());
        if block.chars < 600 && names.remove.iter().any(says) {
            return Some("site".to_owned());
        }
        if block.kind == Kind::Quote && block.text.starts_with(['—', '–', '-']) {
            return None;
        }
        if block.kind == Kind::Standfirst {
            return None;
        }
        if link != LineLink::Listed && self.is_lone_link(block) {
            return Some("link".to_owned());
        }
        if names.is_caption(block) {
            return Some("caption".to_owned());
        }
        if let Some(rule) = phrase {
            return Some(rule.to_owned());
        }
        let dated = block.chars <= 60
            && !matches!(block.kind, Kind::Table | Kind::List)
            && is_date_line(&block.text)
            && is_bare_date(&block.text);
        dated.then(|| "date".to_owned())
    }

    /// A line that is all link and no sentence of the story.
    fn is_lone_link(&self, block: &Block) -> bool {
        let last = self.blocks.last();
        let after_colon = last.is_some_and(|last| last.text.ends_with(':'));
        let sentence = block.kind == Kind::Paragraph
            && block.text.ends_with('.')
            && block.text.split_whitespace().count() >= MIN_LINKED_SENTENCE;
        block.is_link()
            && !after_colon
            && !sentence
            && !matches!(block.kind, Kind::Heading(_) | Kind::Table)
            && block.chars < 300
    }

    /// Before the first paragraph: headline, date, byline and what is too short to tell anything.
    fn trim_start(&mut self, names: &Folded, rules: &Rules) {
        let Some(first) = self.blocks.iter().position(is_paragraph) else {
            return;
        };
        let mut kept = Vec::with_capacity(self.blocks.len());
        for (i, block) in std::mem::take(&mut self.blocks).into_iter().enumerate() {
            let rule = before_story(&block, names, rules)
                .or_else(|| edge_rule(&block, names, rules))
                .filter(|_| i < first);
            match rule {
                Some(rule) => self.drop(block, rule, rules),
                None => kept.push(block),
            }
        }
        self.blocks = kept;
    }

    fn trim_teasers(&mut self, rules: &Rules) {
        let Some(at) = teasers::find_teasers(&self.blocks) else {
            return;
        };
        for block in self.blocks.split_off(at) {
            self.drop(block, "related", rules);
        }
    }

    /// After the last paragraph: headings without text, lists of links, biographies, short leftovers.
    fn trim_end(&mut self, names: &Folded, rules: &Rules) {
        let mut short = 0;
        while self.blocks.len() > 1 {
            let Some(last) = self.blocks.last() else {
                return;
            };
            let rule = after_story(last, self.blocks.len(), names)
                .or_else(|| edge_rule(last, names, rules));
            let Some(rule) = rule else { return };
            short += usize::from(rule == "short");
            if short > MAX_SHORT {
                return;
            }
            let Some(block) = self.blocks.pop() else {
                return;
            };
            self.drop(block, rule, rules);
        }
    }

    fn credits(&mut self, rules: &Rules) {
        for block in &mut self.blocks {
            if block.kind != Kind::Paragraph {
                continue;
            }
            while let Some(end) = credit::closing(&block.text, &rules.names) {
                let tail = block.text.split_off(end);
                block.text.truncate(block.text.trim_end().len());
                block.chars = block.text.chars().count();
                self.agency = self
                    .agency
                    .take()
                    .or_else(|| credit::agency_in(&tail, &rules.names));
                self.gone.push(Gone {
                    rule: "credit".to_owned(),
                    text: tail.trim().to_owned(),
                });
            }
        }
        self.blocks
            .retain(|block| block.text.chars().any(char::is_alphanumeric));
        let Some(first) = self.blocks.iter_mut().find(|block| is_paragraph(block)) else {
            return;
        };
        let Some(opening) = credit::opening(&first.text, &rules.names) else {
            return;
        };
        let rest = first.text.split_off(opening.bytes);
        let cut = std::mem::replace(&mut first.text, rest);
        first.chars = first.text.chars().count();
        self.gone.push(Gone {
            rule: "dateline".to_owned(),
            text: cut.trim().to_owned(),
        });
        self.dateline = opening.dateline;
        self.agency = opening.agency.or(self.agency.take());
    }
}

/// The rule of a phrase that takes sentences too where a story begins or ends.
fn edge_rule<'r>(block: &Block, names: &Folded, rules: &'r Rules) -> Option<&'r str> {
    let spared = block.kind == Kind::Standfirst;
    let evidence = names.evidence(block, true);
    let found = rules
        .phrases
        .rule(&block.text, evidence)
        .filter(|_| !spared);
    found.map(|(rule, _)| rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::blocks::of_text;

    const PARAGRAPH: &str = "The minister said on Friday that the talks with the rebels would go on for as long as it takes.";

    const LAST: &str = "The rebels said on Sunday that they had left the town and would not come back before the spring.";

    fn kept(lines: &[&str]) -> Vec<String> {
        let context = Context {
            titles: vec!["Talks go on".into()],
            authors: vec!["Jane Doe".into()],
            ..Context::default()
        };
        let story = Story::of(of_text(&lines.join("\n")), &context, &Rules::shipped());
        story.blocks.into_iter().map(|block| block.text).collect()
    }

    #[test]
    fn what_stands_before_and_after_the_story_goes() {
        let lines = [
            "Talks go on",
            "By Jane Doe",
            "28 June 2024",
            PARAGRAPH,
            "Read more: Floods",
            LAST,
            "With input from the agency.",
            "Find us on YouTube",
            "subscribe",
        ];
        assert_eq!(kept(&lines), [PARAGRAPH, LAST]);
    }

    #[test]
    fn subheadings_and_short_sentences_inside_the_story_stay() {
        let third = format!("In the evening {LAST}");
        let lines = [PARAGRAPH, "A new round", LAST, "“No,” he said.", &third];
        assert_eq!(kept(&lines), lines);
    }

    #[test]
    fn teasers_behind_the_story_go_and_a_digest_stays() {
        let paragraph = Block::plain(PARAGRAPH.to_owned());
        let heading = Block {
            linked: 20,
            kind: Kind::Heading(5),
            ..Block::plain("The army takes a bridge".to_owned())
        };
        let line = Block::plain("It is the last one over the river to the north.".to_owned());
        let teasers = [heading.clone(), line.clone(), heading.clone(), line.clone()];
        let told = (1..=4).map(|i| Block::plain(format!("On day {i} of the talks {PARAGRAPH}")));
        let story = [told.collect(), teasers.to_vec()].concat();
        let lines = |blocks: Vec<Block>| {
            Story::of(blocks, &Context::default(), &Rules::shipped())
                .blocks
                .len()
        };
        assert_eq!(lines(story), 4);
        let digest = [vec![paragraph], teasers.to_vec()].concat();
        assert_eq!(lines(digest), 5);
    }

    #[test]
    fn a_story_that_the_page_holds_twice_is_told_once() {
        let other = format!("On the second day {PARAGRAPH}");
        let lines = [
            PARAGRAPH,
            "A new round",
            &other,
            PARAGRAPH,
            "A new round",
            &other,
        ];
        assert_eq!(kept(&lines), [PARAGRAPH, "A new round", &other]);
    }

    #[test]
    fn what_a_picture_is_said_to_show_is_no_line_of_the_story() {
        let context = Context {
            pictured: vec!["theministeratthebridgeonfriday".to_owned()],
            ..Context::default()
        };
        let text =
            format!("{PARAGRAPH}\nThe minister at the bridge on Friday. Ida Lund\n{PARAGRAPH} So.");
        let story = Story::of(of_text(&text), &context, &Rules::shipped());
        assert_eq!(story.blocks.len(), 2);
        assert_eq!(story.gone[0].rule, "caption");
    }

    #[test]
    fn comments_end_the_story() {
        assert_eq!(kept(&[PARAGRAPH, "2 Comments", PARAGRAPH]), [PARAGRAPH]);
    }
}
