//! Turns the chosen part of a page into lines of text with what is known of each.

use super::text::Line;

mod write;

pub(crate) use write::{write, write_between};

/// A line of the page as a reader sees it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    pub(crate) text: String,
    /// Characters of the text, and of those the ones that are links.
    pub(crate) chars: usize,
    pub(crate) linked: usize,
    /// Whether one of its links leads to another page.
    pub(crate) leads_away: bool,
    pub(crate) kind: Kind,
    /// Flags of the elements it stands in, up to the root.
    pub(crate) flags: u32,
    /// Where it begins on the page, and the two innermost boxes around it, each from its beginning to its end.
    pub(crate) at: u32,
    pub(crate) boxes: Boxes,
}

/// The two innermost boxes around a line, the inner one first.
pub(crate) type Boxes = [(u32, u32); 2];

/// What a line is on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kind {
    #[default]
    Paragraph,
    /// Its level, 1 to 6.
    Heading(u8),
    Quote,
    List,
    Table,
    /// The sentence or two below the headline.
    Standfirst,
}

impl Kind {
    /// As published.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Paragraph => "paragraph",
            Self::Heading(_) => "heading",
            Self::Quote => "quote",
            Self::List => "list",
            Self::Table => "table",
            Self::Standfirst => "standfirst",
        }
    }
}

impl Block {
    /// A paragraph without links.
    pub(crate) fn plain(text: String) -> Self {
        let chars = text.chars().count();
        Self {
            text,
            chars,
            ..Self::default()
        }
    }

    /// Whether nearly all of it is links.
    pub(crate) fn is_link(&self) -> bool {
        self.linked * 100 > self.chars * 85
    }
}

/// A stretch that was left out.
#[derive(Debug, Clone)]
pub(crate) struct Gone {
    pub(crate) rule: String,
    pub(crate) text: String,
}

/// Lines of a plain text.
pub(crate) fn of_text(text: &str) -> Vec<Block> {
    let mut line = Line::default();
    let mut blocks = Vec::new();
    for written in text.lines() {
        line.push(written);
        if let Some(text) = line.take() {
            blocks.push(Block::plain(text));
        }
    }
    blocks
}
