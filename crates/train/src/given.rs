//! What a treebank gives to a parser, its gold tokens or its text, and the answer as CoNLL-U.

use dateline::language::conllu::{self, Block, ConlluWriter};
use dateline::language::model::Model;
use dateline::language::parser::Parser;
use dateline::language::{Sentence, Span, Token};

/// Where lines end in the text of a treebank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lines {
    /// A blank line before each `# newdoc` and `# newpar`, as the raw text of the CoNLL 2018 shared task has it: the
    /// condition others report. The file must have kept its comment lines.
    Paragraph,
    /// All on one line: nothing is given away, and harder than any page.
    One,
    /// A line ends after a sentence without a final stop, as headings, greetings and items do in print. It stands in
    /// for the paragraphs these files have lost, and gives those ends away.
    Unstopped,
}

/// The text of a treebank.
pub(crate) fn text(blocks: &[Block], lines: Lines) -> String {
    let mut text = String::new();
    for block in blocks {
        if lines == Lines::Paragraph && begins_paragraph(block) && !text.is_empty() {
            text.truncate(text.trim_end().len());
            text.push_str("\n\n");
        }
        for (form, glued, _) in block.tokens() {
            text.push_str(form);
            if !glued {
                text.push(' ');
            }
        }
        let stopped = text
            .trim_end()
            .ends_with(['.', '!', '?', '…', '"', '”', '\'', '’', ')', ']']);
        if lines == Lines::Unstopped && !stopped {
            text.push('\n');
        }
    }
    text
}

/// Whether a comment says that a document or a paragraph begins here.
pub(crate) fn begins_paragraph(block: &Block) -> bool {
    let comments = block.lines.iter().filter_map(|line| line.strip_prefix('#'));
    comments
        .filter_map(|comment| comment.split_whitespace().next())
        .any(|word| matches!(word, "newdoc" | "newpar"))
}

/// Parses text; the answer goes through the format that `dateline parse` writes.
pub(crate) fn from_text(
    model: &'static Model,
    text: &str,
) -> Result<Vec<Block>, conllu::FormatError> {
    let sentences = Parser::new(model).parse(text);
    let mut writer = ConlluWriter::new(text);
    let mut out = String::new();
    for (index, sentence) in sentences.iter().enumerate() {
        writer.sentence(&mut out, sentence, sentences.get(index + 1));
    }
    conllu::read(&out)
}

/// Parses the given words of a treebank.
pub(crate) fn from_words(model: &'static Model, blocks: &[Block]) -> Vec<Block> {
    with_parser(&mut Parser::new(model), blocks)
}

/// The same with a parser that is there.
pub(crate) fn with_parser(parser: &mut Parser, blocks: &[Block]) -> Vec<Block> {
    let mut text = String::new();
    let mut sentences: Vec<Sentence> = blocks
        .iter()
        .map(|block| sentence(block, &mut text))
        .collect();
    parser.analyse(&text, &mut sentences);
    let mut answer = blocks.to_vec();
    for (block, sentence) in answer.iter_mut().zip(&sentences) {
        for ((_, word), token) in block.words.iter_mut().zip(&sentence.tokens) {
            word.lemma.clone_from(&token.lemma);
            word.upos = token.upos.to_string();
            word.xpos = token.xpos.to_string();
            word.head = token.head.map_or(0, |head| head + 1);
            word.relation = token.relation.to_string();
        }
    }
    answer
}

/// A sentence with the words of a block, its forms added to `text`.
fn sentence(block: &Block, text: &mut String) -> Sentence {
    let mut sentence = Sentence::default();
    for (_, word) in &block.words {
        let start = text.len();
        text.push_str(&word.form);
        let span = Span {
            start,
            end: text.len(),
        };
        sentence.tokens.push(Token {
            span,
            clitic: word.clitic,
            ..Token::default()
        });
        text.push(' ');
    }
    sentence
}

/// `train text`: prints the text of a treebank file.
pub(crate) fn print(args: &crate::TextArgs) -> Result<(), Box<dyn std::error::Error>> {
    let blocks = crate::corpus::read(&args.file)?;
    if args.lines == Lines::Paragraph && !blocks.iter().any(begins_paragraph) {
        return Err(
            "no line says `# newpar` or `# newdoc`: this file has lost its paragraphs".into(),
        );
    }
    std::io::Write::write_all(
        &mut std::io::stdout().lock(),
        text(&blocks, args.lines).as_bytes(),
    )?;
    Ok(())
}

/// `train answer`: prints what the built-in model makes of a treebank file.
pub(crate) fn answer(args: &crate::AnswerArgs) -> Result<(), Box<dyn std::error::Error>> {
    let blocks = crate::corpus::read(&args.file)?;
    let mut parser = dateline::language::parser("en")?;
    let mut out = String::new();
    if let Some(lines) = args.lines {
        let text = text(&blocks, lines);
        let sentences = parser.parse(&text);
        let mut writer = ConlluWriter::new(&text);
        for (index, sentence) in sentences.iter().enumerate() {
            writer.sentence(&mut out, sentence, sentences.get(index + 1));
        }
    } else {
        let mut text = String::new();
        let mut sentences: Vec<Sentence> = blocks
            .iter()
            .map(|block| sentence(block, &mut text))
            .collect();
        parser.analyse(&text, &mut sentences);
        for (block, sentence) in blocks.iter().zip(&sentences) {
            write_block(&mut out, block, sentence);
        }
    }
    std::io::Write::write_all(&mut std::io::stdout().lock(), out.as_bytes())?;
    Ok(())
}

/// The lines of a block, its words analysed anew.
fn write_block(out: &mut String, block: &Block, sentence: &Sentence) {
    let mut words = block.words.iter().zip(&sentence.tokens).peekable();
    for (index, line) in block.lines.iter().enumerate() {
        if let Some(((_, word), token)) = words.next_if(|((at, _), _)| *at == index) {
            let id = line.split('\t').next().unwrap_or("_");
            for part in [id, "\t", &word.form, "\t"] {
                out.push_str(part);
            }
            conllu::write_analysis(out, token, &word.features);
            for part in ["\t_\t", &word.misc, "\n"] {
                out.push_str(part);
            }
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_those_of_the_comments() {
        let word =
            |form: &str, misc: &str| format!("1\t{form}\t_\t_\t_\t_\t0\troot\t_\t{misc}\n\n");
        let file = [
            "# newdoc id = a\n# newpar\n",
            &word("Stop", "SpaceAfter=No"),
            &word("!", "_"),
            "# newpar id = a-2\n",
            &word("Go", "_"),
            "# newparty\n",
            &word("on", "_"),
        ]
        .concat();
        let blocks = conllu::read(&file).expect("the lines are well formed");
        assert_eq!(text(&blocks, Lines::Paragraph), "Stop!\n\nGo on ");
        assert_eq!(text(&blocks, Lines::One), "Stop! Go on ");
    }
}
