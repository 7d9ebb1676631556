//! `dateline article`: one story, or many, without what is not the story.

use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal, Read, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::Url;

use super::{Failure, jsonl, one};
use crate::{
    article::{self, Extracted, MAX_PAGE_BYTES, Page, Rules, url::ArticleUrl},
    config::SiteRules,
    fetch::Accept,
    id::ArticleId,
    record::{ARTICLE_SCHEMA, Article, Coding, Source},
    site::Site,
};

/// What `dateline article` takes.
#[derive(Debug, Clone, Args)]
pub(super) struct ArticleArgs {
    /// A file of HTML, plain text or an article record; `-` reads standard input
    #[arg(value_name = "URL|FILE|-")]
    pub(super) what: Option<String>,
    /// Print the record as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Many at once: `{id, file, url?}` a line in, a record a line out
    #[arg(long, conflicts_with_all = ["json", "explain"])]
    pub(super) jsonl: bool,
    /// Show what was removed and by which rule
    #[arg(long)]
    pub(super) explain: bool,
    /// The address the file was found at
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<Url>,
    /// More files of phrases that are no part of a story
    #[arg(long, value_name = "FILE")]
    pub(super) boilerplate: Vec<PathBuf>,
}

/// Shows the article behind an address, a file or standard input.
pub(super) fn article(args: &ArticleArgs) -> Result<(), Failure> {
    let rules =
        Rules::with_files(&args.boilerplate).map_err(|error| Failure::Usage(error.to_string()))?;
    if args.jsonl {
        let output = BufWriter::new(io::stdout().lock());
        jsonl::run(io::BufReader::new(io::stdin()), output, |asked| {
            one_of_many(asked, &rules)
        })?;
        return Ok(());
    }
    let Some(what) = &args.what else {
        return Err(Failure::Usage("name a file, an address, or - for standard input; to see what was published: dateline tail articles".to_owned()));
    };
    let (found, url) = found(what, args.url.as_ref(), &rules)?;
    show(args, &found, url.as_ref())
}

/// The article behind an address, a file or standard input, and where it was found.
pub(super) fn found(
    what: &str,
    url: Option<&Url>,
    rules: &Rules,
) -> Result<(Extracted, Option<Url>), Failure> {
    let Some(address) = one::address(what) else {
        let bytes = bytes_of(what)?;
        let found = of_bytes(&bytes, url, rules).map_err(Failure::Usage)?;
        return Ok((found, url.cloned()));
    };
    let (page, response) = one::fetched(&address, Accept::Page)?;
    let content_type = page.content_type();
    let read = Page {
        bytes: &page.bytes,
        content_type: content_type.as_deref(),
        address: Some(&response.url),
        head: Some(&response.head),
    };
    let found = article::extract(&read, rules, &SiteRules::default())
        .map_err(|error| Failure::Unavailable(format!("{address}: {error}")))?;
    Ok((found, Some(response.url)))
}

/// Prints an article the way the arguments ask for.
pub(super) fn show(
    args: &ArticleArgs,
    found: &Extracted,
    url: Option<&Url>,
) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json || (!args.explain && !io::stdout().is_terminal()) {
        let line = serde_json::to_string(&record(found, url))
            .map_err(|error| Failure::Fault(error.to_string()))?;
        writeln!(out, "{line}")?;
    } else {
        for_a_person(&mut out, found, args.explain)?;
    }
    out.flush()?;
    Ok(())
}

fn bytes_of(what: &str) -> Result<Vec<u8>, Failure> {
    if what == "-" {
        return Ok(bounded(io::stdin().lock())?);
    }
    unpacked(Path::new(what)).map_err(|error| Failure::Usage(format!("{what}: {error}")))
}

/// At most what a page may have, and one byte more, by which it is refused.
fn bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_PAGE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unpacked(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if path.extension().is_some_and(|end| end == "gz") {
        bounded(MultiGzDecoder::new(file))
    } else {
        bounded(file)
    }
}

/// Reads HTML, an article record or plain text.
pub(super) fn of_bytes(
    bytes: &[u8],
    url: Option<&Url>,
    rules: &Rules,
) -> Result<Extracted, String> {
    if let Some(record) = as_record(bytes) {
        return Ok(article::from_text(
            &record.text,
            record.title.as_deref(),
            rules,
        ));
    }
    if !looks_like_html(bytes) {
        return Ok(article::from_text(
            &String::from_utf8_lossy(bytes),
            None,
            rules,
        ));
    }
    let page = Page {
        bytes,
        address: url,
        ..Page::default()
    };
    article::read(&page, rules, &SiteRules::default()).map_err(|error| error.to_string())
}

