//! Boilerplate rules: words of classes, phrases of lines, names of agencies and months, all read from text files.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    path::{Path, PathBuf},
};

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

/// What the class, id or role of an element says of it.
pub(crate) mod flag {
    pub(crate) const COMMENTS: u32 = 1;
    pub(crate) const RELATED: u32 = 1 << 1;
    pub(crate) const SHARE: u32 = 1 << 2;
    pub(crate) const NAVIGATION: u32 = 1 << 3;
    pub(crate) const ADVERT: u32 = 1 << 4;
    pub(crate) const NEWSLETTER: u32 = 1 << 5;
    pub(crate) const BIOGRAPHY: u32 = 1 << 6;
    pub(crate) const TAGS: u32 = 1 << 7;
    pub(crate) const CAPTION: u32 = 1 << 8;
    pub(crate) const HIDDEN: u32 = 1 << 9;
    pub(crate) const BYLINE: u32 = 1 << 10;
    pub(crate) const DATE: u32 = 1 << 11;
    pub(crate) const ASIDE: u32 = 1 << 12;
    pub(crate) const CONSENT: u32 = 1 << 13;
    pub(crate) const FOOTER: u32 = 1 << 14;
    pub(crate) const BODY: u32 = 1 << 15;
    pub(crate) const LIVE: u32 = 1 << 16;
    pub(crate) const AUTHOR: u32 = 1 << 17;
    pub(crate) const PUBLISHED: u32 = 1 << 18;
    pub(crate) const STANDFIRST: u32 = 1 << 19;
    pub(crate) const ARTICLE_BODY: u32 = 1 << 20;
    pub(crate) const PAYWALL: u32 = 1 << 21;
    pub(crate) const CONTENT: u32 = 1 << 22;

    pub(super) fn named(name: &str) -> Option<u32> {
        Some(match name {
            "comments" => COMMENTS,
            "related" => RELATED,
            "share" => SHARE,
            "navigation" => NAVIGATION,
            "advert" => ADVERT,
            "newsletter" => NEWSLETTER,
            "biography" => BIOGRAPHY,
            "tags" => TAGS,
            "caption" => CAPTION,
            "hidden" => HIDDEN,
            "byline" => BYLINE,
            "date" => DATE,
            "aside" => ASIDE,
            "consent" => CONSENT,
            "footer" => FOOTER,
            "body" => BODY,
            "live" => LIVE,
            "author" => AUTHOR,
            "published" => PUBLISHED,
            "standfirst" => STANDFIRST,
            "paywall" => PAYWALL,
            "content" => CONTENT,
            _ => return None,
        })
    }
}

const CLASSES: &str = include_str!("../../config/boilerplate/classes.toml");
const PLACES: &str = include_str!("../../config/boilerplate/names.toml");
const SHIPPED: [(&str, &str); 9] = [
    ("en.toml", include_str!("../../config/boilerplate/en.toml")),
    ("de.toml", include_str!("../../config/boilerplate/de.toml")),
    ("fr.toml", include_str!("../../config/boilerplate/fr.toml")),
    ("es.toml", include_str!("../../config/boilerplate/es.toml")),
    ("it.toml", include_str!("../../config/boilerplate/it.toml")),
    ("pt.toml", include_str!("../../config/boilerplate/pt.toml")),
    ("pl.toml", include_str!("../../config/boilerplate/pl.toml")),
    ("ru.toml", include_str!("../../config/boilerplate/ru.toml")),
    ("other.toml", include_str!("../../config/boilerplate/other.toml")),
];

/// A file of rules that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {detail}")]
pub struct BadRules {
    file: String,
    detail: String,
}

/// The rules by which what is not the story is told from the story.
#[derive(Debug)]
pub struct Rules {
    pub(crate) classes: Classes,
    pub(crate) phrases: Phrases,
    pub(crate) names: Names,
}

impl Rules {
    /// The rules that the binary brings along.
    pub fn shipped() -> Self {
        Self::with_files(&[]).expect("a test reads the shipped files")
    }

    /// The shipped rules and those of more files of phrases (`config/boilerplate/en.toml` shows the form).
    pub fn with_files(files: &[PathBuf]) -> Result<Self, BadRules> {
        let mut packs = Vec::new();
        for (name, text) in SHIPPED {
            packs.push(parse::<Pack>(name, text)?);
        }
        for file in files {
            let text = read(file)?;
            packs.push(parse::<Pack>(&file.display().to_string(), &text)?);
        }
        Ok(Self {
            classes: Classes::new(&parse("classes.toml", CLASSES)?)?,
            phrases: Phrases::new(packs)?,
            names: parse("names.toml", PLACES)?,
        })
    }
}

fn read(file: &Path) -> Result<String, BadRules> {
    std::fs::read_to_string(file)
        .map_err(|error| BadRules { file: file.display().to_string(), detail: error.to_string() })
}

fn parse<T: for<'de> Deserialize<'de>>(file: &str, text: &str) -> Result<T, BadRules> {
    toml::from_str(text).map_err(|error| BadRules { file: file.to_owned(), detail: error.to_string() })
}

/// Words of classes and ids and what they mean.
#[derive(Debug)]
pub(crate) struct Classes {
    words: HashMap<Box<str>, u32, BuildHasherDefault<Fnv>>,
}

/// FNV-1a: the words are short and ours, so nobody can choose them to collide.
#[derive(Debug, Default)]
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Characters of a class attribute that are read.
const MAX_CLASS: usize = 400;

