//! The cast of a story: everybody it names, and whom a phrase of it means.

pub(crate) mod clue;
#[cfg(test)]
mod measure;
pub(crate) mod memory;
mod name;
pub(crate) mod naming;
pub(crate) mod noun;
pub(crate) mod portrait;
mod sector;
pub(crate) mod weight;

use jiff::civil::Date;

use super::{
    lexicon::{Entry, Kind, Lexicon},
    words::Words,
};
use memory::Memory;
use naming::Naming;
use noun::{Dependents, NounPhrase};

/// One sentence of the story with its names.
#[derive(Debug)]
pub(crate) struct Line<'w, 'l> {
    pub(crate) words: &'w Words<'w>,
    pub(crate) dependents: Dependents,
    pub(crate) namings: Vec<Naming<'l>>,
    /// For each word the naming it stands in.
    pub(crate) at: Vec<Option<usize>>,
    /// For each word the sectors of the noun of role that it ends.
    pub(crate) roles: Vec<Option<usize>>,
    lexicon: &'l Lexicon,
}

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
    day: Option<Date>,
    lexicon: &'l Lexicon,
}

impl<'w, 'l> Line<'w, 'l> {
    fn read(words: &'w Words<'w>, lexicon: &'l Lexicon, day: Option<Date>) -> Self {
        let dependents = Dependents::of(&words.sentence.tokens);
        let mut namings = naming::find(words, lexicon, day);
        naming::drop_persons(&mut namings, words, &dependents);
        let mut at = vec![None; words.len()];
        for (index, naming) in namings.iter().enumerate() {
            at[naming.start..naming.end].fill(Some(index));
        }
        let lowers = words.lowers();
        let mut roles = vec![None; words.len()];
        let mut from = 0;
        while from < words.len() {
            match lexicon.role_at(&lowers[from..]) {
                Some((entry, length)) => {
                    roles[from + length - 1] = Some(entry);
                    from += length;
                }
                None => from += 1,
            }
        }
        Self {
            words,
            dependents,
            namings,
            at,
            roles,
            lexicon,
        }
    }

    /// The code named nearest to a head among some words, those before it preferred, and where.
    pub(crate) fn nearest_code(&self, words: &[usize], head: usize) -> Option<(&'l str, usize)> {
        let named = words.iter().filter_map(|&at| {
            let naming = &self.namings[self.at[at]?];
            (!naming.code.is_empty()).then_some((naming, at))
        });
        let far = |at: usize| at.abs_diff(head) * 2 + usize::from(at > head) * 5;
        let (naming, at) = named.min_by_key(|&(_, at)| far(at))?;
        Some((naming.code, at))
    }

    /// The preposition that governs the phrase of a name.
    pub(crate) fn preposition(&self, start: usize, end: usize) -> Option<&str> {
        let tokens = &self.words.sentence.tokens;
        let mut at = start;
        while let Some(head) = tokens[at].head.filter(|head| (start..end).contains(head)) {
            at = head;
        }
        for _ in 0..4 {
            let case = self
                .dependents
                .on(at)
                .iter()
                .find(|&&on| tokens[on].relation == "case" && tokens[on].upos == "ADP");
            if let Some(&case) = case {
                return Some(self.words.lower(case));
            }
            if !matches!(
                tokens[at].relation,
                "compound" | "flat" | "amod" | "conj" | "appos" | "nmod:poss"
            ) {
                return None;
            }
            at = tokens[at].head?;
        }
        None
    }

    /// A word such as `Mr.` before a name.
    pub(crate) fn is_title(&self, at: usize) -> bool {
        self.lexicon.titles.contains(self.words.lower(at))
    }

    /// The words of a phrase in a row around its head, without a preposition or an article before it.
    pub(crate) fn extent(&self, phrase: &NounPhrase, head: usize) -> (usize, usize) {
        let tokens = &self.words.sentence.tokens;
        let mut start = head;
        while start > 0 && phrase.near.contains(&(start - 1)) {
            start -= 1;
        }
        while start < head
            && matches!(
                tokens[start].upos,
                "ADP" | "DET" | "PUNCT" | "SCONJ" | "ADV"
            )
        {
            start += 1;
        }
        let mut end = head + 1;
        while phrase.near.contains(&end) {
            end += 1;
        }
        while end > head + 1
            && (self.words.is(end - 1, &["'s", "'"]) || tokens[end - 1].upos == "PUNCT")
        {
            end -= 1;
        }
        (start, end)
    }

