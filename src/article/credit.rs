//! Datelines and credits: read, kept as fields, and taken out of the text.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    rules::{Names, folded},
    text::cut,
};
use crate::record::Dateline;

mod places;

use places::is_place;
pub(crate) use places::read_places;

/// Words that a leftover of a credit has at most.
const MAX_LEFTOVER: usize = 4;
/// Characters that follow a dateline at least.
const MIN_STORY: usize = 20;
/// Words of a sentence that only names its sources.
const MAX_SOURCES: usize = 14;

/// `PLACE, June 28 (AGENCY) — `, each part but the place may be missing.
static OPENING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?P<place>\p{Lu}[\p{L}\p{M}’'.\-]*(?:[ /,]+[\p{L}’'.\-]+){0,5}?)",
        r"(?:,?\s+(?P<date>\p{L}{3,10}\.?\s\d{1,2}(?:,?\s\d{4})?|\d{1,2}\.?\s\p{L}{3,10}\.?(?:\s\d{4})?))?",
        r"(?:\s*[\(/\[](?P<agency>[^)\]/]{2,40})[\)\]/])?",
        r"\s*(?P<dash>[—–]|--|-\s|:\s|-)\s*",
    ))
    .expect("a test compiles it")
});

/// `— Reuters`, `(AFP)` at the end of a paragraph.
static CLOSING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\s*(?:[\(\[](?P<a>[^()\[\]]{2,40})[\)\]]|(?:—|–|--)\s*(?P<b>[\p{L} .&-]{2,30}))\.?$",
    )
    .expect("a test compiles it")
});

/// What the opening of a story says, and where the story begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) dateline: Option<Dateline>,
    pub(crate) agency: Option<String>,
    /// Bytes of the paragraph that it takes.
    pub(crate) bytes: usize,
}

/// Reads the dateline of a first paragraph: a place that is known or that stands with an agency or a day.
pub(crate) fn opening(paragraph: &str, names: &Names) -> Option<Opening> {
    let head = cut(paragraph, 160);
    let found = OPENING.captures(head)?;
    let place = found.name("place")?.as_str().trim().trim_end_matches(',');
    let date = found.name("date").map(|m| m.as_str().to_owned());
    let agency = found.name("agency").and_then(|m| agency(m.as_str(), names));
    let bytes = found.get(0)?.end();
    if paragraph.get(bytes..)?.chars().count() < MIN_STORY {
        return None;
    }
    let dash = found.name("dash")?.as_str();
    let spaced = head[..bytes].ends_with(' ') || matches!(dash, "—" | "–");
    if date.is_none()
        && spaced
        && let Some(agency) = self::agency(place, names)
    {
        return Some(Opening {
            dateline: None,
            agency: Some(agency),
            bytes,
        });
    }
    let dated = date.is_some() && !dash.starts_with([':', '-']);
    let known = is_place(place, names);
    let shown = is_capitals(place) && spaced && known;
    let told = (agency.is_some() || dated)
        && (known || is_capitals(place) || agency.is_some() && place.split(' ').count() <= 3);
    if is_label(place, names) || !(shown || told) {
        return None;
    }
    Some(Opening {
        dateline: Some(Dateline {
            place: Some(place.to_owned()),
            date,
        }),
        agency,
        bytes,
    })
}

/// `EXCLUSIVE`, `CLAIM`: words in capitals that open a paragraph and are no place.
fn is_label(text: &str, names: &Names) -> bool {
    let text = folded(text);
    let first = text.split(' ').next().unwrap_or("");
    names
        .labels
        .iter()
        .any(|label| *label == text || label == first)
}

/// Whether the words before the first comma are in capitals.
fn is_capitals(place: &str) -> bool {
    let head = place.split(',').next().unwrap_or(place);
    let (mut upper, mut lower) = (0, 0);
    for c in head.chars() {
        upper += usize::from(c.is_uppercase());
        lower += usize::from(c.is_lowercase());
    }
    upper >= 3 && lower * 5 <= upper
}

/// The agency that a name or a short list of names stands for.
pub(crate) fn agency(text: &str, names: &Names) -> Option<String> {
    let text = folded(text);
    text.split([',', '/', '|', ';'])
        .map(|name| name.trim().trim_end_matches('.'))
        .find_map(|name| names.agencies.get(name).cloned())
}

/// The agency that a credit line names anywhere.
pub(crate) fn agency_in(line: &str, names: &Names) -> Option<String> {
    let folded = folded(line);
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty())
        .collect();
    for length in [3, 2, 1] {
        for window in words.windows(length) {
            let name = window.join(" ");
            if name.len() > 2
                && let Some(agency) = names.agencies.get(&name)
            {
                return Some(agency.clone());
            }
        }
    }
    None
}