impl Classes {
    fn new(table: &HashMap<String, Vec<String>>) -> Result<Self, BadRules> {
        let mut words: HashMap<Box<str>, u32, _> = HashMap::default();
        for (name, list) in table {
            let bit = flag::named(name).ok_or_else(|| BadRules {
                file: "classes.toml".to_owned(),
                detail: format!("no flag is called `{name}`"),
            })?;
            for word in list {
                *words.entry(word.as_str().into()).or_insert(0) |= bit;
            }
        }
        Ok(Self { words })
    }

    /// What one attribute says; `words` is a buffer.
    pub(crate) fn flags(&self, name: &str, value: &str, words: &mut String) -> u32 {
        match name {
            "class" | "id" | "role" | "data-testid" | "data-component" => self.words(value, words),
            "itemprop" => match value.trim() {
                "articleBody" | "articlebody" => flag::ARTICLE_BODY | flag::BODY,
                "caption" => flag::CAPTION,
                "author" => flag::AUTHOR,
                "datePublished" => flag::PUBLISHED,
                "comment" => flag::COMMENTS,
                "blogPost" | "text" => flag::BODY,
                _ => 0,
            },
            "rel" if value == "author" => flag::AUTHOR,
            "hidden" => flag::HIDDEN,
            "aria-hidden" if value == "true" => flag::HIDDEN,
            "style" if hides(value) => flag::HIDDEN,
            _ => 0,
        }
    }

    /// Splits at everything that is no letter and at inner capitals; looks up words and pairs of neighbours.
    fn words(&self, value: &str, buffer: &mut String) -> u32 {
        let mut flags = 0;
        let value = value.get(..value.floor_char_boundary(MAX_CLASS)).unwrap_or(value);
        for token in value.split_ascii_whitespace() {
            buffer.clear();
            let mut before: Option<usize> = None;
            let mut start = 0;
            let mut lower = false;
            for c in token.chars().chain(['-']) {
                let cut = !c.is_alphabetic() || (lower && c.is_uppercase());
                if cut && buffer.len() > start {
                    flags |= self.look(buffer, before, start);
                    before = Some(start);
                    buffer.push('-');
                    start = buffer.len();
                }
                if c.is_alphabetic() {
                    buffer.extend(c.to_lowercase());
                }
                lower = c.is_lowercase();
            }
        }
        flags
    }

    fn look(&self, buffer: &str, before: Option<usize>, start: usize) -> u32 {
        let one = self.words.get(&buffer[start..]).copied().unwrap_or(0);
        let two = before.and_then(|at| self.words.get(&buffer[at..])).copied().unwrap_or(0);
        one | two
    }
}

fn hides(style: &str) -> bool {
    let style: String = style.chars().filter(|c| !c.is_whitespace()).take(200).collect();
    style.contains("display:none") || style.contains("visibility:hidden")
}

/// A file of phrases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pack {
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
    fn new(packs: Vec<Pack>) -> Result<Self, BadRules> {
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
            .map_err(|error| BadRules { file: "phrases".to_owned(), detail: error.to_string() })?;
        let longest = rules.iter().map(|rule| rule.2).max().unwrap_or(0);
        Ok(Self { automaton, rules, of, longest })
    }

    /// The rule that a line of so many characters falls under.
    pub(crate) fn rule(&self, line: &str, chars: usize) -> Option<&str> {
        if chars > self.longest {
            return None;
        }
        let line = folded(line);
        let line = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '(' && c != '©');
        let bare = line.trim_end_matches(|c: char| !c.is_alphanumeric() && c != ')').len();
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
    let before = line[..at].chars().next_back().is_some_and(char::is_alphanumeric);
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

/// Names that are read out of lines rather than dropped with them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    /// News agencies: as credited, and the name published.
    pub(crate) agencies: HashMap<String, String>,
    /// Nouns that end a credit left over in lower case: `dawn report.`
    pub(crate) credits: Vec<String>,
    /// Openings of a sentence that only names its sources.
    pub(crate) credit_openings: Vec<String>,
    /// Words that open a byline.
    pub(crate) byline: Vec<String>,
    /// Month names and their short forms, by number as text.
    pub(crate) months: HashMap<String, Vec<String>>,
    /// Titles and words of pages that stand before an article.
    pub(crate) challenge: Vec<String>,
    /// The same of walls that want consent.
    pub(crate) consent: Vec<String>,
    /// Starts of hosts and parts of paths of consent pages.
    pub(crate) consent_hosts: Vec<String>,
    pub(crate) consent_paths: Vec<String>,
    /// Sentences that say that the rest is for subscribers.
    pub(crate) paywall: Vec<String>,
    /// Words near a date that say it is not that of publication.
    pub(crate) updated: Vec<String>,
    /// Words of a heading or address that mark a live blog.
    pub(crate) live: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_match_as_whole_words_and_pairs() {
        let rules = Rules::shipped();
        let flags = |class: &str| rules.classes.flags("class", class, &mut String::new());
        assert_ne!(flags("related-posts") & flag::RELATED, 0);
        assert_ne!(flags("c-shareButtons") & flag::SHARE, 0);
        assert_eq!(flags("shareholder-meeting") & flag::SHARE, 0);
        assert_ne!(flags("article__body") & flag::BODY, 0);
    }

    #[test]
    fn phrases_hold_where_they_say() {
        let rules = Rules::shipped();
        let rule = |line: &str| rules.phrases.rule(line, line.chars().count());
        assert_eq!(rule("Read more: Floods in the north"), Some("read_more"));
        assert_eq!(rule("Find us on YouTube"), Some("follow_us"));
        assert_eq!(rule("subscribe"), Some("call_to_action"));
        assert_eq!(rule("Rebels subscribe to no cease-fire, the minister said on Friday."), None);
    }
}
