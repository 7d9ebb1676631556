//! What may stand in front of an article or where it was: a page that asks for consent, for proof of being a person, for
//! a log-in or a subscription, that says it is not there, lists others, or shows no more than a player.

use std::sync::LazyLock;

use url::Url;

use super::{
    Extracted, Page, Rules,
    meta::Meta,
    rules::{Names, folded},
    tree::{Node, Tag},
};

/// A page with less text than this may be a wall in front of the article, characters.
const MAX_WALL_TEXT: usize = 700;
/// One with less than this is a challenge where it only says so, characters.
const MAX_CHALLENGE_TEXT: usize = 250;

/// A page with less text than this may say that there is no article, characters.
const MAX_STAND_IN: usize = 500;
/// A list of articles has so many headings that are links, and less text of its own than this, characters.
const MIN_LISTED: usize = 12;
const MAX_INDEX_TEXT: usize = 250;
/// A text with less than this that breaks off is a stub, characters.
const MAX_STUB: usize = 160;

/// What stands in front of an article, or where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wall {
    /// A page that asks for consent.
    Consent,
    /// A page that asks for proof of being a person.
    Challenge,
    /// A page that says that the article is not there, with the status of one that is.
    NotFound,
    /// A page that asks to log in.
    LogIn,
    /// A page that sells subscriptions.
    Subscription,
    /// A list of articles.
    Index,
    /// A video, sound or gallery without a story.
    Media,
    /// The beginning of a sentence or two.
    Stub,
}

impl Wall {
    /// The reason as published in a set-aside record.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Consent => "consent_wall",
            Self::Challenge => "blocked",
            Self::NotFound => "soft_404",
            Self::LogIn => "login_page",
            Self::Subscription => "subscription_page",
            Self::Index => "index_page",
            Self::Media => "media_only",
            Self::Stub => "stub",
        }
    }

    /// What is there, in words.
    pub(crate) fn detail(self) -> &'static str {
        match self {
            Self::Consent => "the page asks for consent and shows nothing else",
            Self::Challenge => "a challenge page stands before the article",
            Self::NotFound => "the page says that the article is not there",
            Self::LogIn => "the page asks to log in and shows nothing else",
            Self::Subscription => "the page sells subscriptions and shows nothing else",
            Self::Index => "the page lists articles and is none",
            Self::Media => "the page holds a video, sound or gallery and no story",
            Self::Stub => "the page holds no more than the beginning of a sentence",
        }
    }
}

/// Whether an address is known as one that asks for consent.
pub fn is_consent_address(url: &Url) -> bool {
    static NAMES: LazyLock<Names> = LazyLock::new(Names::shipped);
    let host = url.host_str().unwrap_or("");
    let path = url.path().to_ascii_lowercase();
    let names = &*NAMES;
    names
        .consent_hosts
        .iter()
        .any(|start| host.starts_with(start.as_str()))
        || names
            .consent_paths
            .iter()
            .any(|part| path.contains(part.as_str()))
}

/// What a short page is, by its title, its words, and what else is on it.
pub(super) fn before(
    extracted: &Extracted,
    meta: &Meta,
    nodes: &[Node<'_>],
    page: &Page<'_>,
    rules: &Rules,
) -> Option<Wall> {
    if page.head.is_some_and(|head| head.challenge) {
        return Some(Wall::Challenge);
    }
    let chars = extracted.text.chars().count();
    if chars > MAX_WALL_TEXT {
        return None;
    }
    let title = folded(meta.title_tag().or(meta.heading()).unwrap_or(""));
    in_front(extracted, &title, chars, page, rules)
        .or_else(|| stands_in(meta, &title, chars, rules))
        .or_else(|| without_story(extracted, meta, nodes, chars))
}

/// A wall before the article, which may be there.
fn in_front(
    extracted: &Extracted,
    title: &str,
    chars: usize,
    page: &Page<'_>,
    rules: &Rules,
) -> Option<Wall> {
    let mut seen = folded(&extracted.text);
    for gone in &extracted.removed {
        seen.push_str(&folded(&gone.text));
    }
    let says = |phrases: &[String]| {
        phrases
            .iter()
            .any(|phrase| title.contains(phrase.as_str()) || seen.contains(phrase.as_str()))
    };
    if page.address.is_some_and(is_consent_address) || says(&rules.names.consent) {
        return Some(Wall::Consent);
    }
    let titled = rules
        .names
        .challenge
        .iter()
        .any(|phrase| title.contains(phrase.as_str()));
    let empty = chars < MAX_CHALLENGE_TEXT && says(&rules.names.challenge);
    (titled || empty).then_some(Wall::Challenge)
}

/// A page that stands where the article was.
fn stands_in(meta: &Meta, title: &str, chars: usize, rules: &Rules) -> Option<Wall> {
    if chars > MAX_STAND_IN {
        return None;
    }
    let heading = meta.heading().map(folded);
    let begins = |phrases: &[String]| {
        [Some(title), heading.as_deref()]
            .into_iter()
            .flatten()
            .any(|said| {
                let said = said.trim();
                phrases.iter().any(|phrase| {
                    said.strip_prefix(phrase.as_str()).is_some_and(|rest| {
                        rest.is_empty() || !rest.starts_with(char::is_alphanumeric)
                    })
                })
            })
    };
    let walls = &rules.walls;
    [
        (&walls.not_found, Wall::NotFound),
        (&walls.log_in, Wall::LogIn),
        (&walls.subscription, Wall::Subscription),
    ]
    .into_iter()
    .find(|(phrases, _)| begins(phrases))
    .map(|(_, wall)| wall)
}

/// A page that holds something else than a story.
fn without_story(
    extracted: &Extracted,
    meta: &Meta,
    nodes: &[Node<'_>],
    chars: usize,
) -> Option<Wall> {
    if chars < MAX_INDEX_TEXT && listed(nodes) >= MIN_LISTED {
        return Some(Wall::Index);
    }
    if chars < MAX_STUB && meta.is_media() {
        return Some(Wall::Media);
    }
    let broken = extracted.text.ends_with(['…']) || extracted.text.ends_with("...");
    (broken && chars < MAX_STUB).then_some(Wall::Stub)
}

/// Headings that are links or stand in one.
fn listed(nodes: &[Node<'_>]) -> usize {
    let is_link = |i: usize| {
        let node = &nodes[i];
        matches!(node.tag, Tag::Heading(2..))
            && (nodes[node.parent as usize].tag == Tag::A
                || nodes[i + 1..node.end as usize]
                    .iter()
                    .any(|inside| inside.tag == Tag::A))
    };
    (0..nodes.len()).filter(|&i| is_link(i)).count()
}
