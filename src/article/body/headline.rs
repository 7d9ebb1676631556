//! The heading that says the article's own headline, and where the next article begins.

use super::{
    super::{
        rules::folded,
        text::one_line,
        tree::{Node, Tag},
    },
    Measures,
};

/// Bytes from which the beginning of a headline says which it is.
const MIN_HEADLINE: usize = 20;
/// Weight of the text between a headline and the next article, and of that article itself: two paragraphs.
const MIN_BETWEEN: f32 = 250.0;

/// The first heading that says one of the titles; a top heading before others.
pub(crate) fn find_headline(nodes: &[Node<'_>], titles: &[String]) -> Option<usize> {
    let titles: Vec<String> = titles.iter().map(|title| folded(title)).collect();
    let mut lesser = None;
    for (i, node) in nodes.iter().enumerate() {
        let Tag::Heading(level) = node.tag else {
            continue;
        };
        if (level == 1 || lesser.is_none()) && says_one(nodes, i, &titles) {
            if level == 1 {
                return Some(i);
            }
            lesser = Some(i);
        }
    }
    lesser
}

fn says_one(nodes: &[Node<'_>], i: usize, titles: &[String]) -> bool {
    let mut text = String::new();
    for node in &nodes[i + 1..nodes[i].end as usize] {
        text.push_str(node.text);
        if node.tag == Tag::Br {
            text.push(' ');
        }
    }
    let Some(line) = one_line(&text) else {
        return false;
    };
    let line = folded(&line);
    titles.iter().any(|title| {
        *title == line
            || line.len().min(title.len()) > MIN_HEADLINE
                && (title.starts_with(&line) || line.starts_with(title.as_str()))
    })
}

/// The box in which another article begins: built like the one of the headline, after a story of its own.
pub(crate) fn next_story(
    nodes: &[Node<'_>],
    measures: &Measures,
    headline: usize,
) -> Option<usize> {
    for (i, node) in nodes.iter().enumerate().skip(headline + 1) {
        if node.tag != Tag::Heading(1) {
            continue;
        }
        let Some((own, other)) = part(nodes, headline, i) else {
            continue;
        };
        let class = nodes[own].attr("class").filter(|class| !class.is_empty());
        let alike = class.is_some()
            && nodes[own].tag == nodes[other].tag
            && class == nodes[other].attr("class");
        // The sections of one article may have top headings of their own.
        if nodes[other].tag != Tag::Article && is_in_article(nodes, other) {
            continue;
        }
        let boxed = matches!(nodes[other].tag, Tag::Article | Tag::Block | Tag::Main);
        if boxed
            && (alike || holds_article(nodes, own, headline) && holds_article(nodes, other, i))
            && measures.between(headline, other) > MIN_BETWEEN
            && measures.inside(nodes, other) > MIN_BETWEEN
        {
            return Some(other);
        }
    }
    None
}

/// The boxes of two nodes that stand side by side.
fn part(nodes: &[Node<'_>], first: usize, second: usize) -> Option<(usize, usize)> {
    let mut other = second;
    loop {
        let parent = nodes[other].parent as usize;
        if parent == other {
            return None;
        }
        if parent <= first && (nodes[parent].end as usize) > first {
            break;
        }
        other = parent;
    }
    let around = nodes[other].parent as usize;
    let mut own = first;
    while nodes[own].parent as usize != around {
        own = nodes[own].parent as usize;
        if own == 0 {
            return None;
        }
    }
    (other != second).then_some((own, other))
}

fn is_in_article(nodes: &[Node<'_>], i: usize) -> bool {
    let mut at = i;
    while at > 0 {
        at = nodes[at].parent as usize;
        if nodes[at].tag == Tag::Article {
            return true;
        }
    }
    false
}

/// Whether an article stands around a node within a box, or is the box.
fn holds_article(nodes: &[Node<'_>], around: usize, node: usize) -> bool {
    let mut at = node;
    while at > around {
        at = nodes[at].parent as usize;
        if nodes[at].tag == Tag::Article {
            return true;
        }
    }
    false
}
