//! The lexicon, compiled once: names of actors, nouns of role, frames, cues and scales.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use jiff::civil::Date;

use super::{
    cast::weight::Weights,
    compile::{rewrite, verb_forms, version},
    details::Details,
    forms::{Form, Forms},
    frame::Frame,
    saying::Sayings,
    table::{self, ActorFile, Faults, LexiconError, LexiconSource},
    term::Term,
};

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
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a property of its own, read from a column of the tables"
)]
pub(crate) struct Entry {
    pub(crate) name: Box<str>,
    pub(crate) kind: Kind,
    pub(crate) country: Box<str>,
    pub(crate) group: Box<str>,
    pub(crate) sectors: Vec<Box<str>>,
    pub(crate) wikidata: Box<str>,
    /// When the sectors are those of an office: the days in it.
    pub(crate) term: Term,
    /// A noun of role that is nobody's: a state is not one of the country around it.
    pub(crate) own: bool,
    /// A noun of role that only says how somebody stands to a body: a spokesman.
    pub(crate) of_body: bool,
    /// A territory that is folded into the state whose code it has.
    pub(crate) territory: bool,
    /// Named by a user: it wins over whatever else speaks.
    pub(crate) user: bool,
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
pub(crate) struct Phrase {
    pub(crate) rest: Vec<Box<str>>,
    pub(crate) entry: usize,
    /// Entries of the same name with other terms.
    pub(crate) others: Vec<usize>,
}

/// The other place of a name, and what tells which of the two is meant.
#[derive(Debug)]
pub(crate) struct Namesake {
    pub(crate) country: Box<str>,
    /// Words of a story that speak for the other place.
    pub(crate) signs: HashSet<Box<str>>,
    /// Words that speak against it.
    pub(crate) against: HashSet<Box<str>>,
}

/// A word that holds an act back.
#[derive(Debug)]
pub(crate) struct Cue {
    pub(crate) words: Vec<Box<str>>,
    pub(crate) sense: Box<str>,
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
    pub(crate) modes: HashSet<Box<str>>,
    pub(crate) needs_recipient: bool,
}

/// All the words, compiled.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    pub(crate) version: String,
    pub(crate) entries: Vec<Entry>,
    pub(crate) names: HashMap<Box<str>, Vec<Phrase>>,
    pub(crate) roles: HashMap<Box<str>, Vec<Phrase>>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) triggers: HashMap<Box<str>, Vec<(usize, Form)>>,
    pub(crate) light: HashSet<Box<str>>,
    /// Words by which a noun of role is nobody's in particular.
    pub(crate) loose: HashSet<Box<str>>,
    /// Adjectives of parts of the world, each with whether only a plural after it is of no country.
    pub(crate) regions: HashMap<Box<str>, bool>,
    /// How much each clue to a party's country weighs.
    pub(crate) weights: Weights,
    /// Names that two places share, by the name.
    pub(crate) namesakes: HashMap<Box<str>, Namesake>,
    pub(crate) reporting: HashSet<Box<str>>,
    pub(crate) titles: HashSet<Box<str>>,
    /// Words for what tells of things that never were.
    pub(crate) fiction: HashSet<Box<str>>,
    /// Verbs that say of somebody what he did: `accuse … of`.
    pub(crate) charging: HashSet<Box<str>>,
    /// Words for where a court sends whom it sentences.
    pub(crate) prisons: HashSet<Box<str>>,
    pub(crate) cues: HashMap<Box<str>, Vec<Cue>>,
    pub(crate) rewrites: Vec<Rewrite>,
    pub(crate) types: HashMap<Box<str>, Type>,
    pub(crate) goldstein: HashMap<Box<str>, f64>,
    pub(crate) contexts: Vec<Box<str>>,
    pub(crate) context_words: HashMap<Box<str>, Vec<usize>>,
    pub(crate) details: Details,
    pub(crate) sayings: Sayings,
}

