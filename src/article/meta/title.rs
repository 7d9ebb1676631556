//! The headline: as the page shows it, without the site's name and without a kicker.

use super::{
    super::{jsonld::unescaped, rules::folded, text::one_line},
    Meta,
};

/// Signs that part a headline from the name of the site, and a headline from its kicker.
const JOINTS: [&str; 13] = [
    " | ", " — ", " – ", " - ", " :: ", " » ", " · ", " • ", " ‹ ", " « ", " @ ", " via @", "|",
];
const KICKER_ENDS: [char; 6] = [':', '-', '–', '—', '|', '•'];
/// A heading shares at least this much of the words of the shorter one with a title in the head; what shares less is a
/// masthead or the heading of another part of the page (world and wcxb: .2 to .4 give the same).
const MIN_SHARED: f64 = 0.3;
/// Words of a heading that can stand alone against the titles in the head.
const MIN_WORDS: usize = 3;
/// Characters of a headline: JSON-LD holds the summary in its place on some pages.
const MAX_HEADLINE: usize = 250;

/// What a page gives as its title in several places, each without the name of the site.
struct Titles {
    heading: Option<String>,
    headline: Option<String>,
    social: Option<String>,
    card: Option<String>,
    tag: Option<String>,
}

impl Meta {
    /// The headline: what readers see where the head agrees, else what the page's data says.
    pub(crate) fn title(&self) -> Option<String> {
        let names = self.site_names();
        let cut = |text: &str| one_line(&unescaped(text)).map(|text| without_site(&text, &names));
        let mut titles = Titles {
            heading: self.heading.as_deref().and_then(cut),
            headline: self.jsonld.headline.as_deref().and_then(cut),
            social: self.first(&["og:title"]).as_deref().and_then(cut),
            card: self
                .first(&["twitter:title", "dc.title", "parsely-title", "title"])
                .as_deref()
                .and_then(cut),
            tag: self.title_tag.as_deref().and_then(cut),
        };
        titles.headline = titles
            .headline
            .filter(|text| text.chars().count() <= MAX_HEADLINE);
        titles.drop_masthead(&names);
        titles.chosen()
    }

    /// What the site is called: by itself, by its publisher, in the labels of its address; folded, letters only.
    pub(super) fn site_names(&self) -> Vec<String> {
        let said = [
            self.first(&["og:site_name"]),
            self.jsonld.publisher.clone(),
            self.first(&["application-name", "dc.publisher"]),
        ];
        let host = self.host.as_deref().unwrap_or("");
        let labels = host
            .split('.')
            .filter(|label| label.len() > 2 && !matches!(*label, "www" | "com" | "org" | "net"));
        let mut names: Vec<String> = said
            .into_iter()
            .flatten()
            .map(|name| letters(&name))
            .collect();
        names.extend(labels.map(letters));
        names.push(letters(host.trim_start_matches("www.")));
        names.retain(|name| name.chars().count() > 1);
        names
    }
}

impl Titles {
    /// A heading that names the site or has nothing in common with the titles in the head is not the headline.
    fn drop_masthead(&mut self, names: &[String]) {
        let Some(heading) = self.heading.as_deref() else {
            return;
        };
        let own = letters(heading);
        let others = || {
            [&self.headline, &self.social, &self.tag]
                .into_iter()
                .flatten()
        };
        let related = others().any(|other| shared(heading, other) >= MIN_SHARED);
        let parted = match (&self.social, &self.tag) {
            (Some(social), Some(tag)) => {
                let (social, tag) = (letters(social), letters(tag));
                tag.contains(&own)
                    && tag.contains(&social)
                    && !social.contains(&own)
                    && !own.contains(&social)
            }
            _ => false,
        };
        let short = heading.split_whitespace().count() < MIN_WORDS
            && !others().any(|other| letters(other) == own)
            && heading.is_ascii();
        let masthead = names.contains(&own);
        let alone = others().next().is_none();
        if !alone && (!related || parted || short || masthead) {
            self.heading = None;
        }
    }

