//! The dictionary form of a word, from its form and tag.

/// The lemma of a form with this tag.
pub(super) fn lemma(form: &str, upos: &str, _xpos: &str) -> String {
    if upos == "PROPN" { form.to_string() } else { form.to_lowercase() }
}
