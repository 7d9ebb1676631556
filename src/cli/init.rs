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
    /// The folder to write to
    #[arg(default_value = ".")]
    folder: PathBuf,
}

pub(super) fn write_config(args: &InitArgs) -> Result<(), CommandFailure> {
    let contact = match &args.contact {
        Some(contact) => Some(contact.clone()),
        None => ask_contact()?,
    };
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
    write_new_file(&feeds, list::DEFAULT)?;
    let mut out = io::stdout().lock();
    writeln!(out, "wrote {} and {}", settings.display(), feeds.display())?;
    if contact.is_none() {
        writeln!(
            out,
            "set `contact` in {} before `dateline run`: publishers want to know whom to write to",
            settings.display()
        )?;
    }
    writeln!(
        out,
        "next: dateline feeds add https://a.news.site/   then: dateline run"
    )?;
    Ok(())
}

fn ask_contact() -> Result<Option<String>, CommandFailure> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    write!(
        io::stdout().lock(),
        "Contact for the User-Agent (an e-mail address or a web page, empty to set it later): "
    )?;
    io::stdout().flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(Some(line.trim().to_owned()).filter(|contact| !contact.is_empty()))
}

fn write_new_file(path: &Path, text: &str) -> Result<(), CommandFailure> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let done = file.and_then(|mut file| file.write_all(text.as_bytes()));
    done.map_err(|error| CommandFailure::Disk(format!("cannot write {}: {error}", path.display())))
}
