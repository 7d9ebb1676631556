//! A test that cannot run here says so loudly. It fails where `CI=true` promises that set-up has installed what it needs.

use std::io::{self, Write as _};

/// Says that a test is skipped, and what it lacks that set-up installs.
pub(crate) fn skipped(lacks: &str) {
    say("SKIPPED", lacks);
    let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!is_ci, "skipped under CI=true: {lacks}");
}

/// Says what is left out for want of something that no set-up installs: a folder beside the checkout, root's rights, or
/// the hours of a long version.
pub(crate) fn left_out(lacks: &str) {
    say("LEFT OUT", lacks);
}

/// Not by `eprintln!`, of which a test that passes shows nothing.
fn say(what: &str, lacks: &str) {
    drop(writeln!(io::stderr(), "{what}: {lacks}"));
}
