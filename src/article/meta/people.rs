//! The names of people in a byline: parted, without roles, dates and the names of social networks.

use super::{
    super::{Rules, jsonld::unescaped, rules::folded, text::one_line},
    MAX_NAME,
};
use crate::date;

/// Characters of a byline.
const MAX_BYLINE: usize = 300;
/// Words of a name: `María de los Ángeles del Río`, and one more.
const MAX_WORDS: usize = 6;
/// Characters of a name in a script without capitals.
const MAX_UNCASED: usize = 24;
/// Signs that part names; a comma may also stand before a title.
const SIGNS: [char; 9] = [',', ';', '|', '/', '•', '·', '、', '，', '\n'];

/// The people that a byline names.
pub(crate) fn people(text: &str, rules: &Rules) -> Vec<String> {
    let Some(line) = one_line(&unescaped(text)) else {
        return Vec::new();
    };
    if line.contains("://") || line.starts_with("www.") || line.chars().count() > MAX_BYLINE {
        return Vec::new();
    }
    let line = without_brackets(without_opening(&line, rules));
    let mut names: Vec<String> = Vec::new();
    for part in parted(&line, rules) {
        let part = without_opening(part, rules).trim();
        if let Some(last) = names.last_mut().filter(|_| is_suffix(part, rules)) {
            last.push_str(", ");
            last.push_str(part);
        } else if let Some(name) = person(part, rules) {
            names.push(name);
        }
    }
    names
}

/// The words of a line before what is no name any more: a role, a date, a preposition.
pub(super) fn opening_words(line: &str, rules: &Rules) -> String {
    let mut words: Vec<&str> = Vec::new();
    let mut rest = without_opening(line, rules);
    while !rest.is_empty() && (words.is_empty() || !ends_name(rest, rules)) {
        let end = rest.find(' ').unwrap_or(rest.len());
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words.join(" ")
}

/// A name as it is, of an organisation or a user, where it is short enough to be one.
pub(super) fn spelled(line: &str, rules: &Rules) -> Option<String> {
    let name = without_date(without_opening(line, rules)).trim();
    let fits = !name.contains("://")
        && !name.starts_with(['@', '#', '{'])
        && name.chars().count() <= MAX_NAME
        && name.contains(char::is_alphabetic)
        && name.split_whitespace().count() <= MAX_WORDS;
    fits.then(|| name.to_owned())
}

/// Cuts the date that is glued to a name: `Acme- 2025/4/29`.
fn without_date(name: &str) -> &str {
    let numeric = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_digit()) && !word.contains(char::is_alphabetic)
    };
    let end = name
        .match_indices(' ')
        .find(|(at, _)| numeric(name[at + 1..].split(' ').next().unwrap_or("")));
    end.map_or(name, |(at, _)| {
        name[..at].trim_end_matches([' ', '-', '–', '—', ',', '|'])
    })
}

/// Cuts what opens a byline: `By`, `Text:`, also where the name is glued to it.
fn without_opening<'t>(line: &'t str, rules: &Rules) -> &'t str {
    let mut rest = line.trim();
    for _ in 0..2 {
        let Some(opening) = rules
            .names
            .author_openings
            .iter()
            .filter(|word| opens(rest, word))
            .max_by_key(|word| word.len())
        else {
            break;
        };
        rest = rest[opening.len()..].trim_start_matches([' ', ':', ',', '\u{a0}']);
    }
    rest
}

fn opens(line: &str, word: &str) -> bool {
    let Some(head) = line.get(..word.len()) else {
        return false;
    };
    let rest = &line[word.len()..];
    // `byNora Quist`: a capital after a small letter begins another word.
    let glued = head.ends_with(char::is_lowercase) && rest.starts_with(char::is_uppercase);
    let ends = rest.starts_with([' ', ':', ',', '\u{a0}']) || glued && word.is_ascii();
    ends && folded(head) == *word
}

