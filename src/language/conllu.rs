//! The CoNLL-U format: ten columns a word, a blank line after each sentence.

use std::fmt::Write as _;

use super::{Sentence, Token};

/// One word line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word {
    /// The form as written, with any spaces inside.
    pub form: String,
    /// The dictionary form.
    pub lemma: String,
    /// The universal part of speech.
    pub upos: String,
    /// The Penn Treebank tag.
    pub xpos: String,
    /// The number of the head, counted from 1; 0 for the root.
    pub head: usize,
    /// The relation to the head.
    pub relation: String,
    /// The last column.
    pub misc: String,
    /// Written together with the word before it, as a later part of one orthographic word.
    pub clitic: bool,
    /// No space follows.
    pub glued: bool,
}

/// A sentence of a CoNLL-U file, with the lines it came from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block {
    /// All lines as they were, without the blank one.
    pub lines: Vec<String>,
    /// The syntactic words, and the index in `lines` of each.
    pub words: Vec<(usize, Word)>,
}

/// Reads sentences; a line that is no comment, word, range or empty node is refused with its number.
pub fn read(text: &str) -> Result<Vec<Block>, usize> {
    let mut blocks = Vec::new();
    let mut block = Block::default();
    let mut range = (0, 0, false);
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            if !block.lines.is_empty() {
                blocks.push(std::mem::take(&mut block));
            }
            range = (0, 0, false);
            continue;
        }
        add_line(line, &mut block, &mut range).ok_or(number + 1)?;
    }
    if !block.lines.is_empty() {
        blocks.push(block);
    }
    Ok(blocks)
}

/// Adds one line; `range` is the open multiword token: first and last number, and whether no space follows it.
fn add_line(line: &str, block: &mut Block, range: &mut (usize, usize, bool)) -> Option<()> {
    block.lines.push(line.to_string());
    if line.starts_with('#') {
        return Some(());
    }
    let fields: Vec<&str> = line.split('\t').collect();
    let id = *fields.first()?;
    let glued = fields
        .get(9)
        .is_some_and(|misc| misc.split('|').any(|m| m == "SpaceAfter=No"));
    if let Some((first, last)) = id.split_once('-') {
        *range = (first.parse().ok()?, last.parse().ok()?, glued);
        return Some(());
    }
    if id.contains('.') {
        return Some(());
    }
    let number: usize = id.parse().ok()?;
    let field = |index: usize| fields.get(index).copied().unwrap_or("_").to_string();
    let inside = number >= range.0 && number < range.1;
    let ends = range.1 == number && range.0 < number;
    let word = Word {
        form: fields.get(1)?.to_string(),
        lemma: field(2),
        upos: field(3),
        xpos: field(4),
        head: fields
            .get(6)
            .and_then(|head| head.parse().ok())
            .unwrap_or(0),
        relation: field(7),
        misc: field(9),
        clitic: number > range.0 && number <= range.1,
        glued: inside || (ends && range.2) || (!ends && glued),
    };
    block.words.push((block.lines.len() - 1, word));
    Some(())
}

/// The text of words, rebuilt from `SpaceAfter=No`.
pub fn text<'a>(words: impl Iterator<Item = &'a Word>) -> String {
    let mut text = String::new();
    for word in words {
        text.push_str(&word.form);
        if !word.glued {
            text.push(' ');
        }
    }
    text
}

/// Writes a sentence of `text` with its spans in the last column, as Unicode scalar values counted from the start of
/// `text`: `position` is that of byte `sentence.span.start`.
pub fn write(out: &mut String, text: &str, sentence: &Sentence, position: usize) {
    let plain = sentence.span.of(text).replace(char::is_whitespace, " ");
    // Writing to a String cannot fail.
    writeln!(out, "# text = {plain}").unwrap_or_default();
    let mut at = sentence.span.start;
    let mut count = position;
    for (index, token) in sentence.tokens.iter().enumerate() {
        count += text
            .get(at..token.span.start)
            .map_or(0, |gap| gap.chars().count());
        let start = count;
        count += token.span.of(text).chars().count();
        at = token.span.end;
        if !token.clitic {
            write_range(out, text, sentence, index);
        }
        let next = sentence.tokens.get(index + 1);
        let whole = next.is_some_and(|next| next.clitic) || token.clitic;
        let glued = !whole && next.is_some_and(|next| next.span.start == token.span.end);
        let space = if glued { "SpaceAfter=No|" } else { "" };
        write!(out, "{}\t{}\t", index + 1, token.span.of(text)).unwrap_or_default();
        write_analysis(out, token);
        writeln!(out, "\t_\t{space}start_char={start}|end_char={count}").unwrap_or_default();
    }
    out.push('\n');
}

/// The line of an orthographic word that is several tokens.
fn write_range(out: &mut String, text: &str, sentence: &Sentence, first: usize) {
    let parts = sentence.tokens[first + 1..]
        .iter()
        .take_while(|token| token.clitic)
        .count();
    if parts == 0 {
        return;
    }
    let (start, end) = (
        sentence.tokens[first].span.start,
        sentence.tokens[first + parts].span.end,
    );
    let glued = sentence
        .tokens
        .get(first + parts + 1)
        .is_some_and(|next| next.span.start == end);
    let space = if glued { "SpaceAfter=No" } else { "_" };
    let form = text.get(start..end).unwrap_or_default();
    writeln!(
        out,
        "{}-{}\t{form}\t_\t_\t_\t_\t_\t_\t_\t{space}",
        first + 1,
        first + parts + 1
    )
    .unwrap_or_default();
}

/// Columns 3 to 8: lemma, tags, features, head, relation.
pub fn write_analysis(out: &mut String, token: &Token) {
    let head = token.head.map_or(0, |head| head + 1);
    let lemma = if token.lemma.is_empty() {
        "_"
    } else {
        &token.lemma
    };
    write!(
        out,
        "{lemma}\t{}\t{}\t_\t{head}\t{}",
        token.upos, token.xpos, token.relation
    )
    .unwrap_or_default();
}
