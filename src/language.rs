//! Language: from a paragraph of text to sentences, tokens, tags and dependencies.
//!
//! ```
//! use dateline::language;
//!
//! let text = "Police arrested Dr. Khan. He was released.";
//! let sentences = language::parser("en")?.parse(text);
//! let token = &sentences[0].tokens[1];
//! assert_eq!((token.span.of(text), token.lemma.as_str(), token.upos), ("arrested", "arrest", "VERB"));
//! assert_eq!(sentences[1].tokens[0].relation, "nsubj:pass");
//! # Ok::<(), language::NoModel>(())
//! ```
//!
//! [`split()`] finds sentences and tokens, [`parser()`] gives a [`Parser`](parser::Parser) that adds the rest, [`detect()`]
//! tells which language to ask for.

pub mod conllu;
pub mod curves;
mod detect;
pub mod form;
pub mod lemma;
pub mod model;
pub(crate) mod network;
pub mod parser;
pub(crate) mod rows;
mod split;
mod token;
mod tree;
mod words;

use parking_lot::Mutex;

pub(crate) use detect::guess;
pub use detect::{NoModel, detect, has_model, parser, word_vector};
pub use split::split;

/// A place in the text it was cut from: byte offsets, `start` included, `end` not; always on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The text of this span; empty if `text` is not the text the span was cut from.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// Whether a character separates words and is in none: white space, and marks of no width that say where a line may
/// break or a file begins.
pub fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// A syntactic word by the conventions of Universal Dependencies for English: clitics (`'s`, `n't`) and hyphens stand
/// alone, abbreviations keep their full stop.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Token {
    /// Where it stands in the text.
    pub span: Span,
    /// Glued to the word before it (`n't` in `don't`): both are one orthographic word.
    pub clitic: bool,
    /// The universal part of speech (`NOUN`, `VERB`, …); empty until parsed, like all that follows.
    pub upos: &'static str,
    /// The Penn Treebank tag (`NN`, `VBD`, …).
    pub xpos: &'static str,
    /// The dictionary form (`be` for `was`), lower case but for names.
    pub lemma: String,
    /// The index in the sentence of the word this one depends on; none for the root.
    pub head: Option<usize>,
    /// The relation to the head by Universal Dependencies (`nsubj:pass`, `obl`, `conj`, …).
    pub relation: &'static str,
}

/// A sentence, or a line that stands for one (a heading, an item of a list).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sentence {
    /// From the first to the last token, white space around them left out.
    pub span: Span,
    /// In the order of the text; never empty.
    pub tokens: Vec<Token>,
    /// A short line of its own without a final stop: a title, a label, a signature.
    pub heading: bool,
}

/// Parsers that nobody uses now, with the buffers that they have grown: as many as ever parsed at once. A thread pool
/// hands work to any of its threads, and buffers of each thread would be 7 MB a thread.
static IDLE: Mutex<Vec<parser::Parser>> = Mutex::new(Vec::new());

/// Sentences of an English text, parsed in full with buffers that are kept for the next text.
pub fn parse(text: &str) -> Vec<Sentence> {
    let mut sentences = split(text);
    analyse(text, &mut sentences);
    sentences
}

/// Fills in tags, lemmas, heads and relations of the sentences of an English text, with buffers that are kept for the
/// next text.
pub fn analyse(text: &str, sentences: &mut [Sentence]) {
    let idle = IDLE.lock().pop();
    let Some(mut english) = idle.or_else(|| parser("en").ok()) else {
        return;
    };
    english.analyse(text, sentences);
    IDLE.lock().push(english);
}
