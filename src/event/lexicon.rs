//! The lexicon, compiled once: names of actors, nouns of role, frames, cues and scales.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::{
    forms::{Form, Forms, plural},
    frame::Frame,
    table::{self, ActorFile, Faults, LexiconError, LexiconSource, Line},
};
use crate::language;

/// What a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Country,
    People,
    Capital,
    Area,
    City,
    Seat,
    Organisation,
    Group,
    Person,
    Role,
}

/// An actor or a place of the lexicon.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: Box<str>,
    pub(crate) kind: Kind,
    pub(crate) country: Box<str>,
    pub(crate) group: Box<str>,
    pub(crate) sectors: Vec<Box<str>>,
    pub(crate) wikidata: Box<str>,
    pub(crate) city: Option<City>,
}

/// Where a city lies.
#[derive(Debug, Clone)]
pub(crate) struct City {
    pub(crate) admin1: Box<str>,
    pub(crate) lat: f64,
    pub(crate) lon: f64,
    pub(crate) geonameid: u32,
}

/// Words in a row that name an entry.
#[derive(Debug)]
struct Phrase {
    rest: Vec<Box<str>>,
    entry: usize,
}

/// A word that holds an act back.
#[derive(Debug)]
pub(crate) struct Cue {
    pub(crate) words: Vec<Box<str>>,
    pub(crate) sense: Box<str>,
    pub(crate) before: usize,
}

/// An act said to come or said not to is another act.
#[derive(Debug)]
pub(crate) struct Rewrite {
    pub(crate) when: Box<str>,
    pub(crate) from: Box<str>,
    pub(crate) mode: Box<str>,
    pub(crate) to: Box<str>,
    pub(crate) to_mode: Box<str>,
}

/// A PLOVER type.
#[derive(Debug)]
pub(crate) struct Type {
    pub(crate) quad: u8,
    pub(crate) score: f64,
    modes: HashSet<Box<str>>,
    pub(crate) needs_recipient: bool,
}

/// All the words, compiled.
#[derive(Debug)]
pub(crate) struct Lexicon {
    pub(crate) version: String,
    pub(crate) entries: Vec<Entry>,
    names: HashMap<Box<str>, Vec<Phrase>>,
    roles: HashMap<Box<str>, Vec<Phrase>>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) triggers: HashMap<Box<str>, Vec<(usize, Form)>>,
    pub(crate) light: HashSet<Box<str>>,
    pub(crate) reporting: HashSet<Box<str>>,
    pub(crate) titles: HashSet<Box<str>>,
    pub(crate) cues: HashMap<Box<str>, Vec<Cue>>,
    pub(crate) rewrites: Vec<Rewrite>,
    pub(crate) types: HashMap<Box<str>, Type>,
    pub(crate) goldstein: HashMap<Box<str>, f64>,
    pub(crate) contexts: Vec<Box<str>>,
    pub(crate) context_words: HashMap<Box<str>, Vec<usize>>,
}

