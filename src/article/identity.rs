//! The address of an article and the key it is known by: identity rules v1, frozen.
//!
//! The key is the address over https, without `www.`, default port, fragment, tracking parameters, index file,
//! AMP marks and trailing slash, its parameters sorted and its escapes in one form. It is never fetched.

use std::{fmt::Write as _, sync::LazyLock};

use url::{Host, Url};

use crate::{
    fetch::{MAX_URL_BYTES, Refusal},
    id::ArticleId,
    site::Site,
};

mod rules;

use rules::Rules;

/// The rule that ids are computed by, the first part of what is hashed.
const RULE: &str = "url/1";
/// Redirectors inside redirectors that are opened.
const MAX_UNWRAPS: usize = 3;
/// Without the scheme, so that the key of an address is never too long to be one.
const MAX_BYTES_AFTER_SCHEME: usize = MAX_URL_BYTES - "https://".len();

static RULES: LazyLock<Rules> = LazyLock::new(Rules::v1);

/// The address of an article: http or https, no credentials, no fragment, not a redirector that names another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleUrl {
    url: Url,
    key: String,
}

impl ArticleUrl {
    /// Reads an address as feeds and pages write them.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text: String = text.trim().chars().filter(|c| !c.is_control()).collect();
        let url = Url::parse(&unescaped(text)).map_err(|_| Refusal::Unreadable)?;
        Self::of(url)
    }

    /// Reads an address that is one already, such as a redirect's.
    pub fn of(mut url: Url) -> Result<Self, Refusal> {
        admit(&url)?;
        for _ in 0..MAX_UNWRAPS {
            match RULES.unwrapped(&url) {
                Some(inner) if admit(&inner).is_ok() => url = inner,
                _ => break,
            }
        }
        let key = key(&url, &[]);
        if !url
            .fragment()
            .is_some_and(|fragment| fragment.starts_with('!'))
        {
            url.set_fragment(None);
        }
        Ok(Self { url, key })
    }

    /// The address to fetch.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// What the article is known by.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The article's id, from the key.
    pub fn id(&self) -> ArticleId {
        ArticleId::of(&[RULE, &self.key])
    }

    /// A further id, without parameters that an operator says only track; `None` when it is the same.
    pub fn alias(&self, tracking: &[String]) -> Option<ArticleId> {
        let key = key(&self.url, tracking);
        (key != self.key).then(|| ArticleId::of(&[RULE, &key]))
    }

    /// The site that owns the article.
    pub fn site(&self) -> Site {
        Site::of_url(&self.url).expect("an address without a host is refused when it is read")
    }

    /// The address that a page names as its own (`rel=canonical`, `og:url`), where it can be believed: absolute, of
    /// the same site, and neither the front page nor a section.
    pub fn agreed(&self, canonical: &str) -> Option<Self> {
        let named = Self::parse(canonical).ok()?;
        let (own_path, named_path) = (path_of_key(&self.key), path_of_key(&named.key));
        let above = own_path != named_path
            && own_path.starts_with(&format!("{}/", named_path.trim_end_matches('/')));
        let section = above || (is_section(named_path) && !is_section(own_path));
        let is_page = named_path == own_path || (named_path.len() > 1 && !section);
        (named.site() == self.site() && is_page).then_some(named)
    }
}

fn admit(url: &Url) -> Result<(), Refusal> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Credentials);
    }
    let too_long = url.as_str().len() - url.scheme().len() - "://".len() > MAX_BYTES_AFTER_SCHEME;
    let nameless = matches!(url.host(), None | Some(Host::Domain("" | ".")));
    if too_long || nameless {
        Err(Refusal::Unreadable)
    } else {
        Ok(())
    }
}

/// Takes an address out of the HTML it was written in: only ampersands, as `&copy=` is no sign for a copyright.
fn unescaped(mut text: String) -> String {
    for escape in ["&amp;", "&#38;", "&#038;", "&#x26;"] {
        while text.contains(escape) {
            text = text.replace(escape, "&");
        }
    }
    text
}

/// The key of an address under identity rules v1, without some further parameters.
fn key(url: &Url, tracking: &[String]) -> String {
    let mut key = format!("https://{}", host_of(url));
    if let Some(port) = url.port().filter(|port| !matches!(port, 80 | 443)) {
        write!(key, ":{port}").expect("a string takes all");
    }
    key.push_str(&path_of(url));
    let query = query_of(url, tracking);
    if !query.is_empty() {
        key.push('?');
        key.push_str(&query);
    }
    if let Some(fragment) = url.fragment().filter(|fragment| fragment.starts_with('!')) {
        key.push('#');
        key.push_str(fragment);
    }
    key
}

/// The host without its last dot and without `www.`.
fn host_of(url: &Url) -> &str {
    let mut host = url.host_str().unwrap_or_default().trim_end_matches('.');
    while let Some(rest) = host.strip_prefix("www.").filter(|rest| rest.contains('.')) {
        host = rest;
    }
    host
}

