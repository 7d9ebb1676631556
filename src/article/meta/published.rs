//! When an article was published: structured sources first, then the address, then what a reader sees.

use url::Url;

use super::{
    super::{
        Page, Rules,
        date::{self, Moment},
        rules::folded,
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

impl Meta {
    /// The day of publication: structured sources first, then the address, then what a reader sees.
    pub(crate) fn published(&self, page: &Page<'_>, rules: &Rules) -> Published {
        let names = &rules.names;
        let month_first = self.month_first(page);
        let read = |text: &str| date::machine(text, names, month_first);
        let metas = |keys: &[&str]| {
            keys.iter()
                .find_map(|key| self.metas.get(*key)?.first())
                .and_then(|text| read(text))
        };
        let structured: [(&str, Option<Moment>); 4] = [
            (
                "microdata",
                self.microdata.iter().find_map(|text| read(text)),
            ),
            (
                "meta",
                metas(&[
                    "article:published_time",
                    "og:article:published_time",
                    "article:published",
                    "og:published_time",
                ]),
            ),
            ("json-ld", self.jsonld.published.as_deref().and_then(read)),
            (
                "meta",
                metas(&[
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
                ]),
            ),
        ];
        let address = page.address.and_then(|url| date::in_path(url.path()));
        let found = earlier(&structured)
            .map(|(source, moment)| (source, at_home(moment, address)))
            .or_else(|| address.map(|moment| ("url", moment)))
            .or_else(|| {
                self.jsonld
                    .page_published
                    .as_deref()
                    .and_then(read)
                    .map(|moment| ("json-ld", moment))
            })
            .or_else(|| {
                self.times
                    .iter()
                    .find_map(|text| read(text))
                    .map(|moment| ("time", moment))
            })
            .or_else(|| {
                self.visible_date(rules, month_first)
                    .map(|moment| ("text", moment))
            })
            .or_else(|| {
                self.scripted
                    .iter()
                    .find_map(|text| read(text))
                    .map(|moment| ("script", moment))
            })
            .or_else(|| {
                self.run_date(rules, month_first)
                    .map(|moment| ("text", moment))
            })
            .or_else(|| {
                self.jsonld
                    .modified
                    .as_deref()
                    .and_then(read)
                    .map(|moment| ("json-ld", moment))
            })
            .or_else(|| {
                metas(&[
                    "article:modified_time",
                    "og:updated_time",
                    "last-modified",
                    "datemodified",
                ])
                .map(|moment| ("meta", moment))
            });
        found.map_or_else(Published::default, |(source, moment)| {
            as_published(source, moment)
        })
    }

    fn visible_date(&self, rules: &Rules, month_first: bool) -> Option<Moment> {
        let fresh = |text: &&String| {
            let folded = folded(text);
            !rules
                .names
                .updated
                .iter()
                .any(|word| folded.starts_with(word.as_str()))
        };
        let read = |text: &String| date::written(text, &rules.names, month_first);
        self.visible
            .iter()
            .filter(fresh)
            .find_map(read)
            .or_else(|| self.visible.iter().find_map(read))
    }

    /// A date in any short run of text: the first after the heading, else the last before it.
    fn run_date(&self, rules: &Rules, month_first: bool) -> Option<Moment> {
        let legal =
            |text: &&String| !text.contains(['©', '{']) && !folded(text).contains("copyright");
        let read = |text: &String| date::written(text, &rules.names, month_first);
        let [before, after] = &self.runs;
        after
            .iter()
            .filter(legal)
            .find_map(read)
            .or_else(|| before.iter().rev().filter(legal).find_map(read))
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
fn earlier(structured: &[(&'static str, Option<Moment>)]) -> Option<(&'static str, Moment)> {
    let mut found: Option<(&'static str, Moment)> = None;
    for (source, moment) in structured {
        let Some(moment) = moment else { continue };
        let gap = |first: &Moment| {
            first
                .day
                .since(moment.day)
                .map_or(0, |span| span.get_days())
        };
        match &found {
            None => found = Some((source, *moment)),
            Some((_, first)) if gap(first) > 1 => found = Some((source, *moment)),
            Some(_) => {}
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
