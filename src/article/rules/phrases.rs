//! Phrases by which a line is known as boilerplate: each holds in its language, at its place in the line, and spares what
//! reads as a sentence of a story where the same words could open one.

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

use super::BadRules;

/// A file of phrases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pack {
    /// The language of the stories that the phrases apply to, its first tag; all where there is none.
    #[serde(default)]
    language: Option<String>,
    /// What a sentence goes on with: behind a phrase that opens sentences it must not be cut. Read by a test.
    #[serde(default)]
    #[cfg_attr(not(test), allow(dead_code))]
    sentence: Option<String>,
    rules: Vec<PhraseRule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PhraseRule {
    name: String,
    at: At,
    /// Characters a line may have at most for the rule to hold.
    #[serde(default = "most")]
    most: usize,
    #[serde(default)]
    sentences: Sentences,
    /// What stands in the same small box goes with the line.
    #[serde(default, rename = "box")]
    boxed: bool,
    phrases: Vec<String>,
    /// Lines that the rule takes, and lines alike that it must not; read by a test.
    #[serde(default)]
    #[cfg_attr(not(test), allow(dead_code))]
    takes: Vec<String>,
    #[serde(default)]
    #[cfg_attr(not(test), allow(dead_code))]
    spares: Vec<String>,
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

/// What becomes of a line with the phrase that reads as a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sentences {
    /// It stays: the words open sentences of stories too.
    #[default]
    Stay,
    /// It goes before the first and behind the last paragraph of the story only.
    Edges,
    /// It goes: no story says so but in quotation marks.
    Go,
}

/// What is known of a line beside its words.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Evidence {
    /// Characters, and those of them that are links.
    pub(crate) chars: usize,
    pub(crate) linked: usize,
    /// It stands before the first or behind the last paragraph.
    pub(crate) edge: bool,
    /// The packs whose language is that of the text; see [`Phrases::packs`].
    pub(crate) packs: u64,
}

/// All phrases behind one automaton.
#[derive(Debug)]
pub(crate) struct Phrases {
    automaton: AhoCorasick,
    rules: Vec<(PhraseRule, usize)>,
    /// The rule of each pattern.
    of: Vec<usize>,
    longest: usize,
    languages: Vec<Option<Box<str>>>,
}

impl Phrases {
    pub(super) fn new(packs: Vec<Pack>) -> Result<Self, BadRules> {
        let (mut rules, mut of, mut patterns) = (Vec::new(), Vec::new(), Vec::new());
        let mut languages = Vec::new();
        for pack in packs {
            for mut rule in pack.rules {
                for phrase in std::mem::take(&mut rule.phrases) {
                    patterns.push(folded(&phrase));
                    of.push(rules.len());
                }
                rules.push((rule, languages.len()));
            }
            languages.push(pack.language.map(String::into_boxed_str));
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&patterns)
            .map_err(|error| BadRules {
                file: "phrases".to_owned(),
                detail: error.to_string(),
            })?;
        let longest = rules.iter().map(|rule| rule.0.most).max().unwrap_or(0);
        Ok(Self {
            automaton,
            rules,
            of,
            longest,
            languages,
        })
    }

    /// The packs that apply to texts of these languages, a bit each; those without a language apply to all, and all
    /// apply where no language is known.
    pub(crate) fn packs(&self, languages: &[&str]) -> u64 {
        let mut bits = 0;
        for (i, language) in self.languages.iter().enumerate().take(64) {
            let fits = language.as_deref().is_none_or(|language| {
                languages.is_empty() || languages.iter().any(|tag| primary(tag) == language)
            });
            bits |= u64::from(fits) << i;
        }
        bits
    }

    /// The rule that a line falls under, and whether what stands in its box goes with it.
    pub(crate) fn rule(&self, line: &str, evidence: Evidence) -> Option<(&str, bool)> {
        if evidence.chars > self.longest {
            return None;
        }
        let quoted = line.starts_with(['“', '"', '„', '«', '‘', '「', '『', '»', '”']);
        let line = folded(line);
        let line = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '(' && c != '©');
        let bare = line
            .trim_end_matches(|c: char| !c.is_alphanumeric() && c != ')')
            .len();
        let tells = reads_as_sentence(line, evidence);
        for found in self.automaton.find_overlapping_iter(line) {
            let (rule, pack) = &self.rules[self.of[found.pattern().as_usize()]];
            if evidence.packs >> pack & 1 == 0 || evidence.chars > rule.most {
                continue;
            }
            let starts = found.start() == 0;
            let ends = found.end() >= bare;
            let fits = match rule.at {
                At::Start => starts && !quoted && (ends || boundary(line, found.end())),
                At::End => ends && boundary(line, found.start()),
                At::Whole => starts && ends,
                At::Anywhere => {
                    boundary(line, found.start())
                        && boundary(line, found.end())
                        && !is_said(line, found.start(), quoted)
                }
            };
            let goes = match rule.sentences {
                Sentences::Go => true,
                Sentences::Edges => !tells || evidence.edge,
                Sentences::Stay => !tells,
            };
            if fits && goes {
                return Some((&rule.name, rule.boxed));
            }
        }
        None
    }
}