    /// The further codes of a phrase that names several: `Iraqi and American forces`, `ministers of Poland and Latvia`.
    pub(crate) fn joined_codes(&self, phrase: &NounPhrase, head: usize) -> Vec<&'l str> {
        let tokens = &self.words.sentence.tokens;
        let mut out = Vec::new();
        for &at in phrase.near.iter().filter(|&&at| at != head) {
            let Some(naming) = self.at[at] else { continue };
            if self.namings[naming].entry.kind == Kind::Person {
                continue;
            }
            for &on in self.dependents.on(at) {
                let other = self.at[on].filter(|_| tokens[on].relation == "conj");
                if let Some(other) = other
                    .map(|other| self.namings[other].code)
                    .filter(|code| !code.is_empty())
                {
                    out.push(other);
                }
            }
        }
        out
    }

    /// The sectors of the noun of role that a word ends.
    pub(crate) fn sectors(&self, at: usize) -> &'l [Box<str>] {
        self.roles[at].map_or(&[], |entry| &self.lexicon.entries[entry].sectors)
    }

    /// Whether a word heads a phrase for one person.
    pub(crate) fn is_person(&self, at: usize) -> bool {
        if self.words.is(at, &["he", "she"]) {
            return true;
        }
        if let Some(naming) = self.at[at] {
            return self.namings[naming].entry.kind == Kind::Person;
        }
        let token = &self.words.sentence.tokens[at];
        let titled = self.dependents.on(at).iter().any(|&on| {
            self.words.sentence.tokens[on].relation == "flat"
                || self.words.is(on, &["mr.", "mr", "mrs.", "ms.", "dr."])
        });
        matches!(token.xpos, "NNP") && (titled || self.roles[at].is_none())
    }

    /// The noun that a relative pronoun stands for, else the word itself.
    pub(crate) fn antecedent(&self, at: usize) -> usize {
        let tokens = &self.words.sentence.tokens;
        if !self.words.is(at, &["who", "which", "that", "whom"]) {
            return at;
        }
        let mut up = tokens[at].head;
        while let Some(verb) = up {
            if tokens[verb].relation == "acl:relcl" {
                return tokens[verb].head.unwrap_or(at);
            }
            up = tokens[verb].head;
        }
        at
    }

    /// Whether a word before a noun makes it nobody's in particular.
    pub(crate) fn is_loose(&self, head: usize) -> bool {
        let loose = |&at: &usize| at < head && self.lexicon.loose.contains(self.words.lower(at));
        self.dependents.on(head).iter().any(loose)
    }

    /// The noun of role that a word ends.
    pub(crate) fn role(&self, at: usize) -> Option<&'l Entry> {
        self.roles[at].map(|entry| &self.lexicon.entries[entry])
    }

    /// What the head of a phrase is, for the clues that count.
    pub(crate) fn head_kind(&self, at: usize) -> &'static str {
        let token = &self.words.sentence.tokens[at];
        match self.words.lower(at) {
            "he" | "she" | "him" | "her" | "his" | "himself" | "herself" => return "he",
            "it" | "its" | "itself" => return "it",
            "they" | "them" | "their" | "those" | "themselves" => return "they",
            "we" | "us" | "our" => return "we",
            "i" | "me" | "my" => return "i",
            "who" | "which" | "that" | "whom" => return "who",
            _ => {}
        }
        match self.sectors(at).first().map(AsRef::as_ref) {
            Some("GOV" | "ELI") => return "office",
            Some("LEG" | "JUD" | "PTY" | "OPP" | "SPY") => return "house",
            Some("COP" | "MIL") => return "force",
            Some("REB" | "UAF" | "CRM") => return "band",
            Some(_) => return "folk",
            None => {}
        }
        match token.upos {
            "PROPN" => "name",
            "NOUN" if token.xpos == "NNS" => "things",
            "NOUN" => "thing",
            _ => "other",
        }
    }
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

    /// Learns of which sector each proper noun is, from the phrases that tell.
    fn remember_sectors(&mut self) {
        let mut known: std::collections::HashMap<String, Vec<&'l str>> =
            std::collections::HashMap::new();
        for (index, line) in self.lines.iter().enumerate() {
            let tokens = &line.words.sentence.tokens;
            for head in 0..tokens.len() {
                let inner = ["compound", "flat", "amod", "nmod:poss"];
                if !matches!(tokens[head].upos, "PROPN" | "NOUN")
                    || inner.contains(&tokens[head].relation)
                {
                    continue;
                }
                let phrase = NounPhrase::of(tokens, &line.dependents, head);
                let sectors = self.sectors(index, head, &phrase);
                if sectors.is_empty() {
                    continue;
                }
                for &at in phrase.near.iter().chain(&phrase.aside) {
                    let name = tokens[at].upos == "PROPN"
                        && line.at[at].is_none_or(|n| line.namings[n].entry.kind == Kind::Person);
                    let part = at == head
                        || tokens[at].relation == "flat"
                        || tokens[at].relation == "appos"
                        || tokens[at].relation == "compound";
                    if name
                        && part
                        && line.roles[at].is_none()
                        && line.words.text[at].chars().count() > 2
                    {
                        known
                            .entry(line.words.text[at].to_owned())
                            .or_insert_with(|| sectors.clone());
                    }
                }
            }
        }
        self.memory.sectors = known;
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
