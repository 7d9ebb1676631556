//! What a page says of itself in JSON-LD (schema.org): that article among its objects which is the page's own.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{rules::folded, text::cut};

mod mend;

use mend::parsed;
pub(crate) use mend::unescaped;

/// Bytes of one script that are read, objects in it, and articles that are kept to choose from.
const MAX_BYTES: usize = 1 << 20;
const MAX_OBJECTS: usize = 2000;
const MAX_ARTICLES: usize = 50;
/// Names of one article's authors.
const MAX_NAMES: usize = 20;

/// Somebody or something that an article names as its author.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Maker {
    pub(crate) name: Option<String>,
    /// `@id`, where the name stands with another object.
    id: Option<String>,
    pub(crate) organisation: bool,
}

/// The fields of the page's own article, and what other objects say of the page.
#[derive(Debug, Default)]
pub(crate) struct JsonLd {
    pub(crate) is_article: bool,
    pub(crate) is_live: bool,
    pub(crate) headline: Option<String>,
    pub(crate) authors: Vec<Maker>,
    pub(crate) published: Option<String>,
    /// From an object that is no article.
    pub(crate) page_published: Option<String>,
    pub(crate) modified: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) section: Option<String>,
    pub(crate) keywords: Vec<String>,
    pub(crate) publisher: Option<String>,
    pub(crate) image: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) free: Option<bool>,
    /// What videos of the page are called and described as.
    pub(crate) media: Vec<String>,
    articles: Vec<Map<String, Value>>,
    /// Names of the objects that others refer to.
    named: HashMap<String, Maker>,
}

impl JsonLd {
    /// Reads one more script; false where it is no JSON, even mended.
    pub(crate) fn read(&mut self, script: &str) -> bool {
        if script.len() > MAX_BYTES {
            return true;
        }
        let Some(value) = parsed(script) else {
            return false;
        };
        let mut waiting = vec![value];
        let mut seen = 0;
        while let Some(value) = waiting.pop() {
            seen += 1;
            match value {
                _ if seen > MAX_OBJECTS => return true,
                Value::Array(list) => waiting.extend(list.into_iter().rev()),
                Value::Object(object) => {
                    for key in ["mainEntity", "mainEntityOfPage", "@graph"] {
                        waiting.extend(object.get(key).cloned());
                    }
                    self.take(object);
                }
                _ => {}
            }
        }
        true
    }

    fn take(&mut self, object: Map<String, Value>) {
        let kind = strings(object.get("@type")).join(" ");
        if let (Some(id), Some(name)) = (text(&object, "@id"), text(&object, "name")) {
            let organisation = is_organisation(&kind);
            let maker = Maker {
                name: Some(name),
                id: None,
                organisation,
            };
            self.named.entry(id).or_insert(maker);
        }
        let article =
            kind.contains("Article") || kind.contains("Posting") || kind.contains("Report");
        if kind.contains("VideoObject") {
            self.take_media(&object);
        }
        if !article {
            fill(&mut self.page_published, text(&object, "datePublished"));
            if is_organisation(&kind) {
                fill(&mut self.publisher, text(&object, "name"));
            }
        } else if self.articles.len() < MAX_ARTICLES {
            self.articles.push(object);
        }
    }

    fn take_media(&mut self, object: &Map<String, Value>) {
        let said = ["name", "description", "caption"].map(|key| text(object, key));
        self.media.extend(said.into_iter().flatten());
    }

    /// Chooses the page's own article: that whose address is one of the page's, else that whose headline is one of its
    /// titles, else the first.
    pub(crate) fn choose_own(&mut self, addresses: &[String], titles: &[String]) {
        let titles: Vec<String> = titles.iter().map(|title| folded(title)).collect();
        let here = |object: &&Map<String, Value>| {
            addresses_of(object)
                .iter()
                .any(|said| addresses.iter().any(|own| same_address(said, own)))
        };
        let named = |object: &&Map<String, Value>| {
            text(object, "headline").is_some_and(|headline| {
                let headline = folded(&headline);
                let fits = |title: &String| title.contains(&headline) || headline.contains(title);
                !headline.is_empty() && titles.iter().any(fits)
            })
        };
        let list = &self.articles;
        let own = list.iter().find(|object| here(object) && named(object));
        let own = own
            .or_else(|| list.iter().find(named))
            .or_else(|| list.iter().find(here))
            .or(list.first());
        if let Some(own) = own.cloned() {
            self.describe(&own);
        }
        self.articles.clear();
    }

