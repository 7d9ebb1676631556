//! `dateline parse`: text in, CoNLL-U out.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use crate::language::conllu::{self, Block};
use crate::language::{self, NoModel, Sentence, Span, Token};

/// The largest input that is read.
const MAX_BYTES: u64 = 64 << 20;
/// Sentences parsed and written together.
const SENTENCES: usize = 512;

/// Why nothing was parsed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ParseError {
    /// The input cannot be read, or the output not written.
    #[error("{what}")]
    Io {
        /// The file, or what was being done.
        what: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Larger than this command reads.
    #[error("the input is larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// Neither text nor CoNLL-U.
    #[error("line {line} of the input is not CoNLL-U")]
    Format {
        /// Counted from 1.
        line: usize,
    },
    /// Another language than English.
    #[error(transparent)]
    NoModel(#[from] NoModel),
}

/// Parses `source`, a file or `-` for the standard input, and writes CoNLL-U. With `conllu` the input is CoNLL-U whose
/// sentences and tokens are kept, and whose tags, lemmas, heads and relations are replaced.
pub(super) fn run(source: &str, conllu: bool, out: &mut impl Write) -> Result<(), ParseError> {
    let text = read(source)?;
    let written = if conllu {
        reparse(&text, out)?
    } else {
        parse(&text, out)?
    };
    written.map_err(|source| ParseError::Io {
        what: "cannot write".into(),
        source,
    })
}

fn read(source: &str) -> Result<String, ParseError> {
    let failed = |error| ParseError::Io {
        what: format!("cannot read {source}"),
        source: error,
    };
    let mut text = String::new();
    let input: Box<dyn Read> = match source {
        "-" => Box::new(io::stdin().lock()),
        path => Box::new(std::fs::File::open(path).map_err(failed)?),
    };
    input
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(failed)?;
    if text.len() as u64 > MAX_BYTES {
        Err(ParseError::TooLarge)
    } else {
        Ok(text)
    }
}

/// Text: sentences, tokens and all the rest.
fn parse(text: &str, out: &mut impl Write) -> Result<io::Result<()>, ParseError> {
    let mut parser = language::parser(language::detect(text).unwrap_or("en"))?;
    let mut sentences = language::split(text);
    let mut position = Position::default();
    for (index, batch) in sentences.chunks_mut(SENTENCES).enumerate() {
        parser.analyse(text, batch);
        let mut page = String::new();
        for (number, sentence) in batch.iter().enumerate() {
            // Writing to a String cannot fail.
            writeln!(page, "# sent_id = {}", index * SENTENCES + number + 1).unwrap_or_default();
            conllu::write(
                &mut page,
                text,
                sentence,
                position.of(text, sentence.span.start),
            );
        }
        if let Err(error) = out.write_all(page.as_bytes()) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// Counts characters up to a byte, each once.
#[derive(Default)]
struct Position {
    byte: usize,
    characters: usize,
}

impl Position {
    fn of(&mut self, text: &str, byte: usize) -> usize {
        self.characters += text
            .get(self.byte..byte)
            .map_or(0, |part| part.chars().count());
        self.byte = byte;
        self.characters
    }
}

/// CoNLL-U: sentences and tokens are given.
fn reparse(text: &str, out: &mut impl Write) -> Result<io::Result<()>, ParseError> {
    let blocks = conllu::read(text).map_err(|line| ParseError::Format { line })?;
    let mut parser = language::parser("en")?;
    for batch in blocks.chunks(SENTENCES) {
        let mut forms = String::new();
        let mut sentences: Vec<Sentence> =
            batch.iter().map(|block| given(block, &mut forms)).collect();
        parser.analyse(&forms, &mut sentences);
        let mut page = String::new();
        for (block, sentence) in batch.iter().zip(&sentences) {
            rewrite(&mut page, block, sentence);
        }
        if let Err(error) = out.write_all(page.as_bytes()) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// The sentence of a block; its forms are added to `forms`.
fn given(block: &Block, forms: &mut String) -> Sentence {
    let mut sentence = Sentence::default();
    for (_, word) in &block.words {
        let start = forms.len();
        forms.push_str(&word.form);
        let span = Span {
            start,
            end: forms.len(),
        };
        sentence.tokens.push(Token {
            span,
            clitic: word.clitic,
            ..Token::default()
        });
        forms.push('\n');
    }
    sentence
}

/// Writes a block with its word lines analysed anew; other lines stay as they were.
fn rewrite(page: &mut String, block: &Block, sentence: &Sentence) {
    let mut words = block
        .words
        .iter()
        .map(|(line, _)| *line)
        .zip(&sentence.tokens)
        .peekable();
    for (index, line) in block.lines.iter().enumerate() {
        let Some((_, token)) = words.next_if(|(at, _)| *at == index) else {
            page.push_str(line);
            page.push('\n');
            continue;
        };
        let mut fields = line.split('\t');
        for _ in 0..2 {
            page.push_str(fields.next().unwrap_or("_"));
            page.push('\t');
        }
        conllu::write_analysis(page, token);
        page.push_str("\t_\t");
        page.push_str(line.split('\t').nth(9).unwrap_or("_"));
        page.push('\n');
    }
    page.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(text: &str, conllu: bool) -> String {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("input");
        std::fs::write(&path, text).expect("the folder is writable");
        let mut out = Vec::new();
        run(&path.to_string_lossy(), conllu, &mut out).expect("the input is well formed");
        String::from_utf8(out).expect("CoNLL-U is UTF-8")
    }

    #[test]
    fn characters_are_counted_from_the_start_of_the_text() {
        let out = output("“Né” won.\nHe left.", false);
        assert!(out.contains("start_char=10|end_char=12"), "{out}");
    }

    #[test]
    fn given_tokens_and_lines_are_kept() {
        let given = "# text = We ca n't\n1\tWe\t_\t_\t_\t_\t_\t_\t_\tA=b\n2-3\tcan't\t_\t_\t_\t_\t_\t_\t_\t_\n\
                     2\tca\t_\t_\t_\t_\t_\t_\t_\t_\n3\tn't\t_\t_\t_\t_\t_\t_\t_\t_\n\n";
        let out = output(given, true);
        let column = |text: &str, index| -> Vec<String> {
            text.lines()
                .map(|line| line.split('\t').nth(index).unwrap_or_default().to_string())
                .collect()
        };
        assert_eq!(column(&out, 0), column(given, 0));
        assert_eq!(column(&out, 1), column(given, 1));
        assert_eq!(column(&out, 9), column(given, 9));
    }

    #[test]
    fn another_language_has_no_model() {
        let mut out = Vec::new();
        let text =
            "Die Regierung hat am Freitag ein neues Gesetz gegen die Steuerflucht vorgelegt.";
        assert!(matches!(parse(text, &mut out), Err(ParseError::NoModel(_))));
    }
}
