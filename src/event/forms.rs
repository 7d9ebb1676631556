//! Forms of words: what a verb or noun of the lexicon looks like in a text.

use std::collections::HashMap;

use super::table::Line;

/// The form in which a word of a frame stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `attack`; also the present of a plural.
    Base,
    /// `attacks`.
    Third,
    /// `attacked`, and the participle where it looks the same.
    Past,
    /// `taken`.
    Participle,
    /// `attacking`.
    Ing,
    /// A noun, singular or plural.
    Noun,
    /// An adjective that carries a frame: `ready`.
    Adjective,
}

/// Irregular verbs by base form: third person, past, participle, -ing.
#[derive(Debug)]
pub(crate) struct Forms(HashMap<String, [String; 4]>);

impl Forms {
    pub(crate) fn read(lines: &[Line<'_>]) -> Self {
        let row = |line: &Line<'_>| {
            ["third", "past", "participle", "ing"].map(|column| line.get(column).to_owned())
        };
        Self(
            lines
                .iter()
                .map(|line| (line.get("base").to_owned(), row(line)))
                .collect(),
        )
    }

    /// The forms of a word of a part of speech: `v`, `n` or `a`.
    pub(crate) fn of(&self, word: &str, pos: &str) -> Vec<(String, Form)> {
        match pos {
            "n" => {
                let mut out = vec![(word.to_owned(), Form::Noun)];
                if !word.ends_with('s') {
                    out.push((plural(word), Form::Noun));
                }
                out
            }
            "a" => vec![(word.to_owned(), Form::Adjective)],
            _ => self.verb(word),
        }
    }

    fn verb(&self, base: &str) -> Vec<(String, Form)> {
        let own = self.0.get(base).cloned().unwrap_or_default();
        let [third, past, participle, ing] = own;
        let or = |given: String, rule: String| if given.is_empty() { rule } else { given };
        let past = or(past, regular(base));
        let participle = or(participle, past.clone());
        let mut out = vec![(or(third, plural(base)), Form::Third)];
        if participle != past {
            out.push((participle, Form::Participle));
        }
        if past != base {
            out.push((base.to_owned(), Form::Base));
        }
        out.push((past, Form::Past));
        out.push((or(ing, gerund(base)), Form::Ing));
        let spelt = |(words, form): (String, Form)| {
            words
                .split('|')
                .map(|word| (word.to_owned(), form))
                .collect::<Vec<_>>()
        };
        out.into_iter().flat_map(spelt).collect()
    }
}

fn consonant_y(word: &str) -> Option<&str> {
    let stem = word.strip_suffix('y')?;
    (!stem.ends_with(['a', 'e', 'i', 'o', 'u'])).then_some(stem)
}

/// The plural of a noun, which is also the third person of a verb.
pub(crate) fn plural(word: &str) -> String {
    if let Some(stem) = consonant_y(word) {
        return format!("{stem}ies");
    }
    if let Some(stem) = word.strip_suffix("man") {
        return format!("{stem}men");
    }
    if ["s", "x", "z", "ch", "sh"]
        .iter()
        .any(|end| word.ends_with(end))
    {
        return format!("{word}es");
    }
    format!("{word}s")
}

/// The last consonant of a short word that doubles it before an ending: `bar`, `barred`.
fn doubled(base: &str) -> &str {
    let vowel = |letter: u8| b"aeiou".contains(&letter);
    let letters = base.as_bytes();
    let syllables = letters.windows(2).filter(|pair| vowel(pair[0]) && !vowel(pair[1]));
    let short = matches!(letters, [.., a, b, c]
        if !vowel(*a) && vowel(*b) && !vowel(*c) && !b"wxy".contains(c));
    if short && syllables.count() == 1 {
        &base[base.len() - 1..]
    } else {
        ""
    }
}

fn regular(base: &str) -> String {
    if let Some(stem) = consonant_y(base) {
        return format!("{stem}ied");
    }
    if base.ends_with('e') {
        format!("{base}d")
    } else {
        format!("{base}{}ed", doubled(base))
    }
}

fn gerund(base: &str) -> String {
    match base.strip_suffix('e') {
        Some(stem) if !base.ends_with("ee") => format!("{stem}ing"),
        _ => format!("{base}{}ing", doubled(base)),
    }
}
