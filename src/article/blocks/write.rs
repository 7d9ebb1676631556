//! Writes the lines of a part of a page: where one ends, what is left out, what stays in the middle of a sentence.

use super::{
    super::{
        body::Kept,
        text::{self, Line},
        tree::{Node, Tag},
    },
    Block, Boxes, Gone, Kind,
};

mod skip;

use skip::{goes_on, opens_quote, skipped};

/// Signs at which a single break ends a line.
const ENDS: [char; 13] = [
    '.', '!', '?', ':', '”', '"', '»', '…', ';', ')', '。', '！', '？',
];
/// Characters from which a line is taken for one that was broken to fit a width.
const MIN_BROKEN: usize = 60;

#[derive(Default)]
struct Writer {
    blocks: Vec<Block>,
    gone: Vec<Gone>,
    line: Line,
    linked: usize,
    /// Whether a link of the line leads to another page.
    leads_away: bool,
    flags: u32,
    kind: Kind,
    /// Blocks that are open, with their end and what holds outside of them.
    open: Vec<(usize, Kind, u32, Boxes)>,
    boxes: Boxes,
    /// Where the line began.
    at: u32,
    /// Where the link ends that the text stands in.
    link_end: usize,
    /// Ends of the quotations that are open.
    spoken: Vec<usize>,
}

impl Writer {
    /// Leaves the blocks that end before the node at `i`.
    fn close_until(&mut self, i: usize) {
        while self.spoken.last().is_some_and(|&end| i >= end) {
            self.spoken.pop();
            self.line.push("”");
        }
        while let Some(&(end, kind, flags, boxes)) = self.open.last()
            && i >= end
        {
            self.end_line();
            (self.kind, self.flags, self.boxes) = (kind, flags, boxes);
            self.open.pop();
        }
    }

    /// Takes what a node says itself; those inside of it follow.
    fn enter(&mut self, nodes: &[Node<'_>], i: usize) {
        let node = &nodes[i];
        let end = node.end as usize;
        match node.tag {
            Tag::Text => {
                if self.line.written().is_empty() {
                    self.at = i as u32;
                }
                let chars = self.line.push(node.text);
                if i < self.link_end {
                    self.linked += chars;
                }
            }
            Tag::A if node.attr("href").is_some() => {
                self.link_end = self.link_end.max(end);
                self.leads_away |= !node.attr("href").is_some_and(|href| href.starts_with('#'));
            }
            Tag::Br => self.break_line(&nodes[end..]),
            Tag::Spoken if !opens_quote(&nodes[i + 1..end]) => {
                self.line.push("“");
                self.spoken.push(end);
            }
            Tag::Cell => self.line.space(),
            tag if tag.is_block() => {
                self.end_line();
                self.open.push((end, self.kind, self.flags, self.boxes));
                if matches!(tag, Tag::Block | Tag::Aside | Tag::Form | Tag::Article) {
                    self.boxes = [(i as u32, end as u32), self.boxes[0]];
                }
                self.kind = kind_of(tag, self.kind);
                self.flags |= node.flags;
            }
            _ => {}
        }
    }

    fn end_line(&mut self) {
        let linked = std::mem::take(&mut self.linked);
        let leads_away = std::mem::take(&mut self.leads_away);
        let Some(text) = self.line.take() else { return };
        let chars = text.chars().count();
        let linked = linked.min(chars);
        self.blocks.push(Block {
            text,
            chars,
            linked,
            leads_away,
            kind: self.kind,
            flags: self.flags,
            at: self.at,
            boxes: self.boxes,
        });
    }

    /// Two breaks end a paragraph. A single one ends a line where a sentence or a short line ends, and is a space, or
    /// nothing between signs that are written without, where the sentence goes on.
    fn break_line(&mut self, following: &[Node<'_>]) {
        let written = self.line.written().trim_end();
        let ended = written.ends_with(ENDS);
        let next = match goes_on(following) {
            Some(next) if !ended => next,
            _ => return self.end_line(),
        };
        let long = written.chars().nth(MIN_BROKEN).is_some();
        if next.is_lowercase() || (long && !text::is_dense(next)) {
            self.line.space();
        } else if !(text::is_dense(next) && written.chars().next_back().is_some_and(text::is_dense))
        {
            self.end_line();
        }
    }
}

/// Characters that are kept of a part that was left out by its class.
const MAX_GONE: usize = 400;

/// The lines inside `root` that are kept, and the parts that were left out by their class.
pub(crate) fn write(nodes: &[Node<'_>], kept: &Kept, root: usize) -> (Vec<Block>, Vec<Gone>) {
    write_between(nodes, kept, root, nodes[root].end as usize)
}

/// The lines from one node up to another.
pub(crate) fn write_between(
    nodes: &[Node<'_>],
    kept: &Kept,
    from: usize,
    to: usize,
) -> (Vec<Block>, Vec<Gone>) {
    let mut out = Writer::default();
    let mut i = from;
    while i < to {
        out.close_until(i);
        let node = &nodes[i];
        let whole = i == from && node.end as usize == to;
        if !whole && skipped(nodes, kept, i, out.line.written()) {
            if node.tag.is_block() && !matches!(node.tag, Tag::Script | Tag::Void | Tag::Noscript) {
                out.end_line();
            }
            out.gone
                .extend(kept.dropped[i].and_then(|rule| left_out(nodes, i, rule)));
            i = node.end as usize;
        } else {
            out.enter(nodes, i);
            i += 1;
        }
    }
    out.close_until(usize::MAX);
    out.end_line();
    (out.blocks, out.gone)
}

/// The beginning of a part that was left out, where it had words.
fn left_out(nodes: &[Node<'_>], i: usize, rule: &'static str) -> Option<Gone> {
    if nodes[i].tag.is_skipped() {
        return None;
    }
    let mut line = Line::default();
    for node in &nodes[i + 1..nodes[i].end as usize] {
        match node.tag {
            Tag::Text => {
                line.push(node.text);
            }
            tag if tag.is_block() => line.space(),
            _ => {}
        }
        if line.written().len() > MAX_GONE {
            break;
        }
    }
    let text = line.take()?.chars().take(MAX_GONE).collect();
    Some(Gone {
        rule: rule.to_owned(),
        text,
    })
}

fn kind_of(tag: Tag, around: Kind) -> Kind {
    match (tag, around) {
        (_, Kind::Table) | (Tag::Row, _) => Kind::Table,
        (Tag::Heading(level), _) => Kind::Heading(level),
        (Tag::Quote, _) | (_, Kind::Quote) => Kind::Quote,
        (Tag::Item, _) => Kind::List,
        (_, kind) => kind,
    }
}
