//! What a page says of itself in JSON-LD (schema.org).

use serde_json::{Map, Value};

/// Bytes of one script that are read, and objects in it.
const MAX_BYTES: usize = 1 << 20;
const MAX_OBJECTS: usize = 2000;

/// The fields of the first article among a page's JSON-LD.
#[derive(Debug, Default)]
pub(crate) struct JsonLd {
    pub(crate) is_article: bool,
    pub(crate) is_live: bool,
    pub(crate) headline: Option<String>,
    pub(crate) authors: Vec<String>,
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
}

impl JsonLd {
    /// Reads one more script.
    pub(crate) fn read(&mut self, script: &str) {
        if script.len() > MAX_BYTES {
            return;
        }
        let Some(value) = parsed(script) else { return };
        let mut waiting = vec![value];
        let mut seen = 0;
        while let Some(value) = waiting.pop() {
            seen += 1;
            match value {
                _ if seen > MAX_OBJECTS => return,
                Value::Array(list) => waiting.extend(list.into_iter().rev()),
                Value::Object(mut object) => {
                    self.object(&object);
                    for key in ["mainEntity", "mainEntityOfPage", "@graph"] {
                        waiting.extend(object.remove(key));
                    }
                }
                _ => {}
            }
        }
    }

    fn object(&mut self, object: &Map<String, Value>) {
        let kind = strings(object.get("@type")).join(" ");
        let article = kind.contains("Article") || kind.contains("Posting") || kind.contains("Report");
        if !article {
            fill(&mut self.page_published, text(object, "datePublished"));
            if kind.contains("Organization") {
                fill(&mut self.publisher, text(object, "name"));
            }
            return;
        }
        if self.is_article {
            return;
        }
        self.is_article = true;
        self.is_live = kind.contains("LiveBlog");
        self.headline = text(object, "headline").or_else(|| text(object, "name"));
        self.published = text(object, "datePublished");
        self.modified = text(object, "dateModified");
        self.body = text(object, "articleBody").map(|body| if body.contains("</") { untagged(&body) } else { body });
        self.section = strings(object.get("articleSection")).into_iter().next();
        self.keywords = strings(object.get("keywords"));
        self.authors = names(object.get("author").or_else(|| object.get("creator")));
        if let Some(name) = names(object.get("publisher")).into_iter().next() {
            self.publisher = Some(name);
        }
        self.image = urls(object.get("image"));
        self.language = text(object, "inLanguage");
        self.free = object.get("isAccessibleForFree").and_then(truth);
    }
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

/// The strings of a value or list.
fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => vec![unescaped(text.trim())],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(|text| unescaped(text.trim())).collect(),
        _ => Vec::new(),
    }
}

/// Names of people or organisations: strings, objects with a `name`, or lists of these.
fn names(value: Option<&Value>) -> Vec<String> {
    let list: Vec<&Value> = match value {
        Some(Value::Array(list)) => list.iter().take(20).collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    };
    let mut names = Vec::new();
    for one in list {
        let name = match one {
            Value::Object(object) => object.get("name"),
            other => Some(other),
        };
        names.extend(strings(name));
    }
    names
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

/// Parses a script, mended where it is not JSON: raw line breaks, CDATA marks, `undefined`, trailing commas.
fn parsed(script: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(script) {
        return Some(value);
    }
    let text = script.replace("undefined", "null").replace("//<![CDATA[", "").replace("<![CDATA[", "").replace("//]]>", "").replace("]]>", "");
    let mut mended = String::with_capacity(text.len());
    for c in text.trim().trim_end_matches(';').chars() {
        if matches!(c, '}' | ']') {
            let kept = mended.trim_end().trim_end_matches(',').len();
            mended.truncate(kept);
        }
        mended.push(if c.is_control() { ' ' } else { c });
    }
    serde_json::from_str(&mended).ok()
}

/// Entities that values hold although JSON needs none.
pub(crate) fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let pairs = [("&quot;", "\""), ("&#39;", "'"), ("&#039;", "'"), ("&apos;", "'"), ("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"),
        ("&rsquo;", "’"), ("&lsquo;", "‘"), ("&ldquo;", "“"), ("&rdquo;", "”"), ("&ndash;", "–"), ("&mdash;", "—"),
        ("&#8217;", "’"), ("&#8216;", "‘"), ("&#8220;", "“"), ("&#8221;", "”"), ("&#8211;", "–"), ("&#8212;", "—"),
        ("&#x27;", "'"), ("&#038;", "&"), ("&amp;", "&")];
    let mut out = text.to_owned();
    for (entity, sign) in pairs {
        if out.contains(entity) {
            out = out.replace(entity, sign);
        }
    }
    out
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_is_found_in_a_graph_and_in_json_that_needs_mending() {
        let mut found = JsonLd::default();
        found.read("{\"@graph\":[{\"@type\":\"WebPage\"},{\"@type\":[\"NewsArticle\"],\"headline\":\"A &amp; B\",\n\"author\":[{\"name\":\"C D\"}],\"isAccessibleForFree\":\"False\",}]}");
        assert!(found.is_article);
        assert_eq!(found.headline.as_deref(), Some("A & B"));
        assert_eq!(found.authors, ["C D"]);
        assert_eq!(found.free, Some(false));
    }

    #[test]
    fn nested_lists_end_at_a_bound() {
        let mut found = JsonLd::default();
        found.read(&"[".repeat(100_000));
        assert!(!found.is_article);
    }
}
