//! Whether an article can be read freely, and what the publisher allows.

use super::{
    super::{Page, Rules, rules::folded},
    MAX_LIST, Meta,
};
use crate::{
    fetch::TOKEN,
    record::{Access, Rights},
};

/// Directives that are followed by a value behind a colon; before another colon stands the name of a robot.
const VALUED: [&str; 4] = [
    "unavailable_after",
    "max-snippet",
    "max-image-preview",
    "max-video-preview",
];
/// A longer directive is none.
const MAX_DIRECTIVE: usize = 60;

/// The directives of one line, each with the robot that the line is for, unless that is every robot or we.
fn directives(line: &str) -> Vec<String> {
    let robot = line
        .split_once(':')
        .map(|(name, rest)| (name.trim(), rest))
        .filter(|(name, _)| !name.contains(',') && !VALUED.contains(name));
    let (robot, rest) = robot.unwrap_or(("", line));
    let words = rest.split(',').map(str::trim);
    words
        .filter(|word| !word.is_empty() && word.len() < MAX_DIRECTIVE)
        .map(|word| match robot {
            "" | "*" | TOKEN => word.to_owned(),
            robot => format!("{robot}: {word}"),
        })
        .collect()
}

impl Meta {
    pub(crate) fn access(&self, text: &str, rules: &Rules) -> Access {
        let said = |state: &str, evidence: &str| Access {
            state: state.to_owned(),
            evidence: Some(evidence.to_owned()),
        };
        let tier = self
            .first(&["article:content_tier", "content_tier"])
            .map(|tier| tier.to_ascii_lowercase());
        let folded = folded(text);
        if self.jsonld.free == Some(false) {
            return said("paywalled", "json-ld isAccessibleForFree");
        }
        match tier.as_deref() {
            Some("locked") => return said("paywalled", "article:content_tier"),
            Some("metered") => return said("metered", "article:content_tier"),
            _ => {}
        }
        if self.paywalled
            && rules
                .names
                .paywall
                .iter()
                .any(|phrase| folded.contains(phrase.as_str()))
        {
            return said("paywalled", "text");
        }
        if self.jsonld.free == Some(true) {
            return said("free", "json-ld isAccessibleForFree");
        }
        if tier.as_deref() == Some("free") {
            return said("free", "article:content_tier");
        }
        Access {
            state: "unknown".to_owned(),
            evidence: None,
        }
    }

    pub(crate) fn rights(&self, page: &Page<'_>) -> Rights {
        let mut robots: Vec<String> = Vec::new();
        let own = self.all(&["robots"]);
        let heads = page
            .head
            .map(|head| head.robots.as_slice())
            .unwrap_or_default();
        for text in own.iter().chain(heads) {
            robots.extend(directives(&text.to_ascii_lowercase()));
        }
        robots.sort();
        robots.dedup();
        robots.truncate(MAX_LIST);
        let page_says = self.first(&["tdm-reservation"]).map(|text| text == "1");
        let tdm = page_says.or(page.head.and_then(|head| head.tdm_reservation));
        let tdm = tdm.map(|reserved| if reserved { "reserved" } else { "allowed" }.to_owned());
        Rights { robots, tdm }
    }
}
