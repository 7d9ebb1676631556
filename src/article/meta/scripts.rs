//! Days of publication that scripts of a page hold.

use memchr::memmem;

use super::super::{jsonld::torn_value, text::cut};

/// Bytes of a script in which dates are looked for.
const MAX_SCRIPT: usize = 200_000;
/// Names that scripts give to the day of publication.
const SCRIPT_KEYS: [&str; 12] = [
    "datePublished",
    "publishDate",
    "publish_date",
    "publishdate",
    "publicationDate",
    "publication_date",
    "publishedDate",
    "published_at",
    "publishingDate",
    "PublishingDate",
    "publicationdate",
    "publication_time",
];

/// What all of them hold.
const IN_ALL_KEYS: &[u8] = b"ubli";

/// The values of a script's dates of publication.
pub(super) fn find_script_date(script: &str) -> Option<String> {
    let script = cut(script, MAX_SCRIPT);
    // Nearly all scripts end here: they are the longest part of a page, and a search for each key takes time.
    memmem::find(script.as_bytes(), IN_ALL_KEYS)?;
    SCRIPT_KEYS.iter().find_map(|key| {
        let at = memmem::find(script.as_bytes(), key.as_bytes())?;
        let rest = &script[at + key.len()..];
        let value = rest.trim_start_matches(['\\', '"', '\'', ':', '=', ' ']);
        let end = value
            .find(['"', '\'', '\\', ',', ';', '}', '<'])
            .unwrap_or(value.len());
        (8..=40).contains(&end).then(|| value[..end].to_owned())
    })
}

/// The day of publication in a JSON-LD script that cannot be read.
pub(super) fn find_torn_date(script: &str) -> Option<String> {
    torn_value(script, "datePublished")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_of_a_script_is_found_by_what_all_hold() {
        for key in SCRIPT_KEYS {
            let script = format!("var page = {{'{key}': '2024-02-06T08:00'}};");
            assert_eq!(
                find_script_date(&script).as_deref(),
                Some("2024-02-06T08:00"),
                "{key}"
            );
        }
    }
}