impl Lexicon {
    /// Compiles the tables, a user's own names before the built-in ones; gives all their faults together.
    pub(crate) fn compile(source: &LexiconSource, own: &[ActorFile]) -> Result<Self, LexiconError> {
        let mut faults = Faults::default();
        let forms = Forms::read(&source.lines("verbs.tsv", &mut faults));
        let mut lexicon = Self {
            version: version(source, own),
            ..Self::default()
        };
        lexicon.read_lists(source, &forms, &mut faults);
        lexicon.read_sayings(source, &forms, &mut faults);
        lexicon.read_scales(source, &mut faults);
        for file in own {
            let lines = table::lines(&file.name, &file.text, &mut faults);
            lexicon.read_names(&lines, true, &mut faults);
        }
        for name in ["names.tsv", "countries.tsv", "groups.tsv", "people.tsv"] {
            lexicon.read_names(&source.lines(name, &mut faults), false, &mut faults);
        }
        lexicon.read_cities(&source.lines("cities.tsv", &mut faults), &mut faults);
        for name in ["areas.tsv", "parties.tsv"] {
            lexicon.read_names(&source.lines(name, &mut faults), false, &mut faults);
        }
        lexicon.read_namesakes(&source.lines("namesakes.tsv", &mut faults));
        lexicon.weights = Weights::read(&source.lines("clues.tsv", &mut faults), &mut faults);
        lexicon.read_roles(&source.lines("roles.tsv", &mut faults));
        lexicon.read_frames(source, &forms, &mut faults);
        lexicon.read_cues(&source.lines("cues.tsv", &mut faults));
        for phrases in lexicon.names.values_mut().chain(lexicon.roles.values_mut()) {
            phrases.sort_by_key(|phrase| Reverse(phrase.rest.len()));
        }
        faults.result()?;
        Ok(lexicon)
    }

    /// Reads the tables that are lists of words.
    fn read_lists(&mut self, source: &LexiconSource, forms: &Forms, faults: &mut Faults) {
        self.light = verb_forms(&source.lines("light.tsv", faults), forms);
        let titles = source.lines("titles.tsv", faults);
        self.titles = titles.iter().map(|line| line.get("title").into()).collect();
        let loose = source.lines("loose.tsv", faults);
        self.loose = loose.iter().map(|line| line.get("word").into()).collect();
        let regions = loose.iter().filter(|line| !line.get("region").is_empty());
        self.regions = regions
            .map(|line| (line.get("word").into(), line.get("region") == "plural"))
            .collect();
        let rewrites = source.lines("rewrites.tsv", faults);
        self.rewrites = rewrites.iter().map(rewrite).collect();
        self.details = Details::read(&source.lines("details.tsv", faults), faults);
    }

    /// The longest name that starts at a word, as written: its entry and length in words.
    pub(crate) fn name_at(&self, words: &[&str]) -> Option<(usize, usize)> {
        let (phrase, length) = longest(self.names.get(*words.first()?)?, words)?;
        Some((phrase.entry, length))
    }

    /// The same on a day: of several terms under one name, the one that holds then.
    pub(crate) fn name_on(&self, words: &[&str], day: Option<Date>) -> Option<(usize, usize)> {
        let (phrase, length) = longest(self.names.get(*words.first()?)?, words)?;
        let mut entries = std::iter::once(&phrase.entry).chain(&phrase.others);
        let holds = entries.find(|&&entry| self.entries[entry].term.holds(day));
        Some((*holds.unwrap_or(&phrase.entry), length))
    }

    /// The longest noun of role that starts at a word, in lower case.
    pub(crate) fn role_at(&self, words: &[&str]) -> Option<(usize, usize)> {
        let (phrase, length) = longest(self.roles.get(*words.first()?)?, words)?;
        Some((phrase.entry, length))
    }
}

fn longest<'l>(list: &'l [Phrase], words: &[&str]) -> Option<(&'l Phrase, usize)> {
    let fits = |phrase: &&Phrase| {
        phrase.rest.len() < words.len()
            && phrase.rest.iter().zip(&words[1..]).all(|(a, b)| &**a == *b)
    };
    list.iter()
        .find(fits)
        .map(|phrase| (phrase, phrase.rest.len() + 1))
}
