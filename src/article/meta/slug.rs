//! The words of a page's address, and how many of them a title has.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use url::Url;

/// Characters from which a word of digits is a number that the system counts.
const MIN_NUMBER: usize = 5;
/// Words of an address that are read.
const MAX_WORDS: usize = 40;

/// The words of the part of an address that has most of them.
pub(super) fn read_slug(address: &Url) -> Vec<String> {
    let parts = address.path_segments().into_iter().flatten();
    let longest = parts.max_by_key(|part| part.matches(['-', '_']).count());
    let part = longest.unwrap_or_default();
    let bare = part.rsplit_once('.').map_or(part, |(bare, _)| bare);
    let mut words = words(bare);
    words.retain(|word| !is_number(word));
    words.truncate(MAX_WORDS);
    words
}

/// The share of the words of an address that a title has.
pub(super) fn share(slug: &[String], title: &str) -> f64 {
    if slug.is_empty() {
        return 0.0;
    }
    let title = words(title);
    let told = slug.iter().filter(|word| title.contains(word)).count();
    told as f64 / slug.len() as f64
}

/// The words of a text as addresses write them: small letters without marks.
fn words(text: &str) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => plain.push_str("ae"),
            'ö' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            '\'' | '’' | '\u{ad}' => {}
            c => plain.push(c),
        }
    }
    let plain: String = plain.nfd().filter(|c| !is_combining_mark(*c)).collect();
    let words = plain.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn is_number(word: &str) -> bool {
    word.len() >= MIN_NUMBER && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_made_of_the_words_of_its_title() {
        let address = Url::parse(
            "https://vale.test/politik/4711/gruene-gegen-mueller-streit-im-rat-409961272.html",
        )
        .expect("an address");
        let slug = read_slug(&address);
        let title = "Grüne gegen Müller: Streit im Rat";
        assert!(share(&slug, title) >= 1.0, "{slug:?}");
        assert!(share(&slug, "Rat tagt bis in die Nacht") < 0.5);
    }
}
