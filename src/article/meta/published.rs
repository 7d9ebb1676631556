//! When an article was published: structured sources first, then the address, then what a reader sees.

use url::Url;

use super::{
    super::{
        Page, Rules,
        date::{self, Moment},
        rules::{Names, folded},
        text::cut,
    },
    Meta,
};
use crate::record::Published;

/// Bytes of a script in which dates are looked for.
const MAX_SCRIPT: usize = 200_000;
/// Names that scripts give to the day of publication.
const SCRIPT_KEYS: [&str; 10] = [
    "datePublished",
    "publishDate",
    "publish_date",
    "publicationDate",
    "publication_date",
    "publishedDate",
    "published_at",
    "publishingDate",
    "PublishingDate",
    "publicationdate",
];

/// What Open Graph calls the time of publication.
const OPEN_GRAPH: [&str; 4] = [
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "og:published_time",
];
/// Other names in the head for it, the surest first.
const HEAD_KEYS: [&str; 27] = [
    "datepublished",
    "date.issued",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "dc.date",
    "dcterms.date",
    "dc.created",
    "parsely-pub-date",
    "sailthru.date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "article_date_original",
    "cxenseparse:recs:publishtime",
    "originalpublicationdate",
    "date",
    "citation_publication_date",
    "citation_online_date",
    "bt:pubdate",
    "article.published",
    "published_time",
    "rnews:datepublished",
    "shareaholic:article_published_time",
    "dateposted",
];
/// Names in the head for the time of the last change.
const CHANGE_KEYS: [&str; 4] = [
    "article:modified_time",
    "og:updated_time",
    "last-modified",
    "datemodified",
];

/// A moment and the source it was read from.
type Found = (&'static str, Moment);

/// How a page writes its dates.
#[derive(Clone, Copy)]
struct Notation<'r> {
    names: &'r Names,
    month_first: bool,
}

impl Notation<'_> {
    /// The first of these that is a date as machines write it.
    fn machine<'t>(self, texts: impl IntoIterator<Item = &'t String>) -> Option<Moment> {
        texts
            .into_iter()
            .find_map(|text| date::machine(text, self.names, self.month_first))
    }

    /// The first of these in which a date is written.
    fn written<'t>(self, texts: impl IntoIterator<Item = &'t String>) -> Option<Moment> {
        texts
            .into_iter()
            .find_map(|text| date::written(text, self.names, self.month_first))
    }
}

impl Meta {
    /// The day of publication: structured sources first, then the address, then what a reader sees.
    pub(crate) fn published(&self, page: &Page<'_>, rules: &Rules) -> Published {
        let notation = Notation {
            names: &rules.names,
            month_first: self.month_first(page),
        };
        let address = page.address.and_then(|url| date::in_path(url.path()));
        self.structured(notation)
            .map(|(source, moment)| (source, at_home(moment, address)))
            .or_else(|| address.map(|moment| ("url", moment)))
            .or_else(|| self.unstructured(notation))
            .map_or_else(Published::default, |(source, moment)| {
                as_published(source, moment)
            })
    }

    /// What is marked as the time of publication.
    fn structured(&self, notation: Notation<'_>) -> Option<Found> {
        earlier([
            ("microdata", notation.machine(&self.microdata)),
            ("meta", self.named(&OPEN_GRAPH, notation)),
            ("json-ld", notation.machine(&self.jsonld.published)),
            ("meta", self.named(&HEAD_KEYS, notation)),
        ])
    }

    /// What else tells a time, the surest first; that of the last change is better than none.
    fn unstructured(&self, notation: Notation<'_>) -> Option<Found> {
        let sources: [(_, &dyn Fn() -> Option<Moment>); 7] = [
            ("json-ld", &|| notation.machine(&self.jsonld.page_published)),
            ("time", &|| notation.machine(&self.times)),
            ("text", &|| self.visible_date(notation)),
            ("script", &|| notation.machine(&self.scripted)),
            ("text", &|| self.run_date(notation)),
            ("json-ld", &|| notation.machine(&self.jsonld.modified)),
            ("meta", &|| self.named(&CHANGE_KEYS, notation)),
        ];
        sources
            .iter()
            .find_map(|(source, read)| Some((*source, read()?)))
    }

