//! The feed list as OPML 2.0, with all that a feed is listed with.

use std::fmt::Write as _;

use super::Outline;
use crate::config::value;

/// What stands around the outlines. The attributes with a prefix are ours, as OPML allows them.
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\" \
    xmlns:dateline=\"urn:dateline:feeds\">\n<head><title>dateline feeds</title></head>\n<body>\n";
const FOOT: &str = "</body>\n</opml>\n";

/// The list of feeds as a document.
pub fn write_opml<'o>(outlines: impl IntoIterator<Item = &'o Outline>) -> String {
    let mut out = HEAD.to_owned();
    for outline in outlines {
        write_outline(&mut out, outline);
    }
    out + FOOT
}

fn write_outline(out: &mut String, outline: &Outline) {
    let text = outline.name.as_deref().unwrap_or(outline.url.as_str());
    let id = outline.id.as_ref().map(ToString::to_string);
    let interval = outline.interval.map(value::show_duration);
    let category = Some(outline.tags.join(",")).filter(|tags| !tags.is_empty());
    // A comma in a tag, or a slash at its end, is not a part of it to other programs.
    let is_plain = |tag: &String| !tag.contains(',') && tag.trim_matches('/') == tag;
    let own_tags = (!outline.tags.iter().all(is_plain)).then(|| outline.tags.join("\n"));
    let attributes = [
        ("text", Some(text)),
        ("title", outline.name.as_deref()),
        ("xmlUrl", Some(outline.url.as_str())),
        ("language", outline.language.as_deref()),
        ("category", category.as_deref()),
        ("dateline:country", outline.country.as_deref()),
        ("dateline:id", id.as_deref()),
        ("dateline:interval", interval.as_deref()),
        ("dateline:tags", own_tags.as_deref()),
    ];
    out.push_str("<outline type=\"rss\"");
    for (name, value) in attributes {
        if let Some(value) = value {
            // A string takes all that is written to it.
            write!(out, " {name}=\"{}\"", escape(value)).expect("a string grows");
        }
    }
    out.push_str("/>\n");
}

/// A text as the value of an attribute.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c => out.push(c),
        }
    }
    out
}
