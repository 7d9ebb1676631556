//! Writing CoNLL-U: the sentences of a text with their places in it.

use std::fmt::Write as _;

use crate::language::{Sentence, Token};

/// Writes the sentences of one text, in order.
///
/// The last column of a word or range has its place in the text, as Unicode scalar values counted from the start
/// (`start_char`, `end_char`), and `SpaceAfter=No` where the next word follows at once, be it of the next sentence.
#[derive(Debug)]
pub struct ConlluWriter<'a> {
    text: &'a str,
    /// Sentences written.
    count: usize,
    /// Up to here characters are counted.
    byte: usize,
    characters: usize,
}

impl<'a> ConlluWriter<'a> {
    /// A writer at the start of `text`.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            count: 0,
            byte: 0,
            characters: 0,
        }
    }

    /// Adds a sentence to `out`; `next` is the one after it.
    pub fn sentence(&mut self, out: &mut String, sentence: &Sentence, next: Option<&Sentence>) {
        let gap = self
            .text
            .get(self.byte..sentence.span.start)
            .unwrap_or_default();
        if self.count == 0 || gap.contains('\n') {
            out.push_str("# newpar\n");
        }
        self.count += 1;
        // Writing to a String cannot fail.
        writeln!(out, "# sent_id = {}", self.count).unwrap_or_default();
        self.plain(out, sentence);
        let after = next.map(|next| next.span.start);
        for (index, token) in sentence.tokens.iter().enumerate() {
            let parts = parts(sentence, index);
            if parts > 1 {
                self.range(out, sentence, index, parts, after);
            }
            let end = token.span.end;
            let inside = token.clitic || parts > 1;
            let space = !inside && glued(sentence, index, after);
            write!(out, "{}\t{}\t", index + 1, token.span.of(self.text)).unwrap_or_default();
            write_analysis(out, token, "_");
            let start = self.count_to(token.span.start);
            let end = self.count_to(end);
            place(out, "\t_", space, start, end);
        }
        out.push('\n');
    }

    /// The comment with the sentence's text: its words, and a space where anything lies between two.
    fn plain(&self, out: &mut String, sentence: &Sentence) {
        out.push_str("# text = ");
        let mut end = sentence.span.start;
        for token in &sentence.tokens {
            if token.span.start > end {
                out.push(' ');
            }
            out.push_str(token.span.of(self.text));
            end = token.span.end;
        }
        out.push('\n');
    }

    /// The line of an orthographic word that is several tokens.
    fn range(
        &mut self,
        out: &mut String,
        sentence: &Sentence,
        first: usize,
        parts: usize,
        after: Option<usize>,
    ) {
        let last = first + parts - 1;
        let start = sentence.tokens[first].span.start;
        let end = sentence.tokens[last].span.end;
        let form = self.text.get(start..end).unwrap_or_default();
        let columns = "\t_".repeat(6);
        write!(out, "{}-{}\t{form}{columns}", first + 1, last + 1).unwrap_or_default();
        let space = glued(sentence, last, after);
        let start = self.count_to(start);
        place(out, "\t_", space, start, start + form.chars().count());
    }

    /// Characters before a byte that is not before the last one asked for.
    fn count_to(&mut self, byte: usize) -> usize {
        let part = self.text.get(self.byte..byte).unwrap_or_default();
        self.characters += part.chars().count();
        self.byte = self.byte.max(byte);
        self.characters
    }
}

/// Whether the next token, of this sentence or the one that begins at `after`, follows without a space.
fn glued(sentence: &Sentence, index: usize, after: Option<usize>) -> bool {
    let next = sentence.tokens.get(index + 1).map(|next| next.span.start);
    next.or(after) == Some(sentence.tokens[index].span.end)
}

/// How many tokens the orthographic word is that begins at `first`; 0 where none begins.
fn parts(sentence: &Sentence, first: usize) -> usize {
    if sentence.tokens[first].clitic && first > 0 {
        return 0;
    }
    let clitics = sentence.tokens[first + 1..].iter();
    1 + clitics.take_while(|token| token.clitic).count()
}

fn place(out: &mut String, before: &str, glued: bool, start: usize, end: usize) {
    let space = if glued { "SpaceAfter=No|" } else { "" };
    writeln!(out, "{before}\t{space}start_char={start}|end_char={end}").unwrap_or_default();
}

/// Columns 3 to 8: lemma, tags, features (as given), head, relation.
pub fn write_analysis(out: &mut String, token: &Token, features: &str) {
    let head = token.head.map_or(0, |head| head + 1);
    let lemma = if token.lemma.is_empty() {
        "_"
    } else {
        &token.lemma
    };
    write!(
        out,
        "{lemma}\t{}\t{}\t{features}\t{head}\t{}",
        token.upos, token.xpos, token.relation
    )
    .unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{conllu, parse};

    fn written(text: &str) -> String {
        let sentences = parse(text);
        let mut writer = ConlluWriter::new(text);
        let mut out = String::new();
        for (index, sentence) in sentences.iter().enumerate() {
            writer.sentence(&mut out, sentence, sentences.get(index + 1));
        }
        out
    }

    /// The last column of the line that begins with these two.
    fn misc<'a>(out: &'a str, start: &str) -> Vec<&'a str> {
        out.lines()
            .filter(|line| line.starts_with(start))
            .filter_map(|line| line.split('\t').nth(9))
            .collect()
    }

    #[test]
    fn a_sentence_glued_to_the_next_says_so() {
        let out = written("He left!She stayed.");
        assert_eq!(
            misc(&out, "3\t!"),
            ["SpaceAfter=No|start_char=7|end_char=8"]
        );
        assert_eq!(misc(&out, "3\t."), ["start_char=18|end_char=19"]);
    }

    #[test]
    fn a_range_has_its_place_and_its_words_leave_the_space_to_it() {
        let out = written("“Né can't.”");
        assert_eq!(
            misc(&out, "3-4\tcan't"),
            ["SpaceAfter=No|start_char=4|end_char=9"]
        );
        assert_eq!(misc(&out, "4\tn't"), ["start_char=6|end_char=9"]);
    }

    #[test]
    fn the_text_of_a_sentence_is_its_words_with_single_spaces() {
        let out = written("He \u{a0} left\ttown.\nShe stayed.");
        assert!(out.contains("# text = He left town.\n"), "{out}");
        assert_eq!(out.matches("# newpar").count(), 2);
    }

    #[test]
    fn what_is_written_reads_back() {
        let out = written("“They'd've left,” he said.Then they can't\nA line");
        let blocks = conllu::read(&out).expect("what is written is CoNLL-U");
        let text: String = blocks
            .iter()
            .flat_map(conllu::Block::tokens)
            .map(|(form, glued, _)| form.to_string() + if glued { "" } else { " " })
            .collect();
        assert_eq!(text, "“They'd've left,” he said.Then they can't A line ");
    }
}
