//! Who wrote an article: the people that the page names, an organisation only where it names nobody.

use super::{
    super::{
        Rules,
        jsonld::unescaped,
        rules::{folded, letters},
        text::one_line,
    },
    Meta,
    people::{is_full_name, opening_words, people, spelled},
    unique,
};

/// Words of the name of a team, and letters of a word in capitals that is no abbreviation.
const MAX_TEAM_WORDS: usize = 5;
const MIN_CAPITALS: usize = 4;
/// Names in the head for the author, the surest first.
const HEAD_KEYS: [&str; 12] = [
    "citation_authors",
    "citation_author",
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "byl",
    "cxenseparse:author",
    "twitter:creator:name",
    "og:article:author",
];

/// The cards of the head that name an author under a label of theirs.
const CARDS: [(&str, &str); 2] = [
    ("twitter:label1", "twitter:data1"),
    ("twitter:label2", "twitter:data2"),
];
/// Words of a signature that is no name of a person in full.
const MAX_SIGNATURE: usize = 4;

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
        let marked = self.marked_authors.iter().chain(&self.far_marks);
        let team = marked.filter(|line| {
            line.split_whitespace().count() <= MAX_TEAM_WORDS
                && self.is_organisation(line, &site, rules)
        });
        let mut teams = team.map(|line| {
            let names = line.split(';').filter_map(|name| spelled(name, rules));
            names.collect::<Vec<_>>()
        });
        if let Some(team) = teams.find(|names| !names.is_empty()) {
            return unique(team.into_iter());
        }
        // Somebody whose site bears their name.
        let namesakes = self.marked_people(|name| is_full_name(name, rules), rules);
        if !namesakes.is_empty() {
            return namesakes;
        }
        // `By jkl`, `By Acme Team`: whoever it is.
        let mut signed = self
            .bylines
            .iter()
            .filter_map(|line| signature(line, rules));
        signed.next().into_iter().collect()
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
                let first = text
                    .split([',', ';', '|'])
                    .next()
                    .unwrap_or(text)
                    .to_owned();
                let beside = names.iter().any(|name| !person(name)) || !person(&first);
                let whole = move |name: &String| !beside || name.contains(' ');
                names.into_iter().filter(whole)
            });
            unique(names.filter(person))
        });
        let fits = |name: &String| is_full_name(name, rules) && person(name);
        if let Some(names) = named.into_iter().find(|names| !names.is_empty()) {
            return names;
        }
        let near = self.marked_people(fits, rules);
        // Far from the headline others are named too: they count where the data name nobody.
        if !near.is_empty() || !organisations(&self.author_lists(true, rules), rules).is_empty() {
            return near;
        }
        self.far_people(fits, rules)
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
        let cards = CARDS.iter().filter_map(|(label, value)| {
            let label = self.first(&[label])?;
            let names = rules.names.author_labels.contains(&folded(&label));
            self.metas.get(*value).filter(|_| names)
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
        lists.extend(cards.cloned());
        lists
    }

    /// The first place that is marked as the author's, or reads like a byline, with a name that fits.
    fn marked_people(&self, fits: impl Fn(&String) -> bool, rules: &Rules) -> Vec<String> {
        let marked = self.marked_authors.iter().chain(&self.bylines);
        let portrayed = self.portrayed.iter().filter(|name| is_plain(name));
        let read = |text: &String| -> Vec<String> {
            people(text, rules).into_iter().filter(&fits).collect()
        };
        let texts = marked.chain(&self.author_links).chain(portrayed);
        let mut lists = texts.map(read);
        let first = lists.find(|names| !names.is_empty());
        unique(first.into_iter().flatten())
    }

    /// What is marked far from the headline: the first mark, or the one person to whose page links lead.
    fn far_people(&self, fits: impl Fn(&String) -> bool, rules: &Rules) -> Vec<String> {
        let read = |text: &String| {
            let names = people(text, rules).into_iter().filter(&fits);
            names.collect::<Vec<_>>()
        };
        let mut marks = self.far_marks.iter().map(read);
        if let Some(names) = marks.find(|names| !names.is_empty()) {
            return unique(names.into_iter());
        }
        let linked = unique(self.far_links.iter().flat_map(read));
        if linked.len() == 1 {
            linked
        } else {
            Vec::new()
        }
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

/// What a byline names that is no person in full: a team, a user's name.
fn signature(line: &str, rules: &Rules) -> Option<String> {
    let parts = line.split(['|', '•', '·', '\n', ',']);
    let mut names = parts.map(|part| opening_words(part.trim(), rules));
    let name = names.find_map(|name| spelled(&name, rules))?;
    let opening = rules.names.author_openings.contains(&folded(&name));
    (!opening && name.split_whitespace().count() <= MAX_SIGNATURE).then_some(name)
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
        let uploader = |line: &String| {
            let line = folded(line);
            let mut words = line.split(' ');
            words.any(|word| rules.names.uploaders.iter().any(|one| one == word))
        };
        let lines = lines.filter(|line| !uploader(line));
        unique(lines.filter_map(|line| spelled(&line, rules)))
    });
    names
        .into_iter()
        .find(|names| !names.is_empty())
        .unwrap_or_default()
}
