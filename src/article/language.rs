//! The language of a text by its letters' trigrams, as a BCP 47 tag.

use super::blocks::Block;
use crate::language::guess;

/// Characters that are looked at.
// Enough to be sure, few enough to be quick.
const SAMPLE: usize = 700;

/// The language of a text; none where it is too short to tell: a sentence full of names reads like any language.
pub(crate) fn detected(text: &str) -> Option<String> {
    let end = text
        .char_indices()
        .nth(SAMPLE)
        .map_or(text.len(), |(at, _)| at);
    let (tag, sure) = guess(&text[..end])?;
    (sure || end < text.len()).then(|| tag.to_owned())
}

/// The language of the first running lines of a page; none where there is little.
pub(crate) fn of_lines(blocks: &[Block]) -> Option<String> {
    let mut sample = String::new();
    for block in blocks.iter().filter(|block| block.chars >= MIN_LINE) {
        sample.push_str(&block.text);
        sample.push('\n');
        // A character of any language is at least a byte.
        if sample.len() > SAMPLE * 2 {
            break;
        }
    }
    detected(&sample)
}

/// Characters of a line that is running text.
const MIN_LINE: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_named_by_its_tag() {
        let english = "The minister said on Friday that the talks with the rebels would go on for as long as it takes.";
        let german = "Der Minister sagte am Freitag, die Gespräche mit den Aufständischen würden so lange wie nötig weitergehen.";
        assert_eq!(detected(english).as_deref(), Some("en"));
        assert_eq!(detected(german).as_deref(), Some("de"));
        assert_eq!(detected(""), None);
        let names = "Arab League Secretary General Chadli Klibi undertook mediation mission between Syria and Yasser Arafat.";
        assert!(
            detected(names).is_none_or(|tag| tag == "en"),
            "{:?}",
            detected(names)
        );
    }
}
