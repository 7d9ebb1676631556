//! The text inside an element: of a heading or a date as it stands, of a byline with its names parted.

use super::{
    super::{
        text::{cut, one_line},
        tree::{Node, Tag},
    },
    MAX_NAME,
};

/// Characters of a byline.
const MAX_BYLINE: usize = 160;
/// Bytes that are read for each character that is kept: four for the letter, as much again for white space around it.
const SLACK: usize = 8;

/// The text inside a node, none where it is longer than `most` characters.
pub(super) fn read_text(nodes: &[Node<'_>], i: usize, most: usize) -> Option<String> {
    let mut text = String::new();
    for node in &nodes[i + 1..nodes[i].end as usize] {
        if node.tag == Tag::Text {
            text.push_str(node.text);
            if text.len() > most * SLACK {
                return None;
            }
        } else if node.tag.is_block() || node.tag == Tag::Br || is_glued(&text, node) {
            text.push(' ');
        }
    }
    one_line(&text).filter(|line| line.chars().count() <= most)
}

/// The first text inside a node, where it is short enough to be a name: of a box that goes on about the author.
pub(super) fn read_first(nodes: &[Node<'_>], i: usize) -> Option<String> {
    let inside = &nodes[i + 1..nodes[i].end as usize];
    let mut texts = inside.iter().filter(|node| node.tag == Tag::Text);
    let first = texts.find_map(|node| {
        let text = node.text.trim();
        (!text.is_empty()).then_some(text)
    })?;
    one_line(cut(first, MAX_NAME * SLACK)).filter(|line| line.chars().count() <= MAX_NAME)
}

/// Whether an element begins right after a small letter: two texts that only look parted. One that begins with a
/// small letter goes on with the word.
fn is_glued(before: &str, node: &Node<'_>) -> bool {
    node.tag == Tag::Inline && before.ends_with(char::is_lowercase) && node.attr("class").is_some()
}

/// The text of a byline; whole names that are elements beside each other are parted.
pub(super) fn read_byline(nodes: &[Node<'_>], i: usize) -> Option<String> {
    let mut text = String::new();
    // Where the name began that may end before the next element, and where its element ends.
    let (mut begun, mut end) = (0, 0);
    for (at, node) in nodes
        .iter()
        .enumerate()
        .take(nodes[i].end as usize)
        .skip(i + 1)
    {
        match node.tag {
            Tag::Text => text.push_str(node.text),
            Tag::A | Tag::Inline => {
                let whole = text[begun..].split_whitespace().count() > 1;
                if end > 0
                    && at >= end
                    && whole
                    && text[begun..].ends_with(|c: char| c.is_alphanumeric() || c == ' ')
                {
                    text.push_str(", ");
                }
                if at >= end {
                    (begun, end) = (text.len(), node.end as usize);
                }
            }
            tag if tag.is_block() || tag == Tag::Br => {
                text.push_str(if text.trim().is_empty() { " " } else { " | " });
                (begun, end) = (text.len(), 0);
            }
            _ => {}
        }
        if text.len() > MAX_BYLINE * SLACK {
            return None;
        }
    }
    one_line(&text).filter(|line| line.chars().count() <= MAX_BYLINE)
}
