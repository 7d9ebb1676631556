//! What the trainer learns the weights of clues from: parties of coded articles, as the coder sees them.

use super::{Cast, gather::Gathered, noun::NounPhrase};
use crate::event::{Coder, Story, read};

/// One party: what its phrase looks like, and the codes it may mean with the clues to each.
#[derive(Debug)]
pub struct Lesson {
    /// What its head is.
    pub head: &'static str,
    /// The strongest kind of evidence there is.
    pub evidence: &'static str,
    /// Codes, nobody's being empty, with numbers of clues and their strengths.
    pub candidates: Vec<(String, Vec<(usize, f32)>)>,
    /// The likeliest code by the weights there are.
    pub meant: String,
    /// The sectors.
    pub sectors: Vec<String>,
}

/// Words that head no party.
const NO_HEAD: [&str; 7] = ["PUNCT", "DET", "ADP", "AUX", "PART", "CCONJ", "SCONJ"];

/// Reads a story and gives the lessons of parties, each told by the bytes of its words; none where no sentence has them.
pub fn lessons(coder: &Coder, story: &Story<'_>, spans: &[(usize, usize)]) -> Vec<Option<Lesson>> {
    let sentences = read::parse_sentences(story.text, |_, _| true);
    let words = read::cut_words(story.text, &sentences);
    let title = story.title.unwrap_or_default();
    let cast = Cast::read(&words, title, &coder.lexicon, read::day(story));
    let one = |&(start, end): &(usize, usize)| {
        let line = sentences
            .iter()
            .position(|s| s.span.start <= start && start < s.span.end)?;
        let tokens = &sentences[line].tokens;
        let meets = |at: &usize| tokens[*at].span.start < end && tokens[*at].span.end > start;
        let inside: Vec<usize> = (0..tokens.len()).filter(meets).collect();
        let outer = |at: &usize| tokens[*at].head.is_none_or(|head| !inside.contains(&head));
        let heads: Vec<usize> = inside.iter().copied().filter(outer).collect();
        let good = heads
            .iter()
            .find(|&&at| !NO_HEAD.contains(&tokens[at].upos));
        Some(lesson(&cast, line, *good.or(heads.first())?))
    };
    spans.iter().map(one).collect()
}

fn lesson(cast: &Cast<'_, '_>, line: usize, head: usize) -> Lesson {
    let gathered = Gathered::new(cast, line, head);
    let situation = gathered.situation();
    let candidates = gathered.candidates().into_iter();
    let tokens = &cast.lines[line].words.sentence.tokens;
    let phrase = NounPhrase::of(tokens, &cast.lines[line].dependents, head);
    let meant = cast.meant(line, head);
    let mut party = crate::event::phrase::blank(head, head + 1, cast.sort(line, head));
    let code = meant.first().map_or("", |&(code, _)| code);
    Cast::give(&mut party, code);
    cast.paint(&mut party, line, head, &phrase);
    Lesson {
        head: situation.head,
        evidence: situation.evidence,
        candidates: candidates.map(|c| (c.code.to_owned(), c.clues)).collect(),
        meant: code.to_owned(),
        sectors: party.sectors.iter().map(ToString::to_string).collect(),
    }
}
