//! `dateline completions` and `dateline man`: what a shell and `man` know of the command line, made from it.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Command};
use clap_complete::Shell;

use super::CommandFailure;

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// The folder to write to, e.g. /usr/local/share/man/man1
    folder: PathBuf,
}

/// Prints what a shell is to source.
pub(super) fn print_completions(
    args: &CompletionsArgs,
    mut line: Command,
) -> Result<(), CommandFailure> {
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut line, "dateline", &mut out);
    io::stdout().lock().write_all(&out)?;
    Ok(())
}

/// Writes a page for the program and one for each command: `dateline.1`, `dateline-feeds-add.1`, ….
pub(super) fn write_pages(args: &ManArgs, line: Command) -> Result<(), CommandFailure> {
    fs::create_dir_all(&args.folder)?;
    clap_mangen::generate_to(line, &args.folder).map_err(|error| {
        CommandFailure::Disk(format!(
            "cannot write to {}: {error}",
            args.folder.display()
        ))
    })
}
