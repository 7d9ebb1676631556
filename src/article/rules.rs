//! Boilerplate rules: words of classes, phrases of lines, names of agencies, all read from text files.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::credit::read_places;

mod classes;
mod phrases;

pub(crate) use classes::{Classes, flag};
use phrases::Pack;
pub(crate) use phrases::{Evidence, Phrases, folded, letters};

const CLASSES: &str = include_str!("../../config/boilerplate/classes.toml");
const NAMES: &str = include_str!("../../config/boilerplate/names.toml");
const WALLS: &str = include_str!("../../config/boilerplate/walls.toml");
const SHIPPED: [(&str, &str); 21] = [
    ("en.toml", include_str!("../../config/boilerplate/en.toml")),
    ("de.toml", include_str!("../../config/boilerplate/de.toml")),
    ("fr.toml", include_str!("../../config/boilerplate/fr.toml")),
    ("es.toml", include_str!("../../config/boilerplate/es.toml")),
    ("pt.toml", include_str!("../../config/boilerplate/pt.toml")),
    ("it.toml", include_str!("../../config/boilerplate/it.toml")),
    ("nl.toml", include_str!("../../config/boilerplate/nl.toml")),
    ("pl.toml", include_str!("../../config/boilerplate/pl.toml")),
    ("ru.toml", include_str!("../../config/boilerplate/ru.toml")),
    ("uk.toml", include_str!("../../config/boilerplate/uk.toml")),
    ("tr.toml", include_str!("../../config/boilerplate/tr.toml")),
    ("ar.toml", include_str!("../../config/boilerplate/ar.toml")),
    ("fa.toml", include_str!("../../config/boilerplate/fa.toml")),
    ("hi.toml", include_str!("../../config/boilerplate/hi.toml")),
    ("bn.toml", include_str!("../../config/boilerplate/bn.toml")),
    ("ja.toml", include_str!("../../config/boilerplate/ja.toml")),
    ("zh.toml", include_str!("../../config/boilerplate/zh.toml")),
    ("ko.toml", include_str!("../../config/boilerplate/ko.toml")),
    ("id.toml", include_str!("../../config/boilerplate/id.toml")),
    ("ro.toml", include_str!("../../config/boilerplate/ro.toml")),
    (
        "other.toml",
        include_str!("../../config/boilerplate/other.toml"),
    ),
];

/// A file of rules that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {detail}")]
pub struct BadRules {
    file: String,
    detail: String,
}

/// The rules by which what is not the story is told from the story.
#[derive(Debug)]
pub struct Rules {
    pub(crate) classes: Classes,
    pub(crate) phrases: Phrases,
    pub(crate) names: Names,
    pub(crate) walls: Walls,
}

impl Rules {
    /// The rules that the binary brings along.
    pub fn shipped() -> Self {
        Self::with_files(&[]).expect("a test reads the shipped files")
    }

    /// The shipped rules and those of more files of phrases (`config/boilerplate/en.toml` shows the form).
    pub fn with_files(files: &[PathBuf]) -> Result<Self, BadRules> {
        let mut packs = Vec::new();
        for (name, text) in SHIPPED {
            packs.push(parse::<Pack>(name, text)?);
        }
        for file in files {
            let text = read(file)?;
            packs.push(parse::<Pack>(&file.display().to_string(), &text)?);
        }
        Ok(Self {
            classes: Classes::new(&parse("classes.toml", CLASSES)?)?,
            phrases: Phrases::new(packs)?,
            names: parse("names.toml", NAMES)?,
            walls: parse("walls.toml", WALLS)?,
        })
    }
}

fn read(file: &Path) -> Result<String, BadRules> {
    std::fs::read_to_string(file).map_err(|error| BadRules {
        file: file.display().to_string(),
        detail: error.to_string(),
    })
}

fn parse<T: for<'de> Deserialize<'de>>(file: &str, text: &str) -> Result<T, BadRules> {
    toml::from_str(text).map_err(|error| BadRules {
        file: file.to_owned(),
        detail: error.to_string(),
    })
}

/// How the headings of pages begin that stand where an article was.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Walls {
    pub(crate) not_found: Vec<String>,
    pub(crate) log_in: Vec<String>,
    pub(crate) subscription: Vec<String>,
}

