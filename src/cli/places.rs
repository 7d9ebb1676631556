//! Whether a start could write where its configuration says, tried without leaving anything behind.

use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
};

use crate::config::{Config, ConfigFault, LedgerKind, find_line};

/// What is wrong with the place of the ledger, as a fault of its key.
pub(super) fn check_ledger_place(file: &Path, config: &Config) -> Option<ConfigFault> {
    if config.ledger.kind == LedgerKind::Kafka {
        return None;
    }
    let path = &config.ledger.path;
    let problem = match try_writing(path) {
        Ok(()) => return None,
        Err(error) => format!("{} cannot be written by this user: {error}", path.display()),
    };
    // It was read a moment ago; without it the line is the first.
    let text = fs::read_to_string(file).unwrap_or_default();
    Some(ConfigFault {
        file: file.to_owned(),
        line: find_line(&text, &["ledger", "path"]),
        key: "ledger.path".to_owned(),
        problem,
        accepted: "a file in a folder that is there and that the user of the service may write"
            .to_owned(),
    })
}

/// Opens a ledger that is there; makes and removes a file beside where one would be.
fn try_writing(path: &Path) -> io::Result<()> {
    if path.exists() {
        OpenOptions::new().append(true).open(path)?;
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    // SQLite writes its journal beside the file.
    let trial = folder.join(format!(".dateline-check-{}", std::process::id()));
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&trial)?;
    fs::remove_file(&trial)
}
