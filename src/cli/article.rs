//! `dateline article`: one story, or many, without what is not the story.

use std::{
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::{Map, Value, json};
use url::Url;

use super::{CommandFailure, found, jsonl, print};
use crate::{
    article::{self, Page, Rules},
    config::SiteRules,
    record::Article,
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
pub(super) fn show_article(args: &ArticleArgs) -> Result<(), CommandFailure> {
    let rules = Rules::with_files(&args.boilerplate)
        .map_err(|error| CommandFailure::Usage(error.to_string()))?;
    if args.jsonl {
        let output = BufWriter::new(io::stdout().lock());
        jsonl::answer_lines(io::BufReader::new(io::stdin()), output, |asked| {
            one_of_many(asked, &rules)
        })?;
        return Ok(());
    }
    let Some(what) = &args.what else {
        return Err(CommandFailure::Usage("name a file, an address, or - for standard input; to see what was published: dateline tail articles".to_owned()));
    };
    print_article(args, &found::find_article(what, args.url.as_ref(), &rules)?)
}

/// Prints an article the way the arguments ask for.
fn print_article(args: &ArticleArgs, article: &Article) -> Result<(), CommandFailure> {
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json || (!args.explain && !io::stdout().is_terminal()) {
        let line = serde_json::to_string(article)
            .map_err(|error| CommandFailure::Fault(error.to_string()))?;
        print::write_outside(&mut out, &line)?;
        writeln!(out)?;
    } else {
        let mut text = Vec::new();
        for_a_person(&mut text, article, args.explain)?;
        print::write_outside(&mut out, &String::from_utf8_lossy(&text))?;
    }
    out.flush()?;
    Ok(())
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
    let bytes =
        found::read_unpacked(Path::new(file)).map_err(|error| format!("{file}: {error}"))?;
    let page = Page {
        bytes: &bytes,
        address: url.as_ref(),
        ..Page::default()
    };
    let mut found =
        article::read(&page, rules, &SiteRules::default()).map_err(|error| error.to_string())?;
    let wall = found.wall;
    if wall.is_some() {
        found.drop_text();
    }
    let article = found::build_record(found, url.as_ref());
    let Ok(Value::Object(mut out)) = serde_json::to_value(&article) else {
        return Err("the record does not serialise".to_owned());
    };
    out.insert("articleBody".to_owned(), json!(article.text));
    if let Some(wall) = wall {
        out.insert("set_aside".to_owned(), json!(wall.reason()));
    }
    out.insert(
        "date".to_owned(),
        json!(article.published.day.map(|day| day.to_string())),
    );
    Ok(out)
}

fn for_a_person(out: &mut impl Write, found: &Article, explain: bool) -> io::Result<()> {
    if let Some(title) = &found.title {
        writeln!(out, "{title}")?;
    }
    let day = found.published.day.map(|day| day.to_string());
    let about: Vec<String> = [
        Some(found.authors.join(", ")),
        day,
        found.publisher.clone(),
        found.agency.clone(),
        found.language.used.clone(),
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
