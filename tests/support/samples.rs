//! Stories with leftovers of their pages: one of our own, and one that a user gave.

use std::{fs, path::Path};

use super::skip;

/// An ambassador's request: five leftovers, two requests and support.
pub(crate) const ENVOY: &str = include_str!("../fixtures/articles/envoy.txt");

/// The user's story, from the folder beside the checkout; says so where that is missing.
pub(crate) fn read_users_sample() -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/seed");
    let files = fs::read_dir(&folder).ok().into_iter().flatten().flatten();
    let text = files
        .map(|file| file.path())
        .find(|path| path.extension().is_some_and(|end| end == "txt"))
        .and_then(|path| fs::read_to_string(path).ok());
    if text.is_none() {
        skip::left_out("no ../shared/seed beside the checkout: the user's sample is not read");
    }
    text
}
