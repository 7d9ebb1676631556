//! Marks of time in the page itself: of publication, of a change, and the texts that readers see there.

use super::{
    super::{
        rules::flag,
        tree::{Node, Tag},
    },
    MAX_DATE_TEXT,
    inside::read_text,
};

/// Marks that are kept of each kind.
const MAX_STAMPS: usize = 12;
/// Attributes in which systems write the time for machines.
const ATTRIBUTES: [&str; 7] = [
    "datetime",
    "content",
    "data-datetime",
    "data-timestamp",
    "data-utime",
    "data-date",
    "title",
];

/// The marks of time of a page, in its order.
#[derive(Debug, Default)]
pub(super) struct Stamps {
    /// Marked as the time of publication.
    pub(super) published: Vec<String>,
    /// Marked as a time: for machines, and for readers where both stand there.
    pub(super) times: Vec<(String, Option<String>)>,
    /// What stands there for readers.
    pub(super) visible: Vec<String>,
    /// Marked as the time of the last change.
    pub(super) changed: Vec<String>,
}

impl Stamps {
    /// Takes what a node says of time.
    pub(super) fn take(&mut self, nodes: &[Node<'_>], i: usize) {
        let node = &nodes[i];
        let dated = node.tag == Tag::Time
            || node.has(flag::PUBLISHED)
            || node.attr("data-utime").is_some()
            || is_change(node);
        let full = self.visible.len() + self.changed.len() >= MAX_STAMPS;
        if !dated || full || node.has(flag::COMMENTS | flag::RELATED) {
            return;
        }
        let stamp = ATTRIBUTES.iter().find_map(|key| {
            node.attr(key)
                .filter(|value| value.contains(|c: char| c.is_numeric()))
        });
        let text = read_text(nodes, i, MAX_DATE_TEXT);
        if is_published(node) {
            self.published
                .extend(stamp.map(str::to_owned).or_else(|| text.clone()));
            self.visible.extend(text);
        } else if is_change(node) {
            self.changed.extend(stamp.map(str::to_owned).or(text));
        } else {
            self.times
                .extend(stamp.map(|stamp| (stamp.to_owned(), text.clone())));
            self.visible.extend(text);
        }
    }
}

fn is_published(node: &Node<'_>) -> bool {
    node.attr("itemprop") == Some("datePublished") || node.attr("pubdate").is_some()
}

/// A mark of the last change; where a page was never changed, systems write both classes on one mark.
fn is_change(node: &Node<'_>) -> bool {
    let classes = || node.attr("class").unwrap_or("").split_ascii_whitespace();
    let has = |names: &[&str]| classes().any(|class| names.contains(&class));
    node.attr("itemprop") == Some("dateModified")
        || has(&[
            "updated",
            "modified",
            "date-modified",
            "last-updated",
            "changed-date",
        ]) && !has(&["published", "entry-date", "post-date", "dt-published"])
}
