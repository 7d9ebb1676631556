//! Compiles the tables of the lexicon into what the coder looks up.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::{
    enter::{add, cut},
    forms::{Forms, plural},
    frame::{Frame, Shape},
    lexicon::{City, Cue, Entry, Kind, Lexicon, Namesake, Rewrite, Type},
    table::{ActorFile, Faults, LexiconSource, Line},
    term::Term,
};

impl Lexicon {
    pub(crate) fn read_scales(&mut self, source: &LexiconSource, faults: &mut Faults) {
        for line in source.lines("plover.tsv", faults) {
            let kind = Type {
                quad: line.get("quad").parse().unwrap_or(0),
                score: line.get("score").parse().unwrap_or(0.0),
                modes: line
                    .get("modes")
                    .split_whitespace()
                    .map(Into::into)
                    .collect(),
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

    /// Reads a table of names, the user's own or a built-in one.
    pub(crate) fn read_names(&mut self, lines: &[Line<'_>], user: bool, faults: &mut Faults) {
        for line in lines {
            let Some(kind) = kind(line.get("kind")) else {
                faults.add(line.file, line.number, "an unknown kind of name");
                continue;
            };
            if line.get("name").is_empty() {
                faults.add(line.file, line.number, "a line without a name");
                continue;
            }
            let Some(term) = Term::read(line.get("from"), line.get("to")) else {
                let what = "from and to are days such as 2024-06-29, or 2024-06, or 2024";
                faults.add(line.file, line.number, what);
                continue;
            };
            let entry = self.entries.len();
            self.entries.push(Entry {
                country: line.get("country").into(),
                group: line.get("group").into(),
                sectors: sectors(line.get("sectors")),
                wikidata: line.get("wikidata").into(),
                term,
                territory: line.get("kind") == "territory",
                user,
                ..Entry::new(line.get("name"), kind)
            });
            for name in std::iter::once(line.get("name")).chain(line.get("aliases").split('|')) {
                if let Some(same) = add(&mut self.names, name, entry) {
                    let (old, new) = (&self.entries[same.entry], &self.entries[entry]);
                    // Only terms of one thing are told apart by the day; another thing of the name comes too late.
                    if old.kind == new.kind && old.country == new.country {
                        same.others.push(entry);
                    }
                }
            }
        }
    }

    pub(crate) fn read_namesakes(&mut self, lines: &[Line<'_>]) {
        for line in lines {
            let words = |column| line.get(column).split('|').map(Into::into).collect();
            let other = Namesake {
                country: line.get("country").into(),
                signs: words("signs"),
                against: words("against"),
            };
            self.namesakes.insert(line.get("name").into(), other);
        }
    }

    pub(crate) fn read_cities(&mut self, lines: &[Line<'_>], faults: &mut Faults) {
        for line in lines {
            let (Ok(lat), Ok(lon)) = (line.get("lat").parse(), line.get("lon").parse()) else {
                faults.add(line.file, line.number, "lat and lon are degrees");
                continue;
            };
            let geonameid = line.get("geonameid").parse().unwrap_or(0);
            let city = City {
                admin1: line.get("admin1").into(),
                lat,
                lon,
                geonameid,
            };
            if let Some(known) = self.find_exact(line.get("name")) {
                if self.entries[known].kind == Kind::Capital
                    && &*self.entries[known].country == line.get("country")
                {
                    self.entries[known].city = Some(city);
                }
                continue;
            }
            let entry = self.entries.len();
            self.entries.push(Entry {
                country: line.get("country").into(),
                city: Some(city),
                ..Entry::new(line.get("name"), Kind::City)
            });
            add(&mut self.names, line.get("name"), entry);
        }
    }

    fn find_exact(&self, name: &str) -> Option<usize> {
        let words = cut(name);
        let list = self.names.get(words.first()?.as_ref())?;
        list.iter()
            .find(|phrase| phrase.rest == words[1..])
            .map(|phrase| phrase.entry)
    }

    pub(crate) fn read_roles(&mut self, lines: &[Line<'_>]) {
        for line in lines {
            let entry = self.entries.len();
            let noun = line.get("noun");
            self.entries.push(Entry {
                group: line.get("group").into(),
                sectors: sectors(line.get("sector")),
                own: line.get("own") == "1",
                of_body: line.get("own") == "of",
                ..Entry::new(noun, Kind::Role)
            });
            add(&mut self.roles, noun, entry);
            add(&mut self.roles, &plural(noun), entry);
        }
    }

    pub(crate) fn read_frames(
        &mut self,
        source: &LexiconSource,
        forms: &Forms,
        faults: &mut Faults,
    ) {
        let mut classes: HashMap<&str, Vec<&str>> = HashMap::new();
        for line in source.lines("classes.tsv", faults) {
            let members = line.get("members").split_whitespace();
            classes.insert(line.get("class"), members.collect());
        }
        let members = |class: &str| {
            let list = classes.get(class).into_iter().flatten();
            list.map(|&word| word.into()).collect()
        };
        self.fiction = members("fiction");
        self.charging = members("charging");
        self.prisons = members("prison_term");
        for line in source.lines("frames.tsv", faults) {
            let Some(frame) = Frame::read(&line, &classes, faults) else {
                continue;
            };
            if let Some(fault) = self.find_fault(&frame) {
                faults.add(line.file, line.number, fault);
            }
            for lemma in line.get("lemma").split('|') {
                for (word, form) in forms.of(lemma, line.get("pos")) {
                    self.triggers
                        .entry(word.into())
                        .or_default()
                        .push((self.frames.len(), form));
                }
            }
            self.frames.push(frame);
        }
    }

    /// What is wrong with the type or the mode of a frame.
    fn find_fault(&self, frame: &Frame) -> Option<&'static str> {
        match self.types.get(frame.r#type.as_ref()) {
            None if frame.shape == Shape::None => None,
            None => Some("an unknown type"),
            Some(kind)
                if !frame.mode.is_empty()
                    && !kind.modes.contains(&frame.mode)
                    && !kind.modes.is_empty() =>
            {
                Some("a mode that its type does not have")
            }
            Some(_) => None,
        }
    }

    pub(crate) fn read_cues(&mut self, lines: &[Line<'_>]) {
        for line in lines {
            let mut words = line
                .get("cue")
                .split(' ')
                .map(Into::into)
                .collect::<Vec<Box<str>>>();
            let first = words.remove(0);
            self.cues.entry(first).or_default().push(Cue {
                words,
                sense: line.get("sense").into(),
            });
        }
    }
}

impl Entry {
    /// Of whom no table says more than the name.
    fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.into(),
            kind,
            country: "".into(),
            group: "".into(),
            sectors: Vec::new(),
            wikidata: "".into(),
            term: Term::default(),
            own: false,
            of_body: false,
            territory: false,
            user: false,
            city: None,
        }
    }
}

fn sectors(cell: &str) -> Vec<Box<str>> {
    let sectors = cell.split(',').filter(|sector| !sector.is_empty());
    sectors.map(Into::into).collect()
}

fn kind(text: &str) -> Option<Kind> {
    Some(match text {
        "country" | "territory" => Kind::Country,
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

pub(crate) fn verb_forms(lines: &[Line<'_>], forms: &Forms) -> HashSet<Box<str>> {
    lines
        .iter()
        .flat_map(|line| forms.of(line.get("lemma"), "v"))
        .map(|(word, _)| word.into())
        .collect()
}

pub(crate) fn rewrite(line: &Line<'_>) -> Rewrite {
    Rewrite {
        when: line.get("when").into(),
        from: line.get("from").into(),
        mode: line.get("mode").into(),
        to: line.get("to").into(),
        to_mode: line.get("to_mode").into(),
    }
}

/// A hash of all the tables: two coders of the same version read the same words.
pub(crate) fn version(source: &LexiconSource, own: &[ActorFile]) -> String {
    let mut hasher = Sha256::new();
    for (name, text) in source
        .files()
        .chain(own.iter().map(|f| (f.name.as_str(), f.text.as_str())))
    {
        hasher.update(name);
        hasher.update([0]);
        hasher.update(text);
        hasher.update([0]);
    }
    hasher
        .finalize()
        .iter()
        .take(6)
        .fold(String::new(), |out, byte| format!("{out}{byte:02x}"))
}
