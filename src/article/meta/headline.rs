//! Which heading of a page is the headline, behind which byline and date stand.

use super::{
    super::{
        rules::{Names, letters},
        tree::Node,
    },
    Meta,
    collect::MAX_TITLE,
    inside::read_text,
};

/// Bytes from which a heading that a title begins with is the headline, not the name of a section.
const MIN_TITLE: usize = 20;

impl Meta {
    /// Keeps the first top heading, and where the one stands that says the title.
    pub(super) fn take_heading(&mut self, nodes: &[Node<'_>], i: usize, level: u8, names: &Names) {
        if level == 1 && self.heading.is_none() {
            self.heading = read_text(nodes, i, MAX_TITLE);
            self.take_top_heading(i);
            return;
        }
        if self.titled.is_none_or(|other| level < other) {
            let text = read_text(nodes, i, MAX_TITLE);
            if text.is_some_and(|text| self.says_title(&text)) {
                self.set_headline(i, Some(level));
            }
        }
        self.take_mark(nodes, i, names);
    }

    /// The first top heading is the headline, unless one that says the title was found before.
    fn take_top_heading(&mut self, i: usize) {
        let says = self
            .heading
            .as_deref()
            .is_some_and(|text| self.says_title(text));
        if says || self.heading.is_some() && self.titled.is_none() {
            self.set_headline(i, says.then_some(1));
        }
    }

    /// Remembers where the headline stands, and the level of one that says the title.
    fn set_headline(&mut self, i: usize, titled: Option<u8>) {
        self.heading_at = Some(i);
        self.stamps.leave_header(self.titled.is_none());
        self.pictured_from = self.pictured.len();
        self.titled = titled;
    }

    /// Whether a heading says the title that the head gives, or its beginning.
    fn says_title(&self, text: &str) -> bool {
        let own = letters(text);
        let social = self.first(&["og:title"]);
        let mut titles = [self.title_tag.as_deref(), social.as_deref()]
            .into_iter()
            .flatten();
        own.len() >= MIN_TITLE && titles.any(|title| letters(title).starts_with(&own))
    }
}
