//! What was meant by a word that is none of those known.

use strsim::osa_distance;

/// More letters than these in the wrong place, and another word was meant.
// One slip turns two letters, drops one or doubles one; two slips are the most that people make in a short word.
const MAX_SLIPS: usize = 2;

/// The word that is nearest to one that is none of them, if it is near enough to have been meant.
pub(crate) fn find_nearest<'w>(
    word: &str,
    words: impl Iterator<Item = &'w str>,
) -> Option<&'w str> {
    let length = word.chars().count();
    let most = MAX_SLIPS.min(length / 2);
    words
        .map(|known| (osa_distance(word, known), known))
        .filter(|(slips, _)| *slips <= most)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_near_and_another_word_is_not() {
        let known = ["pace", "private", "proxy", "retries"];
        let nearest = |word: &str| find_nearest(word, known.iter().copied());
        assert_eq!(nearest("pcae"), Some("pace"));
        assert_eq!(nearest("proxi"), Some("proxy"));
        assert_eq!(nearest("privat"), Some("private"));
        assert_eq!(nearest("timeout"), None);
        assert_eq!(nearest("x"), None);
    }
}