fn path_of(url: &Url) -> String {
    let path = one_form(url.path());
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut last = parts.pop().unwrap_or_default().to_owned();
    // What only names a form of the page goes, however often it is there.
    loop {
        let stem = last
            .strip_suffix(".amp.html")
            .filter(|stem| !stem.is_empty());
        last = match (last.as_str(), stem) {
            (_, Some(stem)) => format!("{stem}.html"),
            ("amp", _) if parts.is_empty() => break,
            ("index.html" | "index.php" | "amp", _) => parts.pop().unwrap_or_default().to_owned(),
            _ => break,
        };
    }
    parts.push(&last);
    format!("/{}", parts.join("/"))
}

fn query_of(url: &Url, tracking: &[String]) -> String {
    let Some(query) = url.query() else {
        return String::new();
    };
    let query = one_form(query);
    let mut kept: Vec<&str> = query
        .split('&')
        .map(bare)
        .filter(|pair| is_kept(pair, tracking))
        .collect();
    kept.sort_unstable();
    kept.join("&")
}

/// What is left of `&amp;` where the address was escaped twice.
fn bare(pair: &str) -> &str {
    let mut pair = pair;
    while let Some(rest) = pair.strip_prefix("amp;") {
        pair = rest;
    }
    pair
}

fn is_kept(pair: &str, tracking: &[String]) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let name = name.to_lowercase();
    let amp = match name.as_str() {
        "amp" => matches!(value, "" | "1" | "true"),
        "outputtype" => value.eq_ignore_ascii_case("amp"),
        _ => false,
    };
    let tracks = RULES.tracks(&name)
        || tracking
            .iter()
            .any(|other| other.eq_ignore_ascii_case(&name));
    !pair.is_empty() && !amp && !tracks
}

/// One form of escapes (RFC 3986 section 6.2.2): unreserved characters bare, digits in upper case.
fn one_form(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let escaped = after
            .get(..2)
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        let escaped = escaped.filter(|_| after.as_bytes()[0] != b'+');
        let bare = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
        match escaped {
            Some(byte) if bare(&byte) => out.push(char::from(byte)),
            Some(byte) => write!(out, "%{byte:02X}").expect("a string takes all"),
            None => out.push_str("%25"),
        }
        rest = if escaped.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    out.push_str(rest);
    out
}

/// The path in a key.
fn path_of_key(key: &str) -> &str {
    let after = key.get("https://".len()..).unwrap_or_default();
    let path = after.find('/').map_or("/", |at| &after[at..]);
    path.split(['?', '#']).next().unwrap_or(path)
}

