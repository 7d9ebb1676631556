//! The cast of a story: everybody it names, and whom a phrase of it means.

pub mod clue;
mod evidence;
pub(crate) mod gather;
pub mod lesson;
mod line;
pub(crate) mod memory;
mod name;
pub(crate) mod naming;
pub(crate) mod noun;
pub(crate) mod portrait;
mod sector;
pub(crate) mod weight;

use jiff::civil::Date;

use super::{lexicon::Lexicon, words::Words};
use line::Line;
use memory::Memory;
use naming::Naming;

/// Everybody a story names.
#[derive(Debug)]
pub(crate) struct Cast<'w, 'l> {
    pub(crate) lines: Vec<Line<'w, 'l>>,
    pub(crate) memory: Memory<'l>,
    /// Codes of the headline.
    pub(crate) title: Vec<&'l str>,
    /// The code named first; empty where none is.
    pub(crate) first: &'l str,
    /// The country of the place the story is dated from.
    pub(crate) dateline: &'l str,
    /// The day of publication: who was in office then.
    pub(crate) day: Option<Date>,
    lexicon: &'l Lexicon,
}

impl<'w, 'l> Cast<'w, 'l> {
    /// Reads the names of all sentences of a story.
    pub(crate) fn read(
        words: &'w [Words<'w>],
        title: &str,
        lexicon: &'l Lexicon,
        day: Option<Date>,
    ) -> Self {
        let mut lines: Vec<Line<'w, 'l>> = words
            .iter()
            .map(|words| Line::read(words, lexicon, day))
            .collect();
        tell_namesakes(&mut lines, lexicon);
        let memory = Memory::of(&lines);
        let first = lines
            .iter()
            .flat_map(|line| &line.namings)
            .map(|naming| naming.code)
            .find(|code| !code.is_empty());
        let mut out = Self {
            memory,
            title: Vec::new(),
            first: first.unwrap_or(""),
            dateline: "",
            day,
            lexicon,
            lines,
        };
        out.remember_sectors();
        out.remember_names();
        out.read_title(title, lexicon, day);
        out
    }

    fn read_title(&mut self, title: &str, lexicon: &'l Lexicon, day: Option<Date>) {
        for sentence in &crate::language::split(title) {
            let words = Words::new(title, sentence, &mut false);
            for naming in naming::find(&words, lexicon, day) {
                if !naming.code.is_empty() && !self.title.contains(&naming.code) {
                    self.title.push(naming.code);
                }
            }
        }
    }

    /// Whether a code was the last one named before a word, and how many words before.
    pub(crate) fn last_named(&self, line: usize, at: usize, code: &str) -> (bool, Option<usize>) {
        let mut words = at;
        let mut any = false;
        for back in (0..=line).rev() {
            let here = &self.lines[back];
            let limit = if back == line { at } else { here.words.len() };
            for naming in here
                .namings
                .iter()
                .rev()
                .filter(|n| n.end <= limit && !n.code.is_empty())
            {
                if naming.code == code {
                    return (!any, Some(words.saturating_sub(naming.end)));
                }
                any = true;
            }
            if back > 0 {
                words += self.lines[back - 1].words.len();
            }
        }
        (false, None)
    }

    /// The code of who speaks, at a word inside quotation marks: the subject of the sentence's reporting verb.
    pub(crate) fn speaker(&self, line: usize, at: usize) -> Option<&'l str> {
        let here = &self.lines[line];
        if !here.words.quoted[at] {
            return None;
        }
        let outside = |s: &&memory::Subject<'l>| {
            s.line <= line && s.line + 2 >= line && !self.lines[s.line].words.quoted[s.at]
        };
        let near = |s: &&memory::Subject<'l>| {
            (
                line.abs_diff(s.line),
                if s.line == line { 0 } else { usize::MAX - s.at },
            )
        };
        self.memory
            .subjects
            .iter()
            .filter(outside)
            .min_by_key(near)
            .map(|s| s.code)
    }
}

/// Gives names that two places share the country that more words of the story speak for.
fn tell_namesakes<'l>(lines: &mut [Line<'_, 'l>], lexicon: &'l Lexicon) {
    for (name, other) in &lexicon.namesakes {
        let named = |naming: &Naming<'_>| naming.entry.name == *name && naming.is_place();
        if !lines.iter().any(|line| line.namings.iter().any(named)) {
            continue;
        }
        let words = || lines.iter().flat_map(|line| &line.words.text);
        let signs = words().filter(|word| other.signs.contains(**word)).count();
        let against = words()
            .filter(|word| other.against.contains(**word))
            .count();
        if signs <= against {
            continue;
        }
        for naming in lines.iter_mut().flat_map(|line| &mut line.namings) {
            if named(naming) {
                naming.code = &other.country;
            }
        }
    }
}
