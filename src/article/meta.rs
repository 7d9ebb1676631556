//! What a page says about its article: title, authors, dates, rights, addresses.

use std::collections::HashMap;

use url::Url;

use super::{
    Page, Rules,
    date::{self, Moment},
    jsonld::{JsonLd, unescaped},
    rules::{flag, folded},
    text::one_line,
    tree::{Node, Tag},
};
use crate::record::{Access, Published, Rights};

/// Authors and tags that are kept, and characters of a name or a visible date.
const MAX_LIST: usize = 20;
const MAX_NAME: usize = 80;
const MAX_DATE_TEXT: usize = 120;
/// Visible dates and times that are looked at, and other runs of text with digits.
const MAX_DATES: usize = 12;
const MAX_RUNS: usize = 40;
/// Bytes of a script in which dates are looked for.
const MAX_SCRIPT: usize = 200_000;
/// Names that scripts give to the day of publication.
const SCRIPT_KEYS: [&str; 10] = ["datePublished", "publishDate", "publish_date", "publicationDate", "publication_date", "publishedDate", "published_at", "publishingDate", "PublishingDate", "publicationdate"];

/// Everything the head and the marks of a page say.
#[derive(Debug, Default)]
pub(crate) struct Meta {
    metas: HashMap<String, Vec<String>>,
    pub(crate) jsonld: JsonLd,
    title_tag: Option<String>,
    /// The first top heading, and one inside an article.
    heading: Option<String>,
    canonical: Option<String>,
    language: Option<String>,
    microdata: Vec<String>,
    times: Vec<String>,
    visible: Vec<String>,
    marked_authors: Vec<String>,
    paywalled: bool,
    pub(crate) live_class: bool,
    /// Short runs of text that may hold a date, before and after the top heading.
    runs: [Vec<String>; 2],
    /// Dates that scripts hold under a name that says publication.
    scripted: Vec<String>,
}