impl Lexicon {
    pub(crate) fn compile(source: &LexiconSource, own: &[ActorFile]) -> Result<Self, LexiconError> {
        let mut faults = Faults::default();
        let forms = Forms::read(&source.lines("verbs.tsv", &mut faults));
        let mut lexicon = Self {
            version: version(source, own),
            entries: Vec::new(),
            names: HashMap::new(),
            roles: HashMap::new(),
            frames: Vec::new(),
            triggers: HashMap::new(),
            light: verb_forms(&source.lines("light.tsv", &mut faults), &forms),
            reporting: verb_forms(&source.lines("reporting.tsv", &mut faults), &forms),
            titles: source.lines("titles.tsv", &mut faults).iter().map(|l| l.get("title").into()).collect(),
            cues: HashMap::new(),
            rewrites: source.lines("rewrites.tsv", &mut faults).iter().map(rewrite).collect(),
            types: HashMap::new(),
            goldstein: HashMap::new(),
            contexts: Vec::new(),
            context_words: HashMap::new(),
        };
        lexicon.read_scales(source, &mut faults);
        for file in own {
            lexicon.read_names(&table::lines(&file.name, &file.text, &mut faults), &mut faults);
        }
        for name in ["names.tsv", "countries.tsv", "groups.tsv", "people.tsv"] {
            lexicon.read_names(&source.lines(name, &mut faults), &mut faults);
        }
        lexicon.read_cities(&source.lines("cities.tsv", &mut faults), &mut faults);
        lexicon.read_roles(&source.lines("roles.tsv", &mut faults));
        lexicon.read_frames(source, &forms, &mut faults);
        lexicon.read_cues(&source.lines("cues.tsv", &mut faults), &mut faults);
        for phrases in lexicon.names.values_mut().chain(lexicon.roles.values_mut()) {
            phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.rest.len()));
        }
        faults.result()?;
        Ok(lexicon)
    }

    fn read_scales(&mut self, source: &LexiconSource, faults: &mut Faults) {
        for line in source.lines("plover.tsv", faults) {
            let kind = Type {
                quad: line.get("quad").parse().unwrap_or(0),
                score: line.get("score").parse().unwrap_or(0.0),
                modes: line.get("modes").split_whitespace().map(Into::into).collect(),
                needs_recipient: line.get("needs_recipient") == "1",
            };
            if !(1..=4).contains(&kind.quad) {
                faults.add(line.file, line.number, "quad is 1, 2, 3 or 4");
            }
            self.types.insert(line.get("type").into(), kind);
        }
        for line in source.lines("goldstein.tsv", faults) {
            match line.get("score").parse() {
                Ok(score) => drop(self.goldstein.insert(line.get("cameo").into(), score)),
                Err(_) => faults.add(line.file, line.number, "score is a number"),
            }
        }
        for line in source.lines("contexts.tsv", faults) {
            let at = self.contexts.len();
            self.contexts.push(line.get("context").into());
            for word in line.get("words").split_whitespace() {
                self.context_words.entry(word.into()).or_default().push(at);
            }
        }
    }

    fn read_names(&mut self, lines: &[Line<'_>], faults: &mut Faults) {
        for line in lines {
            let Some(kind) = kind(line.get("kind")) else {
                faults.add(line.file, line.number, "an unknown kind of name");
                continue;
            };
            if line.get("name").is_empty() {
                faults.add(line.file, line.number, "a line without a name");
                continue;
            }
            let entry = self.entries.len();
            self.entries.push(Entry {
                name: line.get("name").into(),
                kind,
                country: line.get("country").into(),
                group: line.get("group").into(),
                sectors: line.get("sectors").split(',').filter(|s| !s.is_empty()).map(Into::into).collect(),
                wikidata: line.get("wikidata").into(),
                city: None,
            });
            for name in std::iter::once(line.get("name")).chain(line.get("aliases").split('|')) {
                add(&mut self.names, name, entry);
            }
        }
    }

    fn read_cities(&mut self, lines: &[Line<'_>], faults: &mut Faults) {
        for line in lines {
            let (Ok(lat), Ok(lon)) = (line.get("lat").parse(), line.get("lon").parse()) else {
                faults.add(line.file, line.number, "lat and lon are degrees");
                continue;
            };
            let geonameid = line.get("geonameid").parse().unwrap_or(0);
            let city = City { admin1: line.get("admin1").into(), lat, lon, geonameid };
            if let Some(known) = self.find_exact(line.get("name")) {
                if self.entries[known].kind == Kind::Capital && &*self.entries[known].country == line.get("country") {
                    self.entries[known].city = Some(city);
                }
                continue;
            }
            let entry = self.entries.len();
            self.entries.push(Entry {
                name: line.get("name").into(),
                kind: Kind::City,
                country: line.get("country").into(),
                group: "".into(),
                sectors: Vec::new(),
                wikidata: "".into(),
                city: Some(city),
            });
            add(&mut self.names, line.get("name"), entry);
        }
    }

    fn find_exact(&self, name: &str) -> Option<usize> {
        let words = cut(name);
        let list = self.names.get(words.first()?.as_ref())?;
        list.iter().find(|phrase| phrase.rest == words[1..]).map(|phrase| phrase.entry)
    }

    fn read_roles(&mut self, lines: &[Line<'_>]) {
        for line in lines {
            let entry = self.entries.len();
            let noun = line.get("noun");
            self.entries.push(Entry {
                name: noun.into(),
                kind: Kind::Role,
                country: "".into(),
                group: "".into(),
                sectors: line.get("sector").split(',').filter(|s| !s.is_empty()).map(Into::into).collect(),
                wikidata: "".into(),
                city: None,
            });
            add(&mut self.roles, noun, entry);
            add(&mut self.roles, &plural(noun), entry);
        }
    }

    fn read_frames(&mut self, source: &LexiconSource, forms: &Forms, faults: &mut Faults) {
        let mut classes: HashMap<&str, Vec<&str>> = HashMap::new();
        for line in source.lines("classes.tsv", faults) {
            classes.insert(line.get("class"), line.get("members").split_whitespace().collect());
        }
        for line in source.lines("frames.tsv", faults) {
            let Some(frame) = Frame::read(&line, &classes, faults) else { continue };
            match self.types.get(frame.r#type.as_ref()) {
                None => faults.add(line.file, line.number, "an unknown type"),
                Some(kind) if !frame.mode.is_empty() && !kind.modes.contains(&frame.mode) && !kind.modes.is_empty() => {
                    faults.add(line.file, line.number, "a mode that its type does not have");
                }
                Some(_) => {}
            }
            for lemma in line.get("lemma").split('|') {
                for (word, form) in forms.of(lemma, line.get("pos")) {
                    self.triggers.entry(word.into()).or_default().push((self.frames.len(), form));
                }
            }
            self.frames.push(frame);
        }
    }

    fn read_cues(&mut self, lines: &[Line<'_>], faults: &mut Faults) {
        for line in lines {
            let mut words = line.get("cue").split(' ').map(Into::into).collect::<Vec<Box<str>>>();
            let Ok(before) = line.get("before").parse() else {
                faults.add(line.file, line.number, "before is a number of words");
                continue;
            };
            let first = words.remove(0);
            self.cues.entry(first).or_default().push(Cue { words, sense: line.get("sense").into(), before });
        }
    }

    /// The longest name that starts at a word, as written: its entry and length in words.
    pub(crate) fn name_at(&self, words: &[&str]) -> Option<(usize, usize)> {
        longest(self.names.get(*words.first()?)?, words)
    }

    /// The longest noun of role that starts at a word, in lower case.
    pub(crate) fn role_at(&self, words: &[&str]) -> Option<(usize, usize)> {
        longest(self.roles.get(*words.first()?)?, words)
    }
}

fn longest(list: &[Phrase], words: &[&str]) -> Option<(usize, usize)> {
    let fits = |phrase: &&Phrase| {
        phrase.rest.len() < words.len() && phrase.rest.iter().zip(&words[1..]).all(|(a, b)| &**a == *b)
    };
    list.iter().find(fits).map(|phrase| (phrase.entry, phrase.rest.len() + 1))
}

/// A name cut into words as a text is.
fn cut(name: &str) -> Vec<Box<str>> {
    let sentences = language::split(name);
    let tokens = sentences.iter().flat_map(|sentence| &sentence.tokens);
    tokens.map(|token| token.span.of(name).into()).collect()
}

fn add(table: &mut HashMap<Box<str>, Vec<Phrase>>, name: &str, entry: usize) {
    let mut words = cut(name);
    if words.is_empty() {
        return;
    }
    let first = words.remove(0);
    let list = table.entry(first).or_default();
    if !list.iter().any(|phrase| phrase.rest == words) {
        list.push(Phrase { rest: words, entry });
    }
}

fn kind(text: &str) -> Option<Kind> {
    Some(match text {
        "country" => Kind::Country,
        "people" => Kind::People,
        "capital" => Kind::Capital,
        "area" => Kind::Area,
        "seat" => Kind::Seat,
        "organisation" | "" => Kind::Organisation,
        "group" => Kind::Group,
        "person" => Kind::Person,
        _ => return None,
    })
}

fn verb_forms(lines: &[Line<'_>], forms: &Forms) -> HashSet<Box<str>> {
    lines.iter().flat_map(|line| forms.of(line.get("lemma"), "v")).map(|(word, _)| word.into()).collect()
}

fn rewrite(line: &Line<'_>) -> Rewrite {
    Rewrite {
        when: line.get("when").into(),
        from: line.get("from").into(),
        mode: line.get("mode").into(),
        to: line.get("to").into(),
        to_mode: line.get("to_mode").into(),
    }
}

/// A hash of all the tables: two coders of the same version read the same words.
fn version(source: &LexiconSource, own: &[ActorFile]) -> String {
    let mut hasher = Sha256::new();
    for (name, text) in source.files().chain(own.iter().map(|f| (f.name.as_str(), f.text.as_str()))) {
        hasher.update(name);
        hasher.update([0]);
        hasher.update(text);
        hasher.update([0]);
    }
    hasher.finalize().iter().take(6).fold(String::new(), |out, byte| format!("{out}{byte:02x}"))
}
