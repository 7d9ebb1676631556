//! Reads the texts of a folder: one a file, or several in the form of the demo's stories.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use dateline::{event::Story, record::Dateline};
use jiff::civil::Date;

/// A text and what its first lines say of it.
#[derive(Debug, Default)]
pub(crate) struct Text {
    /// Paragraphs joined by line feeds.
    pub(crate) body: String,
    title: Option<String>,
    day: Option<Date>,
    place: Option<String>,
}

impl Text {
    /// What the coder reads.
    pub(crate) fn story(&self) -> Story<'_> {
        let mut story = Story::of_text(&self.body);
        story.title = self.title.as_deref();
        story.published.day = self.day;
        story.dateline = self.place.clone().map(|place| Dateline {
            place: Some(place),
            date: None,
        });
        story
    }
}

/// The texts of a folder, or of its folder `stories`, by name.
pub(crate) fn read_texts(folder: &Path) -> io::Result<BTreeMap<String, Text>> {
    let stories = folder.join("stories");
    let place = if stories.is_dir() { &stories } else { folder };
    let mut texts = BTreeMap::new();
    for entry in fs::read_dir(place)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "txt") {
            read_file(&path, &mut texts)?;
        }
    }
    Ok(texts)
}

fn read_file(path: &PathBuf, texts: &mut BTreeMap<String, Text>) -> io::Result<()> {
    let all = format!("\n{}", fs::read_to_string(path)?);
    let mut blocks = all.split("\n=== ");
    let whole = blocks.next().unwrap_or_default().trim();
    if !whole.is_empty() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let (head, body) = cut_head(whole);
        texts.insert(name.into_owned(), read_text(head, body));
    }
    for block in blocks {
        let (first, rest) = block.split_once('\n').unwrap_or((block, ""));
        let (day, name) = first.split_once(' ').unwrap_or(("", first));
        let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
        let mut text = read_text(head, body);
        text.day = day.parse().ok();
        texts.insert(name.trim().to_owned(), text);
    }
    Ok(())
}

/// Lines of `key: value` before the first empty line, where a text opens with them.
fn cut_head(whole: &str) -> (&str, &str) {
    let keyed = ["title: ", "published: ", "place: "];
    match whole.split_once("\n\n") {
        Some(parts) if keyed.iter().any(|key| whole.starts_with(key)) => parts,
        _ => ("", whole),
    }
}

fn read_text(head: &str, body: &str) -> Text {
    let key = |name: &str| {
        let mut lines = head.lines();
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))?;
        Some(value.trim().to_owned())
    };
    let paragraphs = body.split("\n\n").map(|text| {
        let words = text.split_whitespace().collect::<Vec<_>>();
        words.join(" ")
    });
    Text {
        body: paragraphs.collect::<Vec<_>>().join("\n"),
        title: key("title"),
        day: key("published").and_then(|day| day.parse().ok()),
        place: key("place"),
    }
}
