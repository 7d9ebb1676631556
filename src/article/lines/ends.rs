//! Where a story begins and ends among its lines.

use super::{
    super::{
        blocks::{Block, Kind},
        rules::{Evidence, Rules, flag, folded, letters},
        text::cut,
    },
    Context,
};
use crate::date::is_date_line;

/// A line of so many characters with few links is running text.
const MIN_PARAGRAPH: usize = 80;

/// Characters of a line that says when the story was published and when it was changed, and bytes of the first date.
const MAX_DATES: usize = 100;
const MAX_DATE: usize = 60;
/// Characters of a caption.
const MIN_CAPTION: usize = 20;
const MAX_CAPTION: usize = 400;
/// Characters of a heading that ends as a sentence does and tells something itself, as in a list of facts.
const MIN_TELLING: usize = 40;

/// The context in the form lines are compared in.
pub(super) struct Folded {
    titles: Vec<String>,
    authors: Vec<String>,
    publisher: Option<String>,
    about: Vec<String>,
    pictured: Vec<String>,
    pub(super) remove: Vec<String>,
    /// The packs of phrases that apply.
    packs: u64,
}

impl Folded {
    pub(super) fn of(context: &Context, packs: u64) -> Self {
        let all = |list: &[String]| list.iter().map(|text| folded(text)).collect();
        Self {
            titles: all(&context.titles),
            authors: all(&context.authors),
            publisher: context.publisher.as_deref().map(folded),
            about: context.about.clone(),
            pictured: context.pictured.clone(),
            remove: all(&context.remove),
            packs,
        }
    }

    /// What the phrases want to know of a line.
    pub(super) fn evidence(&self, block: &Block, edge: bool) -> Evidence {
        Evidence {
            chars: block.chars,
            linked: block.linked,
            edge,
            packs: self.packs,
        }
    }

    /// Whether a line says what a picture or a player is said to show, perhaps with whose it is; what the page
    /// describes itself by is the lead also where the picture says it.
    pub(super) fn is_caption(&self, block: &Block) -> bool {
        if block.kind != Kind::Paragraph
            || !(MIN_CAPTION..=MAX_CAPTION).contains(&block.chars)
            || self.pictured.is_empty()
        {
            return false;
        }
        let own = letters(&block.text);
        let says =
            |text: &String| own.starts_with(text.as_str()) && text.len() * 3 >= own.len() * 2;
        self.pictured.iter().any(says) && {
            let line = folded(&block.text);
            let line = line.trim_end_matches(['.', '…', ' ']);
            !self
                .about
                .iter()
                .any(|said| said.starts_with(line) || line.starts_with(said.as_str()))
        }
    }

    pub(super) fn is_title(&self, line: &str) -> bool {
        let line = folded(line);
        let line = line.trim();
        self.titles.iter().any(|title| {
            title == line
                || (line.len() > 20
                    && (title.starts_with(line)
                        || line.starts_with(title.as_str()) && line.len() < title.len() + 30))
        })
    }

    pub(super) fn is_name(&self, line: &str) -> bool {
        let line = folded(line);
        let line = line.trim();
        self.authors.iter().any(|name| {
            line == name || (line.len() < name.len() + 24 && line.contains(name.as_str()))
        }) || self.publisher.as_deref() == Some(line)
    }
}

pub(super) fn is_paragraph(block: &Block) -> bool {
    matches!(block.kind, Kind::Paragraph | Kind::Quote)
        && block.chars >= MIN_PARAGRAPH
        && block.linked * 2 <= block.chars
}

/// What the section of readers' comments is called, where it stands alone or with a number.
const COMMENTS: [&str; 8] = [
    "comments",
    "kommentare",
    "comentarios",
    "commentaires",
    "komentarze",
    "responses",
    "kommentar",
    "comment",
];

