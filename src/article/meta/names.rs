//! Headline and authors: names only, no addresses, no name of the site.

use super::{
    super::{Rules, jsonld::unescaped, rules::folded, text::one_line},
    Meta, unique,
};

/// Characters of a name.
pub(super) const MAX_NAME: usize = 80;

impl Meta {
    /// The headline: as the page marks it, without the site's name.
    pub(crate) fn title(&self) -> Option<String> {
        let site = self.publisher();
        let structured = self.jsonld.headline.as_deref().and_then(one_line);
        let heading = self
            .heading
            .clone()
            .filter(|text| text.chars().count() >= 8);
        let social = self
            .first(&[
                "og:title",
                "twitter:title",
                "dc.title",
                "parsely-title",
                "title",
            ])
            .map(|t| without_site(&t, site.as_deref()));
        let tag = self
            .title_tag
            .as_deref()
            .map(|t| without_site(t, site.as_deref()));
        let agreed = heading.clone().filter(|heading| {
            let heading = folded(heading);
            [&social, &tag, &structured]
                .into_iter()
                .flatten()
                .any(|other| folded(other).contains(&heading) || heading.contains(&folded(other)))
        });
        agreed.or(structured).or(social).or(heading).or(tag)
    }

    /// Who wrote it: names only, no addresses, the byline's opening word cut.
    pub(crate) fn authors(&self, rules: &Rules) -> Vec<String> {
        let keys = [
            "author",
            "article:author",
            "parsely-author",
            "sailthru.author",
            "dc.creator",
            "dcterms.creator",
            "byl",
            "cxenseparse:author",
            "twitter:creator:name",
        ];
        let usable = |list: &[String]| unique(list.iter().flat_map(|text| people(text, rules)));
        let said = keys
            .iter()
            .find_map(|key| self.metas.get(*key))
            .cloned()
            .unwrap_or_default();
        let card = self.metas.get("twitter:data1").filter(|_| {
            self.first(&["twitter:label1"])
                .is_some_and(|label| is_author_label(&label))
        });
        for list in [
            &self.jsonld.authors,
            &said,
            &card.cloned().unwrap_or_default(),
        ] {
            let names = usable(list);
            if !names.is_empty() {
                return names;
            }
        }
        let marked = self
            .marked_authors
            .iter()
            .map(|text| people(text, rules))
            .find(|names| names.iter().any(|name| name.contains(' ')));
        unique(
            marked
                .unwrap_or_default()
                .into_iter()
                .filter(|name| name.contains(' ')),
        )
    }
}

/// Cuts ` | The Times` and the like where the last or first part is the site's name or short.
fn without_site(title: &str, site: Option<&str>) -> String {
    let title = title.trim();
    for joint in [
        " | ", " — ", " – ", " - ", " :: ", " » ", " · ", " • ", " ‹ ", " « ",
    ] {
        if let Some(at) = title.rfind(joint) {
            let (head, tail) = (title[..at].trim(), title[at + joint.len()..].trim());
            let named = site.is_some_and(|site| {
                folded(tail).contains(&folded(site)) || folded(site).contains(&folded(tail))
            });
            let short =
                tail.split_whitespace().count() <= 4 && head.split_whitespace().count() >= 4;
            if named
                || (short
                    && (joint != " - " || tail.chars().next().is_some_and(char::is_uppercase)))
            {
                return without_site(head, None.or(site.filter(|_| !named)));
            }
        }
    }
    title.to_owned()
}

/// `Written by` in the languages of the card that WordPress writes.
fn is_author_label(label: &str) -> bool {
    let label = folded(label);
    [
        "written by",
        "verfasst von",
        "écrit par",
        "escrito por",
        "scritto da",
        "geschreven door",
        "napisane przez",
        "written",
        "geschrieben von",
    ]
    .contains(&label.as_str())
}

/// The people that a byline names.
pub(crate) fn people(text: &str, rules: &Rules) -> Vec<String> {
    let Some(line) = one_line(&unescaped(text)) else {
        return Vec::new();
    };
    if line.contains("://") || line.starts_with("www.") || line.chars().count() > 200 {
        return Vec::new();
    }
    let mut rest = line.as_str();
    let low = folded(rest);
    for word in &rules.names.byline {
        if low.starts_with(word.as_str())
            && low[word.len()..].starts_with([' ', ':'])
            && low.len() == rest.len()
        {
            rest = rest[word.len()..].trim_start_matches([' ', ':']);
            break;
        }
    }
    let rest = rest
        .replace(" and ", ",")
        .replace(" und ", ",")
        .replace(" & ", ",")
        .replace(" y ", ",")
        .replace(" et ", ",");
    rest.split([',', ';', '|', '/', '•'])
        .filter_map(person)
        .collect()
}

fn person(name: &str) -> Option<String> {
    let name = name
        .trim()
        .trim_matches(['.', '-', '–', '(', ')', ':'])
        .trim();
    let words = name.split_whitespace().count();
    let digits = name.chars().any(|c| c.is_ascii_digit());
    let fits = (1..=5).contains(&words)
        && name.chars().count() >= 2
        && name.chars().count() <= MAX_NAME
        && !digits
        && !name.contains('@');
    let capital = name
        .chars()
        .any(|c| c.is_uppercase() || (c.is_alphabetic() && !c.is_lowercase()));
    (fits && capital).then(|| name.to_owned())
}