/// Names that are read out of lines rather than dropped with them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    /// News agencies: as credited, and the name published.
    pub(crate) agencies: HashMap<String, String>,
    /// Nouns that end a credit left over in lower case: `dawn report.`
    pub(crate) credits: Vec<String>,
    /// Openings of a sentence that only names its sources.
    pub(crate) credit_openings: Vec<String>,
    /// Words that open a byline.
    pub(crate) byline: Vec<String>,
    /// The same where a line is known to name the author.
    pub(crate) author_openings: Vec<String>,
    /// The same where they open a line of running text, as they are written there.
    pub(crate) byline_openings: Vec<String>,
    /// `Written by` on the card that WordPress writes in the head.
    pub(crate) author_labels: Vec<String>,
    /// The part of an address before the name of an author whose page it is.
    pub(crate) author_paths: Vec<String>,
    /// Words that join two names of a byline.
    pub(crate) conjunctions: Vec<String>,
    /// What follows a name after a comma and belongs to it: `Jr.`, `MD`.
    pub(crate) suffixes: Vec<String>,
    /// Words that tell what somebody is.
    pub(crate) roles: Vec<String>,
    /// Words inside a name that are written small.
    pub(crate) particles: Vec<String>,
    /// Social networks, as bylines glue them to names.
    pub(crate) socials: Vec<String>,
    /// What stands in the place of a name and is none.
    pub(crate) not_people: Vec<String>,
    /// Words in the names of accounts that many people of a site use.
    pub(crate) uploaders: Vec<String>,
    /// Words of the names of organisations, desks and teams.
    pub(crate) organisations: Vec<String>,
    /// Words in capitals that open a paragraph and are no place.
    pub(crate) labels: Vec<String>,
    /// States and provinces, as datelines write them after the city.
    pub(crate) dateline_states: Vec<String>,
    /// Places of datelines that no list of cities has.
    #[serde(deserialize_with = "read_places")]
    pub(crate) dateline_places: HashSet<String>,
    /// Titles and words of pages that stand before an article.
    pub(crate) challenge: Vec<String>,
    /// The same of walls that want consent.
    pub(crate) consent: Vec<String>,
    /// Starts of hosts and parts of paths of consent pages.
    pub(crate) consent_hosts: Vec<String>,
    pub(crate) consent_paths: Vec<String>,
    /// Sentences that say that the rest is for subscribers.
    pub(crate) paywall: Vec<String>,
    /// Words before a date that say it is that of publication.
    pub(crate) published: Vec<String>,
    /// Words near a date that say it is not that of publication.
    pub(crate) updated: Vec<String>,
    /// What pages put in brackets behind a link for those who listen.
    pub(crate) link_notes: Vec<String>,
    /// Words of a heading or address that mark a live blog.
    pub(crate) live: Vec<String>,
}

impl Names {
    /// The names that the binary brings along, without its other rules.
    pub(crate) fn shipped() -> Self {
        parse("names.toml", NAMES).expect("a test reads the shipped files")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_match_as_whole_words_and_pairs() {
        let rules = Rules::shipped();
        let flags = |class: &str| rules.classes.flags("class", class, &mut String::new());
        assert_ne!(flags("related-posts") & flag::RELATED, 0);
        assert_ne!(flags("c-shareButtons") & flag::SHARE, 0);
        assert_eq!(flags("shareholder-meeting") & flag::SHARE, 0);
        assert_ne!(flags("article__body") & flag::BODY, 0);
    }

    #[test]
    fn phrases_hold_where_they_say() {
        let rules = Rules::shipped();
        let rule = |line: &str| {
            let evidence = Evidence {
                chars: line.chars().count(),
                packs: rules.phrases.packs(&["en"]),
                ..Evidence::default()
            };
            rules.phrases.rule(line, evidence).map(|(rule, _)| rule)
        };
        assert_eq!(rule("Read more: Floods in the north"), Some("read_more"));
        assert_eq!(rule("Find us on YouTube"), Some("follow_us"));
        assert_eq!(rule("subscribe"), Some("call_to_action"));
        assert_eq!(
            rule("Rebels subscribe to no cease-fire, the minister said on Friday."),
            None
        );
    }
}