    fn chosen(self) -> Option<String> {
        let Self {
            heading,
            headline,
            social,
            card,
            tag,
        } = self;
        if let Some(social) = &social {
            let kicked = [&heading, &headline].into_iter().flatten();
            if kicked
                .into_iter()
                .any(|longer| is_with_kicker(longer, social))
            {
                return Some(social.clone());
            }
        }
        let agreed = heading.as_deref().is_some_and(|heading| {
            let heading = letters(heading);
            [&headline, &social, &card]
                .into_iter()
                .flatten()
                .any(|other| letters(other) == heading)
        });
        if agreed {
            return heading;
        }
        headline.or(heading).or(social).or(card).or(tag)
    }
}

/// Whether one title is the other behind a kicker: `Unrest in the north: Army takes the bridge`.
fn is_with_kicker(longer: &str, title: &str) -> bool {
    longer != title
        && title.split_whitespace().count() >= MIN_WORDS
        && longer
            .strip_suffix(title)
            .is_some_and(|kicker| kicker.trim_end().ends_with(KICKER_ENDS))
}

/// Cuts ` | The Times` and the like where the part names the site; a dash of the headline stays.
fn without_site(title: &str, names: &[String]) -> String {
    let mut title = title.trim();
    while let Some((head, tail)) = last_part(title) {
        let tail = letters(tail);
        // `The Times of Marlowe` for `Times`: the name is at least half of the part.
        let covers = |name: &String| tail.contains(name) && name.len() * 2 >= tail.len();
        let is_site = tail.chars().count() > 1
            && names
                .iter()
                .any(|name| name.contains(&tail) || covers(name));
        if head.is_empty() || !is_site {
            break;
        }
        title = head;
    }
    title.to_owned()
}

/// The title before its last joint, and what follows it.
fn last_part(title: &str) -> Option<(&str, &str)> {
    let (at, joint) = JOINTS
        .iter()
        .filter_map(|joint| Some((title.rfind(joint)?, joint)))
        .max_by_key(|(at, joint)| (*at, joint.len()))?;
    Some((title[..at].trim(), title[at + joint.len()..].trim()))
}

/// The share of the words of the shorter text that both have.
fn shared(one: &str, other: &str) -> f64 {
    let words = |text: &str| -> std::collections::HashSet<String> {
        let folded = folded(text);
        let spaced = folded.split(|c: char| !c.is_alphanumeric());
        let words: std::collections::HashSet<String> = spaced
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        if text.is_ascii() || words.len() > 2 {
            return words;
        }
        // Chinese, Japanese and Thai write no spaces.
        folded
            .chars()
            .filter(|c| c.is_alphanumeric())
            .map(String::from)
            .collect()
    };
    let (one, other) = (words(one), words(other));
    let shorter = one.len().min(other.len()).max(1);
    one.intersection(&other).count() as f64 / shorter as f64
}

/// Letters and digits alone, folded.
pub(super) fn letters(text: &str) -> String {
    folded(text)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_site_goes_and_a_dash_of_the_headline_stays() {
        let names = ["valecourier".to_owned()];
        for (title, expected) in [
            ("Road closed | Vale Courier", "Road closed"),
            (
                "Cabinet agrees on budget – Okoro resigns",
                "Cabinet agrees on budget – Okoro resigns",
            ),
            (
                "Cabinet agrees – Okoro resigns - The Vale Courier",
                "Cabinet agrees – Okoro resigns",
            ),
        ] {
            assert_eq!(without_site(title, &names), expected);
        }
    }

    #[test]
    fn a_kicker_is_no_part_of_the_headline() {
        assert!(is_with_kicker(
            "Unrest: Army takes the bridge",
            "Army takes the bridge"
        ));
        assert!(!is_with_kicker(
            "The Army takes the bridge",
            "Army takes the bridge"
        ));
    }
}
