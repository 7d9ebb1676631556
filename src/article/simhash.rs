//! A fingerprint that is near for texts that are near: 64-bit SimHash (Charikar 2002) over three-word shingles.

/// The fingerprint of a text and its four bands of 16 bits, hexadecimal.
pub(crate) fn simhash(text: &str) -> (String, Vec<String>) {
    let hash = fingerprint(text);
    let bands = (0..4)
        .map(|band| format!("{:04x}", (hash >> (48 - 16 * band)) & 0xffff))
        .collect();
    (format!("{hash:016x}"), bands)
}

/// Whether two fingerprints are of texts that have nothing in common: such differ in 32 of 64 bits, give or take 4;
/// fingerprints of a text and its edited copy in a few.
pub(crate) fn far_apart(one: &str, other: &str) -> bool {
    const FAR_BITS: u32 = 16;
    differing_bits(one, other).is_some_and(|bits| bits > FAR_BITS)
}

/// Whether two fingerprints are of a text and its copy. Bits differ as the angle between the texts' shingles: ten of them
/// where a fifth was added, or four words in a hundred are others.
pub(crate) fn near(one: &str, other: &str) -> bool {
    const NEAR_BITS: u32 = 10;
    differing_bits(one, other).is_some_and(|bits| bits <= NEAR_BITS)
}

fn differing_bits(one: &str, other: &str) -> Option<u32> {
    let bits = |text: &str| u64::from_str_radix(text, 16).ok();
    Some((bits(one)? ^ bits(other)?).count_ones())
}

fn fingerprint(text: &str) -> u64 {
    let mut counts = [0i32; 64];
    let mut before = [0u64; 2];
    let mut seen = 0;
    for word in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let hash = of_word(word);
        seen += 1;
        if seen >= 3 {
            count(
                &mut counts,
                mixed(before[0].rotate_left(21) ^ before[1].rotate_left(42) ^ hash),
            );
        }
        before = [before[1], hash];
    }
    if seen < 3 {
        count(
            &mut counts,
            mixed(before[0].rotate_left(21) ^ before[1].rotate_left(42)),
        );
    }
    counts.iter().enumerate().fold(
        0,
        |bits, (i, &count)| if count > 0 { bits | 1 << i } else { bits },
    )
}

fn count(counts: &mut [i32; 64], hash: u64) {
    for (i, count) in counts.iter_mut().enumerate() {
        *count += if hash >> i & 1 == 1 { 1 } else { -1 };
    }
}

/// FNV-1a over the lower-case letters.
fn of_word(word: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for c in word.chars().flat_map(char::to_lowercase) {
        hash = (hash ^ u64::from(u32::from(c))).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// The finisher of SplitMix64 (Steele et al. 2014).
fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_texts_have_near_fingerprints() {
        let words = |from: usize| {
            (from..from + 200).fold(String::new(), |text, i| {
                text + "word" + &i.to_string() + " "
            })
        };
        let story = words(0);
        let edited = story.replace("word100", "another");
        let other = words(1000);
        let longer = story.clone() + &words(2_000)[..200];
        let hash = |text: &str| simhash(text).0;
        for copy in [edited, longer] {
            assert!(near(&hash(&story), &hash(&copy)));
        }
        let half = words(0).replace("word1", "another");
        for another in [half, other] {
            assert!(!near(&hash(&story), &hash(&another)));
        }
        assert!(far_apart(&hash(&story), &hash(&words(1000))));
    }

    #[test]
    fn bands_are_the_fingerprint_cut_in_four() {
        let (hash, bands) = simhash("one two three four");
        assert_eq!(bands.concat(), hash);
    }
}