/// The first subtag of a language tag, in lower case as languages are written.
fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or(tag)
}

/// Words, and characters of a script without spaces, from which a line that ends as a sentence is one of a story.
// "Read more here." has three, "Share this article with friends." five.
const MIN_SENTENCE_WORDS: usize = 6;
const MIN_SENTENCE_SIGNS: usize = 14;

/// Characters beside a long link from which a line tells something itself.
// "For more on this, read the whole report on the dam:" has some 50.
const MIN_TOLD: usize = 95;

/// Whether a line reads as a sentence of running text: it ends as one, is long enough and mostly no link.
fn reads_as_sentence(line: &str, evidence: Evidence) -> bool {
    let told = evidence.chars.saturating_sub(evidence.linked);
    if evidence.linked * 3 > evidence.chars && told < MIN_TOLD {
        return false;
    }
    let end = line.trim_end_matches(['"', '\'', ')', '」', ' ']);
    let ended = end.ends_with(['.', '?', '!', '。', '।', '؟', '۔', '！', '？']);
    let dense = line.chars().any(super::super::text::is_dense);
    ended
        && if dense {
            line.chars().count() >= MIN_SENTENCE_SIGNS
        } else {
            line.split_whitespace().count() >= MIN_SENTENCE_WORDS
        }
}

/// Whether a place in a line is inside quotation marks; `opened`: the line began with one, which was cut off.
fn is_said(line: &str, at: usize, opened: bool) -> bool {
    (line[..at].matches('"').count() + usize::from(opened)) % 2 == 1
}

/// Whether a word may begin or end here; scripts without spaces have no such places.
fn boundary(line: &str, at: usize) -> bool {
    let before = line[..at].chars().next_back();
    let after = line[at..].chars().next();
    match (before, after) {
        (Some(before), Some(after)) => {
            !(before.is_alphanumeric() && after.is_alphanumeric())
                || super::super::text::is_dense(before)
                || super::super::text::is_dense(after)
        }
        _ => true,
    }
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

/// Letters and digits alone, folded.
pub(crate) fn letters(text: &str) -> String {
    let mut out = folded(text);
    out.retain(char::is_alphanumeric);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::rules::{SHIPPED, parse};

    fn packs() -> Vec<(&'static str, Pack)> {
        SHIPPED
            .iter()
            .map(|(name, text)| (*name, parse(name, text).expect("shipped")))
            .collect()
    }

    fn taken(phrases: &Phrases, line: &str) -> bool {
        let evidence = Evidence {
            chars: line.chars().count(),
            packs: u64::MAX,
            ..Evidence::default()
        };
        phrases.rule(line, evidence).is_some()
    }

    #[test]
    fn every_phrase_takes_the_line_that_it_is() {
        for (name, pack) in packs() {
            let lines: Vec<String> = pack.rules.iter().flat_map(|r| r.phrases.clone()).collect();
            let phrases = Phrases::new(vec![pack]).expect("a pack");
            for line in lines {
                assert!(taken(&phrases, &line), "{name}: {line}");
            }
        }
    }

    #[test]
    fn no_phrase_that_opens_sentences_takes_one() {
        for (name, mut pack) in packs() {
            let Some(sentence) = pack.sentence.take() else {
                continue;
            };
            pack.rules.retain(|rule| rule.sentences != Sentences::Go);
            let lines: Vec<String> = pack.rules.iter().flat_map(|r| r.phrases.clone()).collect();
            let phrases = Phrases::new(vec![pack]).expect("a pack");
            for phrase in lines {
                let line = format!("{phrase} {sentence}");
                assert!(!taken(&phrases, &line), "{name}: {line}");
            }
        }
    }

    #[test]
    fn a_rule_takes_and_spares_its_examples() {
        for (name, pack) in packs() {
            let each = |list: fn(&PhraseRule) -> &Vec<String>| -> Vec<String> {
                pack.rules
                    .iter()
                    .flat_map(|rule| list(rule).clone())
                    .collect()
            };
            let (takes, spares) = (each(|rule| &rule.takes), each(|rule| &rule.spares));
            let phrases = Phrases::new(vec![pack]).expect("a pack");
            for line in takes {
                assert!(taken(&phrases, &line), "{name} must take: {line}");
            }
            for line in spares {
                assert!(!taken(&phrases, &line), "{name} must spare: {line}");
            }
        }
    }

    #[test]
    fn a_pack_applies_to_its_language() {
        let phrases = Phrases::new(packs().into_iter().map(|(_, pack)| pack).collect());
        let phrases = phrases.expect("shipped");
        let rule = |line: &str, language: &str| {
            let evidence = Evidence {
                chars: line.chars().count(),
                packs: phrases.packs(&[language]),
                ..Evidence::default()
            };
            phrases.rule(line, evidence).map(|(rule, _)| rule)
        };
        assert_eq!(
            rule("Lesen Sie auch: Hochwasser", "de-AT"),
            Some("read_more")
        );
        assert_eq!(rule("Spenden", "de"), Some("call_to_action"));
        assert_eq!(rule("Spenden", "en"), None);
    }
}
