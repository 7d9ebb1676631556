//! The story where a page does not show it: in templates, for those without scripts, and in the data of its own scripts.

use serde_json::Value;

use super::{
    Rules,
    lines::{Context, Story},
    meta::Meta,
    reading,
    tree::{Node, Tag, Tree},
};

/// Characters of a story that is hidden.
// Shorter ones are labels and notes.
const MIN_HIDDEN: usize = 400;
/// Bytes of a script whose data is read, values in it that are looked at, and texts that are tried.
const MAX_SCRIPT: usize = 4 << 20;
const MAX_VALUES: usize = 50_000;
const MAX_TEXTS: usize = 4;
/// Names under which systems keep the text of an article.
const NAMES: [&str; 9] = [
    "articlebody",
    "body",
    "bodyhtml",
    "content",
    "contenthtml",
    "fulltext",
    "html",
    "maintext",
    "text",
];

/// The longest story that the page holds without showing it, and where it was.
pub(super) fn find_story(
    nodes: &[Node<'_>],
    meta: &Meta,
    context: &Context,
    rules: &Rules,
) -> Option<(Story, &'static str)> {
    let mut found = Vec::new();
    if nodes.iter().any(|node| node.tag == Tag::Template) {
        let shown: Vec<Node<'_>> = nodes.iter().map(Node::shown).collect();
        let (story, _) = reading::story(&shown, meta, context, rules);
        found.push((story, "template"));
    }
    for (html, method) in texts(nodes) {
        let read = Tree::parse(&html).ok().and_then(|tree| {
            let nodes = tree.nodes(&rules.classes).ok()?;
            Some(reading::story(&nodes, meta, context, rules).0)
        });
        found.extend(read.map(|story| (story, method)));
    }
    found
        .into_iter()
        .filter(|(story, _)| reading::length(&story.blocks) >= MIN_HIDDEN)
        .max_by_key(|(story, _)| reading::length(&story.blocks))
}

/// The longest texts that may be a story.
fn texts(nodes: &[Node<'_>]) -> Vec<(String, &'static str)> {
    let mut texts = Vec::new();
    for (i, node) in nodes.iter().enumerate() {
        let Some(inside) = nodes.get(i + 1).filter(|inside| inside.tag == Tag::Text) else {
            continue;
        };
        let data = node.attr("type") == Some("application/json");
        if node.tag == Tag::Noscript && inside.text.len() >= MIN_HIDDEN {
            texts.push((inside.text.to_owned(), "noscript"));
        } else if node.tag == Tag::Script && data && inside.text.len() <= MAX_SCRIPT {
            let value = serde_json::from_str(inside.text).unwrap_or_default();
            texts.extend(strings(value).into_iter().map(|text| (text, "script")));
        }
    }
    texts.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
    texts.truncate(MAX_TEXTS);
    texts
}

/// Long strings under a name that says text.
fn strings(value: Value) -> Vec<String> {
    let mut texts = Vec::new();
    let mut waiting = vec![(false, value)];
    let mut seen = 0;
    while let Some((named, value)) = waiting.pop() {
        seen += 1;
        if seen > MAX_VALUES {
            break;
        }
        match value {
            Value::String(text) if named && text.len() >= MIN_HIDDEN => texts.push(text),
            Value::Array(list) => waiting.extend(list.into_iter().map(|value| (named, value))),
            Value::Object(object) => waiting.extend(object.into_iter().map(|(name, value)| {
                let name = name.to_ascii_lowercase().replace(['_', '-'], "");
                (NAMES.contains(&name.as_str()), value)
            })),
            _ => {}
        }
    }
    texts
}
