//! Marks of time in the page itself: of publication, of a change, and the texts that readers see there.

use super::{
    super::{
        rules::{Names, flag, folded},
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
    /// What readers see right behind the headline, where nothing there calls it the time of a change.
    pub(super) header: Vec<String>,
    /// The same behind headings that were taken for the headline before.
    left: Vec<String>,
}

impl Stamps {
    /// Sets aside what stood behind a heading that is not the headline; one that said the title was in a list.
    pub(super) fn leave_header(&mut self, top: bool) {
        let header = std::mem::take(&mut self.header);
        self.left.extend(header.into_iter().filter(|_| top));
    }

    /// Puts what was set aside behind what stands at the headline.
    pub(super) fn join_headers(&mut self) {
        self.header.append(&mut self.left);
    }

    /// Takes what a node says of time; `header`: it stands right behind the headline.
    pub(super) fn take(&mut self, nodes: &[Node<'_>], i: usize, header: bool, names: &Names) {
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
        let changed = || {
            is_change(node)
                || is_called_change(nodes, i)
                || text
                    .as_deref()
                    .is_some_and(|text| speaks_of_change(text, names))
                    && !is_called_published(node)
        };
        if header && self.header.len() < MAX_STAMPS && !changed() {
            self.header.extend(text.clone());
        }
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

/// Beginnings of the words by which classes name a change: `updatedAt`, `date--modified`, `name-changed`.
const CHANGES: [&str; 3] = ["updat", "modif", "changed"];

/// Whether the class of an element or of the one around it has a name for a change and none for publication.
fn is_called_change(nodes: &[Node<'_>], i: usize) -> bool {
    [i, nodes[i].parent as usize].iter().any(|&at| {
        let class = nodes[at].attr("class").unwrap_or("").to_ascii_lowercase();
        CHANGES.iter().any(|word| class.contains(word)) && !class.contains("publish")
    })
}

/// Whether a text calls its date that of a change.
fn speaks_of_change(text: &str, names: &Names) -> bool {
    let said = folded(text);
    names
        .updated
        .iter()
        .any(|word| said.contains(word.as_str()))
}

/// Whether the class calls it the date of publication: some write there what they changed last.
fn is_called_published(node: &Node<'_>) -> bool {
    node.attr("class")
        .is_some_and(|class| class.contains("publish"))
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