    /// The date under the first of these names that the head has.
    fn named(&self, keys: &[&str], notation: Notation<'_>) -> Option<Moment> {
        notation.machine(keys.iter().find_map(|key| self.metas.get(*key)?.first()))
    }

    /// A date that readers see, rather not one that says when the page was updated.
    fn visible_date(&self, notation: Notation<'_>) -> Option<Moment> {
        let fresh = |text: &&String| {
            let folded = folded(text);
            let mut updated = notation.names.updated.iter();
            !updated.any(|word| folded.starts_with(word.as_str()))
        };
        notation
            .written(self.visible.iter().filter(fresh))
            .or_else(|| notation.written(&self.visible))
    }

    /// A date in any short run of text: the first after the heading, else the last before it.
    fn run_date(&self, notation: Notation<'_>) -> Option<Moment> {
        let legal =
            |text: &&String| !text.contains(['©', '{']) && !folded(text).contains("copyright");
        let [before, after] = &self.runs;
        notation
            .written(after.iter().filter(legal))
            .or_else(|| notation.written(before.iter().rev().filter(legal)))
    }

    /// American pages write the month first.
    fn month_first(&self, page: &Page<'_>) -> bool {
        let language = self.language.as_deref().unwrap_or("").to_ascii_lowercase();
        let host = page.address.and_then(Url::host_str).unwrap_or("");
        language == "en-us"
            || (language.starts_with("en") && host.rsplit('.').next() == Some("com"))
    }

    pub(crate) fn modified(&self, rules: &Rules) -> Option<jiff::Timestamp> {
        let text = self.jsonld.modified.clone().or_else(|| {
            self.first(&["article:modified_time", "og:updated_time", "datemodified"])
        })?;
        date::machine(&text, &rules.names, false)?.at
    }
}

/// The first that is there; of two that differ by more than a day, the earlier.
fn earlier(structured: [(&'static str, Option<Moment>); 4]) -> Option<Found> {
    let mut found: Option<Found> = None;
    for (source, moment) in structured {
        let Some(moment) = moment else { continue };
        let gap = |first: &Moment| {
            first
                .day
                .since(moment.day)
                .map_or(0, |span| span.get_days())
        };
        if found.as_ref().is_none_or(|(_, first)| gap(first) > 1) {
            found = Some((source, moment));
        }
    }
    found
}

/// An instant in UTC may fall on the day after that of the publisher, which the address then shows.
fn at_home(moment: Moment, address: Option<Moment>) -> Moment {
    match address {
        Some(address)
            if address.day.tomorrow().is_ok_and(|next| next == moment.day) && moment.utc =>
        {
            Moment {
                day: address.day,
                ..moment
            }
        }
        _ => moment,
    }
}

/// The values of a script's dates of publication.
pub(super) fn scripted(script: &str) -> Option<String> {
    let script = cut(script, MAX_SCRIPT);
    SCRIPT_KEYS.iter().find_map(|key| {
        let rest = &script[script.find(key)? + key.len()..];
        let value = rest.trim_start_matches(['\\', '"', '\'', ':', '=', ' ']);
        let end = value
            .find(['"', '\'', '\\', ',', ';', '}', '<'])
            .unwrap_or(value.len());
        (8..=40).contains(&end).then(|| value[..end].to_owned())
    })
}

fn as_published(source: &str, moment: Moment) -> Published {
    Published {
        at: moment.at,
        day: Some(moment.day),
        precision: Some(moment.precision.to_owned()),
        source: Some(source.to_owned()),
    }
}
