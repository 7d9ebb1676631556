//! Which language a text is in, and whether there is a model for it.

use std::sync::LazyLock;

use whatlang::Lang;

use super::model::Model;
use super::parser::Parser;

/// The characters a guess looks at.
// More changes nothing, and keeps the cost bounded.
const LOOK_BYTES: usize = 4096;
/// Fewer than this many letters give no guess.
const LEAST_LETTERS: usize = 20;

static ENGLISH: LazyLock<Model> = LazyLock::new(|| {
    Model::read(dateline_english::MODEL).expect("a test reads the embedded model")
});

/// There is no model for a language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no model for this language: {language}")]
pub struct NoModel {
    /// The language asked for, as a BCP 47 tag.
    pub language: String,
}

/// A parser for a language, given as a BCP 47 tag (`en`, `en-GB`).
pub fn parser(language: &str) -> Result<Parser, NoModel> {
    let model = model(language).ok_or_else(|| NoModel {
        language: language.to_string(),
    })?;
    Ok(Parser::new(model))
}

/// Adds to `out` the vector that the English model holds of a word, by the key of its form.
pub fn word_vector(key: u32, out: &mut [f32]) {
    ENGLISH.add_vector(key, out);
}

/// Whether there is a model for a language, and so whether a text in it can be coded.
pub fn has_model(language: &str) -> bool {
    model(language).is_some()
}

/// A second model is a second file and a line here.
fn model(language: &str) -> Option<&'static LazyLock<Model>> {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    primary.eq_ignore_ascii_case("en").then_some(&ENGLISH)
}

/// The language of a text as a BCP 47 tag; none if it is too short or the guess is not sure.
pub fn detect(text: &str) -> Option<&'static str> {
    let start = text
        .get(..text.floor_char_boundary(LOOK_BYTES))
        .unwrap_or(text);
    let letters = start.chars().filter(|letter| letter.is_alphabetic());
    if letters.take(LEAST_LETTERS).count() < LEAST_LETTERS {
        return None;
    }
    guess(start).filter(|(_, sure)| *sure).map(|(tag, _)| tag)
}

/// The most likely language of a text, all of which is looked at, and whether that is sure.
pub(crate) fn guess(text: &str) -> Option<(&'static str, bool)> {
    let info = whatlang::detect(text)?;
    Some((tag(info.lang()), info.is_reliable()))
}

/// The shortest BCP 47 tag: two letters where ISO 639-1 has them.
fn tag(language: Lang) -> &'static str {
    TAGS.iter()
        .find(|(long, _)| *long == language.code())
        .map_or(language.code(), |(_, tag)| tag)
}

/// ISO 639-3 codes of the guesser and their tags; Chinese and Norwegian by the language people write.
const TAGS: [(&str, &str); 70] = [
    ("afr", "af"),
    ("aka", "ak"),
    ("amh", "am"),
    ("ara", "ar"),
    ("aze", "az"),
    ("bel", "be"),
    ("ben", "bn"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("cmn", "zh"),
    ("cym", "cy"),
    ("dan", "da"),
    ("deu", "de"),
    ("ell", "el"),
    ("eng", "en"),
    ("epo", "eo"),
    ("est", "et"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("guj", "gu"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("hye", "hy"),
    ("ind", "id"),
    ("ita", "it"),
    ("jav", "jv"),
    ("jpn", "ja"),
    ("kan", "kn"),
    ("kat", "ka"),
    ("khm", "km"),
    ("kor", "ko"),
    ("lat", "la"),
    ("lav", "lv"),
    ("lit", "lt"),
    ("mal", "ml"),
    ("mar", "mr"),
    ("mkd", "mk"),
    ("mya", "my"),
    ("nep", "ne"),
    ("nld", "nl"),
    ("nob", "nb"),
    ("ori", "or"),
    ("pan", "pa"),
    ("pes", "fa"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rus", "ru"),
    ("sin", "si"),
    ("slk", "sk"),
    ("slv", "sl"),
    ("sna", "sn"),
    ("spa", "es"),
    ("srp", "sr"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tel", "te"),
    ("tgl", "tl"),
    ("tha", "th"),
    ("tuk", "tk"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("urd", "ur"),
    ("uzb", "uz"),
    ("vie", "vi"),
    ("yid", "yi"),
    ("zul", "zu"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_is_known_and_german_has_no_model() {
        let german =
            "Die Regierung hat am Freitag ein neues Gesetz gegen die Steuerflucht vorgelegt.";
        assert_eq!(
            detect("The government presented a new law against tax evasion on Friday."),
            Some("en")
        );
        assert_eq!(detect(german), Some("de"));
        assert!(parser("en-GB").is_ok());
        assert!(has_model("EN") && !has_model("de") && !has_model(""));
        assert_eq!(
            parser("de").err(),
            Some(NoModel {
                language: "de".into()
            })
        );
    }

    #[test]
    fn a_few_words_are_no_evidence() {
        assert_eq!(detect("Kabul"), None);
    }

    #[test]
    fn every_language_of_the_guesser_has_a_tag_of_two_letters() {
        let long: Vec<&str> = Lang::all()
            .iter()
            .map(|lang| tag(*lang))
            .filter(|tag| tag.len() != 2)
            .collect();
        assert!(long.is_empty(), "{long:?}");
    }
}
