//! HTML as a flat list of nodes in document order, parsed within a budget.

use std::time::{Duration, Instant};

use html5ever::{
    ParseOpts, parse_document,
    tendril::{StrTendril, TendrilSink},
};
use scraper::{Html, node::Element};

use super::{
    ArticleError,
    rules::{Classes, flag},
    text::cut,
};

mod sink;
mod tag;

use sink::BudgetSink;
pub(crate) use tag::Tag;

/// Elements of a page; an honest one has about 1 600 nodes, the largest seen 40 000.
pub const MAX_ELEMENTS: u32 = 100_000;
/// Depth of an element: the tree builder's cost grows with its square.
pub const MAX_DEPTH: u16 = 256;
/// What one page may take to parse; the only bound on one tag with very many attributes.
pub const MAX_TIME: Duration = Duration::from_secs(1);
/// The clock and the counts are looked at once a piece, bytes.
const PIECE: usize = 1024;

/// A parsed page.
#[derive(Debug)]
pub(crate) struct Tree(Html);

impl Tree {
    /// Parses a page, or says which bound it breaks.
    pub(crate) fn parse(html: &str) -> Result<Self, ArticleError> {
        let sink = BudgetSink::new();
        let over = sink.over.clone();
        let mut parser = parse_document(sink, ParseOpts::default());
        let started = Instant::now();
        let mut rest = html;
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(cut(rest, PIECE).len());
            parser.process(StrTendril::from_slice(piece));
            rest = tail;
            if let Some(bound) = over.get() {
                return Err(ArticleError::TooComplex { bound });
            }
            if started.elapsed() > MAX_TIME {
                return Err(ArticleError::TooComplex {
                    bound: "time to parse",
                });
            }
        }
        Ok(Self(parser.finish()))
    }

    /// The nodes in document order; comments are left out.
    pub(crate) fn nodes<'t>(&'t self, classes: &Classes) -> Result<Vec<Node<'t>>, ArticleError> {
        let mut nodes: Vec<Node<'t>> = Vec::with_capacity(2048);
        let mut open: Vec<u32> = Vec::with_capacity(64);
        let mut words = String::new();
        let mut next = self.0.tree.root().first_child();
        while let Some(node) = next {
            let index = nodes.len() as u32;
            let parent = open.last().copied().unwrap_or(0);
            // What a template holds hangs below a node of its own, a fragment.
            let is_open = node.value().is_element() || node.value().is_fragment();
            if is_open {
                open.push(index);
            }
            let place = (parent, index);
            nodes.extend(Node::of_tree(node.value(), place, classes, &mut words));
            if open.len() > usize::from(MAX_DEPTH) * 2 {
                return Err(ArticleError::TooComplex { bound: "depth" });
            }
            next = node.first_child().filter(|_| is_open);
            let (mut here, mut inside) = (node, is_open);
            while next.is_none() {
                if inside && let Some(done) = open.pop() {
                    nodes[done as usize].end = nodes.len() as u32;
                }
                inside = true;
                next = here.next_sibling();
                let around = here.parent();
                let Some(parent) =
                    around.filter(|p| p.value().is_element() || p.value().is_fragment())
                else {
                    break;
                };
                here = parent;
            }
        }
        Ok(nodes)
    }
}

/// An element, or a run of text (then `tag` is [`Tag::Text`]).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'t> {
    pub(crate) tag: Tag,
    /// Index of the element around it; 0 for the outermost.
    pub(crate) parent: u32,
    /// One past the last node inside.
    pub(crate) end: u32,
    /// What its class, id and role say; bits of [`super::rules::flag`].
    pub(crate) flags: u32,
    /// The characters of a run of text.
    pub(crate) text: &'t str,
    element: Option<&'t Element>,
}

impl<'t> Node<'t> {
    /// A node of the parsed tree; none for comments and the like.
    fn of_tree(
        value: &'t scraper::Node,
        (parent, index): (u32, u32),
        classes: &Classes,
        words: &mut String,
    ) -> Option<Self> {
        match value {
            scraper::Node::Element(element) => Some(Self::element(element, parent, classes, words)),
            scraper::Node::Text(text) => Some(Self::text(text, parent, index + 1)),
            scraper::Node::Fragment => Some(Self::fragment(parent)),
            _ => None,
        }
    }