/// Where the credit at the end of a paragraph begins, in bytes.
pub(crate) fn closing(paragraph: &str, names: &Names) -> Option<usize> {
    let last = last_sentence(paragraph);
    let tail = &paragraph[last..];
    if last > 0 && (is_leftover(tail, names) || is_sources(tail, names)) {
        return Some(paragraph[..last].trim_end().len());
    }
    let from = cut(paragraph, paragraph.len().saturating_sub(80)).len();
    let found = CLOSING.captures(&paragraph[from..])?;
    let name = found.name("a").or_else(|| found.name("b"))?;
    let sources = is_sources(name.as_str(), names);
    let start = from + found.get(0)?.start();
    (start > 0 && (sources || agency(name.as_str(), names).is_some())).then_some(start)
}

/// `dawn report.`: a sentence in lower case, without a verb, that names a report.
fn is_leftover(sentence: &str, names: &Names) -> bool {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let Some(last) = words.last() else {
        return false;
    };
    words.len() <= MAX_LEFTOVER
        && words.len() >= 2
        && sentence.ends_with('.')
        && sentence.starts_with(char::is_lowercase)
        && names
            .credits
            .iter()
            .any(|noun| last.trim_end_matches('.') == noun)
}

fn is_sources(sentence: &str, names: &Names) -> bool {
    let folded = folded(sentence);
    folded.split_whitespace().count() <= MAX_SOURCES
        && names.credit_openings.iter().any(|opening| {
            folded
                .trim_start_matches(['(', '['])
                .starts_with(opening.as_str())
        })
}

/// Where the last sentence begins, in bytes; 0 when there is only one.
fn last_sentence(paragraph: &str) -> usize {
    let body = paragraph.trim_end_matches(|c: char| !c.is_alphanumeric());
    let mut at = 0;
    let mut ended = false;
    for (i, c) in body.char_indices() {
        match c {
            '.' | '!' | '?' | '…' => ended = true,
            '”' | '"' | '»' | '\'' | '’' | ')' => {}
            c if c.is_whitespace() => {
                if ended {
                    at = i + c.len_utf8();
                }
                ended = false;
            }
            _ => ended = false,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Rules;

    fn place(paragraph: &str) -> Option<String> {
        opening(paragraph, &Rules::shipped().names)?.dateline?.place
    }

    fn rest(paragraph: &str) -> String {
        let rules = Rules::shipped();
        paragraph[..closing(paragraph, &rules.names).unwrap_or(paragraph.len())].to_owned()
    }

    #[test]
    fn datelines_are_read_with_day_and_agency() {
        let names = Rules::shipped().names;
        let read = opening(
            "TAMPERE, May 14 (Reuters) - A fire closed two schools on Friday.",
            &names,
        )
        .expect("a dateline");
        assert_eq!(
            read.dateline,
            Some(Dateline {
                place: Some("TAMPERE".into()),
                date: Some("May 14".into())
            })
        );
        assert_eq!(read.agency.as_deref(), Some("Reuters"));
        assert_eq!(
            place("KYIV, Ukraine (AP) — Officials said on Friday that talks began.").as_deref(),
            Some("KYIV, Ukraine")
        );
        assert_eq!(
            place("ISLAMABAD: The ambassador asked Washington for arms.").as_deref(),
            Some("ISLAMABAD")
        );
        assert_eq!(
            place("NEW DELHI — India said on Monday it would send troops.").as_deref(),
            Some("NEW DELHI")
        );
    }

    #[test]
    fn sentences_are_not_read_as_datelines() {
        assert_eq!(
            place("The minister - who resigned on Friday - said nothing more to us."),
            None
        );
        assert_eq!(
            place("Berlin: a city that never sleeps, as the visitors like to say."),
            None
        );
        assert_eq!(
            place("NATO-led troops entered the city on Monday, officials said."),
            None
        );
    }

    #[test]
    fn labels_and_speakers_are_no_places() {
        for paragraph in [
            "EXCLUSIVE: The minister asked Washington for arms, two officials said.",
            "HANA OKORO: We had no money, and the road was closed for a year.",
            "CLAIM: A video shows soldiers who burn a village in the north.",
            "OPINION — The government has run out of ideas for the north.",
            "BREAKING - The government has run out of ideas for the north.",
        ] {
            assert_eq!(
                opening(paragraph, &Rules::shipped().names),
                None,
                "{paragraph}"
            );
        }
    }

    #[test]
    fn credits_at_the_end_of_a_paragraph_go() {
        assert_eq!(
            rest("It will not displace anyone. dawn report."),
            "It will not displace anyone."
        );
        assert_eq!(
            rest("Talks go on. With input from the agency."),
            "Talks go on."
        );
        assert_eq!(rest("Talks go on. (With inputs from PTI)"), "Talks go on.");
        assert_eq!(rest("Talks go on, he said. — AFP"), "Talks go on, he said.");
        assert_eq!(
            rest("Talks go on, he said. (Reuters)"),
            "Talks go on, he said."
        );
    }

    #[test]
    fn sentences_that_tell_something_stay() {
        for kept in [
            "He left. The police issued a report.",
            "They met the head of the agency.",
            "He waited. she left the agency in May.",
            "It was bad (very bad).",
        ] {
            assert_eq!(rest(kept), kept);
        }
    }
}