impl Meta {
    /// Collects in one pass.
    pub(crate) fn of(nodes: &[Node<'_>]) -> Self {
        let mut meta = Self::default();
        let mut i = 0;
        while i < nodes.len() {
            let node = &nodes[i];
            match node.tag {
                Tag::Text => meta.run(nodes, i),
                Tag::Meta => meta.meta(node),
                Tag::Script => meta.script(node, nodes.get(i + 1)),
                Tag::Link => meta.link(node),
                Tag::Html => meta.language = node.attr("lang").or_else(|| node.attr("xml:lang")).map(str::to_owned),
                Tag::Title if meta.title_tag.is_none() => meta.title_tag = text_of(nodes, i, 400),
                Tag::Heading(1) if meta.heading.is_none() => meta.heading = text_of(nodes, i, 400),
                _ => meta.mark(nodes, i),
            }
            i += 1;
        }
        meta
    }

    fn meta(&mut self, node: &Node<'_>) {
        let Some(content) = node.attr("content").filter(|content| !content.trim().is_empty()) else { return };
        for key in ["property", "name", "itemprop", "http-equiv"] {
            if let Some(name) = node.attr(key) {
                let values = self.metas.entry(name.trim().to_ascii_lowercase()).or_default();
                if values.len() < MAX_LIST {
                    values.push(content.trim().to_owned());
                }
            }
        }
    }

    fn script(&mut self, node: &Node<'_>, inside: Option<&Node<'_>>) {
        let ld = node.attr("type").is_some_and(|kind| kind.to_ascii_lowercase().contains("ld+json"));
        let Some(text) = inside else { return };
        if ld {
            self.jsonld.read(text.text);
        } else if self.scripted.len() < MAX_DATES {
            self.scripted.extend(scripted(text.text));
        }
    }

    fn run(&mut self, nodes: &[Node<'_>], i: usize) {
        let (text, around) = (nodes[i].text, &nodes[nodes[i].parent as usize]);
        let dated = text.len() >= 8 && text.len() <= 300 && text.contains(|c: char| c.is_ascii_digit());
        if !dated || around.tag == Tag::A || around.tag.is_skipped() {
            return;
        }
        let runs = &mut self.runs[usize::from(self.heading.is_some())];
        if runs.len() < MAX_RUNS {
            runs.extend(one_line(text).filter(|line| line.chars().count() <= MAX_DATE_TEXT));
        }
    }

    fn link(&mut self, node: &Node<'_>) {
        if node.attr("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical")) && self.canonical.is_none() {
            self.canonical = node.attr("href").map(str::to_owned);
        }
    }

    fn mark(&mut self, nodes: &[Node<'_>], i: usize) {
        let node = &nodes[i];
        let dated = node.tag == Tag::Time || node.has(flag::PUBLISHED);
        if dated && self.visible.len() < MAX_DATES && !node.has(flag::COMMENTS | flag::RELATED) {
            let stamp = node.attr("datetime").or_else(|| node.attr("content"));
            if node.attr("itemprop") == Some("datePublished") || node.attr("pubdate").is_some() {
                self.microdata.extend(stamp.map(str::to_owned).or_else(|| text_of(nodes, i, MAX_DATE_TEXT)));
            } else if let Some(stamp) = stamp.filter(|_| node.attr("itemprop") != Some("dateModified")) {
                self.times.push(stamp.to_owned());
            }
            self.visible.extend(text_of(nodes, i, MAX_DATE_TEXT));
        }
        if node.has(flag::AUTHOR) && !node.has(flag::COMMENTS) && self.marked_authors.len() < MAX_LIST {
            self.marked_authors.extend(text_of(nodes, i, MAX_NAME));
        }
        self.paywalled |= node.has(flag::PAYWALL);
        self.live_class |= node.has(flag::LIVE);
    }

    fn first(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.metas.get(*key)?.first()).and_then(|value| one_line(&unescaped(value)))
    }

    fn all(&self, keys: &[&str]) -> Vec<String> {
        keys.iter().find_map(|key| self.metas.get(*key)).cloned().unwrap_or_default()
    }

    /// The headline: as the page marks it, without the site's name.
    pub(crate) fn title(&self) -> Option<String> {
        let site = self.publisher();
        let structured = self.jsonld.headline.as_deref().and_then(one_line);
        let heading = self.heading.clone().filter(|text| text.chars().count() >= 8);
        let social = self.first(&["og:title", "twitter:title", "dc.title", "parsely-title", "title"]).map(|t| without_site(&t, site.as_deref()));
        let tag = self.title_tag.as_deref().map(|t| without_site(t, site.as_deref()));
        let agreed = heading.clone().filter(|heading| {
            let heading = folded(heading);
            [&social, &tag, &structured].into_iter().flatten().any(|other| folded(other).contains(&heading) || heading.contains(&folded(other)))
        });
        agreed.or(structured).or(social).or(heading).or(tag)
    }

    /// The first top heading of the page.
    pub(crate) fn heading(&self) -> Option<&str> {
        self.heading.as_deref()
    }

    pub(crate) fn title_tag(&self) -> Option<&str> {
        self.title_tag.as_deref()
    }

    pub(crate) fn publisher(&self) -> Option<String> {
        self.first(&["og:site_name"]).or_else(|| self.jsonld.publisher.as_deref().and_then(one_line)).or_else(|| self.first(&["application-name", "dc.publisher"]))
    }

    pub(crate) fn image(&self) -> Option<String> {
        self.first(&["og:image", "og:image:url", "twitter:image"]).or_else(|| self.jsonld.image.clone())
    }

    pub(crate) fn section(&self) -> Option<String> {
        self.jsonld.section.as_deref().and_then(one_line).or_else(|| self.first(&["article:section", "parsely-section", "section"]))
    }

    pub(crate) fn tags(&self) -> Vec<String> {
        let mut tags = self.all(&["article:tag", "news_keywords", "parsely-tags", "keywords"]);
        if tags.is_empty() {
            tags.clone_from(&self.jsonld.keywords);
        }
        if let [one] = tags.as_slice() {
            tags = one.split([',', ';']).map(str::to_owned).collect();
        }
        unique(tags.iter().filter_map(|tag| one_line(tag)))
    }

    /// Who wrote it: names only, no addresses, the byline's opening word cut.
    pub(crate) fn authors(&self, rules: &Rules) -> Vec<String> {
        let metas = ["author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "byl", "cxenseparse:author", "twitter:creator:name"];
        let site = self.publisher().map(|name| folded(&name));
        let usable = |list: &[String]| {
            let names = list.iter().flat_map(|text| people(text, rules));
            unique(names.filter(|name| Some(folded(name)) != site))
        };
        for list in [&self.jsonld.authors, &metas.iter().find_map(|key| self.metas.get(*key)).cloned().unwrap_or_default()] {
            let names = usable(list);
            if !names.is_empty() {
                return names;
            }
        }
        let marked = self.marked_authors.iter().find(|text| !people(text, rules).is_empty());
        marked.map(|text| usable(std::slice::from_ref(text))).unwrap_or_default()
    }

    /// The day of publication: structured sources first, then the address, then what a reader sees.
    pub(crate) fn published(&self, page: &Page<'_>, rules: &Rules) -> Published {
        let names = &rules.names;
        let month_first = self.month_first(page);
        let read = |text: &str| date::machine(text, names, month_first);
        let metas = |keys: &[&str]| keys.iter().find_map(|key| self.metas.get(*key)?.first()).and_then(|text| read(text));
        let structured: [(&str, Option<Moment>); 4] = [
            ("microdata", self.microdata.iter().find_map(|text| read(text))),
            ("meta", metas(&["article:published_time", "og:article:published_time", "article:published", "og:published_time"])),
            ("json-ld", self.jsonld.published.as_deref().and_then(read)),
            ("meta", metas(&["datepublished", "date.issued", "dc.date.issued", "dcterms.created", "dc.date.created", "dc.date", "dcterms.date", "dc.created", "parsely-pub-date", "sailthru.date", "pubdate", "publishdate", "publish-date", "publish_date", "publication_date", "article_date_original", "cxenseparse:recs:publishtime", "originalpublicationdate", "date", "citation_publication_date", "citation_online_date", "bt:pubdate", "article.published", "published_time", "rnews:datepublished", "shareaholic:article_published_time", "dateposted"])),
        ];
        let address = page.address.and_then(|url| date::in_path(url.path()));
        let found = earlier(&structured)
            .map(|(source, moment)| (source, at_home(moment, address)))
            .or_else(|| address.map(|moment| ("url", moment)))
            .or_else(|| self.jsonld.page_published.as_deref().and_then(read).map(|moment| ("json-ld", moment)))
            .or_else(|| self.times.iter().find_map(|text| read(text)).map(|moment| ("time", moment)))
            .or_else(|| self.visible_date(rules, month_first).map(|moment| ("text", moment)))
            .or_else(|| self.scripted.iter().find_map(|text| read(text)).map(|moment| ("script", moment)))
            .or_else(|| self.run_date(rules, month_first).map(|moment| ("text", moment)))
            .or_else(|| self.jsonld.modified.as_deref().and_then(read).map(|moment| ("json-ld", moment)))
            .or_else(|| metas(&["article:modified_time", "og:updated_time", "last-modified", "datemodified"]).map(|moment| ("meta", moment)));
        found.map_or_else(Published::default, |(source, moment)| as_published(source, moment))
    }

    fn visible_date(&self, rules: &Rules, month_first: bool) -> Option<Moment> {
        let fresh = |text: &&String| {
            let folded = folded(text);
            !rules.names.updated.iter().any(|word| folded.starts_with(word.as_str()))
        };
        let read = |text: &String| date::written(text, &rules.names, month_first);
        self.visible.iter().filter(fresh).find_map(read).or_else(|| self.visible.iter().find_map(read))
    }

    /// A date in any short run of text: the first after the heading, else the last before it.
    fn run_date(&self, rules: &Rules, month_first: bool) -> Option<Moment> {
        let legal = |text: &&String| !text.contains(['©', '{']) && !folded(text).contains("copyright");
        let read = |text: &String| date::written(text, &rules.names, month_first);
        let [before, after] = &self.runs;
        after.iter().filter(legal).find_map(read).or_else(|| before.iter().rev().filter(legal).find_map(read))
    }

    /// American pages write the month first.
    fn month_first(&self, page: &Page<'_>) -> bool {
        let language = self.language.as_deref().unwrap_or("").to_ascii_lowercase();
        let host = page.address.and_then(Url::host_str).unwrap_or("");
        language == "en-us" || (language.starts_with("en") && host.ends_with(".com"))
    }

    pub(crate) fn modified(&self, rules: &Rules) -> Option<jiff::Timestamp> {
        let text = self.jsonld.modified.clone().or_else(|| self.first(&["article:modified_time", "og:updated_time", "datemodified"]))?;
        date::machine(&text, &rules.names, false)?.at
    }

    /// The language the page declares, BCP 47.
    pub(crate) fn language(&self) -> Option<String> {
        let said = self.language.clone().or_else(|| self.jsonld.language.clone()).or_else(|| self.first(&["content-language", "og:locale", "language", "dc.language"]))?;
        let tag = said.trim().replace('_', "-");
        let fits = !tag.is_empty() && tag.len() <= 35 && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        fits.then_some(tag)
    }

    pub(crate) fn canonical(&self, page: &Page<'_>) -> Option<Url> {
        let said = self.canonical.clone().or_else(|| self.first(&["og:url"]))?;
        let url = match page.address {
            Some(address) => address.join(said.trim()).ok()?,
            None => Url::parse(said.trim()).ok()?,
        };
        matches!(url.scheme(), "http" | "https").then_some(url)
    }

    pub(crate) fn description(&self) -> Option<String> {
        self.first(&["og:description", "description", "twitter:description"])
    }

    pub(crate) fn access(&self, text: &str, rules: &Rules) -> Access {
        let said = |state: &str, evidence: &str| Access { state: state.to_owned(), evidence: Some(evidence.to_owned()) };
        let tier = self.first(&["article:content_tier", "content_tier"]).map(|tier| tier.to_ascii_lowercase());
        let folded = folded(text);
        if self.jsonld.free == Some(false) {
            return said("paywalled", "json-ld isAccessibleForFree");
        }
        match tier.as_deref() {
            Some("locked") => return said("paywalled", "article:content_tier"),
            Some("metered") => return said("metered", "article:content_tier"),
            _ => {}
        }
        if self.paywalled && rules.names.paywall.iter().any(|phrase| folded.contains(phrase.as_str())) {
            return said("paywalled", "text");
        }
        if self.jsonld.free == Some(true) {
            return said("free", "json-ld isAccessibleForFree");
        }
        if tier.as_deref() == Some("free") {
            return said("free", "article:content_tier");
        }
        Access { state: "unknown".to_owned(), evidence: None }
    }

    pub(crate) fn rights(&self, page: &Page<'_>) -> Rights {
        let mut robots: Vec<String> = Vec::new();
        let own = self.all(&["robots"]);
        let heads = page.head.map(|head| head.robots.as_slice()).unwrap_or_default();
        for text in own.iter().chain(heads) {
            robots.extend(text.split(',').map(|word| word.trim().to_ascii_lowercase()).filter(|word| !word.is_empty() && word.len() < 60));
        }
        robots.sort();
        robots.dedup();
        robots.truncate(MAX_LIST);
        let page_says = self.first(&["tdm-reservation"]).map(|text| text == "1");
        let tdm = page_says.or(page.head.and_then(|head| head.tdm_reservation));
        let tdm = tdm.map(|reserved| if reserved { "reserved" } else { "allowed" }.to_owned());
        Rights { robots, tdm }
    }
}

/// The first that is there; of two that differ by more than a day, the earlier.
fn earlier(structured: &[(&'static str, Option<Moment>)]) -> Option<(&'static str, Moment)> {
    let mut found: Option<(&'static str, Moment)> = None;
    for (source, moment) in structured {
        let Some(moment) = moment else { continue };
        let gap = |first: &Moment| first.day.since(moment.day).map_or(0, |span| span.get_days());
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
        Some(address) if address.day.tomorrow().is_ok_and(|next| next == moment.day) && moment.utc => Moment { day: address.day, ..moment },
        _ => moment,
    }
}

/// The values of a script's dates of publication.
fn scripted(script: &str) -> Option<String> {
    let script = &script[..script.floor_char_boundary(MAX_SCRIPT)];
    SCRIPT_KEYS.iter().find_map(|key| {
        let rest = &script[script.find(key)? + key.len()..];
        let value = rest.trim_start_matches(['\\', '"', '\'', ':', '=', ' ']);
        let end = value.find(['"', '\'', '\\', ',', ';', '}', '<']).unwrap_or(value.len());
        (end >= 8 && end <= 40).then(|| value[..end].to_owned())
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

/// The text inside a node, none where it is longer than `most` characters.
fn text_of(nodes: &[Node<'_>], i: usize, most: usize) -> Option<String> {
    let mut text = String::new();
    for node in &nodes[i + 1..nodes[i].end as usize] {
        if node.tag == Tag::Text {
            text.push_str(node.text);
            if text.len() > most * 8 {
                return None;
            }
        } else if node.tag.is_block() || node.tag == Tag::Br {
            text.push(' ');
        }
    }
    one_line(&text).filter(|line| line.chars().count() <= most)
}

/// Cuts ` | The Times` and the like where the last or first part is the site's name or short.
fn without_site(title: &str, site: Option<&str>) -> String {
    let title = title.trim();
    for joint in [" | ", " — ", " – ", " - ", " :: ", " » ", " · ", " • ", " ‹ ", " « "] {
        if let Some(at) = title.rfind(joint) {
            let (head, tail) = (title[..at].trim(), title[at + joint.len()..].trim());
            let named = site.is_some_and(|site| folded(tail).contains(&folded(site)) || folded(site).contains(&folded(tail)));
            let short = tail.split_whitespace().count() <= 4 && head.split_whitespace().count() >= 4;
            if named || (short && (joint != " - " || tail.chars().next().is_some_and(char::is_uppercase))) {
                return without_site(head, None.or(site.filter(|_| !named)));
            }
        }
    }
    title.to_owned()
}

/// The people that a byline names.
fn people(text: &str, rules: &Rules) -> Vec<String> {
    let Some(line) = one_line(&unescaped(text)) else { return Vec::new() };
    if line.contains("://") || line.starts_with("www.") || line.chars().count() > 200 {
        return Vec::new();
    }
    let mut rest = line.as_str();
    let low = folded(rest);
    for word in &rules.names.byline {
        if low.starts_with(word.as_str()) && low[word.len()..].starts_with([' ', ':']) && low.len() == rest.len() {
            rest = rest[word.len()..].trim_start_matches([' ', ':']);
            break;
        }
    }
    let rest = rest.replace(" and ", ",").replace(" und ", ",").replace(" & ", ",").replace(" y ", ",").replace(" et ", ",");
    rest.split([',', ';', '|', '/', '•']).filter_map(person).collect()
}

fn person(name: &str) -> Option<String> {
    let name = name.trim().trim_matches(['.', '-', '–', '(', ')', ':']).trim();
    let words = name.split_whitespace().count();
    let digits = name.chars().any(|c| c.is_ascii_digit());
    let fits = (1..=5).contains(&words) && name.chars().count() >= 2 && name.chars().count() <= MAX_NAME && !digits && !name.contains('@');
    let capital = name.chars().any(|c| c.is_uppercase() || (c.is_alphabetic() && !c.is_lowercase()));
    (fits && capital).then(|| name.to_owned())
}

fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for name in names {
        if out.len() < MAX_LIST && !out.iter().any(|known| folded(known) == folded(&name)) {
            out.push(name);
        }
    }
    out
}
