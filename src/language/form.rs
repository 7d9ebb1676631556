//! What the network sees of a word: its vector's key, its affixes and its shape.

/// Features of a form that are hashed into the table of affixes.
pub const AFFIXES: usize = 8;
/// Rows of the table of affixes.
pub const AFFIX_ROWS: usize = 1 << 15;

/// The key of a word vector: a hash of the form in lower case, digits made equal.
pub fn key(form: &str) -> u32 {
    let hash = hash(1, form.chars().flat_map(char::to_lowercase).map(normal));
    (hash >> 32) as u32
}

/// Rows of the table of affixes: prefixes, suffixes, shape.
pub fn affixes(form: &str) -> [usize; AFFIXES] {
    let lower = || form.chars().flat_map(char::to_lowercase).map(normal);
    let backward = |most: usize| {
        form.chars()
            .rev()
            .take(most)
            .flat_map(char::to_lowercase)
            .map(normal)
    };
    let hashes = [
        hash(2, backward(1)),
        hash(3, backward(2)),
        hash(4, backward(3)),
        hash(5, backward(4)),
        hash(6, lower().take(2)),
        hash(7, lower().take(3)),
        hash(8, shape(form).chars()),
        hash(9, form.chars().take(24).map(normal)),
    ];
    hashes.map(|hash| (hash >> 32) as usize % AFFIX_ROWS)
}

fn normal(letter: char) -> char {
    match letter {
        '0'..='9' => '0',
        '’' | '‘' | '`' => '\'',
        '“' | '”' => '"',
        other => other,
    }
}

/// Runs of the same kind of character, at most six, and how long the form is.
fn shape(form: &str) -> String {
    let mut shape = String::with_capacity(8);
    for letter in form.chars().take(32) {
        let kind = match letter {
            c if c.is_uppercase() => 'X',
            c if c.is_alphabetic() => 'x',
            c if c.is_numeric() => '0',
            c => normal(c),
        };
        if !shape.ends_with(kind) && shape.len() < 6 {
            shape.push(kind);
        }
    }
    shape.push(match form.len() {
        0..=1 => '1',
        2 => '2',
        3..=4 => '4',
        5..=8 => '8',
        _ => '9',
    });
    shape
}

/// FNV-1a over characters, with a seed and a final mix.
fn hash(seed: u64, letters: impl Iterator<Item = char>) -> u64 {
    // A part of the model: with another hash its tables must be learned anew.
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for letter in letters {
        hash = (hash ^ u64::from(letter)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_digits_do_not_change_the_key() {
        assert_eq!(key("Kabul"), key("kabul"));
        assert_eq!(key("1984"), key("2024"));
        assert_ne!(key("kabul"), key("kabuls"));
    }

    #[test]
    fn case_changes_the_shape() {
        assert_ne!(shape("Kabul"), shape("kabul"));
    }
}
