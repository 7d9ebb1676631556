//! Phrases by which a line is known as boilerplate.

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

use super::BadRules;

/// A file of phrases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pack {
    rules: Vec<PhraseRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PhraseRule {
    name: String,
    at: At,
    /// Characters a line may have at most for the rule to hold.
    #[serde(default = "most")]
    most: usize,
    phrases: Vec<String>,
}

fn most() -> usize {
    160
}

/// Where in a line a phrase must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum At {
    /// At its beginning.
    Start,
    /// At its end.
    End,
    /// It is the line, but for punctuation at its end.
    Whole,
    /// Anywhere.
    Anywhere,
}

/// All phrases behind one automaton.
#[derive(Debug)]
pub(crate) struct Phrases {
    automaton: AhoCorasick,
    rules: Vec<(Box<str>, At, usize)>,
    /// The rule of each pattern.
    of: Vec<usize>,
    longest: usize,
}

impl Phrases {
    pub(super) fn new(packs: Vec<Pack>) -> Result<Self, BadRules> {
        let (mut rules, mut of, mut patterns) = (Vec::new(), Vec::new(), Vec::new());
        for rule in packs.into_iter().flat_map(|pack| pack.rules) {
            for phrase in rule.phrases {
                patterns.push(folded(&phrase));
                of.push(rules.len());
            }
            rules.push((rule.name.into(), rule.at, rule.most));
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&patterns)
            .map_err(|error| BadRules {
                file: "phrases".to_owned(),
                detail: error.to_string(),
            })?;
        let longest = rules.iter().map(|rule| rule.2).max().unwrap_or(0);
        Ok(Self {
            automaton,
            rules,
            of,
            longest,
        })
    }

    /// The rule that a line of so many characters falls under.
    pub(crate) fn rule(&self, line: &str, chars: usize) -> Option<&str> {
        if chars > self.longest {
            return None;
        }
        let line = folded(line);
        let line = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '(' && c != '©');
        let bare = line
            .trim_end_matches(|c: char| !c.is_alphanumeric() && c != ')')
            .len();
        for found in self.automaton.find_overlapping_iter(line) {
            let (name, at, most) = &self.rules[self.of[found.pattern().as_usize()]];
            let starts = found.start() == 0;
            let ends = found.end() >= bare;
            let fits = match at {
                At::Start => starts && (ends || boundary(line, found.end())),
                At::End => ends && boundary(line, found.start()),
                At::Whole => starts && ends,
                At::Anywhere => boundary(line, found.start()) && boundary(line, found.end()),
            };
            if fits && chars <= *most {
                return Some(name);
            }
        }
        None
    }
}

/// Whether a word may begin or end here.
fn boundary(line: &str, at: usize) -> bool {
    let before = line[..at]
        .chars()
        .next_back()
        .is_some_and(char::is_alphanumeric);
    let after = line[at..].chars().next().is_some_and(char::is_alphanumeric);
    !(before && after)
}

/// Lower case, with plain quotes, dashes and spaces.
pub(crate) fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '’' | '‘' | '´' | '`' => out.push('\''),
            '“' | '”' | '„' | '«' | '»' => out.push('"'),
            '–' | '—' | '‑' => out.push('-'),
            '\u{a0}' | '\n' | '\t' => out.push(' '),
            c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}
