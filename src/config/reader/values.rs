//! What the keys of a table may hold: texts, durations, numbers, words, lists.

use std::{fmt, ops::RangeInclusive, time::Duration};

use toml::de::DeValue;

use super::{super::value, ConfigTable};
use crate::config::{near::find_nearest, shape::ValueShape};

impl ConfigTable<'_> {
    /// A text with `${VAR}` and `${VAR:-default}` filled in; `KEY_file` names a file that holds it instead.
    pub(crate) fn read_text(&self, key: &str) -> Option<String> {
        self.note_shape(key, ValueShape::Text, "");
        let from_file = format!("{key}_file");
        if let Some(path) = self.plain_text(&from_file) {
            if self.has_key(key) {
                self.record_fault(
                    &from_file,
                    format!("`{key}` is set as well"),
                    "one of the two",
                );
            }
            return self.secret_of(&from_file, &path);
        }
        self.plain_text(key)
    }

    fn secret_of(&self, key: &str, path: &str) -> Option<String> {
        let path = self.path_beside(path);
        match std::fs::read_to_string(&path) {
            Ok(text) => Some(text.trim_end_matches(['\n', '\r']).to_owned()),
            Err(error) => {
                let problem = format!("cannot read {}: {error}", path.display());
                self.record_fault(key, problem, "a file this process may read");
                None
            }
        }
    }

    fn plain_text(&self, key: &str) -> Option<String> {
        let value = self.get_value(key)?;
        let Some(text) = value.get_ref().as_str() else {
            self.record_wrong_kind(key, value, "a text in quotes");
            return None;
        };
        self.fill_text(key, text)
    }

    fn fill_text(&self, key: &str, text: &str) -> Option<String> {
        match value::fill_variables(text, |name| std::env::var(name).ok()) {
            Ok(text) => Some(text),
            Err(problem) => {
                self.record_fault(key, problem, "a variable that is set, or ${VAR:-default}");
                None
            }
        }
    }

    /// A text turned into something by `parse`, whose error says what is wrong.
    pub(crate) fn read_parsed<T>(
        &self,
        key: &str,
        accepted: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.note_shape(key, ValueShape::Text, accepted);
        let text = self.read_text(key)?;
        match parse(&text) {
            Ok(made) => Some(made),
            Err(problem) => {
                self.record_fault(key, problem, accepted);
                None
            }
        }
    }

    /// A duration with its unit, within bounds.
    pub(crate) fn read_duration(
        &self,
        key: &str,
        default: Duration,
        bounds: RangeInclusive<Duration>,
    ) -> Duration {
        let accepted = format!(
            "{} to {}",
            value::show_duration(*bounds.start()),
            value::show_duration(*bounds.end())
        );
        let read = self.read_parsed(
            key,
            &format!("a duration such as \"1500ms\", \"15m\", {accepted}"),
            |text| {
                let duration = value::parse_duration(text)?;
                if bounds.contains(&duration) {
                    Ok(duration)
                } else {
                    Err(format!("`{text}` is out of bounds"))
                }
            },
        );
        read.unwrap_or(default)
    }

    /// A size with its unit, within bounds.
    pub(crate) fn read_size(
        &self,
        key: &str,
        default: usize,
        bounds: RangeInclusive<usize>,
    ) -> usize {
        let accepted = format!(
            "a size such as \"10MiB\", from {} to {} bytes",
            bounds.start(),
            bounds.end()
        );
        let read = self.read_parsed(key, &accepted, |text| {
            let bytes = value::parse_size(text)?;
            if bounds.contains(&bytes) {
                Ok(bytes)
            } else {
                Err(format!("`{text}` is out of bounds"))
            }
        });
        read.unwrap_or(default)
    }

    /// A whole number within bounds.
    pub(crate) fn read_whole(&self, key: &str, default: u64, bounds: RangeInclusive<u64>) -> u64 {
        let (least, most) = (*bounds.start(), *bounds.end());
        self.note_shape(key, ValueShape::Whole { least, most }, "a whole number");
        self.read_bounded(
            key,
            default,
            &bounds,
            "a whole number",
            |value| match value {
                DeValue::Integer(number) => {
                    u64::from_str_radix(number.as_str(), number.radix()).ok()
                }
                DeValue::String(text) => {
                    self.fill_text(key, text).and_then(|text| text.parse().ok())
                }
                _ => None,
            },
        )
    }

    /// A number within bounds.
    pub(crate) fn read_number(&self, key: &str, default: f64, bounds: RangeInclusive<f64>) -> f64 {
        let (least, most) = (*bounds.start(), *bounds.end());
        self.note_shape(key, ValueShape::Number { least, most }, "a number");
        self.read_bounded(key, default, &bounds, "a number", |value| match value {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(number) => number.as_str().parse().ok(),
            _ => None,
        })
    }

    fn read_bounded<T: PartialOrd + fmt::Display>(
        &self,
        key: &str,
        default: T,
        bounds: &RangeInclusive<T>,
        what: &str,
        read: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> T {
        let Some(value) = self.get_typed(key) else {
            return default;
        };
        let read = read(value.get_ref()).filter(|number| bounds.contains(number));
        read.unwrap_or_else(|| {
            let accepted = format!("{what} from {} to {}", bounds.start(), bounds.end());
            self.record_fault(key, "is out of bounds or no number", &accepted);
            default
        })
    }

    /// `true` or `false`.
    pub(crate) fn read_flag(&self, key: &str, default: bool) -> bool {
        self.note_shape(key, ValueShape::Flag, "");
        let Some(value) = self.get_typed(key) else {
            return default;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.record_wrong_kind(key, value, "true or false");
            default
        })
    }

    /// One of several words.
    pub(crate) fn one_of<T: Copy>(&self, key: &str, default: T, words: &[(&str, T)]) -> T {
        let accepted = words
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect::<Vec<_>>()
            .join(", ");
        let names = || words.iter().map(|(word, _)| *word);
        let shape = ValueShape::Words(names().map(str::to_owned).collect());
        self.note_shape(key, shape, &accepted);
        let read = self.read_parsed(key, &accepted, |text| {
            let found = words.iter().find(|(word, _)| *word == text);
            found
                .map(|(_, made)| *made)
                .ok_or_else(|| none_of_them(text, names()))
        });
        read.unwrap_or(default)
    }

    /// A list of texts, each turned into something by `parse`. The environment's is a list of TOML, or texts with commas.
    pub(crate) fn read_list<T>(
        &self,
        key: &str,
        accepted: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        self.note_shape(key, ValueShape::List, accepted);
        let value = self.get_typed(key)?;
        let is_set = self.overrides.find(&self.full_key(key)).is_some();
        let texts: Vec<Option<&str>> = match value.get_ref() {
            DeValue::Array(items) => items.iter().map(|item| item.get_ref().as_str()).collect(),
            DeValue::String(text) if is_set => {
                let parts = text.split(',').map(str::trim);
                parts.filter(|part| !part.is_empty()).map(Some).collect()
            }
            _ => {
                self.record_wrong_kind(key, value, &format!("a list of {accepted}"));
                return None;
            }
        };
        let mut made = Vec::new();
        for text in texts {
            let Some(text) = text else {
                self.record_fault(key, "holds something that is no text", accepted);
                continue;
            };
            // What is wrong with a variable is recorded already.
            let Some(text) = self.fill_text(key, text) else {
                continue;
            };
            match parse(&text) {
                Ok(one) => made.push(one),
                Err(problem) => self.record_fault(key, problem, accepted),
            }
        }
        Some(made)
    }
}

/// What is said of a word that is none of those known.
pub(in crate::config) fn none_of_them<'w>(
    text: &str,
    words: impl Iterator<Item = &'w str>,
) -> String {
    match find_nearest(text, words) {
        Some(meant) => format!("`{text}` is none of them; did you mean `{meant}`?"),
        None => format!("`{text}` is none of them"),
    }
}
