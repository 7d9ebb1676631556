//! Who wrote an article: the people that the page names, an organisation only where it names nobody.

use super::{
    super::{Rules, jsonld::unescaped, rules::folded, text::one_line},
    Meta,
    people::{is_full_name, people, spelled},
    title::letters,
    unique,
};

/// Words of the name of a team, and letters of a word in capitals that is no abbreviation.
const MAX_TEAM_WORDS: usize = 5;
const MIN_CAPITALS: usize = 4;
/// Names in the head for the author, the surest first.
const HEAD_KEYS: [&str; 10] = [
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "byl",
    "cxenseparse:author",
    "twitter:creator:name",
    "citation_author",
];

impl Meta {
    /// Who wrote it: names only, no addresses, roles or agencies; an organisation where nobody is named.
    pub(crate) fn authors(&self, rules: &Rules) -> Vec<String> {
        let people = self.people_named(rules);
        if !people.is_empty() {
            return people;
        }
        let organisations = organisations(&self.author_lists(true, rules), rules);
        if !organisations.is_empty() {
            return organisations;
        }
        let site = self.site_names();
        let mut team = self.marked_authors.iter().filter(|line| {
            line.split_whitespace().count() <= MAX_TEAM_WORDS
                && self.is_organisation(line, &site, rules)
        });
        if let Some(team) = team.find_map(|line| spelled(line, rules)) {
            return vec![team];
        }
        // Somebody whose site bears their name.
        self.marked_people(|name| is_full_name(name, rules), rules)
    }

    /// The people whom the page names as its authors.
    pub(crate) fn people_named(&self, rules: &Rules) -> Vec<String> {
        let site = self.site_names();
        let person = |name: &String| !self.is_organisation(name, &site, rules);
        let lists = self.author_lists(false, rules);
        let named = lists.iter().map(|texts| {
            let names = texts.iter().flat_map(|text| {
                let names = people(text, rules);
                // What stands beside an organisation is its place, unless it is a whole name.
                let beside = names.iter().any(|name| !person(name));
                let whole = move |name: &String| !beside || name.contains(' ');
                names.into_iter().filter(whole)
            });
            unique(names.filter(person))
        });
        named
            .into_iter()
            .find(|names| !names.is_empty())
            .unwrap_or_else(|| {
                self.marked_people(|name| is_full_name(name, rules) && person(name), rules)
            })
    }

    /// Whether a line that stands alone may be the name of who wrote the story.
    pub(crate) fn is_signature(&self, line: &str, rules: &Rules) -> bool {
        let names = people(line, rules);
        let site = self.site_names();
        !names.is_empty()
            && names.iter().all(|name| {
                is_plain(name)
                    && is_full_name(name, rules)
                    && !self.is_organisation(name, &site, rules)
            })
    }

    /// What data and head say, list by list.
    fn author_lists(&self, organisations: bool, rules: &Rules) -> Vec<Vec<String>> {
        let card = self.metas.get("twitter:data1").filter(|_| {
            self.first(&["twitter:label1"])
                .is_some_and(|label| rules.names.author_labels.contains(&folded(&label)))
        });
        let data = self.jsonld.authors.iter();
        let data = data.filter(|maker| organisations || !maker.organisation);
        let mut lists: Vec<Vec<String>> =
            vec![data.filter_map(|maker| maker.name.clone()).collect()];
        lists.extend(
            HEAD_KEYS
                .iter()
                .filter_map(|key| self.metas.get(*key).cloned()),
        );
        lists.extend(card.cloned());
        lists
    }

    /// The first place that is marked as the author's, or reads like a byline, with a name that fits.
    fn marked_people(&self, fits: impl Fn(&String) -> bool, rules: &Rules) -> Vec<String> {
        let marked = self.marked_authors.iter().chain(&self.bylines);
        let texts = marked.chain(&self.author_links);
        let mut lists = texts.map(|text| people(text, rules).into_iter().filter(&fits));
        let first = lists.find_map(|names| {
            let names: Vec<String> = names.collect();
            (!names.is_empty()).then_some(names)
        });
        unique(first.into_iter().flatten())
    }

    /// Whether a name is that of the site, an agency, a desk or a team.
    fn is_organisation(&self, name: &str, site: &[String], rules: &Rules) -> bool {
        let own = letters(name);
        let folded = folded(name);
        let stated = self.jsonld.authors.iter().any(|maker| {
            maker.organisation
                && maker
                    .name
                    .as_deref()
                    .is_some_and(|said| letters(said) == own)
        });
        let of_site = site.iter().any(|site| {
            own == *site
                || own.len() >= 3 && (own.contains(site.as_str()) && site.len() >= 3)
                || own.len() >= 6 && site.contains(&own)
        });
        let mut words = folded.split(|c: char| !c.is_alphanumeric() && c != '.');
        let named = words.any(|word| rules.names.organisations.iter().any(|one| one == word));
        let domain = folded.rsplit_once('.').is_some_and(|(head, end)| {
            !folded.contains(' ') && head.len() > 1 && (2..=4).contains(&end.len())
        });
        stated || of_site || named || domain || rules.names.agencies.contains_key(&folded)
    }
}

/// Whether a name is none of those that only look like one: abbreviations, scripts without capitals.
fn is_plain(name: &str) -> bool {
    name.contains(char::is_uppercase)
        && name
            .split(' ')
            .all(|word| word.contains(char::is_lowercase) || word.chars().count() >= MIN_CAPITALS)
}

/// What is named as the author although it is nobody: an agency, the publisher, a user's name.
fn organisations(lists: &[Vec<String>], rules: &Rules) -> Vec<String> {
    let names = lists.iter().map(|texts| {
        let lines = texts.iter().filter_map(|text| one_line(&unescaped(text)));
        unique(lines.filter_map(|line| spelled(&line, rules)))
    });
    names
        .into_iter()
        .find(|names| !names.is_empty())
        .unwrap_or_default()
}
