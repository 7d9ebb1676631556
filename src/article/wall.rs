//! What may stand in front of an article: a page that asks for consent, or for proof of being a person.

use std::sync::LazyLock;

use url::Url;

use super::{Extracted, Page, Rules, meta::Meta, rules::folded};

/// A page with less text than this may be a wall in front of the article, characters.
const MAX_WALL_TEXT: usize = 700;
/// One with less than this is a challenge where it only says so, characters.
const MAX_CHALLENGE_TEXT: usize = 250;

/// What stands in front of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wall {
    /// A page that asks for consent.
    Consent,
    /// A page that asks for proof of being a person.
    Challenge,
}

/// Whether an address is known as one that asks for consent.
pub fn is_consent_address(url: &Url) -> bool {
    static RULES: LazyLock<Rules> = LazyLock::new(Rules::shipped);
    let host = url.host_str().unwrap_or("");
    let path = url.path().to_ascii_lowercase();
    let names = &RULES.names;
    names
        .consent_hosts
        .iter()
        .any(|start| host.starts_with(start.as_str()))
        || names
            .consent_paths
            .iter()
            .any(|part| path.contains(part.as_str()))
}

/// A short page whose title or text is that of a wall.
pub(super) fn before(
    extracted: &Extracted,
    meta: &Meta,
    page: &Page<'_>,
    rules: &Rules,
) -> Option<Wall> {
    if page.head.is_some_and(|head| head.challenge) {
        return Some(Wall::Challenge);
    }
    if extracted.text.chars().count() > MAX_WALL_TEXT {
        return None;
    }
    let title = folded(meta.title_tag().or(meta.heading()).unwrap_or(""));
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
    let empty = extracted.text.chars().count() < MAX_CHALLENGE_TEXT && says(&rules.names.challenge);
    (titled || empty).then_some(Wall::Challenge)
}