fn as_record(bytes: &[u8]) -> Option<Article> {
    let opens = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if opens {
        serde_json::from_slice(bytes).ok()
    } else {
        None
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

fn one_of_many(asked: &Map<String, Value>, rules: &Rules) -> Result<Map<String, Value>, String> {
    let file = asked
        .get("file")
        .and_then(Value::as_str)
        .ok_or("`file` is missing")?;
    let url = asked
        .get("url")
        .and_then(Value::as_str)
        .and_then(|text| Url::parse(text).ok());
    let bytes = unpacked(Path::new(file)).map_err(|error| format!("{file}: {error}"))?;
    let page = Page {
        bytes: &bytes,
        address: url.as_ref(),
        ..Page::default()
    };
    let found =
        article::read(&page, rules, &SiteRules::default()).map_err(|error| error.to_string())?;
    let Ok(Value::Object(mut out)) = serde_json::to_value(record(&found, url.as_ref())) else {
        return Err("the record does not serialise".to_owned());
    };
    out.insert("articleBody".to_owned(), json!(found.text));
    out.insert(
        "date".to_owned(),
        json!(found.published.day.map(|day| day.to_string())),
    );
    Ok(out)
}

/// The record that would be published, with what only the worker knows left empty.
pub(super) fn record(found: &Extracted, url: Option<&Url>) -> Article {
    let found = found.clone();
    let address = url.or(found.canonical.as_ref());
    let mut language = found.language;
    language.used = language
        .detected
        .clone()
        .or_else(|| language.declared.clone());
    let source = Source {
        publisher: found.publisher.clone(),
        host: address.and_then(Url::host_str).map(str::to_owned),
        site: address.and_then(Site::of_url).map(|site| site.to_string()),
        agency: found.agency.clone(),
        ..Source::default()
    };
    Article {
        schema: ARTICLE_SCHEMA.to_owned(),
        id: address
            .and_then(|url| ArticleUrl::of(url.clone()).ok())
            .map_or_else(|| ArticleId::of(&["text/1", &found.text]), |url| url.id())
            .to_string(),
        revision: 1,
        status: "published".to_owned(),
        recorded: Timestamp::now(),
        run: "live".to_owned(),
        url: address.map(Url::to_string),
        urls: address.map(Url::to_string).into_iter().collect(),
        title: found.title,
        text: found.text,
        paragraphs: found.paragraphs,
        removed: found.removed,
        authors: found.authors,
        published: found.published,
        modified: found.modified,
        first_seen: None,
        fetched: None,
        language,
        section: found.section,
        tags: found.tags,
        image: found.image,
        publisher: found.publisher,
        access: found.access,
        rights: found.rights,
        dateline: found.dateline,
        agency: found.agency,
        method: found.method,
        body_source: "page".to_owned(),
        text_sha256: found.text_sha256,
        page_sha256: found.page_sha256,
        simhash: found.simhash,
        simhash_bands: found.simhash_bands,
        copy_of: None,
        source,
        coding: Coding {
            status: "no_model".to_owned(),
            events: 0,
            withheld: 0,
            coder: String::new(),
        },
    }
}

fn for_a_person(out: &mut impl Write, found: &Extracted, explain: bool) -> io::Result<()> {
    if let Some(title) = &found.title {
        writeln!(out, "{title}")?;
    }
    let day = found.published.day.map(|day| day.to_string());
    let about: Vec<String> = [
        Some(found.authors.join(", ")),
        day,
        found.publisher.clone(),
        found.agency.clone(),
        found.language.detected.clone(),
    ]
    .into_iter()
    .flatten()
    .filter(|part| !part.is_empty())
    .collect();
    writeln!(out, "{}\n", about.join(" · "))?;
    for paragraph in found.text.lines() {
        writeln!(out, "{paragraph}\n")?;
    }
    if explain {
        writeln!(
            out,
            "Found by: {}. Removed from that part of the page:",
            found.method
        )?;
        for gone in &found.removed {
            writeln!(out, "  {:<15} {}", gone.rule, gone.text)?;
        }
    }
    Ok(())
}
