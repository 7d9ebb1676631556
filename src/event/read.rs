//! Reads the sentences of a story: which are parsed, the parties of each, and the acts that the grammar finds.

use jiff::civil::Date;

use super::{
    Story,
    act::{self, Act},
    actor::Party,
    attribution::{self, Report},
    cast::{Cast, portrait},
    lexicon::Lexicon,
    phrase::Finder,
    refer::{self, Told},
    role::Scene,
    words::Words,
};
use crate::language::{self, Sentence};

/// A sentence of more words is a list or a table; reading one costs its square.
const MAX_WORDS: usize = 300;

/// One sentence, read; its tags, heads and relations are those of the tokens of `words.sentence`.
pub(crate) struct Read<'w, 'l> {
    pub(crate) words: &'w Words<'w>,
    pub(crate) parties: Vec<Party<'l>>,
    pub(crate) report: Report,
}

/// The sentences of a text; those that could tell an event are parsed.
pub(crate) fn parse_sentences(
    text: &str,
    opens: impl Fn(usize, &Sentence) -> bool,
) -> Vec<Sentence> {
    let mut sentences = language::split(text);
    sentences.retain(|sentence| sentence.tokens.len() <= MAX_WORDS);
    let open = (0..sentences.len())
        .filter(|&at| opens(at, &sentences[at]))
        .collect::<Vec<_>>();
    let mut parsed = open
        .iter()
        .map(|&at| std::mem::take(&mut sentences[at]))
        .collect::<Vec<_>>();
    language::analyse(text, &mut parsed);
    for (at, sentence) in open.into_iter().zip(parsed) {
        sentences[at] = sentence;
    }
    sentences
}

/// The words of sentences; quotations end with their paragraph.
pub(crate) fn cut_words<'a>(text: &'a str, sentences: &'a [Sentence]) -> Vec<Words<'a>> {
    let mut quoted = false;
    let mut words = Vec::with_capacity(sentences.len());
    let mut last = 0;
    for sentence in sentences {
        if text[last..sentence.span.start].contains('\n') {
            quoted = false;
        }
        last = sentence.span.end;
        words.push(Words::new(text, sentence, &mut quoted));
    }
    words
}

/// All sentences with their parties, and the countries they tell of.
pub(crate) fn read_all<'w, 'l>(
    words: &'w [Words<'w>],
    lexicon: &'l Lexicon,
    story: &Story<'_>,
) -> (Vec<Read<'w, 'l>>, Told<'l>, Cast<'w, 'l>) {
    let title = story.title.unwrap_or_default();
    let cast = Cast::read(words, title, lexicon, day(story));
    let lines = words.iter().enumerate();
    let mut reads = lines
        .map(|(line, words)| read_line(words, lexicon, &cast, line))
        .collect::<Vec<_>>();
    let told = refer::link(&mut reads);
    for (line, read) in reads.iter_mut().enumerate() {
        portrait::settle(&cast, line, &mut read.parties);
    }
    (reads, told, cast)
}

/// The sentences as the grammar reads them.
pub(crate) fn scenes<'r, 'l>(
    reads: &'r [Read<'r, 'l>],
    lexicon: &'l Lexicon,
) -> Vec<Scene<'r, 'l>> {
    let scene = |read: &'r Read<'r, 'l>| {
        let opener = read.report.speaker.filter(|_| read.report.opens);
        Scene::new(read.words, &read.parties, lexicon, opener)
    };
    reads.iter().map(scene).collect()
}

/// The acts that the grammar finds in each sentence, also those that are part of another.
pub(crate) fn acts<'l>(
    scenes: &[Scene<'_, 'l>],
    reads: &[Read<'_, 'l>],
    day: Option<Date>,
) -> Vec<Vec<Act<'l>>> {
    let year = day.map(Date::year);
    let pairs = scenes.iter().zip(reads);
    pairs
        .map(|(scene, read)| act::candidates(scene, &read.report, year))
        .collect()
}

/// A sentence of a story: who the words and the tree show to act.
fn read_line<'w, 'l>(
    words: &'w Words<'w>,
    lexicon: &'l Lexicon,
    cast: &Cast<'w, 'l>,
    line: usize,
) -> Read<'w, 'l> {
    let mut parties = Finder::new(words, lexicon, cast.day).find();
    portrait::complete(cast, line, &mut parties);
    attribute(words, parties, lexicon)
}

/// A sentence that stands alone, such as a headline.
pub(crate) fn read<'w, 'l>(
    words: &'w Words<'w>,
    lexicon: &'l Lexicon,
    day: Option<Date>,
) -> Read<'w, 'l> {
    attribute(words, Finder::new(words, lexicon, day).find(), lexicon)
}

fn attribute<'w, 'l>(
    words: &'w Words<'w>,
    mut parties: Vec<Party<'l>>,
    lexicon: &Lexicon,
) -> Read<'w, 'l> {
    let report = attribution::read(words, &mut parties, lexicon);
    Read {
        words,
        parties,
        report,
    }
}

/// The day of publication.
pub(crate) fn day(story: &Story<'_>) -> Option<Date> {
    let instant = story
        .published
        .at
        .map(|at| jiff::tz::TimeZone::UTC.to_datetime(at).date());
    story.published.day.or(instant)
}
