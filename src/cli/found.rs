//! What `article` and `events` are given: an address, a file or standard input, as an article record.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use super::{CommandFailure, one};
use crate::{
    article::{self, Extracted, MAX_PAGE_BYTES, Page, Rules, identity::ArticleUrl},
    config::SiteRules,
    event,
    fetch::Accept,
    id::{ArticleId, to_hex},
    record::{ARTICLE_SCHEMA, Article, Source},
    site::Site,
};

/// The article behind an address, a file or standard input. A record is taken as it is.
pub(super) fn find_article(
    what: &str,
    url: Option<&Url>,
    rules: &Rules,
) -> Result<Article, CommandFailure> {
    let Some(address) = one::parse_address(what) else {
        let bytes = bytes_of(what)?;
        if let Some(kind) = name_no_text(&bytes) {
            return Err(CommandFailure::NoText(format!("{what}: {kind}, no text")));
        }
        return of_bytes(&bytes, url, rules)
            .map_err(|error| CommandFailure::Usage(format!("{what}: {error}")));
    };
    let (page, response) = one::fetch_address(&address, Accept::Page)?;
    let content_type = page.content_type();
    let read = Page {
        bytes: &page.bytes,
        content_type: content_type.as_deref(),
        address: Some(&response.url),
        head: Some(&response.head),
        ..Page::default()
    };
    let found = article::extract(&read, rules, &SiteRules::default())
        .map_err(|error| CommandFailure::Unavailable(format!("{address}: {error}")))?;
    Ok(build_record(found, Some(&response.url)))
}

fn bytes_of(what: &str) -> Result<Vec<u8>, CommandFailure> {
    if what == "-" {
        return Ok(read_bounded(io::stdin().lock())?);
    }
    read_unpacked(Path::new(what))
        .map_err(|error| CommandFailure::Usage(format!("{what}: {error}")))
}

/// At most what a page may have, and one byte more, by which it is refused.
fn read_bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_PAGE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The bytes of a file, unpacked where its name ends in `.gz`.
pub(super) fn read_unpacked(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if path.extension().is_some_and(|end| end == "gz") {
        read_bounded(MultiGzDecoder::new(file))
    } else {
        read_bounded(file)
    }
}

/// What bytes are that hold no text to read; nothing where they may. A zero byte stands in no text but UTF-16 and UTF-32,
/// which begin with their mark or have a zero in every second byte at least.
fn name_no_text(bytes: &[u8]) -> Option<&'static str> {
    let head = &bytes[..bytes.len().min(4096)];
    let zeros: usize = head.iter().map(|&byte| usize::from(byte == 0)).sum();
    let is_wide = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    if bytes.iter().all(u8::is_ascii_whitespace) {
        Some("empty")
    } else if head.starts_with(b"\x89PNG")
        || head.starts_with(b"\xff\xd8\xff")
        || head.starts_with(b"GIF8")
    {
        Some("an image")
    } else if head.starts_with(b"%PDF-") {
        Some("a PDF")
    } else if head.starts_with(b"PK\x03\x04") {
        Some("a zip archive or an office document")
    } else if head.starts_with(b"\x1f\x8b") {
        Some("gzipped under a name that does not end in .gz")
    } else if zeros > 0 && !is_wide && zeros * 5 < head.len() * 2 {
        Some("binary")
    } else {
        None
    }
}

/// Reads HTML, an article record or plain text.
fn of_bytes(bytes: &[u8], url: Option<&Url>, rules: &Rules) -> Result<Article, String> {
    if let Some(record) = as_record(bytes)? {
        return Ok(record);
    }
    if !looks_like_html(bytes) {
        let text = String::from_utf8_lossy(bytes);
        return Ok(build_record(article::from_text(&text, None, rules), url));
    }
    let page = Page {
        bytes,
        address: url,
        ..Page::default()
    };
    article::read(&page, rules, &SiteRules::default())
        .map(|found| build_record(found, url))
        .map_err(|error| error.to_string())
}

/// An article record, where the bytes say that they are one; the spans of its events must be those of its text.
fn as_record(bytes: &[u8]) -> Result<Option<Article>, String> {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Ok(None);
    }
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return Ok(None);
    };
    if value["schema"] != ARTICLE_SCHEMA {
        return Ok(None);
    }
    let record: Article =
        serde_json::from_value(value).map_err(|error| format!("no article record: {error}"))?;
    if record.text_sha256 != to_hex(&Sha256::digest(record.text.as_bytes())) {
        return Err("text_sha256 is not the hash of the record's text".to_owned());
    }
    let end = record.text.chars().count();
    let outside = |span: &&crate::record::Paragraph| span.start > span.end || span.end > end;
    match record.paragraphs.iter().find(outside) {
        Some(span) => Err(format!(
            "the paragraph {}..{} is outside of the record's text of {end} characters",
            span.start, span.end
        )),
        None => Ok(Some(record)),
    }
}

/// A tag within the first part of the file.
fn looks_like_html(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).to_ascii_lowercase();
    [
        "<!doctype",
        "<html",
        "<head",
        "<body",
        "<meta",
        "<p>",
        "<p ",
        "<div",
        "<article",
        "<!--",
        "<script",
        "<title",
    ]
    .iter()
    .any(|tag| head.contains(tag))
}

/// The record that would be published, with what only the worker knows left empty. This command reads the story and
/// leaves the coding to `dateline events`; that no model can code it is known already.
pub(super) fn build_record(found: Extracted, url: Option<&Url>) -> Article {
    let address = url.or(found.canonical.as_ref()).cloned();
    let source = Source {
        publisher: found.publisher.clone(),
        host: address.as_ref().and_then(Url::host_str).map(str::to_owned),
        site: address
            .as_ref()
            .and_then(Site::of_url)
            .map(|site| site.to_string()),
        agency: found.agency.clone(),
        ..Source::default()
    };
    let written = address.as_ref().map(Url::to_string);
    let id = address
        .and_then(|url| ArticleUrl::of(url).ok())
        .map_or_else(|| ArticleId::of(&["text/1", &found.text]), |url| url.id());
    let mut record = found.record(id, source);
    if !event::has_model(&record.language) {
        "no_model".clone_into(&mut record.coding.status);
    }
    Article {
        urls: written.iter().cloned().collect(),
        url: written,
        ..record
    }
}
