//! A frame: what must stand near a word for it to be an act, and who the parties are.

use std::collections::{HashMap, HashSet};

use super::{
    reach::Reach,
    role::Scene,
    table::{self, Faults, Line},
};

/// How far a pattern's words may stand apart.
pub(crate) const REACH: usize = 6;
/// How far whatever the tree says, since it is sometimes wrong.
const CLOSE: usize = 3;

/// Who acts on whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The subject acts on the recipient.
    Acts,
    /// Subject and partner act together.
    Together,
    /// The subject suffers it.
    Suffers,
    /// It comes upon the recipient, and the subject is nobody: `bombs fell on …`.
    Befalls,
    /// The subject gets it from whoever acts.
    Receives,
    /// Whoever reports asks it of the subject: `X said that Y must …`.
    Told,
    /// It is no act: `attack` of `heart attack`.
    None,
}

impl Shape {
    /// The shape that roles begin with, and the places of the recipient after it; `!` for none.
    fn read(roles: &str) -> Option<(Self, &str)> {
        if roles == "-" {
            return Some((Self::None, "!"));
        }
        Some(match roles.split_at_checked(2)? {
            ("S>", places) => (Self::Acts, places),
            ("S&", places) => (Self::Together, places),
            ("R>", places) => (Self::Receives, places),
            ("->", "S") => (Self::Suffers, "!"),
            ("->", places) => (Self::Befalls, places),
            ("T>", _) => (Self::Told, "!"),
            _ => return None,
        })
    }
}

/// One element of a pattern.
#[derive(Debug)]
struct Step {
    /// The very next word, or one that hangs right on the act.
    next: bool,
    /// A word of the subject, wherever it stands.
    subject: bool,
    actor: bool,
    words: HashSet<Box<str>>,
}

/// A line of `frames.tsv`.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) r#type: Box<str>,
    pub(crate) mode: Box<str>,
    pub(crate) cameo: Box<str>,
    pub(crate) shape: Shape,
    /// Where the recipient stands, best first: `obj` straight after, else a preposition.
    pub(crate) places: Vec<Box<str>>,
    /// Nobody else is taken for the recipient.
    pub(crate) closed: bool,
    pub(crate) weight: f64,
    pub(crate) rule: Box<str>,
    pub(crate) example: Box<str>,
    pub(crate) want: Box<str>,
    /// A user's own: it works without what was learned.
    pub(crate) own: bool,
    pattern: Vec<Step>,
}

/// What events name a line by: lemma, part of speech and pattern.
fn rule(line: &Line<'_>) -> Box<str> {
    let [lemma, pos, pattern] = ["lemma", "pos", "pattern"].map(|column| line.get(column));
    format!("{lemma}/{pos} {pattern}").trim_end().into()
}

impl Frame {
    pub(crate) fn read(
        line: &Line<'_>,
        classes: &HashMap<&str, Vec<&str>>,
        faults: &mut Faults,
    ) -> Option<Self> {
        let mut fault = |what: &str| {
            faults.add(line.file, line.number, what);
            None
        };
        let Some((shape, list)) = Shape::read(line.get("roles")) else {
            return fault("roles are - or start with S>, S&, R>, -> or T>");
        };
        let Ok(weight) = line.get("weight").parse::<f64>() else {
            return fault("weight is a number from 0 to 1");
        };
        if !["v", "n", "a"].contains(&line.get("pos")) || line.get("example").is_empty() {
            return fault("pos is v, n or a, and every line has an example");
        }
        let mut pattern = Vec::new();
        for text in line.get("pattern").split_whitespace() {
            match Step::read(text, classes) {
                Some(step) => pattern.push(step),
                None => return fault(&format!("no such class: {text}")),
            }
        }
        let spec = list.split(',').filter(|s| !s.is_empty() && *s != "!");
        Some(Self {
            r#type: line.get("type").into(),
            mode: line.get("mode").into(),
            cameo: line.get("cameo").into(),
            shape,
            places: spec.map(Into::into).collect(),
            closed: list.contains('!'),
            weight,
            rule: rule(line),
            example: line.get("example").into(),
            want: line.get("want").into(),
            own: !table::is_embedded(line),
            pattern,
        })
    }

    /// Whether several subjects may be each other's partners.
    pub(crate) fn is_mutual(&self) -> bool {
        self.shape == Shape::Together || self.places.iter().any(|place| &**place == "with")
    }

    /// How much a frame asks for: the one that asks most wins.
    pub(crate) fn demands(&self) -> usize {
        self.pattern.len()
    }

    /// The last word of the pattern, which is the act's own without one; none where it is not met.
    pub(crate) fn matches(&self, reach: &Reach, scene: &Scene<'_, '_>) -> Option<usize> {
        let mut here = reach.at;
        for step in &self.pattern {
            here = step.find(reach, here, scene)?;
        }
        Some(here)
    }
}

impl Step {
    /// Where the step is met after the word at `here`: near behind it, else among its arguments.
    fn find(&self, reach: &Reach, here: usize, scene: &Scene<'_, '_>) -> Option<usize> {
        let words = scene.words;
        let fits =
            |i: usize| self.words.contains(words.lower(i)) || (self.actor && scene.is_actor(i));
        if self.subject {
            return reach.subject(scene).any(fits).then_some(here);
        }
        let mut next = here + 1;
        while next < words.len() && (words.is_adverb(next) || words.is_quote(next)) && !fits(next) {
            next += 1;
        }
        if next < words.len() && fits(next) {
            return Some(next);
        }
        if self.next {
            return reach.attached.iter().copied().find(|&i| fits(i));
        }
        let near = (here + 1..(here + REACH + 1).min(words.len()))
            .take_while(|&i| !words.is_break(i) || i == here + 1)
            .filter(|&i| i <= here + CLOSE || scene.syntax.is_under(i, reach.at))
            .find(|&i| fits(i));
        near.or_else(|| reach.arguments.iter().copied().find(|&i| fits(i)))
    }

    fn read(text: &str, classes: &HashMap<&str, Vec<&str>>) -> Option<Self> {
        let (next, text) = text
            .strip_prefix('+')
            .map_or((false, text), |rest| (true, rest));
        let (subject, text) = text
            .strip_prefix('<')
            .map_or((false, text), |rest| (true, rest));
        let mut step = Self {
            next,
            subject,
            actor: false,
            words: HashSet::new(),
        };
        let mut class = false;
        for part in text.split('|') {
            class |= part.starts_with('{');
            let word = part.trim_matches(['{', '}']);
            match word {
                "actor" if class => step.actor = true,
                _ if class => step
                    .words
                    .extend(classes.get(word)?.iter().map(|&w| w.into())),
                _ => drop(step.words.insert(word.into())),
            }
            class &= !part.ends_with('}');
        }
        Some(step)
    }
}