/// Cuts short names of agencies and papers in brackets: `Elena Oberholt (obe)`.
fn without_brackets(line: &str) -> String {
    if has_middle_name(line) {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len());
    let mut depth = 0_u32;
    for c in line.chars() {
        match c {
            '(' | '[' | '（' | '【' => depth += 1,
            ')' | ']' | '）' | '】' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    // The whole line in brackets is the name itself: `【松岡大地】`.
    if out.trim().is_empty() {
        line.trim_matches(['(', ')', '[', ']', '（', '）', '【', '】'])
            .to_owned()
    } else {
        out
    }
}

/// Whether the only brackets hold one name between two others: `Ana (Luz) Costa`.
fn has_middle_name(line: &str) -> bool {
    let name = |text: &str| {
        text.starts_with(char::is_uppercase)
            && text
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'))
            && text.contains(char::is_lowercase)
    };
    let Some((before, (inside, after))) = line
        .split_once(" (")
        .and_then(|(before, rest)| Some((before, rest.split_once(") ")?)))
    else {
        return false;
    };
    [before, inside, after].iter().all(|part| name(part))
}

/// The parts of a list of names.
fn parted<'t>(line: &'t str, rules: &Rules) -> Vec<&'t str> {
    let mut parts = Vec::new();
    for piece in line.split(SIGNS) {
        let mut rest = piece.trim();
        while let Some((before, after)) = at_conjunction(rest, rules) {
            parts.push(before);
            rest = after;
        }
        parts.push(rest);
    }
    parts
}

/// The text before and after the first word that joins two names. One letter (`e`, `y`, `i`) may be part of one name:
/// it joins only whole names.
fn at_conjunction<'t>(text: &'t str, rules: &Rules) -> Option<(&'t str, &'t str)> {
    let mut from = 0;
    while let Some(at) = text[from..].find(' ').map(|at| from + at) {
        let rest = &text[at + 1..];
        let end = rest.find(' ').unwrap_or(rest.len());
        let word = folded(&rest[..end]);
        let (before, after) = (text[..at].trim(), rest[end..].trim());
        let whole = |name: &str| name.contains(' ') || !name.is_ascii();
        let joins = rules.names.conjunctions.contains(&word)
            && !after.is_empty()
            && (word.chars().count() > 1 && !word.is_empty()
                || word == "&"
                || whole(before) && whole(after));
        if joins {
            return Some((before, after));
        }
        from = at + 1;
    }
    // At the start of a part: `, and Liv Dahl`.
    let (first, after) = text.split_once(' ')?;
    (rules.names.conjunctions.contains(&folded(first)) && first.chars().count() > 1)
        .then_some(("", after))
}

/// `Jr.`, `MD`: what follows a name after a comma and belongs to it.
fn is_suffix(part: &str, rules: &Rules) -> bool {
    let bare = folded(part).replace('.', "");
    rules.names.suffixes.contains(&bare)
}

