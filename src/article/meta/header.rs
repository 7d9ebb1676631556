//! The date that stands right behind the headline, told from that of a change and from those of other things.

use super::{
    super::{
        rules::{Names, flag, folded},
        text::one_line,
        tree::{Node, Tag},
    },
    Meta,
    inside::read_text,
};
use crate::date::is_date_line;

/// Nodes from the top heading in which the date of the article stands.
// With 120 they are those of other articles more often than not.
const MAX_HEADER: usize = 60;
/// Nodes from the words `Updated on` in which their date stands.
const MAX_FROM_LABEL: usize = 6;
/// Bytes of a date that stands alone: `2 5 2024`, and with the hour and the day of the week.
const MIN_DATE: usize = 8;
const MAX_DATE: usize = 80;
/// Boxes in which dates are those of other things.
const OTHER_BOXES: u32 = flag::COMMENTS
    | flag::RELATED
    | flag::CAPTION
    | flag::ASIDE
    | flag::NAVIGATION
    | flag::TEASER
    | flag::HIDDEN;

impl Meta {
    /// Keeps a date that stands alone right behind the headline, unless it or the words before it speak of a change.
    pub(super) fn take_header_date(&mut self, nodes: &[Node<'_>], i: usize, names: &Names) {
        let text = nodes[i].text;
        if text.len() > MAX_DATE || !self.is_in_header(nodes, i) {
            return;
        }
        let said = folded(text);
        if names
            .updated
            .iter()
            .any(|word| said.contains(word.as_str()))
        {
            self.update_at = Some(i);
        } else if text.len() >= MIN_DATE
            && !self.follows_update(i)
            && is_date_line(text)
            && !is_of_other(&said, names)
            && !is_of_other(&label_before(nodes, i), names)
        {
            self.stamps.header.push(text.to_owned());
        }
    }

    /// Whether a node stands right behind the headline, in no link and in no box of another kind.
    pub(super) fn is_in_header(&self, nodes: &[Node<'_>], i: usize) -> bool {
        let Some(heading) = self.heading_at else {
            return false;
        };
        if !(heading..heading + MAX_HEADER).contains(&i) {
            return false;
        }
        let mut at = i;
        while nodes[at].end as usize <= heading || at > heading {
            let node = &nodes[at];
            let link = node.tag == Tag::A && !is_all(nodes, i, at);
            if link || node.tag.is_skipped() || node.has(OTHER_BOXES) {
                return false;
            }
            at = node.parent as usize;
        }
        true
    }

    /// Whether a node stands right behind words that speak of a change.
    pub(super) fn follows_update(&self, i: usize) -> bool {
        self.update_at
            .is_some_and(|at| (at..at + MAX_FROM_LABEL).contains(&i))
    }
}

/// Whether a link holds no more than the text of a node: a date that leads to the article itself or to its day.
fn is_all(nodes: &[Node<'_>], i: usize, link: usize) -> bool {
    let own = if nodes[i].tag == Tag::Text {
        one_line(nodes[i].text)
    } else {
        read_text(nodes, i, MAX_DATE)
    };
    own.is_some() && own == read_text(nodes, link, MAX_DATE)
}

/// `Release date: 14 August 2017`: a label that does not say publication.
fn is_of_other(line: &str, names: &Names) -> bool {
    let label = line.split_once(':').map_or("", |(label, _)| label.trim());
    let named = label.contains(char::is_alphabetic) && !label.contains(|c: char| c.is_numeric());
    named
        && !names
            .published
            .iter()
            .any(|word| label.starts_with(word.as_str()))
}

/// What stands right before a text in the same block, where it ends with a colon; folded.
fn label_before(nodes: &[Node<'_>], i: usize) -> String {
    let before = &nodes[i.saturating_sub(MAX_FROM_LABEL)..i];
    let block = before
        .iter()
        .rposition(|node| node.tag.is_block() && node.tag != Tag::Text);
    let mut texts = before[block.map_or(0, |at| at + 1)..].iter().rev();
    let label = texts.find(|node| !node.text.trim().is_empty());
    let label = label.filter(|node| node.text.trim_end().ends_with(':'));
    label.map_or_else(String::new, |node| folded(node.text))
}