/// Whether a path looks like a section: at most two words and nothing that tells one story from another.
fn is_section(path: &str) -> bool {
    let parts = path.split('/').filter(|part| !part.is_empty());
    let words = path
        .bytes()
        .all(|byte| byte == b'/' || byte.is_ascii_alphabetic());
    words && parts.count() <= 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_addresses_keep_their_ids_for_ever() {
        for (address, key, id) in FROZEN {
            let url = ArticleUrl::parse(address).expect("a known address");
            assert_eq!(url.key(), *key, "{address}");
            assert_eq!(url.id().to_string(), *id, "{address}");
        }
    }

    /// Address, key, id: computed once under identity rules v1, never to be changed.
    const FROZEN: &[(&str, &str, &str)] = &[
        (
            "https://www.dawn.com/news/1842552/police-say-five-killed-in-quetta-blast",
            "https://dawn.com/news/1842552/police-say-five-killed-in-quetta-blast",
            "ar_h3zjrqj6utijsymnv2uzmz6qvj",
        ),
        (
            "http://www.bbc.co.uk/news/world-asia-12345678?at_medium=RSS&at_campaign=KARANGA",
            "https://bbc.co.uk/news/world-asia-12345678",
            "ar_g7bl75sjj2pr6xnhpnwuqg7agn",
        ),
        (
            "https://www.theguardian.com/world/2024/jun/29/story?CMP=share&utm_source=x&UTM_Medium=y",
            "https://theguardian.com/world/2024/jun/29/story?CMP=share",
            "ar_gi4btapfazol2m75dg6muwdbzh",
        ),
        (
            "https://example.org/article.php?id=7&cat=3&fbclid=IwAR0",
            "https://example.org/article.php?cat=3&id=7",
            "ar_fn7rfva5hcx4wshmjkipulxxbb",
        ),
        (
            "https://example.org/article.php?cat=3&amp;id=7",
            "https://example.org/article.php?cat=3&id=7",
            "ar_fn7rfva5hcx4wshmjkipulxxbb",
        ),
        (
            "  https://Example.ORG:443/a//b/../c/?#top\n",
            "https://example.org/a/c",
            "ar_dyskfqpougvqdzwqertq233fie",
        ),
        (
            "http://example.org:80/",
            "https://example.org/",
            "ar_ejq6u7tqhno6qplehho2iexbaj",
        ),
        (
            "https://example.org:8443/x?",
            "https://example.org:8443/x",
            "ar_bpllf2bh4opdxcf3knparo3bp7",
        ),
        (
            "https://example.org/world/index.html",
            "https://example.org/world",
            "ar_fu35utr7dabv7tbsbjsulnjrcq",
        ),
        (
            "https://example.org/index.php?p=12",
            "https://example.org/?p=12",
            "ar_hp2ccraf33wwrcaoab62ul4gfx",
        ),
        (
            "https://example.org/2024/06/story/amp/",
            "https://example.org/2024/06/story",
            "ar_dr27mq254omfhn5pw7xgxl2tts",
        ),
        (
            "https://example.org/story.amp.html?outputType=amp",
            "https://example.org/story.html",
            "ar_b6fbawpmm2fwvzgg4ciw3vsov7",
        ),
        (
            "https://example.org/story?amp=1&x=%7e%c3%a9",
            "https://example.org/story?x=~%C3%A9",
            "ar_ecsitkpe4r3e7xrbc7vnb4fpqy",
        ),
        (
            "https://example.org/Caf\u{e9}/Nachrichten",
            "https://example.org/Caf%C3%A9/Nachrichten",
            "ar_gdvkucdr5f6dhlhuyazucdzw3x",
        ),
        (
            "https://b\u{fc}cher.example/neu",
            "https://xn--bcher-kva.example/neu",
            "ar_cq2jbbq2peaw3mql5alxunqjyp",
        ),
        (
            "https://example.org/app#!/story/5",
            "https://example.org/app#!/story/5",
            "ar_cjqnkc3xe3xpovsptxpw6og6jv",
        ),
        (
            "https://www.google.com/url?sa=t&url=https%3A%2F%2Fwww.example.org%2Fa%3Futm_id%3D1%26b%3D2&usg=AOv",
            "https://example.org/a?b=2",
            "ar_bw3okvyljnudlbbp44mdgzmswv",
        ),
        (
            "https://www-example-org.cdn.ampproject.org/c/s/www.example.org/a/amp",
            "https://example.org/a",
            "ar_af6tjes4vy6vznuabalbhh4pxp",
        ),
        (
            "http://127.0.0.1:8080/a",
            "https://127.0.0.1:8080/a",
            "ar_esp4nwqop3i4z6apgd6ra5ecrq",
        ),
        (
            "https://[2001:db8::1]/a",
            "https://[2001:db8::1]/a",
            "ar_ex7szil76h6mqgpqhrav5xg56i",
        ),
    ];

    #[test]
    fn tracking_parameters_of_an_operator_only_make_a_further_key() {
        let url = ArticleUrl::parse("https://example.org/a?ref_id=7&b=1").expect("an address");
        let plain = ArticleUrl::parse("https://example.org/a?b=1").expect("an address");
        assert_ne!(url.id(), plain.id());
        assert_eq!(url.alias(&["REF_ID".to_owned()]), Some(plain.id()));
        assert_eq!(plain.alias(&["ref_id".to_owned()]), None);
    }

    #[test]
    fn redirectors_are_opened_and_the_address_inside_is_fetched() {
        for (wrapped, inner) in [
            (
                "https://www.google.com/url?sa=t&url=https%3A%2F%2Fa.example%2Fx&usg=1",
                "https://a.example/x",
            ),
            (
                "https://google.co.uk/url?q=http://a.example/x%3Fy%3D1",
                "http://a.example/x?y=1",
            ),
            (
                "https://l.facebook.com/l.php?u=https%3A%2F%2Fa.example%2Fx&h=z",
                "https://a.example/x",
            ),
            (
                "http://www.bing.com/news/apiclick.aspx?ref=r&url=https%3a%2f%2fa.example%2fx",
                "https://a.example/x",
            ),
            (
                "https://www.google.com/amp/s/a.example/x/amp",
                "https://a.example/x/amp",
            ),
            (
                "https://a-example.cdn.ampproject.org/c/s/a.example/x",
                "https://a.example/x",
            ),
            (
                "https://www.google.com/url?url=https%3A%2F%2Fout.reddit.com%2F%3Furl%3Dhttps%253A%252F%252Fa.example%252Fx",
                "https://a.example/x",
            ),
        ] {
            let url = ArticleUrl::parse(wrapped).expect("an address");
            assert_eq!(url.as_str(), inner);
        }
        for plain in [
            "https://www.google.com/url?url=javascript:alert(1)",
            "https://www.google.com/url?url=https%3A%2F%2Fu:p%40a.example%2F",
            "https://google.evil.example/url?url=https%3A%2F%2Fa.example%2F",
            "https://example.org/url?url=https%3A%2F%2Fa.example%2F",
        ] {
            assert_eq!(
                ArticleUrl::parse(plain).expect("an address").as_str(),
                plain
            );
        }
    }

    #[test]
    fn what_is_no_address_of_an_article_is_refused() {
        for (text, why) in [
            ("", Refusal::Unreadable),
            ("/relative", Refusal::Unreadable),
            ("http://", Refusal::Unreadable),
            ("http://./x", Refusal::Unreadable),
            ("ftp://a.example/x", Refusal::Scheme),
            ("javascript:alert(1)", Refusal::Scheme),
            ("https://user@a.example/", Refusal::Credentials),
            ("https://user:pw@a.example/", Refusal::Credentials),
        ] {
            assert_eq!(ArticleUrl::parse(text), Err(why), "{text}");
        }
        let long = format!("https://a.example/{}", "x".repeat(3000));
        assert_eq!(ArticleUrl::parse(&long), Err(Refusal::Unreadable));
    }

    #[test]
    fn a_page_is_believed_about_its_address_within_its_site() {
        let url =
            ArticleUrl::parse("https://m.example.org/world/2024/story-1?id=2").expect("an address");
        for (canonical, agreed) in [
            ("https://www.example.org/world/2024/story-1", true),
            ("https://example.org/story-1", true),
            ("https://www.example.org/", false),
            ("https://www.example.org/world", false),
            ("https://www.example.org/world/2024/", false),
            ("https://www.example.org/politics", false),
            ("https://www.example.org/world/europe/", false),
            ("https://www.example.org/x7", true),
            ("https://other.example/world/2024/story-1", false),
            ("/world/2024/story-1", false),
            ("not an address", false),
        ] {
            assert_eq!(url.agreed(canonical).is_some(), agreed, "{canonical}");
        }
        let front = ArticleUrl::parse("https://example.org/?p=5").expect("an address");
        assert!(front.agreed("https://example.org/2024/story").is_some());
        assert!(front.agreed("https://example.org/").is_some());
    }

    fn address() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            "[a-z0-9]{1,4}",
            Just("amp".to_owned()),
            Just("index.html".to_owned()),
            Just("index.php".to_owned()),
            Just("a.amp.html".to_owned()),
            Just(String::new()),
            Just("..".to_owned()),
            Just("url".to_owned()),
            Just("%7e%e2%2f%zz".to_owned()),
            Just("c".to_owned()),
            Just("s".to_owned()),
            Just("l.php".to_owned()),
            "\\PC{0,4}",
        ];
        let pair = prop_oneof![
            "[a-c]=[0-9]{0,2}",
            Just("utm_source=x".to_owned()),
            Just("FBCLID=1".to_owned()),
            Just("amp".to_owned()),
            Just("amp;amp;x=1".to_owned()),
            Just("url=https%3A%2F%2Fexample.org%2Famp".to_owned()),
            Just("q=http://b.example/?amp;y".to_owned()),
            Just("outputType=amp".to_owned()),
            "\\PC{0,6}",
        ];
        let host = prop_oneof![
            Just("www.www.example.org"),
            Just("example.org."),
            Just("google.de"),
            Just("www.google.com"),
            Just("l.facebook.com"),
            Just("x.cdn.ampproject.org"),
            Just("127.0.0.1"),
            Just("[::1]"),
            Just("www.com"),
            Just("b\u{fc}cher.example"),
            Just("Example.ORG:8080"),
            Just("example.org:443"),
            Just("example.org:80"),
        ];
        let end = prop_oneof![
            Just(""),
            Just("#top"),
            Just("#!/page"),
            Just("#!&amp;x"),
            Just("/")
        ];
        let (parts, pairs) = (
            prop::collection::vec(part, 0..5),
            prop::collection::vec(pair, 0..5),
        );
        (prop::bool::ANY, host, parts, pairs, end).prop_map(|(tls, host, parts, pairs, end)| {
            let scheme = if tls { "https" } else { "http" };
            format!(
                "{scheme}://{host}/{}?{}{end}",
                parts.join("/"),
                pairs.join("&")
            )
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_key_of_a_key_is_itself_and_stays_within_the_site(text in address()) {
            if let Ok(url) = ArticleUrl::parse(&text) {
                let again = ArticleUrl::parse(url.key());
                prop_assert_eq!(again.as_ref().map(ArticleUrl::key), Ok(url.key()));
                prop_assert_eq!(again.map(|again| again.site()), Ok(url.site()));
            }
        }

        #[test]
        fn any_text_is_an_address_or_refused(text in "\\PC{0,80}") {
            if let Ok(url) = ArticleUrl::parse(&text) {
                prop_assert!(url.key().starts_with("https://"));
            }
        }
    }
}