    fn describe(&mut self, object: &Map<String, Value>) {
        self.is_article = true;
        self.is_live = strings(object.get("@type")).join(" ").contains("LiveBlog");
        self.headline = text(object, "headline").or_else(|| text(object, "name"));
        self.published = text(object, "datePublished");
        self.modified = text(object, "dateModified");
        self.body = text(object, "articleBody").map(|body| {
            if body.contains("</") {
                untagged(&body)
            } else {
                body
            }
        });
        self.section = strings(object.get("articleSection")).into_iter().next();
        self.keywords = strings(object.get("keywords"));
        self.authors = self.makers(object.get("author").or_else(|| object.get("creator")));
        let publisher = self.makers(object.get("publisher")).into_iter().next();
        if let Some(name) = publisher.and_then(|maker| maker.name) {
            self.publisher = Some(name);
        }
        self.image = urls(object.get("image"));
        let videos = match object.get("video") {
            Some(Value::Array(list)) => list.iter().take(MAX_NAMES).collect(),
            Some(video) => vec![video],
            None => Vec::new(),
        };
        for video in videos.into_iter().filter_map(Value::as_object) {
            self.take_media(video);
        }
        self.language = text(object, "inLanguage");
        self.free = object.get("isAccessibleForFree").and_then(truth);
    }

    /// The people and organisations of a value, by name; who is only referred to is looked up.
    fn makers(&self, value: Option<&Value>) -> Vec<Maker> {
        let list = match value {
            Some(Value::Array(list)) => list.iter().take(MAX_NAMES).collect(),
            Some(value) => vec![value],
            None => Vec::new(),
        };
        let mut out = Vec::new();
        for maker in list.into_iter().flat_map(makers_of) {
            let known = maker.id.as_ref().and_then(|id| self.named.get(id));
            match (maker.name.is_some(), known) {
                (false, Some(known)) => out.push(known.clone()),
                (false, None) => {}
                (true, _) => out.push(maker),
            }
        }
        out
    }
}

fn is_organisation(kind: &str) -> bool {
    kind.contains("Organization") || kind.contains("Corporation") || kind.contains("NewsMedia")
}

/// The addresses that an object gives as its own.
fn addresses_of(object: &Map<String, Value>) -> Vec<String> {
    let mut out = Vec::new();
    for key in ["url", "@id", "mainEntityOfPage"] {
        match object.get(key) {
            Some(Value::Object(page)) => {
                out.extend(["@id", "url"].iter().filter_map(|key| text(page, key)));
            }
            value => out.extend(strings(value)),
        }
    }
    out
}

/// Whether two addresses lead to one page; scheme, fragment, query and a last slash say nothing.
fn same_address(one: &str, other: &str) -> bool {
    let bare = |address: &str| {
        let end = address.find(['#', '?']).unwrap_or(address.len());
        let address = address[..end].trim_end_matches('/');
        address
            .split_once("://")
            .map_or(address, |(_, rest)| rest)
            .trim_start_matches("www.")
            .to_owned()
    };
    bare(one) == bare(other) && bare(one).contains('/')
}

fn fill(field: &mut Option<String>, value: Option<String>) {
    if field.is_none() {
        *field = value;
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    strings(object.get(key)).into_iter().next()
}

/// The strings of a value or list; a number as its digits.
fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => vec![unescaped(text.trim())],
        Some(Value::Number(number)) => vec![number.to_string()],
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(Value::as_str)
            .map(|text| unescaped(text.trim()))
            .collect(),
        _ => Vec::new(),
    }
}