/// The name in a part: up to a date, a role, the name of a social network.
fn person(part: &str, rules: &Rules) -> Option<String> {
    let part = part
        .trim()
        .trim_start_matches(['&', '-', '–', '—', '✉', '*'])
        .trim();
    let mut words: Vec<&str> = Vec::new();
    let mut rest = part;
    while !rest.is_empty() {
        let end = rest.find(' ').unwrap_or(rest.len());
        if !words.is_empty() && ends_name(rest, rules) {
            // `Our editors`, `The Currency Staff`: what is left is no name.
            let whole = words.len() > 1 && words[0] != "The" || !is_role(rest, rules);
            if !whole {
                return None;
            }
            break;
        }
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    let mut name = words.join(" ");
    for social in &rules.names.socials {
        let end = name.len().checked_sub(social.len());
        let glued = end.filter(|end| {
            *end > 0 && name.is_char_boundary(*end) && folded(&name[*end..]) == *social
        });
        if let Some(end) = glued {
            name.truncate(end);
        }
    }
    let name = name.trim_matches([' ', '-', '–', '—', ':', '*', '>', '<', '"']);
    let name = if is_initial_end(name) {
        name
    } else {
        name.trim_end_matches('.')
    };
    is_name(name, rules).then(|| name.to_owned())
}

/// `Hugo Marlow Jr.`, `John F.` keep their full stop.
fn is_initial_end(name: &str) -> bool {
    let last = name.rsplit(' ').next().unwrap_or(name);
    last.len() <= 3 || last.trim_end_matches('.').contains('.')
}

/// Whether the next word tells what somebody is.
fn is_role(rest: &str, rules: &Rules) -> bool {
    let word = rest.split(' ').next().unwrap_or(rest);
    let bare = folded(word.trim_matches(|c: char| !c.is_alphanumeric()));
    rules.names.roles.contains(&bare)
}

/// Whether a name is that of a person in full: two to five words, each with a capital but for particles; in scripts
/// without capitals a short one.
pub(crate) fn is_full_name(name: &str, rules: &Rules) -> bool {
    let words: Vec<&str> = name.split_whitespace().collect();
    if name.contains([':', '?', '!', '"', '…', '“', '”', '(', '#', '&']) {
        return false;
    }
    if !name.contains(|c: char| c.is_uppercase() || c.is_lowercase()) {
        return name.chars().count() <= MAX_UNCASED && !name.is_empty();
    }
    let particle = |word: &&str| rules.names.particles.iter().any(|one| one == word);
    let capital =
        |word: &&str| word.starts_with(|c: char| c.is_uppercase() || matches!(c, '‘' | '’' | '\''));
    let first = words
        .first()
        .is_some_and(|word| capital(word) || particle(word));
    (2..=5).contains(&words.len())
        && first
        && words.last().is_some_and(capital)
        && words.iter().all(|word| capital(word) || particle(word))
}

/// Whether what follows is no longer the name: a date, a role, a network.
fn ends_name(rest: &str, rules: &Rules) -> bool {
    let word = rest.split(' ').next().unwrap_or(rest);
    let bare = folded(word.trim_matches(|c: char| !c.is_alphanumeric()));
    let dated = || {
        let next = rest.split(' ').nth(1).unwrap_or("");
        date::is_month(&bare) && next.starts_with(|c: char| c.is_ascii_digit())
            || date::is_weekday(word) && word.ends_with(',')
    };
    word.starts_with(|c: char| c.is_ascii_digit())
        || matches!(word, "-" | "–" | "—" | "|" | "@")
        || rules.names.roles.contains(&bare)
        || rules.names.socials.contains(&bare)
        || dated()
}

fn is_name(name: &str, rules: &Rules) -> bool {
    let words = name.split_whitespace().count();
    let capital = name
        .chars()
        .any(|c| c.is_uppercase() || (c.is_alphabetic() && !c.is_lowercase()));
    let bare = folded(name);
    (1..=MAX_WORDS).contains(&words)
        && (2..=MAX_NAME).contains(&name.chars().count())
        && !name.contains(|c: char| c.is_numeric() || matches!(c, '@' | '{' | '}' | '='))
        && capital
        && !rules.names.not_people.contains(&bare)
        && !bare
            .split(' ')
            .next()
            .is_some_and(|word| rules.names.roles.iter().any(|role| role == word))
        && !rules.names.socials.contains(&bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parted_and_bared() {
        let rules = Rules::shipped();
        for (byline, expected) in [
            ("By Nora Quist August 19, 2022", vec!["Nora Quist"]),
            (
                "Hugo Marlow, Jr., Nora Quist, MD",
                vec!["Hugo Marlow, Jr.", "Nora Quist, MD"],
            ),
            (
                "By Nora Quist and Emil Sand",
                vec!["Nora Quist", "Emil Sand"],
            ),
            ("Sven Berg og Liv Dahl", vec!["Sven Berg", "Liv Dahl"]),
            ("Ana Lima e Rui Costa", vec!["Ana Lima", "Rui Costa"]),
            ("José Ortega y Gasset", vec!["José Ortega y Gasset"]),
            (
                "Von Elena Oberholt (obe), Oliver Maks (oma)",
                vec!["Elena Oberholt", "Oliver Maks"],
            ),
            ("Sarah LazardTwitter", vec!["Sarah Lazard"]),
            ("Keith Barr Senior Autos Reporter", vec!["Keith Barr"]),
            ("Posted byDaniel Walt", vec!["Daniel Walt"]),
            ("Text by Hunt Duke", vec!["Hunt Duke"]),
            ("https://social.example/tara", vec![]),
            ("By May Lee", vec!["May Lee"]),
            ("byScott Mill", vec!["Scott Mill"]),
            ("Our Editors", vec![]),
            ("The Currency Staff", vec![]),
            ("Byron Lee", vec!["Byron Lee"]),
            ("Posted by, Ida Lund", vec!["Ida Lund"]),
            ("Ana (Luz) Costa", vec!["Ana (Luz) Costa"]),
            ("Full Bio", vec![]),
        ] {
            assert_eq!(people(byline, &rules), expected, "{byline}");
        }
    }
}
