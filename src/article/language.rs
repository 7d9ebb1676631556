//! The language of a text by its letters' trigrams, as a BCP 47 tag.

use whatlang::{Detector, Lang};

/// Characters that are looked at: enough to be sure, few enough to be quick.
const SAMPLE: usize = 700;

/// ISO 639-3 codes whose two-letter code (ISO 639-1) is the tag.
const TAGS: [(&str, &str); 66] = [
    ("epo", "eo"),
    ("eng", "en"),
    ("rus", "ru"),
    ("cmn", "zh"),
    ("spa", "es"),
    ("por", "pt"),
    ("ita", "it"),
    ("ben", "bn"),
    ("fra", "fr"),
    ("deu", "de"),
    ("ukr", "uk"),
    ("kat", "ka"),
    ("ara", "ar"),
    ("hin", "hi"),
    ("jpn", "ja"),
    ("heb", "he"),
    ("yid", "yi"),
    ("pol", "pl"),
    ("amh", "am"),
    ("jav", "jv"),
    ("kor", "ko"),
    ("nob", "nb"),
    ("dan", "da"),
    ("swe", "sv"),
    ("fin", "fi"),
    ("tur", "tr"),
    ("nld", "nl"),
    ("hun", "hu"),
    ("ces", "cs"),
    ("ell", "el"),
    ("bul", "bg"),
    ("bel", "be"),
    ("mar", "mr"),
    ("kan", "kn"),
    ("ron", "ro"),
    ("slv", "sl"),
    ("hrv", "hr"),
    ("srp", "sr"),
    ("mkd", "mk"),
    ("lit", "lt"),
    ("lav", "lv"),
    ("est", "et"),
    ("tam", "ta"),
    ("vie", "vi"),
    ("urd", "ur"),
    ("tha", "th"),
    ("guj", "gu"),
    ("uzb", "uz"),
    ("pan", "pa"),
    ("aze", "az"),
    ("ind", "id"),
    ("tel", "te"),
    ("pes", "fa"),
    ("mal", "ml"),
    ("ori", "or"),
    ("mya", "my"),
    ("nep", "ne"),
    ("sin", "si"),
    ("khm", "km"),
    ("tuk", "tk"),
    ("aka", "ak"),
    ("zul", "zu"),
    ("sna", "sn"),
    ("afr", "af"),
    ("lat", "la"),
    ("slk", "sk"),
];

/// The language of a text; none where it is too short to tell: a sentence full of names reads like any language.
pub(crate) fn detected(text: &str) -> Option<String> {
    let end = text
        .char_indices()
        .nth(SAMPLE)
        .map_or(text.len(), |(at, _)| at);
    let info = Detector::new().detect(&text[..end])?;
    if end == text.len() && !info.is_reliable() {
        return None;
    }
    Some(tag(info.lang()))
}

fn tag(lang: Lang) -> String {
    let code = lang.code();
    TAGS.iter()
        .find(|(long, _)| *long == code)
        .map_or(code, |(_, short)| short)
        .to_owned()
}

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
