//! `dateline init`: writes the configuration and asks for the contact.

use std::{
    fs::OpenOptions,
    io::{self, BufRead, IsTerminal, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use super::CommandFailure;
use crate::{
    config::{self, Config},
    feed::list,
};

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// An address or web page people can write to; goes into the User-Agent (asked for on a terminal)
    #[arg(long)]
    contact: Option<String>,
    /// List a few publishers to start with (asked for on a terminal); else the list is empty
    #[arg(long)]
    starter: bool,
    /// The folder to write to
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(super) fn write_config(args: &InitArgs) -> Result<(), CommandFailure> {
    let contact = match &args.contact {
        Some(contact) => Some(contact.clone()),
        None => ask_contact()?,
    };
    let has_starter = args.starter || (args.contact.is_none() && ask_starter()?);
    let mut text = config::DEFAULT.to_owned();
    if let Some(contact) = &contact {
        let line = format!("contact = {}", toml::Value::from(contact.as_str()));
        text = text.replacen("#contact = \"ops@example.org\"", &line, 1);
        Config::parse(&args.folder.join("dateline.toml"), &text)?;
    }
    std::fs::create_dir_all(&args.folder)?;
    let (settings, feeds) = (
        args.folder.join("dateline.toml"),
        args.folder.join("feeds.toml"),
    );
    for path in [&settings, &feeds] {
        if path.exists() {
            return Err(CommandFailure::Usage(format!(
                "{} is there already; nothing was written",
                path.display()
            )));
        }
    }
    write_new_file(&settings, &text)?;
    let feed_list = if has_starter {
        list::DEFAULT.to_owned()
    } else {
        without_feeds(list::DEFAULT)
    };
    write_new_file(&feeds, &feed_list)?;
    print_written(&settings, &feeds, has_starter, contact.is_some())?;
    Ok(())
}

/// Says what was written, and what comes next.
fn print_written(
    settings: &Path,
    feeds: &Path,
    has_starter: bool,
    has_contact: bool,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "wrote {}: every option, each with its default",
        settings.display()
    )?;
    let listed = if has_starter {
        "a starter list of publishers"
    } else {
        "no feed yet"
    };
    writeln!(out, "wrote {}: {listed}", feeds.display())?;
    if !has_contact {
        writeln!(
            out,
            "set `contact` in {} before `dateline run`: publishers want to know whom to write to",
            settings.display()
        )?;
    }
    writeln!(
        out,
        "next: dateline feeds add https://a.news.site/   then: dateline run"
    )
}

fn ask_contact() -> Result<Option<String>, CommandFailure> {
    let answer = ask_line(
        "Contact for the User-Agent (an e-mail address or a web page, empty to set it later): ",
    )?;
    Ok(answer.filter(|contact| !contact.is_empty()))
}

fn ask_starter() -> Result<bool, CommandFailure> {
    let publishers = list::DEFAULT
        .lines()
        .filter_map(|line| line.strip_prefix("name = "))
        .map(|name| name.trim_matches('"'))
        .collect::<Vec<_>>()
        .join("; ");
    let answer = ask_line(&format!("List these to start with: {publishers}? [y/N] "))?;
    Ok(answer.is_some_and(|answer| answer.to_ascii_lowercase().starts_with('y')))
}

/// What a person answers; nothing where nobody is there to ask.
fn ask_line(question: &str) -> Result<Option<String>, CommandFailure> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    write!(io::stdout().lock(), "{question}")?;
    io::stdout().flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(Some(line.trim().to_owned()))
}

/// The comments of the list, which say how a feed is written, without its feeds.
fn without_feeds(list: &str) -> String {
    let mut out = String::new();
    for line in list.lines() {
        let is_comment = line.starts_with('#');
        let is_gap = line.is_empty() && !out.is_empty() && !out.ends_with("\n\n");
        if is_comment || is_gap {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn write_new_file(path: &Path, text: &str) -> Result<(), CommandFailure> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let done = file.and_then(|mut file| file.write_all(text.as_bytes()));
    done.map_err(|error| CommandFailure::Disk(format!("cannot write {}: {error}", path.display())))
}
