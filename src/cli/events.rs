//! `dateline events`: the events of a story, for a person or as the records that `run` would publish.

use std::{
    fs,
    io::{self, BufWriter, IsTerminal, Write},
    path::PathBuf,
};

use clap::Args;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{CommandFailure, found, jsonl, print};
use crate::{
    article::{self, Rules},
    event::{self, ActorFile, Coder, LexiconSource, Publish, Story, explain, line},
    record::{Event, Language},
    worker,
};

/// Arguments of `events`.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct EventsArgs {
    /// An address, a file, or - for standard input
    #[arg(value_name = "URL|FILE|-")]
    what: Option<String>,
    /// Print each event as its published record
    #[arg(long)]
    json: bool,
    /// Many at once: `{id, text, published?, title?, language?}` a line in, `{id, status, events}` a line out
    #[arg(long, conflicts_with = "json")]
    jsonl: bool,
    /// Also what is held back: every modality and confidence
    #[arg(long)]
    all: bool,
    /// Show the sentence, the rule, the spans and each decision
    #[arg(long, conflicts_with_all = ["json", "jsonl"])]
    explain: bool,
    /// Your own actors: TSV with a header line, columns name, country, sectors, aliases, from, to, wikidata
    #[arg(long, value_name = "FILE")]
    actors: Vec<PathBuf>,
}

pub(super) fn show_events(args: &EventsArgs) -> Result<(), CommandFailure> {
    let actors = actor_files(&args.actors)?;
    let coder = Coder::new(&LexiconSource::embedded(), &actors)
        .map_err(|error| CommandFailure::Usage(error.to_string()))?;
    let publish = (!args.all).then(Publish::default);
    if args.jsonl {
        let output = BufWriter::new(io::stdout().lock());
        jsonl::answer_lines(io::BufReader::new(io::stdin()), output, |asked| {
            one_of_many(&coder, publish.as_ref(), asked)
        })?;
        return Ok(());
    }
    let Some(what) = &args.what else {
        let hint = "name an address, a file, or - for standard input; to see what was published: dateline tail events";
        return Err(CommandFailure::Usage(hint.to_owned()));
    };
    let mut article = found::find_article(what, None, &Rules::shipped())?;
    let mut found = allowed_events(worker::code_article(&coder, &mut article), publish.as_ref());
    for event in &mut found {
        event.recorded = Timestamp::now();
    }
    let mut out = BufWriter::new(io::stdout().lock());
    if args.explain || (io::stdout().is_terminal() && !args.json) {
        if article.coding.status == "no_model" {
            let language = article.language.used.as_deref().unwrap_or("unknown");
            writeln!(out, "its language is {language}; only English is coded")?;
        }
        print_events(&mut out, &found, args.explain)?;
    } else {
        for event in &found {
            print::write_outside(&mut out, &json!(event).to_string())?;
            writeln!(out)?;
        }
        if found.is_empty() {
            print::tell_of_nothing("no event; --all shows what is held back");
        }
    }
    out.flush()?;
    Ok(())
}

fn print_events(out: &mut impl Write, found: &[Event], why: bool) -> io::Result<()> {
    let colour = print::wants_colours();
    for event in found {
        print::print_line(out, &line(event, colour))?;
        if why {
            print::write_outside(out, &explain(event))?;
        }
    }
    if found.is_empty() {
        writeln!(out, "no event; --all shows what is held back")?;
    }
    Ok(())
}

fn allowed_events(events: Vec<Event>, publish: Option<&Publish>) -> Vec<Event> {
    events
        .into_iter()
        .filter(|event| publish.is_none_or(|publish| publish.allows(event)))
        .collect()
}

fn one_of_many(
    coder: &Coder,
    publish: Option<&Publish>,
    asked: &Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    let text = asked
        .get("text")
        .and_then(Value::as_str)
        .ok_or("`text` is missing")?;
    let mut story = Story::of_text(text);
    story.language = match asked.get("language").and_then(Value::as_str) {
        Some(language) => Language {
            declared: Some(language.to_owned()),
            ..Language::default()
        }
        .with_decision(),
        None => article::language_of_text(text),
    };
    story.article.language.clone_from(&story.language.used);
    if let Some(published) = asked.get("published").and_then(Value::as_str) {
        story.published.at = published.parse().ok();
        story.published.day = published.get(..10).and_then(|day| day.parse().ok());
        story.article.published = Some(published.to_owned());
    }
    story.title = asked.get("title").and_then(Value::as_str);
    story.article.title = story.title.map(str::to_owned);
    let has_model = event::has_model(&story.language);
    let events = if has_model {
        allowed_events(coder.code(&story), publish)
    } else {
        Vec::new()
    };
    let status = if has_model { "coded" } else { "no_model" };
    Ok(Map::from_iter([
        ("status".to_owned(), json!(status)),
        ("events".to_owned(), json!(events)),
    ]))
}

/// The texts of the user's own actor files; all that cannot be read are named together.
pub(super) fn actor_files(paths: &[PathBuf]) -> Result<Vec<ActorFile>, CommandFailure> {
    let mut files = Vec::new();
    let mut faults = Vec::new();
    for path in paths {
        match fs::read_to_string(path) {
            Ok(text) => files.push(ActorFile {
                name: path.display().to_string(),
                text,
            }),
            Err(error) => faults.push(format!("{}: {error}", path.display())),
        }
    }
    if faults.is_empty() {
        Ok(files)
    } else {
        Err(CommandFailure::Usage(faults.join("\n")))
    }
}