/// Whom one value names: a string, an object with a name or its parts, or a list of names.
fn makers_of(value: &Value) -> Vec<Maker> {
    let Value::Object(object) = value else {
        let name = |name| Maker {
            name: Some(name),
            ..Maker::default()
        };
        return strings(Some(value)).into_iter().map(name).collect();
    };
    let organisation = is_organisation(&strings(object.get("@type")).join(" "));
    let id = text(object, "@id");
    let parts: Vec<String> = ["givenName", "familyName"]
        .iter()
        .filter_map(|key| text(object, key))
        .collect();
    let mut names = strings(object.get("name"));
    if names.is_empty() && !parts.is_empty() {
        names.push(parts.join(" "));
    }
    if names.is_empty() {
        return vec![Maker {
            name: None,
            id,
            organisation,
        }];
    }
    let maker = |name: String| Maker {
        name: Some(name),
        id: id.clone(),
        organisation,
    };
    names.into_iter().map(maker).collect()
}

fn urls(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(url) => Some(url.clone()),
        Value::Object(object) => object.get("url")?.as_str().map(str::to_owned),
        Value::Array(list) => match list.first()? {
            Value::String(url) => Some(url.clone()),
            Value::Object(object) => object.get("url")?.as_str().map(str::to_owned),
            _ => None,
        },
        _ => None,
    }
}

fn untagged(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                out.push('\n');
            }
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

/// Bytes of a script that cannot be read in which names and values are still looked for.
const MAX_TORN: usize = 200_000;

/// The value of a key in a script that is no JSON even when mended.
pub(crate) fn torn_value(script: &str, key: &str) -> Option<String> {
    let script = cut(script, MAX_TORN);
    let rest = &script[script.find(&format!("\"{key}\""))? + key.len() + 2..];
    let value = rest
        .trim_start()
        .strip_prefix(':')?
        .trim_start()
        .strip_prefix('"')?;
    let end = value.find('"')?;
    (end > 0 && end <= 200).then(|| unescaped(&value[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(script: &str) -> JsonLd {
        let mut found = JsonLd::default();
        found.read(script);
        found.choose_own(
            &["https://a.example/own".to_owned()],
            &["The own story".to_owned()],
        );
        found
    }

    #[test]
    fn an_article_is_found_in_a_graph_and_in_json_that_needs_mending() {
        let found = read(
            "{\"@graph\":[{\"@type\":\"WebPage\"},{\"@type\":[\"NewsArticle\"],\"headline\":\"A &amp; B\",\n\"author\":[{\"name\":\"C D\"}],\"isAccessibleForFree\":\"False\",}]}",
        );
        assert!(found.is_article);
        assert_eq!(found.headline.as_deref(), Some("A & B"));
        assert_eq!(found.authors[0].name.as_deref(), Some("C D"));
        assert_eq!(found.free, Some(false));
    }

    #[test]
    fn the_article_of_the_page_is_chosen_among_others() {
        let found = read(
            r#"[{"@type":"NewsArticle","headline":"Another","url":"https://a.example/other"},
                {"@type":"NewsArticle","headline":"Own","url":"https://www.a.example/own/"}]"#,
        );
        assert_eq!(found.headline.as_deref(), Some("Own"));
    }

    #[test]
    fn an_author_is_looked_up_by_id() {
        let found = read(
            r##"{"@graph":[{"@type":"Article","author":{"@id":"#p"}},{"@type":"Person","@id":"#p","name":"Tara Dole"}]}"##,
        );
        assert_eq!(found.authors[0].name.as_deref(), Some("Tara Dole"));
    }

    #[test]
    fn quotes_inside_a_value_and_comments_around_are_mended() {
        let found = read(
            "<!-- {\"@type\":\"NewsArticle\",\"headline\":\"Board \"opens\" the bridge\",\"datePublished\":\"2024-02-06\"} -->",
        );
        assert_eq!(found.published.as_deref(), Some("2024-02-06"));
        assert_eq!(
            found.headline.as_deref(),
            Some("Board \"opens\" the bridge")
        );
    }

    #[test]
    fn nested_lists_end_at_a_bound() {
        assert!(!read(&"[".repeat(100_000)).is_article);
    }
}
