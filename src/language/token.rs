//! Tokens by the conventions of the English treebanks: what is cut, what stays whole.

mod inside;

use self::inside::{
    breaks_off, clitic, clitic_tail, dotted, face, is_word, keeps_hyphen, number, run,
};
use super::words::{self, WordKind};
use super::{Span, Token, is_blank};

/// A word is cut into at most this many tokens (`he|'d|'ve`).
const MOST_PARTS: usize = 3;

/// Appends the tokens of `text[span]`, in order; blanks separate and are in none of them.
/// Time is linear in the length, whatever the text.
pub(crate) fn tokens(text: &str, span: Span, out: &mut Vec<Token>) {
    let part = span.of(text);
    let mut chunk_start = None;
    for (at, letter) in part.char_indices() {
        match (is_blank(letter), chunk_start) {
            (true, Some(start)) => {
                let next = part[at..].trim_start_matches(is_blank).chars().next();
                Chunk::new(&part[start..at], next, span.start + start).cut(out);
                chunk_start = None;
            }
            (false, None) => chunk_start = Some(at),
            _ => {}
        }
    }
    if let Some(start) = chunk_start {
        Chunk::new(&part[start..], None, span.start + start).cut(out);
    }
}

/// A run of text without white space, and what follows it.
struct Chunk<'a> {
    text: &'a str,
    /// The first character of the next run in the line.
    next: Option<char>,
    offset: usize,
    /// No address was found that begins before this: keeps the search linear.
    no_address_before: usize,
}

impl<'a> Chunk<'a> {
    fn new(text: &'a str, next: Option<char>, offset: usize) -> Self {
        Self {
            text,
            next,
            offset,
            no_address_before: 0,
        }
    }

    fn cut(mut self, out: &mut Vec<Token>) {
        let mut at = 0;
        while at < self.text.len() {
            let length = self.next_length(at).max(1);
            self.push(at, at + length, out);
            at += length;
        }
    }

    /// Bytes of the token that begins at `at`.
    fn next_length(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let Some(first) = rest.chars().next() else {
            return 0;
        };
        if is_word(first) {
            return self
                .address(at)
                .or_else(|| number(rest))
                .unwrap_or_else(|| self.word(rest));
        }
        match first {
            '[' if rest.starts_with("[...]") => 5,
            '[' if rest.starts_with("[…]") => "[…]".len(),
            '.' | '!' | '?' | '…' => run(rest, |c| matches!(c, '.' | '!' | '?' | '…')),
            '#' | '@' if rest[1..].starts_with(|c: char| c.is_ascii_alphabetic()) => {
                1 + run(&rest[1..], is_word)
            }
            '\'' | '’' | '`' => apostrophe(rest, first, at == 0),
            '‘' if rest.starts_with("‘’") || rest.starts_with("‘‘") => "‘’".len(),
            _ => face(rest).unwrap_or_else(|| match first {
                '-' | '*' | '=' | '+' | '~' | '<' | '>' | '#' | '|' => run(rest, |c| c == first),
                _ => first.len_utf8(),
            }),
        }
    }

