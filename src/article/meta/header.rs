//! The date that stands right behind the headline, told from that of a change and from those of other things.

use super::{
    super::{
        rules::{Names, flag, folded},
        tree::{Node, Tag},
    },
    Meta,
};
use crate::date::is_date_line;

/// Nodes from the top heading in which the date of the article stands.
const MAX_HEADER: usize = 60;
/// Nodes from the words `Updated on` in which their date stands.
const MAX_FROM_LABEL: usize = 6;
/// Bytes of a date that stands alone: `2 5 2024`, and with the hour and the day of the week.
const MIN_DATE: usize = 8;
const MAX_DATE: usize = 80;
/// Boxes in which dates are those of other things.
const OTHER_BOXES: u32 =
    flag::COMMENTS | flag::RELATED | flag::CAPTION | flag::ASIDE | flag::NAVIGATION;

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
        } else if text.len() >= MIN_DATE && !self.follows_update(i) && is_date_line(text) {
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
            if node.tag == Tag::A || node.tag.is_skipped() || node.has(OTHER_BOXES) {
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