    fn text(text: &'t str, parent: u32, end: u32) -> Self {
        Self {
            tag: Tag::Text,
            parent,
            end,
            flags: 0,
            text,
            element: None,
        }
    }

    /// What hangs below a template.
    fn fragment(parent: u32) -> Self {
        Self {
            tag: Tag::Block,
            ..Self::text("", parent, 0)
        }
    }

    fn element(element: &'t Element, parent: u32, classes: &Classes, words: &mut String) -> Self {
        let mut tag = Tag::of(element.name());
        // The id of a paragraph or heading is a slug of its words or drawn at random, and says nothing of its kind.
        let named = !matches!(tag, Tag::P | Tag::Heading(_) | Tag::Quote | Tag::Item);
        let (mut flags, mut streamed) = (0, false);
        for (name, value) in element.attrs() {
            if name == "shadowrootmode" {
                tag = Tag::Block;
            }
            if named || name != "id" {
                flags |= classes.flags(name, value, words);
            }
            // React streams parts of a page into `<div hidden id="S:0">` and shows them by script.
            streamed |= name == "id" && value.starts_with("S:");
        }
        if streamed {
            flags &= !flag::HIDDEN;
        }
        Self {
            tag,
            parent,
            end: 0,
            flags,
            text: "",
            element: Some(element),
        }
    }

    /// The node as it is once scripts have run: a template is a box.
    pub(crate) fn shown(&self) -> Self {
        let tag = if self.tag == Tag::Template {
            Tag::Block
        } else {
            self.tag
        };
        Self { tag, ..*self }
    }

    /// The value of an attribute.
    pub(crate) fn attr(&self, wanted: &str) -> Option<&'t str> {
        self.element?
            .attrs()
            .find(|(name, _)| *name == wanted)
            .map(|(_, value)| value)
    }

    pub(crate) fn has(&self, flags: u32) -> bool {
        self.flags & flags != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Rules;

    fn many(count: usize, piece: impl Fn(usize) -> String) -> String {
        (0..count).map(piece).collect()
    }

    fn refused(html: &str) -> &'static str {
        match Tree::parse(html) {
            Err(ArticleError::TooComplex { bound }) => bound,
            other => panic!("parsed: {}", other.is_ok()),
        }
    }

    #[test]
    fn bombs_end_at_a_bound() {
        assert_eq!(refused(&"<div>".repeat(200_000)), "depth");
        assert_eq!(refused(&"<ul><li>".repeat(130_000)), "depth");
        assert_eq!(
            refused(&many(80_000, |i| format!("<font color={i}>"))),
            "depth"
        );
        assert_eq!(refused(&"<table><tr><td>".repeat(20_000)), "depth");
        let open = many(200, |i| format!("<b id={i}>"));
        assert_eq!(
            refused(&(format!("<p>{open}") + &"<p>x".repeat(20_000))),
            "elements"
        );
        assert_eq!(refused(&"<p>x</p>".repeat(110_000)), "elements");
    }

    #[test]
    fn one_tag_of_many_attributes_ends_at_the_clock() {
        let tag = many(400_000, |i| format!(" a{i}=1"));
        assert_eq!(refused(&format!("<p{tag}>x")), "time to parse");
    }

    #[test]
    fn nodes_come_in_document_order_with_their_ends() {
        let tree = Tree::parse("<p>a<b>b</b>c</p><p>d").expect("small");
        let nodes = tree.nodes(&Rules::shipped().classes).expect("flat");
        let texts: Vec<&str> = nodes
            .iter()
            .filter(|n| n.tag == Tag::Text)
            .map(|n| n.text)
            .collect();
        assert_eq!(texts, ["a", "b", "c", "d"]);
        let first = nodes
            .iter()
            .position(|n| n.tag == Tag::P)
            .expect("a paragraph");
        assert_eq!(nodes[nodes[first].end as usize].tag, Tag::P);
        assert_eq!(nodes[0].end as usize, nodes.len());
    }
}
