//! What was meant by a word that is none of those known.

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
        .map(|known| (count_slips(word, known), known))
        .filter(|(slips, _)| *slips <= most)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, known)| known)
}

/// Letters to add, take away, change or turn with their neighbour to make one word the other.
fn count_slips(one: &str, other: &str) -> usize {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let width = other.len() + 1;
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..width).collect();
    for (i, &a) in one.iter().enumerate() {
        let mut row = vec![i + 1; width];
        for (j, &b) in other.iter().enumerate() {
            let changed = last[j] + usize::from(a != b);
            row[j + 1] = changed.min(last[j + 1] + 1).min(row[j] + 1);
            let is_turned = i > 0 && j > 0 && a == other[j - 1] && one[i - 1] == b;
            if is_turned {
                row[j + 1] = row[j + 1].min(before_last[j - 1] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[width - 1]
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
