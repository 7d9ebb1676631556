//! Programs that a test runs beside dateline: where one is not here the test is skipped loudly, and fails under `CI=true`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

pub mod postgres;

/// Says what is missing, and with which package it comes.
pub fn missing(what: &str) {
    super::skip::skipped(&format!(
        "{what} is missing; deploy/setup.sh test installs it"
    ));
}

/// A program of the search path.
pub fn tool(name: &str, package: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    if found.is_none() {
        missing(&format!("{name} (package {package})"));
    }
    found
}

/// The Python of the tests, when it has a module.
pub fn python(module: &str) -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin/python3");
    let python = std::env::var_os("DATELINE_TEST_PYTHON").map_or(own, PathBuf::from);
    let has = Command::new(&python)
        .args(["-c", &format!("import {module}")])
        .output()
        .is_ok_and(|output| output.status.success());
    if has {
        return Some(python);
    }
    missing(&format!("{} with the module {module}", python.display()));
    None
}
