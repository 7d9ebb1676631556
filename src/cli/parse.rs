//! `dateline parse`: text in, CoNLL-U out.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use super::{CommandFailure, with_causes};
use crate::language::conllu::{self, Block, ConlluWriter, FormatError};
use crate::language::parser::Parser;
use crate::language::{self, NoModel, Sentence, Span, Token};

/// The largest input that is read.
const MAX_BYTES: u64 = 64 << 20;
/// Sentences parsed and written together.
// Enough for all cores between two writes, few enough that output comes while the rest is read.
const SENTENCES: usize = 512;
/// The comment that names what made the analysis, on the first sentence.
const GENERATOR: &str = "# generator = ";

/// Why nothing was parsed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ParseError {
    /// The input cannot be read.
    #[error("cannot read {source_name}")]
    Read {
        /// The file.
        source_name: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The output cannot be written.
    #[error("cannot write")]
    Write(#[from] io::Error),
    /// Larger than this command reads.
    #[error("the input is larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// Not CoNLL-U.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Another language than English.
    #[error(transparent)]
    NoModel(#[from] NoModel),
}

/// What cannot be written is the disk's fault, or nobody's; all else is in what was asked.
impl From<ParseError> for CommandFailure {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::Write(source) => source.into(),
            other => Self::Usage(with_causes(&other)),
        }
    }
}

/// Parses `source`, a file or `-` for the standard input, and writes CoNLL-U. With `conllu` the input is CoNLL-U whose
/// sentences, tokens and features are kept, and whose lemmas, tags, heads and relations are replaced.
pub(super) fn parse_source(
    source: &str,
    conllu: bool,
    out: &mut impl Write,
) -> Result<(), ParseError> {
    let text = read_source(source)?;
    if conllu {
        reparse(&text, out)?;
    } else {
        parse_text(&text, out)?;
    }
    Ok(out.flush()?)
}

fn read_source(source: &str) -> Result<String, ParseError> {
    let failed = |error| ParseError::Read {
        source_name: source.to_string(),
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

fn generator_line(parser: &Parser) -> String {
    let (version, model) = (env!("CARGO_PKG_VERSION"), parser.version());
    format!("{GENERATOR}dateline {version}, model {model}\n")
}

/// Text: sentences, tokens and all the rest.
fn parse_text(text: &str, out: &mut impl Write) -> Result<(), ParseError> {
    let mut parser = language::parser(language::detect(text).unwrap_or("en"))?;
    let mut sentences = language::split(text);
    let mut writer = ConlluWriter::new(text);
    let mut page = generator_line(&parser);
    for start in (0..sentences.len()).step_by(SENTENCES) {
        let end = sentences.len().min(start + SENTENCES);
        parser.analyse(text, &mut sentences[start..end]);
        for at in start..end {
            writer.sentence(&mut page, &sentences[at], sentences.get(at + 1));
        }
        out.write_all(page.as_bytes())?;
        page.clear();
    }
    Ok(())
}

/// CoNLL-U: sentences and tokens are given.
fn reparse(text: &str, out: &mut impl Write) -> Result<(), ParseError> {
    let blocks = conllu::read(text)?;
    let mut parser = language::parser("en")?;
    let mut page = generator_line(&parser);
    for batch in blocks.chunks(SENTENCES) {
        let mut forms = String::new();
        let mut sentences: Vec<Sentence> = batch
            .iter()
            .map(|block| sentence_of_block(block, &mut forms))
            .collect();
        parser.analyse(&forms, &mut sentences);
        for (block, sentence) in batch.iter().zip(&sentences) {
            rewrite_block(&mut page, block, sentence);
        }
        out.write_all(page.as_bytes())?;
        page.clear();
    }
    Ok(())
}

/// The sentence of a block; its forms are added to `forms`.
fn sentence_of_block(block: &Block, forms: &mut String) -> Sentence {
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

/// Writes a block with its word lines analysed anew; other lines stay as they were, but for an earlier generator's.
fn rewrite_block(page: &mut String, block: &Block, sentence: &Sentence) {
    let mut words = block.words.iter().zip(&sentence.tokens).peekable();
    for (index, line) in block.lines.iter().enumerate() {
        if let Some(((_, word), token)) = words.next_if(|((at, _), _)| *at == index) {
            let id = line.split('\t').next().unwrap_or("_");
            // Writing to a String cannot fail.
            write!(page, "{id}\t{}\t", word.form).unwrap_or_default();
            conllu::write_analysis(page, token, &word.features);
            writeln!(page, "\t_\t{}", word.misc).unwrap_or_default();
        } else if !line.starts_with(GENERATOR) {
            page.push_str(line);
            page.push('\n');
        }
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
        parse_source(&path.to_string_lossy(), conllu, &mut out).expect("the input is well formed");
        String::from_utf8(out).expect("CoNLL-U is UTF-8")
    }

    #[test]
    fn characters_are_counted_from_the_start_of_the_text() {
        let out = output("“Né” won.\nHe left.", false);
        assert!(out.contains("start_char=10|end_char=12"), "{out}");
    }

    #[test]
    fn given_tokens_features_and_lines_are_kept() {
        let given = "# generator = another\n# text = We ca n't\n1\tWe\t_\t_\t_\tCase=Nom\t_\t_\t1:x\tA=b\n\
                     2-3\tcan't\t_\t_\t_\t_\t_\t_\t_\t_\n2\tca\t_\t_\t_\t_\t_\t_\t_\t_\n\
                     3\tn't\t_\t_\t_\t_\t_\t_\t_\t_\n3.1\te\t_\t_\t_\t_\t_\t_\t_\t_\n\n# only a comment\n\n";
        let out = output(given, true);
        let column = |text: &str, index| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.starts_with(GENERATOR));
            lines
                .map(|line| line.split('\t').nth(index).unwrap_or_default().to_string())
                .collect()
        };
        for index in [0, 1, 5, 9] {
            assert_eq!(column(&out, index), column(given, index));
        }
        assert_eq!(out.matches(GENERATOR).count(), 1);
        assert!(!out.contains("1:x"), "{out}");
    }

    #[test]
    fn another_language_has_no_model() {
        let mut out = Vec::new();
        let text =
            "Die Regierung hat am Freitag ein neues Gesetz gegen die Steuerflucht vorgelegt.";
        assert!(matches!(
            parse_text(text, &mut out),
            Err(ParseError::NoModel(_))
        ));
    }
}
