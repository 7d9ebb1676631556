//! How a word stands to a trigger: the way through the tree between them, and how far apart they are.

use super::seen::hash;
use crate::event::syntax::plain;
use crate::language::Token;

/// Rows of the table of ways.
pub const PATHS: usize = 1024;
/// Classes of signed distance.
pub const DISTANCES: usize = 14;
/// No longer way is followed.
const LONGEST: usize = 8;

/// The row of the way from a trigger up to where both meet and down to a word.
pub fn path(tokens: &[Token], trigger: usize, word: usize) -> usize {
    if trigger == word {
        return row("self");
    }
    let up = ancestors(tokens, trigger);
    let mut down = Vec::new();
    let mut at = word;
    let meet = loop {
        if let Some(meet) = up.iter().position(|&seen| seen == at) {
            break meet;
        }
        let Some(head) = tokens[at].head.filter(|_| down.len() < LONGEST) else {
            return row("far");
        };
        let relation = tokens[at].relation;
        let plain = plain(relation);
        let kept = matches!(plain, "nsubj" | "obl" | "acl" | "aux");
        down.push(if kept { relation } else { plain });
        at = head;
    };
    down.reverse();
    let ups = up[..meet]
        .iter()
        .map(|&at| plain(tokens[at].relation))
        .collect::<Vec<_>>();
    row(&format!("{}|{}", short(&ups, "^"), short(&down, "v")))
}

/// A word and those above it.
fn ancestors(tokens: &[Token], word: usize) -> Vec<usize> {
    let mut up = vec![word];
    let mut at = word;
    while let Some(head) = tokens[at].head.filter(|_| up.len() < LONGEST) {
        up.push(head);
        at = head;
    }
    up
}

/// Steps joined; the middle of a long way is left out.
fn short(steps: &[&str], by: &str) -> String {
    match steps {
        [first, .., last] if steps.len() > 3 => [*first, "..", *last].join(by),
        _ => steps.join(by),
    }
}

fn row(text: &str) -> usize {
    hash(30, text) as usize % PATHS
}

/// The class of the distance from a trigger to a word.
pub fn distance(trigger: usize, word: usize) -> usize {
    let class = match trigger.abs_diff(word) {
        0 => 0,
        1 => 1,
        2 => 2,
        3..=4 => 3,
        5..=8 => 4,
        9..=15 => 5,
        _ => 6,
    };
    if word > trigger { class + 7 } else { class }
}
