//! A test that cannot run here says so loudly, and fails where `CI=true` promises that nothing is skipped.

use std::io::{self, Write as _};

/// Says that a test is skipped, and what it lacks.
pub(crate) fn skipped(lacks: &str) {
    // Not by `eprintln!`, of which a test that passes shows nothing.
    drop(writeln!(io::stderr(), "SKIPPED: {lacks}"));
    let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!is_ci, "skipped under CI=true: {lacks}");
}