/// `3 Comments`, `Leave a reply` as a heading or a line of its own.
pub(super) fn ends_story(block: &Block) -> bool {
    if block.chars > 60 || matches!(block.kind, Kind::List | Kind::Table) {
        return false;
    }
    let line = folded(&block.text);
    let words: Vec<&str> = line
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .collect();
    let number = line.contains(|c: char| c.is_ascii_digit());
    let heading = matches!(block.kind, Kind::Heading(_));
    match words.as_slice() {
        [only] => COMMENTS.contains(only) && (heading || number),
        ["leave", "a", "reply" | "comment", ..]
        | ["post", "a", "comment"]
        | ["schreibe", "einen", "kommentar"]
        | ["kommentar", "schreiben"] => true,
        [
            "comments" | "responses" | "thoughts" | "kommentare" | "replies",
            "on" | "to" | "zu",
            ..,
        ] => number || heading,
        [
            "one" | "two" | "three",
            "comment" | "comments" | "response" | "responses" | "thought" | "thoughts",
            "on" | "to",
            ..,
        ] => heading,
        _ => false,
    }
}

/// A date with no sentence around it.
pub(super) fn is_bare_date(line: &str) -> bool {
    line.split_whitespace().count() <= 9 && !line.ends_with('.')
}

pub(super) fn before_story(block: &Block, names: &Folded, rules: &Rules) -> Option<&'static str> {
    if names.is_title(&block.text) || block.kind == Kind::Heading(1) {
        return Some("title");
    }
    if names.is_name(&block.text) {
        return Some("byline");
    }
    if is_date_line(&block.text) {
        return Some("date");
    }
    let low = folded(&block.text);
    let opens =
        |word: &String| low.starts_with(word.as_str()) && low[word.len()..].starts_with([' ', ':']);
    let ended = block.text.ends_with(['.', '!', '?', '”', '"', ':', '。']);
    let changed = || {
        rules
            .names
            .updated
            .iter()
            .any(|word| low.contains(word.as_str()))
    };
    let dated = || is_date_line(cut(&block.text, MAX_DATE)) || has_clock(&low);
    if block.chars <= MAX_DATES && !ended && changed() && dated() {
        return Some("date");
    }
    if block.chars <= 90 && !ended && rules.names.byline.iter().any(opens) {
        return Some("byline");
    }
    if matches!(block.kind, Kind::Heading(_) | Kind::Standfirst) || ended {
        return None;
    }
    (block.chars < 30 || block.linked * 2 > block.chars).then_some("short")
}

/// Whether an hour is said: `15.59`, `15:59`.
fn has_clock(line: &str) -> bool {
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    let mut words = line.split([' ', '|', ',']);
    words.any(|word| {
        let parts = word.split_once([':', '.']);
        parts.is_some_and(|(hour, minute)| digits(hour) && digits(minute))
    })
}

pub(super) fn after_story(block: &Block, left: usize, names: &Folded) -> Option<&'static str> {
    if matches!(block.kind, Kind::Heading(_)) {
        let tells = block.chars >= MIN_TELLING && block.text.ends_with('.') && !block.is_link();
        return (!tells).then_some("heading");
    }
    if block.is_link() {
        return Some("link");
    }
    if names.is_title(&block.text) || names.is_name(&block.text) {
        return Some("byline");
    }
    let ended = block
        .text
        .trim_end_matches([')', '”', '"', '’', '*'])
        .ends_with(['.', '!', '?', ':', '。', '…']);
    if block.kind == Kind::Paragraph && !ended && (block.chars < 40 || is_date_line(&block.text)) {
        return Some("short");
    }
    if block.kind == Kind::List && block.linked * 10 > block.chars * 6 {
        return Some("link");
    }
    let signed = names
        .authors
        .iter()
        .any(|name| folded(&block.text).starts_with(name.as_str()));
    if block.kind == Kind::Paragraph
        && left > 4
        && block.chars < 500
        && (signed || block.flags & flag::BIOGRAPHY != 0)
    {
        return Some("biography");
    }
    None
}
