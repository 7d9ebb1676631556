//! How a publisher writes dates: which number is the month, by language and country; what can be believed.

use jiff::{ToSpan as _, civil::Date};

use super::FIRST_DAY;

/// Countries that write the month first, as domains and regions name them.
const MONTH_FIRST: [&str; 8] = ["us", "ph", "pr", "gu", "ca", "pw", "fm", "mh"];
/// Domains of the United States alone.
const AMERICAN: [&str; 3] = ["gov", "edu", "mil"];
/// Domains that stand for no country.
const GENERIC: [&str; 10] = [
    "com", "org", "net", "info", "biz", "io", "co", "news", "tv", "me",
];

/// How dates are written where a text comes from.
#[derive(Debug, Clone)]
pub(crate) struct Notation {
    /// The primary subtag in lower case; empty where it is not known.
    pub(super) language: String,
    /// Two letters in lower case; empty where it is not known.
    pub(super) country: String,
    pub(super) month_first: bool,
    /// No later day is believed.
    pub(super) latest: Date,
}

impl Default for Notation {
    fn default() -> Self {
        Self {
            language: String::new(),
            country: String::new(),
            month_first: false,
            latest: Date::MAX,
        }
    }
}

impl Notation {
    /// From the language tag of a page, its host, and the day it was fetched.
    pub(crate) fn of(language: Option<&str>, host: Option<&str>, fetched: Date) -> Self {
        let tag = language.unwrap_or("").to_ascii_lowercase();
        let mut parts = tag.split(['-', '_']);
        let language = parts.next().unwrap_or("").to_owned();
        let region = parts.find(|part| part.len() == 2);
        let domain = host.and_then(|host| host.rsplit('.').next()).unwrap_or("");
        let generic = GENERIC.contains(&domain);
        let national = (domain.len() == 2 && !generic).then_some(domain);
        let american = AMERICAN.contains(&domain).then_some("us");
        let country = region.or(national).or(american).unwrap_or("");
        let country = if country == "uk" { "gb" } else { country };
        let english = matches!(language.as_str(), "en" | "");
        Self {
            // Canada writes the month first in English alone.
            month_first: MONTH_FIRST.contains(&country) && !matches!(language.as_str(), "fr")
                || country.is_empty() && language == "en",
            language: if english { "en".to_owned() } else { language },
            country: country.to_owned(),
            // Where the day begins first it is already tomorrow.
            latest: fetched.checked_add(1.day()).unwrap_or(fetched),
        }
    }

    /// Whether an article can have been published on this day.
    pub(crate) fn believes(&self, day: Date) -> bool {
        day >= FIRST_DAY && day <= self.latest
    }
}
