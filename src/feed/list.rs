//! The feed list: one file of `[[feed]]` tables, checked as a whole.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    ops::RangeInclusive,
    path::Path,
    sync::Arc,
    time::Duration,
};

use sha2::{Digest, Sha256};
use url::Url;

use super::Feed;
use crate::{
    config::{
        ConfigDocument, ConfigTable, Refused, SiteRules, build_schema, read_sites, unreadable_file,
    },
    id::{FeedId, to_hex},
    site::Site,
};

/// The list `dateline init` writes.
pub const DEFAULT: &str = include_str!("../../config/feeds.toml");

/// The feeds of a worker with the rules of single sites.
#[derive(Debug, Clone, Default)]
pub struct FeedList {
    /// The feeds in the order of the file.
    pub feeds: Vec<Arc<Feed>>,
    /// Rules of sites by name.
    pub sites: BTreeMap<String, SiteRules>,
    /// Hash of what the file says: two workers with the same list show the same.
    pub hash: String,
}

impl FeedList {
    /// Reads a feed list.
    pub fn load(path: &Path) -> Result<Self, Refused> {
        let text = std::fs::read_to_string(path).map_err(|error| unreadable_file(path, &error))?;
        Self::parse(path, &text)
    }

    /// Reads a feed list, unless its text is the one of that hash.
    pub fn load_changed(path: &Path, hash: &str) -> Result<Option<Self>, Refused> {
        let text = std::fs::read_to_string(path).map_err(|error| unreadable_file(path, &error))?;
        if hash_of(&text) == hash {
            return Ok(None);
        }
        Self::parse(path, &text).map(Some)
    }

    /// Reads a text as if it stood in the file `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Refused> {
        let (mut list, faults) = ConfigDocument::new(path, text.to_owned()).read_with(feed_list);
        if !faults.is_empty() {
            return Err(Refused(faults));
        }
        list.hash = hash_of(text);
        Ok(list)
    }
}

/// The JSON Schema of the file, for editors.
pub fn json_schema() -> serde_json::Value {
    let shapes = ConfigDocument::describe_keys(feed_list);
    build_schema("feeds.toml", &shapes, &toml::Table::new())
}

fn hash_of(text: &str) -> String {
    to_hex(&Sha256::digest(text)[..8])
}

fn feed_list(root: &ConfigTable<'_>) -> FeedList {
    let mut list = FeedList::default();
    let mut ids: HashMap<FeedId, String> = HashMap::new();
    for table in root.read_tables("feed") {
        let feed = feed(&table);
        table.refuse_unknown();
        let Some(feed) = feed else { continue };
        if let Some(other) = ids.insert(feed.id.clone(), feed.url.to_string()) {
            table.record_fault(
                "url",
                format!("`{other}` is listed already as {}", feed.id),
                "each feed once",
            );
            continue;
        }
        list.feeds.push(Arc::new(feed));
    }
    list.sites = read_sites(&root.read_table("sites"));
    list
}

fn feed(table: &ConfigTable<'_>) -> Option<Feed> {
    let interval = table
        .has_key("interval")
        .then(|| table.read_duration("interval", Duration::ZERO, INTERVALS));
    let id = table.read_parsed(
        "id",
        "letters, digits, `.`, `_`, `-` and `:`, at most 64",
        read_id,
    );
    let name = table.read_text("name");
    let language = table.read_parsed(
        "language",
        "a language tag such as \"en\" or \"pt-BR\"",
        read_language,
    );
    let country = table.read_parsed(
        "country",
        "an ISO 3166-1 alpha-3 code such as \"PAK\"",
        read_country,
    );
    let tags = table
        .read_list("tags", "texts", |text| Ok(text.to_owned()))
        .unwrap_or_default();
    if !table.has_key("url") {
        table.record_fault("url", "is missing", ADDRESS);
    }
    let url = table.read_parsed("url", ADDRESS, address)?;
    let site = Site::of_url(&url)?;
    let id = id.unwrap_or_else(|| FeedId::of_address(url.as_str()));
    Some(Feed {
        id,
        url,
        site,
        name,
        interval,
        language,
        country,
        tags,
    })
}

const ADDRESS: &str = "an http or https address without user name and password";

/// What the interval of a feed may be.
pub(super) const INTERVALS: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(30 * 86_400);
/// Schemes by which feed readers call their own addresses; behind them stands a web address, or one without its scheme.
const READER_SCHEMES: [&str; 6] = ["feed", "feeds", "rss", "pcast", "itpc", "podcast"];

