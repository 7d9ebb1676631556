//! Feeds in the four formats the demo speaks: RSS 2.0, RSS 1.0 (RDF), Atom and JSON Feed.
use std::fmt::Write;

use jiff::Timestamp;
use serde::Deserialize;

use super::template::escape_html;

/// The format of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedKind {
    /// RSS 2.0.
    Rss,
    /// RSS 1.0, an RDF vocabulary.
    Rdf,
    /// Atom (RFC 4287).
    Atom,
    /// JSON Feed 1.1.
    Json,
}

/// One item of a feed.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Headline.
    pub title: String,
    /// Address of the page, as the feed gives it.
    pub link: String,
    /// A sentence or two.
    pub summary: String,
    /// Publication instant.
    pub published: Timestamp,
}

impl FeedKind {
    /// The media type it is served with.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Rdf => "application/rdf+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Json => "application/feed+json",
        }
    }

    /// The feed's text; `home` is the outlet's address and stands for the feed in its ids.
    pub fn render_feed(self, name: &str, home: &str, items: &[Listing]) -> String {
        match self {
            Self::Rss => render_rss(name, home, items),
            Self::Rdf => render_rdf(name, home, items),
            Self::Atom => render_atom(name, home, items),
            Self::Json => render_json(name, home, items),
        }
    }
}

fn render_rss(name: &str, home: &str, items: &[Listing]) -> String {
    let items = render_each(items, |title, link, summary, at| {
        let at = at.strftime("%a, %d %b %Y %H:%M:%S GMT");
        format!(
            "<item><title>{title}</title><link>{link}</link><guid isPermaLink=\"false\">{link}\
             </guid><description>{summary}</description><pubDate>{at}</pubDate></item>\n"
        )
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel>\
         <title>{}</title><link>{home}</link><description>Latest news</description>\
         <language>en</language><ttl>15</ttl>\n{items}</channel></rss>\n",
        escape_html(name)
    )
}

fn render_rdf(name: &str, home: &str, items: &[Listing]) -> String {
    let order = render_each(items, |_, link, _, _| {
        format!("<rdf:li rdf:resource=\"{link}\"/>")
    });
    let items = render_each(items, |title, link, summary, at| {
        format!(
            "<item rdf:about=\"{link}\"><title>{title}</title><link>{link}</link>\
             <description>{summary}</description><dc:date>{at}</dc:date></item>\n"
        )
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" \
         xmlns=\"http://purl.org/rss/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <channel rdf:about=\"{home}\"><title>{}</title><link>{home}</link>\
         <description>Latest news</description><items><rdf:Seq>{order}</rdf:Seq></items>\
         </channel>\n{items}</rdf:RDF>\n",
        escape_html(name)
    )
}

fn render_atom(name: &str, home: &str, items: &[Listing]) -> String {
    let newest = items
        .iter()
        .map(|item| item.published)
        .max()
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let items = render_each(items, |title, link, summary, at| {
        format!(
            "<entry><title>{title}</title><link href=\"{link}\"/><id>{link}</id>\
             <published>{at}</published><updated>{at}</updated>\
             <summary>{summary}</summary></entry>\n"
        )
    });
    let name = escape_html(name);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\"><title>{name}</title>\
         <link href=\"{home}\"/><id>{home}</id><updated>{newest}</updated>\
         <author><name>{name}</name></author>\n{items}</feed>\n"
    )
}

fn render_json(name: &str, home: &str, items: &[Listing]) -> String {
    let item = |item: &Listing| {
        serde_json::json!({
            "id": item.link, "url": item.link, "title": item.title,
            "summary": item.summary, "content_text": item.summary,
            "date_published": item.published.to_string(),
        })
    };
    let items: Vec<_> = items.iter().map(item).collect();
    let version = "https://jsonfeed.org/version/1.1";
    serde_json::json!({
        "version": version, "title": name, "home_page_url": home, "language": "en", "items": items,
    })
    .to_string()
}

/// Writes every item with its title, link and summary escaped for XML.
fn render_each(
    items: &[Listing],
    write_item: impl Fn(&str, &str, &str, Timestamp) -> String,
) -> String {
    let mut out = String::new();
    for item in items {
        let (title, link) = (escape_html(&item.title), escape_html(&item.link));
        let text = write_item(&title, &link, &escape_html(&item.summary), item.published);
        write!(out, "{text}").expect("writing to a string cannot fail");
    }
    out
}
