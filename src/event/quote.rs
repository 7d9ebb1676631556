//! The words quoted that carry an act, or that are what an act of words is about.

use super::{role::Scene, words::Words};

/// Quotation marks that words are cut at.
const MARKS: [&str; 5] = ["“", "”", "\"", "``", "''"];

/// The run of quoted words, without its marks, that the act at `at` stands in; for an act of words outside, the run
/// that hangs on it.
pub(crate) fn find_quote(
    scene: &Scene<'_, '_>,
    at: usize,
    of_words: bool,
) -> Option<(usize, usize)> {
    let runs = find_runs(scene.words);
    let own = runs
        .iter()
        .find(|(first, last)| (*first..*last).contains(&at));
    if own.is_some() || !of_words || !scene.syntax.parsed() {
        return own.copied();
    }
    let hangs = |&&(first, last): &&(usize, usize)| {
        let head = scene.syntax.find_head(first, last);
        scene.syntax.is_under(head, at)
    };
    let longest = runs
        .iter()
        .filter(hangs)
        .max_by_key(|(first, last)| last - first);
    longest.copied()
}

/// Stretches between quotation marks, also those that began before the sentence or go on after it.
fn find_runs(words: &Words<'_>) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut open = None;
    for at in 0..=words.len() {
        let inside = at < words.len() && words.quoted[at] && !words.is(at, &MARKS);
        match (inside, open) {
            (true, None) => open = Some(at),
            (false, Some(first)) => {
                runs.push((first, at));
                open = None;
            }
            _ => {}
        }
    }
    runs
}
