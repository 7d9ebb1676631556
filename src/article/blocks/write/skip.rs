//! What is left out inside the story, and what goes on across an element or a break.

use super::{Kept, Node, Tag};

/// Whether a node inside the root is left out; what stands in the middle of a sentence stays.
pub(super) fn skipped(nodes: &[Node<'_>], kept: &Kept, i: usize, written: &str) -> bool {
    let node = &nodes[i];
    match node.tag {
        tag if tag.is_skipped() => return true,
        Tag::Button => return written.is_empty() || !continues(nodes, i),
        Tag::Raised if is_footnote_mark(nodes, i) => return true,
        _ => {}
    }
    let inside_sentence = match node.tag {
        Tag::A => !written.is_empty() || continues(nodes, i),
        Tag::Inline | Tag::Time | Tag::Spoken | Tag::Raised => !written.is_empty(),
        _ => false,
    };
    if inside_sentence && kept.dropped[i] != Some("hidden") {
        return false;
    }
    kept.dropped[i].is_some()
        || (node.tag == Tag::Time && nodes[node.parent as usize].tag != Tag::P)
}

/// Whether a sentence goes on right behind an element.
fn continues(nodes: &[Node<'_>], i: usize) -> bool {
    let next = nodes.get(nodes[i].end as usize);
    let next = next.filter(|next| next.tag == Tag::Text && next.parent == nodes[i].parent);
    next.is_some_and(|next| {
        let mut words = next.text.trim_start().chars();
        words
            .next()
            .is_some_and(|c| c.is_lowercase() || matches!(c, ',' | '.' | '’' | '\''))
    })
}

/// `[1]` behind a word.
fn is_footnote_mark(nodes: &[Node<'_>], i: usize) -> bool {
    let mut mark = String::new();
    for node in &nodes[i + 1..nodes[i].end as usize] {
        mark.push_str(node.text.trim());
    }
    let inner = mark.strip_prefix('[').and_then(|m| m.strip_suffix(']'));
    inner.is_some_and(|inner| inner.len() <= 3 && inner.chars().all(char::is_alphanumeric))
}

/// The first character behind a break, none where another break or a block comes.
pub(super) fn goes_on(following: &[Node<'_>]) -> Option<char> {
    for node in following {
        match node.tag {
            Tag::Text => {
                if let Some(next) = node.text.trim_start().chars().next() {
                    return Some(next);
                }
            }
            Tag::Inline | Tag::A | Tag::Time | Tag::Spoken | Tag::Raised => {}
            _ => return None,
        }
    }
    None
}

/// Whether the first sign inside is a quotation mark already.
pub(super) fn opens_quote(inside: &[Node<'_>]) -> bool {
    let first = inside.iter().find(|node| !node.text.trim().is_empty());
    first.is_some_and(|node| {
        node.text
            .trim_start()
            .starts_with(['"', '“', '„', '«', '‘', '»', '\''])
    })
}
