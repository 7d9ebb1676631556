//! The headline: as the page shows it, without the site's name and without a kicker.

use super::{
    super::{
        jsonld::unescaped,
        rules::{folded, letters},
        text::one_line,
    },
    Meta,
    kicker::{behind_kicker, is_with_kicker},
    slug,
};

/// Signs that part a headline from the name of the site.
const JOINTS: [&str; 13] = [
    " | ", " — ", " – ", " - ", " :: ", " » ", " · ", " • ", " ‹ ", " « ", " @ ", " via @", "|",
];
/// A heading shares at least this much of the words of the shorter one with a title in the head; what shares less is a
/// masthead or the heading of another part of the page (world and wcxb: .2 to .4 give the same).
const MIN_SHARED: f64 = 0.3;
/// Words of a heading that can stand alone against the titles in the head.
pub(super) const MIN_WORDS: usize = 3;
/// A social title of at least this share of the characters of the others is not the shorter one.
const ALIKE: f64 = 0.95;
/// Words of an address that say which title it was made of, and the share of them that a title has at most that is
/// another one (world and wcxb: five pages gain, none loses).
const MIN_SLUG: usize = 5;
const MAX_SLUG_SHARE: f64 = 0.5;
/// Times the length of the others that a social title is at most; a longer one is a sentence about the article.
const MAX_SOCIAL: f64 = 2.0;
/// Characters of a headline.
// JSON-LD holds the summary in its place on some pages.
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
        let cut = |text: &str| one_line(&plain(text)).map(|text| without_site(&text, &names));
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
        let of_address = titles.told_by(&self.slug);
        let chosen = titles.chosen()?;
        let own = slug::share(&self.slug, &chosen) > MAX_SLUG_SHARE;
        of_address.filter(|_| !own).or(Some(chosen))
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

/// A title with its entities read, also where a system wrote them twice: `R&amp;uuml;ckbau`.
fn plain(text: &str) -> String {
    let once = unescaped(text);
    if once.contains('&') {
        unescaped(&once)
    } else {
        once
    }
}

impl Titles {
    /// The title in the data of which the address is made; where JSON-LD gives none, that of social networks.
    fn told_by(&self, slug: &[String]) -> Option<String> {
        let told = self.headline.as_ref().or(self.social.as_ref())?;
        let made = slug.len() >= MIN_SLUG && slug::share(slug, told) >= 1.0;
        (made && !self.is_cut()).then(|| told.clone())
    }

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
        if self.opens_all_titles(heading) {
            return;
        }
        if !alone && (!related || parted || short || masthead) {
            self.heading = None;
        }
    }

    /// Whether each title in the head is the heading with something parted from it: `Climate Change | The Service`.
    fn opens_all_titles(&self, heading: &str) -> bool {
        let titles = [&self.headline, &self.social, &self.tag];
        let mut titles = titles.into_iter().flatten();
        let opens = |title: &String| {
            let rest = title.strip_prefix(heading);
            rest.is_some_and(|rest| {
                rest.is_empty() || JOINTS.iter().any(|joint| rest.starts_with(joint))
            })
        };
        self.tag.is_some() && titles.all(opens)
    }

    /// Of a heading, data and page title that agree, whether they are shorter than the social title, which has other
    /// words: theirs is cut for search engines.
    fn is_cut(&self) -> bool {
        let (Some(heading), Some(headline), Some(tag), Some(social)) =
            (&self.heading, &self.headline, &self.tag, &self.social)
        else {
            return false;
        };
        let own = letters(heading);
        let size = |text: &str| text.chars().count() as f64;
        letters(headline) == own
            && letters(tag) == own
            && letters(social) != own
            && size(social) >= ALIKE * size(heading)
            && size(social) <= MAX_SOCIAL * size(heading)
    }

    /// What heading and social title share where each has a kicker of its own before it.
    fn shared_behind_kickers(&self) -> Option<String> {
        let (one, heading) = behind_kicker(self.heading.as_deref()?)?;
        let (other, social) = behind_kicker(self.social.as_deref()?)?;
        let long = heading.split_whitespace().count() > MIN_WORDS;
        let (one, other) = (letters(one), letters(other));
        let own = !one.contains(&other) && !other.contains(&one);
        (long && own && letters(heading) == letters(social)).then(|| heading.to_owned())
    }

    /// A heading that goes on behind the title with what is counted or named there: `… (example.com) 87`.
    fn is_with_tail(&self) -> bool {
        let (Some(heading), Some(social), Some(tag)) = (&self.heading, &self.social, &self.tag)
        else {
            return false;
        };
        let tail = heading.strip_prefix(social.as_str()).map(str::trim);
        letters(tag) == letters(social)
            && tail.is_some_and(|tail| {
                tail.starts_with(['(', '['])
                    || !tail.is_empty() && !tail.contains(char::is_alphabetic)
            })
    }

    fn chosen(self) -> Option<String> {
        if let Some(title) = self.shared_behind_kickers() {
            return Some(title);
        }
        if self.is_cut() || self.is_with_tail() {
            return self.social;
        }
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

    fn titles(heading: &str, headline: Option<&str>, social: &str, tag: &str) -> Titles {
        Titles {
            heading: Some(heading.to_owned()),
            headline: headline.map(str::to_owned),
            social: Some(social.to_owned()),
            card: None,
            tag: Some(tag.to_owned()),
        }
    }

    #[test]
    fn what_two_titles_share_behind_their_kickers_is_the_headline() {
        let told = titles(
            "Unrest in the north - Army takes the last bridge",
            None,
            "Fighting: Army takes the last bridge",
            "Fighting: Army takes the last bridge - News",
        );
        assert_eq!(told.chosen().as_deref(), Some("Army takes the last bridge"));
    }

    #[test]
    fn a_title_cut_for_search_engines_gives_way_to_the_whole_one() {
        let cut = "Evergrande: how large is the giant?";
        let whole = "Six figures that show how large the builder Evergrande had become";
        let told = titles(cut, Some(cut), whole, cut);
        assert_eq!(told.chosen().as_deref(), Some(whole));
        let told = titles(whole, Some(whole), cut, whole);
        assert_eq!(told.chosen().as_deref(), Some(whole));
    }

    #[test]
    fn a_short_heading_that_opens_the_page_title_is_the_headline() {
        let mut told = titles("Climate Change", None, "x", "Climate Change | The Service");
        told.social = None;
        told.drop_masthead(&[]);
        assert_eq!(told.chosen().as_deref(), Some("Climate Change"));
    }
}
