//! The pieces of a text that may be those of a date.

use jiff::civil::Time;

use super::{
    calendar::Calendar,
    clock::{clock, opens_clock},
    names::{self, MAX_NAME_WORDS, Month, Term},
    order::Notation,
    spelling::{bare_word, is_word_char},
    zone::{self, Zone},
};

/// Letters of a word that may stand inside a date (`de`, `of`, `год`); a longer one ends it.
const MAX_SHORT_WORD: usize = 3;
/// Letters of the name of a zone.
const MAX_ZONE: usize = 5;

/// A piece of a written date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Piece {
    Number(Number),
    Month(Month),
    /// A bit for each day of the week that the word may be.
    Weekday(u8),
    /// A time, and whether it tells seconds.
    Clock(Time, bool),
    Afternoon(bool),
    /// An offset in minutes.
    Offset(i32),
    Zone(Zone),
    Word,
}

/// A number of a written date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number {
    pub(super) value: i32,
    /// Four for a year that an era was added to.
    pub(super) digits: usize,
    /// The sign right after it.
    pub(super) after: char,
}

/// Reads a simplified text piece by piece.
pub(super) fn read_pieces(text: &str, notation: &Notation) -> Vec<Piece> {
    let mut reader = Reader {
        rest: text,
        pieces: Vec::new(),
        era: 0,
        month_follows: false,
        beside_clock: false,
        notation,
    };
    while let Some(c) = reader.rest.chars().next() {
        if c.is_ascii_digit() {
            reader.take_number();
        } else if is_word_char(c) {
            reader.take_word();
        } else if matches!(c, '+' | '-') && reader.may_be_offset() {
            reader.take_offset(c);
        } else {
            reader.rest = &reader.rest[c.len_utf8()..];
        }
    }
    reader.pieces
}

struct Reader<'t, 'n> {
    rest: &'t str,
    pieces: Vec<Piece>,
    /// Years to add to the next number.
    era: i32,
    /// The next number is that of a month.
    month_follows: bool,
    /// A word before says that a time follows.
    beside_clock: bool,
    notation: &'n Notation,
}

