//! The CoNLL-U format: ten columns a word, a blank line after each sentence.

mod write;

pub use write::{ConlluWriter, write_analysis};

/// Columns of a line that is no comment.
const COLUMNS: usize = 10;

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
    /// The features, as they were.
    pub features: String,
    /// The number of the head, counted from 1; 0 for the root, and where none is given.
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

/// An orthographic word that is several syntactic words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Range {
    /// The number of its first word, counted from 1.
    pub first: usize,
    /// The number of its last word.
    pub last: usize,
    /// The form as written, which need not be that of its words.
    pub form: String,
    /// No space follows.
    pub glued: bool,
}

/// A sentence of a CoNLL-U file, with the lines it came from; without words where there were only comments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block {
    /// All lines as they were, without the blank one.
    pub lines: Vec<String>,
    /// The syntactic words, and the index in `lines` of each.
    pub words: Vec<(usize, Word)>,
    /// The words written together, in order.
    pub ranges: Vec<Range>,
}

/// A line that is not CoNLL-U.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not CoNLL-U: {fault}")]
pub struct FormatError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: &'static str,
}

/// Reads sentences; a byte order mark at the start is passed over.
pub fn read(text: &str) -> Result<Vec<Block>, FormatError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut blocks = Vec::new();
    let mut block = Block::default();
    let mut line = 0;
    let fail = |line| move |fault| FormatError { line, fault };
    for content in text.lines() {
        line += 1;
        if !content.trim().is_empty() {
            block.add(content).map_err(fail(line))?;
        } else if !block.lines.is_empty() {
            blocks.push(std::mem::take(&mut block).ended().map_err(fail(line - 1))?);
        }
    }
    if !block.lines.is_empty() {
        blocks.push(block.ended().map_err(fail(line))?);
    }
    Ok(blocks)
}

impl Block {
    /// The orthographic words: the form, whether no space follows, and how many syntactic words it is.
    pub fn tokens(&self) -> impl Iterator<Item = (&str, bool, usize)> {
        let mut ranges = self.ranges.iter().peekable();
        let mut within = 0;
        self.words
            .iter()
            .zip(1..)
            .filter_map(move |((_, word), number)| {
                if number <= within {
                    return None;
                }
                let Some(range) = ranges.next_if(|range| range.first == number) else {
                    return Some((word.form.as_str(), word.glued, 1));
                };
                within = range.last;
                Some((range.form.as_str(), range.glued, within + 1 - number))
            })
    }

    fn add(&mut self, line: &str) -> Result<(), &'static str> {
        self.lines.push(line.to_string());
        if line.starts_with('#') {
            return Ok(());
        }
        let fields: Vec<&str> = line.split('\t').collect();
        let fields: &[&str; COLUMNS] = fields
            .as_slice()
            .try_into()
            .map_err(|_| "a word has ten columns, with a tab between two")?;
        if fields[1].is_empty() {
            return Err("the form is empty");
        }
        let next = self.words.len() + 1;
        if let Some((first, last)) = fields[0].split_once('-') {
            return self.add_range(fields, number(first), number(last));
        }
        // An empty node (`8.1`) belongs to the enhanced graph, which is not read.
        if let Some((before, _)) = fields[0].split_once('.') {
            let right = number(before) == Some(next - 1);
            return right.then_some(()).ok_or("this empty node is out of order");
        }
        if number(fields[0]) != Some(next) {
            return Err("words are numbered 1, 2, 3, …");
        }
        self.add_word(fields, next)
    }

    fn add_range(
        &mut self,
        fields: &[&str; COLUMNS],
        first: Option<usize>,
        last: Option<usize>,
    ) -> Result<(), &'static str> {
        let free = self
            .ranges
            .last()
            .is_none_or(|range| range.last <= self.words.len());
        match (first, last) {
            (Some(first), Some(last)) if first == self.words.len() + 1 && last >= first && free => {
                self.ranges.push(Range {
                    first,
                    last,
                    form: fields[1].to_string(),
                    glued: glued(fields[9]),
                });
                Ok(())
            }
            _ => Err("this range does not begin at the next word"),
        }
    }

    fn add_word(&mut self, fields: &[&str; COLUMNS], number: usize) -> Result<(), &'static str> {
        let [
            _,
            form,
            lemma,
            upos,
            xpos,
            features,
            head,
            relation,
            _,
            misc,
        ] = fields.map(str::to_string);
        let head = match head.as_str() {
            "_" => 0,
            head => head.parse().map_err(|_| "the head is no number")?,
        };
        let range = self.ranges.last().filter(|range| number <= range.last);
        let word = Word {
            clitic: range.is_some_and(|range| number > range.first),
            glued: range.map_or_else(|| glued(&misc), |range| number < range.last || range.glued),
            form,
            lemma,
            upos,
            xpos,
            features,
            head,
            relation,
            misc,
        };
        self.words.push((self.lines.len() - 1, word));
        Ok(())
    }

    /// The whole block, if what it refers to is in it.
    fn ended(self) -> Result<Self, &'static str> {
        let count = self.words.len();
        if self.words.iter().any(|(_, word)| word.head > count) {
            return Err("a head in this sentence is no word of it");
        }
        if self.ranges.last().is_some_and(|range| range.last > count) {
            return Err("the last range of this sentence goes beyond its words");
        }
        Ok(self)
    }
}

fn glued(misc: &str) -> bool {
    misc.split('|').any(|part| part == "SpaceAfter=No")
}

/// A number of plain digits.
fn number(text: &str) -> Option<usize> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, form: &str) -> String {
        format!("{id}\t{form}\t_\t_\t_\t_\t_\t_\t_\t_\n")
    }

    fn fault(text: &str) -> (usize, &'static str) {
        let error = read(text).expect_err("the text is faulty");
        (error.line, error.fault)
    }

    #[test]
    fn a_fault_is_named_with_its_line() {
        let first = line("1", "a");
        assert_eq!(fault("# x\n1\ta\n").0, 2);
        assert_eq!(fault(&(first.clone() + &line("3", "b"))).0, 2);
        assert_eq!(fault(&(first.clone() + &line("+2", "b"))).0, 2);
        assert_eq!(fault(&(first.clone() + &line("2.1", "b"))).0, 2);
        assert_eq!(fault(&(first.clone() + &line("1-2", "b"))).0, 2);
        assert_eq!(fault(&(line("1-3", "ab") + &first)).0, 2);
        assert_eq!(fault(&first.replacen("\t_\t_\n", "\t_\n", 1)).0, 1);
        assert_eq!(fault(&line("1", "")).0, 1);
        assert_eq!(fault("1\ta\t_\t_\t_\t_\t7\t_\t_\t_\n\n").0, 1);
    }

    #[test]
    fn ranges_empty_nodes_comments_and_a_byte_order_mark_are_read() {
        let text = format!(
            "\u{feff}# only a comment\n\n{}{}{}{}{}",
            line("0.1", "e"),
            line("1-2", "can't"),
            line("1", "ca"),
            line("2", "n't"),
            line("2.1", "e"),
        );
        let blocks = read(&text).expect("the text is CoNLL-U");
        assert_eq!(blocks.len(), 2);
        assert!(blocks[0].words.is_empty());
        assert_eq!(blocks[0].lines, ["# only a comment"]);
        assert_eq!(
            blocks[1].tokens().collect::<Vec<_>>(),
            [("can't", false, 2)]
        );
        assert!(blocks[1].words[1].1.clitic && blocks[1].words[0].1.glued);
    }
}