/// The address of a feed.
pub fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(&as_web_address(text.trim()))
        .map_err(|error| format!("`{text}` is no address: {error}"))?;
    if !["http", "https"].contains(&url.scheme()) || url.host_str().is_none() {
        return Err(format!("`{text}` is no web address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("carries a user name or password".to_owned());
    }
    Ok(url)
}

/// The address of a feed, whose scheme may have been left out.
pub fn guess_address(text: &str) -> Result<Url, String> {
    let text = text.trim();
    let has_scheme = text.contains("://") || as_web_address(text) != text;
    if has_scheme {
        address(text)
    } else {
        let no_address = || format!("`{text}` is no address");
        let url = address(&format!("https://{}", text.trim_start_matches('/')));
        url.ok().filter(names_a_host).ok_or_else(no_address)
    }
}

/// Whether the host of an address is more than a word, as that of `N/A` is.
fn names_a_host(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host.contains(['.', ':']) || host == "localhost" || url.port().is_some()
}

/// `feed://host/path` and `feed:https://host/path` as what they stand for.
fn as_web_address(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once(':') else {
        return Cow::Borrowed(text);
    };
    let is_readers = READER_SCHEMES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(scheme));
    // A port stands behind a host of that name: `feeds:8080/rss`.
    if !is_readers || rest.starts_with(|c: char| c.is_ascii_digit()) {
        return Cow::Borrowed(text);
    }
    let rest = rest.trim_start_matches('/');
    if rest.starts_with("http://") || rest.starts_with("https://") {
        Cow::Borrowed(rest)
    } else {
        Cow::Owned(format!("http://{rest}"))
    }
}

pub(super) fn read_id(text: &str) -> Result<FeedId, String> {
    let fits = (1..=64).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-:".contains(c));
    if fits {
        Ok(FeedId::configured(text))
    } else {
        Err(format!("`{text}` does not fit"))
    }
}

pub(super) fn read_language(text: &str) -> Result<String, String> {
    let parts = text
        .split('-')
        .all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    // A tag begins with a code of two or three letters (RFC 5646 section 2.2.1); `english` is a name.
    let code = text.split('-').next().unwrap_or_default();
    let is_code = matches!(code.len(), 2 | 3) && code.bytes().all(|b| b.is_ascii_alphabetic());
    if parts && is_code {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is no language tag"))
    }
}

pub(super) fn read_country(text: &str) -> Result<String, String> {
    let fits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase());
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is no such code"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::outline::Outline;

    fn parse(text: &str) -> Result<FeedList, Refused> {
        FeedList::parse(Path::new("feeds.toml"), text)
    }

    #[test]
    fn the_starter_list_is_valid() {
        assert!(
            !parse(DEFAULT)
                .expect("the shipped list is valid")
                .feeds
                .is_empty()
        );
    }

    #[test]
    fn all_faults_are_listed_together_with_their_lines() {
        let text = "[[feed]]\nurl = \"ftp://a.org/\"\n[[feed]]\nulr = \"http://b.org/\"\ncountry = \"pak\"\n";
        let faults = parse(text).expect_err("three faults").0;
        let rows: Vec<(usize, &str)> = faults.iter().map(|f| (f.line, f.key.as_str())).collect();
        assert_eq!(
            rows,
            [
                (2, "feed.url"),
                (5, "feed.country"),
                (3, "feed.url"),
                (4, "feed.ulr")
            ]
        );
    }

    #[test]
    fn the_rules_of_a_site_are_found_under_any_of_its_names_and_set_once() {
        let list = parse("[sites]\n\"www.Example.org\" = { pace = \"5s\" }\n").expect("a list");
        assert!(list.sites.contains_key("example.org"));
        let twice = "[sites]\n\"a.org\" = {}\n\"www.a.org\" = {}\n\"https://b.org/\" = {}\n";
        let faults = parse(twice).expect_err("two faults").0;
        assert_eq!(faults.len(), 2, "{faults:?}");
    }

    #[test]
    fn a_feed_added_reads_back() {
        let url = Url::parse("https://example.org/feed?a=\"b").expect("an address");
        let added = Outline::named(url.clone(), Some("A \"name\"".to_owned()));
        let list = parse(&added.to_table()).expect("an entry is valid");
        assert_eq!(list.feeds[0].url, url);
        assert_eq!(list.feeds[0].name.as_deref(), Some("A \"name\""));
    }

    #[test]
    fn a_feed_listed_twice_is_a_fault() {
        let faults = parse("[[feed]]\nurl=\"http://a.org/\"\n[[feed]]\nurl=\"http://a.org/\"\n");
        assert!(
            faults
                .expect_err("listed twice")
                .to_string()
                .contains("listed already")
        );
    }
}
