//! Which events are asked for.

use jiff::civil::Date;

use super::row::EventRow;

/// The keys of a filter, in the order in which a person is told of them.
pub const KEYS: [&str; 10] = [
    "type",
    "actor",
    "recipient",
    "country",
    "place",
    "source",
    "from",
    "to",
    "confidence",
    "q",
];

/// Which events are asked for; all that is given must hold, of one key given several times any.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventFilter {
    types: Vec<String>,
    actors: Vec<String>,
    recipients: Vec<String>,
    countries: Vec<String>,
    places: Vec<String>,
    sources: Vec<String>,
    words: Vec<String>,
    from: Option<Date>,
    to: Option<Date>,
    confidence: Option<f64>,
}

impl EventFilter {
    /// Takes a key of a query and its value; an empty value asks for nothing. `false` where the key is none of [`KEYS`].
    ///
    /// # Errors
    /// A value that the key does not take: a sentence that names the key.
    pub fn take_pair(&mut self, key: &str, value: &str) -> Result<bool, String> {
        let value = value.trim();
        if value.is_empty() {
            return Ok(KEYS.contains(&key));
        }
        let day = || {
            let day = value.parse::<Date>();
            day.map_err(|_| format!("{key}: `{value}` is no day, such as 2026-05-01"))
        };
        let blind = || value.to_lowercase();
        match key {
            "type" => self.types.push(value.to_uppercase()),
            "actor" => self.actors.push(blind()),
            "recipient" => self.recipients.push(blind()),
            "country" => self.countries.push(value.to_uppercase()),
            "place" => self.places.push(blind()),
            "source" => self.sources.push(blind()),
            "q" => self.words.push(blind()),
            "from" => self.from = Some(day()?),
            "to" => self.to = Some(day()?),
            "confidence" => {
                let least = value.parse().ok().filter(|it| (0.0..=1.0).contains(it));
                let wrong = || format!("confidence: `{value}` is no number from 0 to 1");
                self.confidence = Some(least.ok_or_else(wrong)?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether an event is asked for.
    pub fn admits(&self, row: &EventRow) -> bool {
        let is = |wanted: &[String], word: &str| {
            wanted.is_empty() || wanted.iter().any(|one| one == word)
        };
        let source = row.source.as_deref().unwrap_or_default();
        let after = self
            .from
            .is_none_or(|from| row.day.is_some_and(|day| day >= from));
        let before = self
            .to
            .is_none_or(|to| row.day.is_some_and(|day| day <= to));
        let from_there = self.countries.is_empty()
            || row
                .countries()
                .any(|country| self.countries.iter().any(|one| **one == **country));
        is(&self.types, &row.r#type)
            && is(&self.sources, source)
            && self.confidence.is_none_or(|least| row.confidence >= least)
            && after
            && before
            && from_there
            && holds_any(&self.actors, &[row.actor.as_deref()])
            && holds_any(&self.recipients, &[row.recipient.as_deref()])
            && holds_any(&self.places, &[row.place.as_deref()])
            && self.tells_words(row)
    }

    fn tells_words(&self, row: &EventRow) -> bool {
        let told = [
            Some(&*row.sentence),
            row.actor.as_deref(),
            row.recipient.as_deref(),
            row.place.as_deref(),
            row.title.as_deref(),
        ];
        holds_any(&self.words, &told)
    }
}

/// Whether any of the texts holds any of the words, whatever their case.
fn holds_any(words: &[String], texts: &[Option<&str>]) -> bool {
    words.is_empty()
        || texts.iter().flatten().any(|text| {
            let text = text.to_lowercase();
            words.iter().any(|word| text.contains(word.as_str()))
        })
}
