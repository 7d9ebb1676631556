//! The feed list as OPML, in and out.

use std::{
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use opml::{Body, Head, OPML, Outline};

use super::{addresses, append};
use crate::{
    cli::{CommandFailure, run::load_configuration},
    feed::{Feed, list},
};

pub(super) fn import(path: &Path, file: &Path) -> Result<(), CommandFailure> {
    let (config, feeds) = load_configuration(path)?;
    let text = std::fs::read_to_string(file).map_err(|error| {
        CommandFailure::Usage(format!("{} cannot be read: {error}", file.display()))
    })?;
    let opml = OPML::from_str(&text)
        .map_err(|error| CommandFailure::Usage(format!("{}: {error}", file.display())))?;
    let mut known = addresses(&feeds);
    let mut out = io::stdout().lock();
    let (mut entries, mut added) = (String::new(), 0);
    let mut outlines: Vec<&Outline> = opml.body.outlines.iter().rev().collect();
    while let Some(outline) = outlines.pop() {
        outlines.extend(outline.outlines.iter().rev());
        let Some(address) = outline.xml_url.as_deref() else {
            continue;
        };
        match list::address(address) {
            Ok(url) if known.insert(url.to_string()) => {
                let name = outline.title.as_deref().unwrap_or(&outline.text);
                entries.push_str(&list::entry(
                    &url,
                    Some(name).filter(|name| !name.is_empty()),
                ));
                added += 1;
            }
            Ok(url) => writeln!(out, "listed already: {url}")?,
            Err(problem) => writeln!(out, "left out: {problem}")?,
        }
    }
    append(&config, &entries)?;
    writeln!(out, "added {added} feeds to {}", config.feeds.display())?;
    Ok(())
}

pub(super) fn export(path: &Path) -> Result<(), CommandFailure> {
    let (_, feeds) = load_configuration(path)?;
    let outline = |feed: &Arc<Feed>| Outline {
        text: feed.name.clone().unwrap_or_else(|| feed.url.to_string()),
        r#type: Some("rss".to_owned()),
        xml_url: Some(feed.url.to_string()),
        language: feed.language.clone(),
        ..Outline::default()
    };
    let opml = OPML {
        head: Some(Head {
            title: Some("dateline feeds".to_owned()),
            ..Head::default()
        }),
        body: Body {
            outlines: feeds.feeds.iter().map(outline).collect(),
        },
        ..OPML::default()
    };
    let text = opml
        .to_string()
        .map_err(|error| CommandFailure::Fault(error.to_string()))?;
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}