impl<'t> Reader<'t, '_> {
    fn is_after_clock(&self) -> bool {
        use Piece::{Afternoon, Clock, Zone};
        matches!(self.pieces.last(), Some(Clock(..) | Afternoon(_) | Zone(_)))
    }

    /// A sign after a time; after its year as well where four digits follow: `19:48:21 2004 -0800`.
    fn may_be_offset(&self) -> bool {
        let clocked = || {
            self.pieces
                .iter()
                .any(|piece| matches!(piece, Piece::Clock(..)))
        };
        let digits = self.rest[1..]
            .bytes()
            .take_while(u8::is_ascii_digit)
            .count();
        self.is_after_clock() || digits == 4 && clocked()
    }

    fn take_offset(&mut self, sign: char) {
        let rest = &self.rest[sign.len_utf8()..];
        if let Some((minutes, length)) = zone::offset(self.rest) {
            self.pieces.push(Piece::Offset(minutes));
            self.rest = &self.rest[length..];
        } else if let Some((minutes, length)) = zone::parted_offset(sign, rest) {
            self.pieces.push(Piece::Offset(minutes));
            self.rest = &rest[length..];
        } else {
            self.rest = rest;
        }
    }

    fn take_number(&mut self) {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.rest.len());
        let is_clock = end <= 2 && opens_clock(self.rest, end, self.beside_clock);
        if is_clock && let Some((time, seconds, rest)) = clock(self.rest) {
            self.pieces.push(Piece::Clock(time, seconds));
            self.rest = rest;
            return;
        }
        if is_clock && self.rest[end..].starts_with(':') {
            // No time of any day, such as 25:00:57: nor is a part of it.
            let goes_on = |c: char| c.is_ascii_digit() || c == ':';
            self.rest = self.rest.trim_start_matches(goes_on);
            return;
        }
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        let after = rest.chars().next().unwrap_or(' ');
        let Some(value) = digits.parse::<i32>().ok() else {
            self.pieces.push(Piece::Word);
            return;
        };
        let era = std::mem::take(&mut self.era);
        let named = std::mem::take(&mut self.month_follows) || matches!(after, '月' | '월');
        self.pieces.push(match value {
            1..=12 if named => Piece::Month(Month {
                number: value as i8,
                calendar: Calendar::Gregorian,
            }),
            _ => Piece::Number(Number {
                value: value + era,
                digits: if era == 0 { end } else { 4 },
                after,
            }),
        });
    }

    fn take_word(&mut self) {
        if let Some((zone, length)) = zone::place(self.rest) {
            self.pieces.push(Piece::Zone(zone));
            self.rest = &self.rest[length..];
            return;
        }
        let (name, rest) = self.longest_name();
        let word = &self.rest[..self.rest.len() - rest.len()];
        let term = names::term(&bare_word(word));
        let zone = self.zone(word);
        if let Some(zone) = zone.filter(|_| self.is_after_clock()) {
            self.pieces.push(Piece::Zone(zone));
        } else if let Some(piece) = name {
            self.pieces.push(piece);
        } else if let Some(term) = term {
            self.take_term(term, word);
        } else if let Some((afternoon, rest)) = self.dotted_half(word, rest) {
            self.take_half(afternoon, word);
            self.rest = rest;
            return;
        } else if let Some(zone) = zone {
            self.pieces.push(Piece::Zone(zone));
        } else if word.chars().count() > MAX_SHORT_WORD {
            self.pieces.push(Piece::Word);
        }
        self.beside_clock = term == Some(Term::BesideClock);
        self.rest = rest;
    }

    /// The month or weekday that the next words name, and the rest; else the next word alone is passed.
    fn longest_name(&self) -> (Option<Piece>, &'t str) {
        let mut name = String::new();
        let mut rest = self.rest;
        let mut found = (None, "");
        let mut first_rest = None;
        for _ in 0..MAX_NAME_WORDS {
            let end = rest.find(|c: char| !is_word_char(c)).unwrap_or(rest.len());
            if end == 0 {
                break;
            }
            if !name.is_empty() {
                name.push(' ');
            }
            name.push_str(&bare_word(&rest[..end]));
            rest = &rest[end..];
            first_rest = first_rest.or(Some(rest));
            if let Some(piece) = self.named(&name) {
                found = (Some(piece), rest);
            }
            let Some(next) = rest.strip_prefix([' ', '-']) else {
                break;
            };
            rest = next;
        }
        match found {
            (None, _) => (None, first_rest.unwrap_or("")),
            found => found,
        }
    }

    fn named(&self, name: &str) -> Option<Piece> {
        if name.len() < 3 {
            return names::weekdays(name).map(Piece::Weekday);
        }
        names::month(name, &self.notation.language)
            .map(Piece::Month)
            .or_else(|| names::weekdays(name).map(Piece::Weekday))
    }

    fn take_term(&mut self, term: Term, word: &str) {
        match term {
            Term::Afternoon(afternoon) => self.take_half(afternoon, word),
            Term::Era(years) => self.era = years,
            Term::MonthFollows => self.month_follows = true,
            Term::BesideClock | Term::Between => {}
        }
    }

    /// `7 PM`: an hour alone is a time by the word after it.
    fn take_half(&mut self, afternoon: bool, word: &str) {
        let hour = match self.pieces.last() {
            Some(Piece::Number(Number {
                value: hour @ 1..=12,
                digits: 1..=2,
                ..
            })) if word.is_ascii() => Time::new(*hour as i8, 0, 0, 0).ok(),
            _ => None,
        };
        if let Some(time) = hour {
            self.pieces.pop();
            self.pieces.push(Piece::Clock(time, false));
        }
        self.pieces.push(Piece::Afternoon(afternoon));
    }

    /// `a.m.`, `p.m.`
    fn dotted_half<'r>(&self, word: &str, rest: &'r str) -> Option<(bool, &'r str)> {
        let afternoon = match word {
            "a" | "A" => false,
            "p" | "P" => true,
            _ => return None,
        };
        let tail = rest
            .strip_prefix(['.'])
            .and_then(|rest| rest.strip_prefix(['m', 'M']))?;
        let ends = !tail.starts_with(is_word_char);
        (ends
            && matches!(
                self.pieces.last(),
                Some(Piece::Clock(..) | Piece::Number(_))
            ))
        .then_some((afternoon, tail))
    }

    /// Names of zones are written in capitals; `et` is a word of French.
    fn zone(&self, word: &str) -> Option<Zone> {
        let capitals = word.chars().all(|c| c.is_ascii_uppercase());
        if !capitals && !matches!(word, "gmt" | "utc" | "Gmt" | "Utc") || word.len() > MAX_ZONE {
            return None;
        }
        names::zone(&word.to_ascii_uppercase(), &self.notation.country)
    }
}