    /// A web or mail address: one token, without the punctuation after it.
    fn address(&mut self, at: usize) -> Option<usize> {
        if at < self.no_address_before {
            return None;
        }
        let rest = &self.text[at..];
        let web = ["http://", "https://", "www.", "ftp://"];
        if web.iter().any(|start| {
            rest.get(..start.len())
                .is_some_and(|s| s.eq_ignore_ascii_case(start))
        }) {
            let end = rest.find(['"', '<', '>', '”', '“']).unwrap_or(rest.len());
            let trimmed =
                rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'', '’']);
            return Some(trimmed.len());
        }
        let name = run(rest, |c| is_word(c) || matches!(c, '.' | '+' | '-'));
        if !rest[name..].starts_with('@') {
            self.no_address_before = at + name;
            return None;
        }
        let host = run(&rest[name + 1..], |c| is_word(c) || matches!(c, '.' | '-'));
        let host = rest[name + 1..name + 1 + host].trim_end_matches(['.', '-']);
        if host.contains('.') {
            return Some(name + 1 + host.len());
        }
        self.no_address_before = at + name;
        None
    }

    /// A word of letters and digits, with the marks that may stand inside it.
    fn word(&self, rest: &str) -> usize {
        let mut end = run(rest, is_word);
        while let Some(mark) = rest[end..].chars().next() {
            let next = run(&rest[end + mark.len_utf8()..], is_word);
            let whole = end + mark.len_utf8() + next;
            let joins = match mark {
                '\'' | '’' | '`' => next > 0,
                '&' => next > 0 && end <= 4 && next <= 4,
                '-' if next == 0 => breaks_off(&rest[..end], &rest[end + 1..]),
                '-' => keeps_hyphen(&rest[..end], &rest[end + 1..whole]),
                '.' => dotted(rest, end, next),
                _ => false,
            };
            if !joins {
                break;
            }
            end = whole;
        }
        self.with_stop(rest, end)
    }

    /// Adds the full stop of an abbreviation.
    fn with_stop(&self, rest: &str, end: usize) -> usize {
        if rest[end..]
            .chars()
            .take_while(|c| *c == '.')
            .take(2)
            .count()
            != 1
        {
            return end;
        }
        let with = &rest[..=end];
        let initial = end == 1
            && with.starts_with(|c: char| c.is_ascii_uppercase())
            && !with.starts_with('I');
        let letters = with.len() > 3
            && with
                .as_bytes()
                .iter()
                .skip(1)
                .step_by(2)
                .all(|b| *b == b'.');
        let last = rest[end + 1..].is_empty();
        let follows = |test: fn(char) -> bool| last && self.next.is_some_and(test);
        let listed = words::is(with, WordKind::Title)
            || words::is(with, WordKind::Abbreviation)
            || words::is(with, WordKind::Capital)
            || (words::is(with, WordKind::Numbered) && follows(|c| c.is_ascii_digit()));
        let closes = words::is(with, WordKind::Closing)
            && (self.next.is_none() || follows(char::is_uppercase));
        if closes {
            return end;
        }
        let cited = initial && rest[end + 1..].starts_with([',', ';']);
        if letters || listed || cited || (initial && follows(char::is_uppercase)) {
            end + 1
        } else {
            end
        }
    }

    /// Writes a token, or the two or three that a word with clitics is.
    fn push(&self, start: usize, end: usize, out: &mut Vec<Token>) {
        let mut cuts = [end; MOST_PARTS + 1];
        for slot in 1..cuts.len() {
            let word = &self.text[start..cuts[slot - 1]];
            let cut = clitic(word).or_else(|| words::cut(word)).unwrap_or(0);
            cuts[slot] = start + cut;
            if cut == 0 {
                break;
            }
        }
        let first = cuts
            .iter()
            .position(|cut| *cut == start)
            .unwrap_or(MOST_PARTS);
        cuts[first] = start;
        let plural = self.closes_plural(start, end, out);
        for slot in (0..first).rev() {
            let span = Span {
                start: self.offset + cuts[slot + 1],
                end: self.offset + cuts[slot],
            };
            out.push(Token {
                span,
                clitic: slot + 1 < first || plural,
                ..Token::default()
            });
        }
    }

    /// Whether an apostrophe is the possessive of the plural it is glued to (`parents'`).
    fn closes_plural(&self, start: usize, end: usize, out: &[Token]) -> bool {
        matches!(&self.text[start..end], "'" | "’")
            && self.text[..start].ends_with(['s', 'S'])
            && out
                .last()
                .is_some_and(|last| last.span.end == self.offset + start)
    }
}

/// A token that starts with an apostrophe: a clitic alone, a year (`'70s`), a shortened word (`'em`), or a quote mark.
fn apostrophe(rest: &str, mark: char, starts: bool) -> usize {
    let body = &rest[mark.len_utf8()..];
    let word = run(body, is_word);
    let text = &body[..word];
    let year =
        text.len() >= 2 && text.as_bytes()[..2].iter().all(u8::is_ascii_digit) && text.len() <= 3;
    let clitic = clitic_tail(text) && (!starts || text.len() < 3);
    if word > 0 && (year || clitic || words::is(text, WordKind::Leading)) {
        return mark.len_utf8() + word;
    }
    mark.len_utf8() * (1 + usize::from(body.starts_with(mark)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> String {
        let mut out = Vec::new();
        tokens(
            text,
            Span {
                start: 0,
                end: text.len(),
            },
            &mut out,
        );
        out.iter()
            .map(|token| token.span.of(text))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn clitics_stand_alone() {
        assert_eq!(
            cut("I don't think he'll say Iran's plan cannot"),
            "I do n't think he 'll say Iran 's plan can not"
        );
    }

    #[test]
    fn abbreviations_keep_their_stop() {
        assert_eq!(
            cut("Gen. Smith of the U.S. met Dr. J. Doe at 5 p.m."),
            "Gen. Smith of the U.S. met Dr. J. Doe at 5 p.m."
        );
    }

    #[test]
    fn words_that_look_like_abbreviations_or_clitics_stay_whole() {
        assert_eq!(cut("fell ill. Now Im lets it"), "fell ill . Now Im lets it");
        assert_eq!(
            cut("Springfield, Ill. on Jan. 5"),
            "Springfield , Ill. on Jan. 5"
        );
    }

    #[test]
    fn marks_without_width_separate_and_are_no_words() {
        assert_eq!(cut("\u{feff}The\u{200b}end\u{2060}."), "The end .");
    }

    #[test]
    fn money_units_and_hyphens_are_cut() {
        assert_eq!(
            cut("a $4.5m, 10% pro-Beijing well-known 9/11 deal at 7:30PM"),
            "a $ 4.5 m , 10 % pro-Beijing well - known 9/11 deal at 7:30 PM"
        );
    }

    #[test]
    fn addresses_are_one_token() {
        assert_eq!(
            cut("(see http://a.org/x?y=1). Mail me@b.co.uk, or example.com."),
            "( see http://a.org/x?y=1 ) . Mail me@b.co.uk , or example.com ."
        );
    }

    #[test]
    fn a_word_of_nothing_but_clitics_is_cut_a_bounded_number_of_times() {
        assert_eq!(cut("he'd've x's's's's's"), "he 'd 've x's's's 's 's");
    }

    #[test]
    fn quotes_and_ellipses_are_cut() {
        assert_eq!(
            cut("“We need […] arms...” he said?!"),
            "“ We need […] arms ... ” he said ?!"
        );
    }
}
