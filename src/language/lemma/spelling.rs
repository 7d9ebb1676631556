//! English spelling backwards: the base of a verb from what stands before `-ing` or `-ed`.
//!
//! A consonant doubled for the ending is halved (`stopp` to `stop`), a silent `e` that gave way is put back (`mak` to
//! `make`). Where letters do not tell (`invit`, `visit`), the form is a line of `config/language/spelling.tsv`.

/// The base of a verb.
pub(super) fn base(stem: &str) -> String {
    let word = Letters(stem.as_bytes());
    match (stem.len(), word.groups()) {
        (0 | 1, _) => stem.to_string(),
        // No verb is without a vowel: `bring`, `string` end in -ing by themselves.
        (_, 0) => [stem, "ing"].concat(),
        _ if stem.ends_with("ee") => stem.to_string(),
        _ => match undoubled(stem) {
            Some(half) => half.to_string(),
            None if word.lost_e() => [stem, "e"].concat(),
            None => stem.to_string(),
        },
    }
}

/// Without the second of two equal consonants, but for those that are double in the base (`call`, `pass`, `add`).
pub(super) fn undoubled(stem: &str) -> Option<&str> {
    // No rule is for a letter that takes more than one byte.
    let half = stem.get(..stem.len().checked_sub(1)?)?;
    let word = Letters(stem.as_bytes());
    if stem.ends_with("ick") {
        let own = ["kick", "pick", "stick", "trick"]
            .iter()
            .any(|end| stem.ends_with(end));
        return (word.groups() > 1 && !own).then_some(half);
    }
    let [.., a, b] = stem.as_bytes() else {
        return None;
    };
    let doubled = a == b
        && match b {
            b'b' | b'd' | b'g' | b'n' | b'r' => stem.len() > 3,
            b'k' | b'm' | b'p' | b't' | b'v' => true,
            b'l' => word.groups() > 1 && halves_l(stem),
            _ => false,
        };
    doubled.then_some(half)
}

/// `compell` and `signall` are halved, `recall` and `install` are not.
fn halves_l(stem: &str) -> bool {
    let own = [
        "call", "fall", "stall", "wall", "ball", "pall", "thrall", "spell", "sell", "tell",
    ];
    (stem.ends_with("ell") || stem.ends_with("all")) && !own.iter().any(|end| stem.ends_with(end))
}

/// Endings that have lost an `e` though their last letters alone do not tell.
const SILENT: [&str; 33] = [
    "dg", "lg", "rg", "eng", "ung", "rang", "chang", "creat", "iat", "uat", "suad", "plet",
    "delet", "cret", "plor", "gnor", "stor", "ador", "nven", "rven", "stpon", "thron", "phon",
    "com", "nam", "flam", "fam", "cop", "ath", "eath", "oath", "eeth", "ooth",
];

/// A word in lower case, as bytes.
#[derive(Clone, Copy)]
struct Letters<'a>(&'a [u8]);

impl Letters<'_> {
    /// Whether there is a vowel at this place: `y` is one after a consonant, `u` is none after `q`.
    fn vowel(self, at: usize) -> bool {
        let before = at.checked_sub(1).map(|before| self.0[before]);
        match self.0[at] {
            b'a' | b'e' | b'i' | b'o' => true,
            b'u' => before != Some(b'q'),
            b'y' => at > 0 && !self.vowel(at - 1),
            _ => false,
        }
    }

    /// Runs of vowels: the syllables, nearly.
    fn groups(self) -> usize {
        (0..self.0.len())
            .filter(|at| self.vowel(*at) && (*at == 0 || !self.vowel(at - 1)))
            .count()
    }

    /// Whether the stem has lost a final `e`.
    fn lost_e(self) -> bool {
        let [.., before, last] = *self.0 else {
            return false;
        };
        let at = self.0.len() - 2;
        let single = self.vowel(at) && (at == 0 || !self.vowel(at - 1));
        let silent = SILENT.iter().any(|end| self.0.ends_with(end.as_bytes()));
        silent
            || match last {
                b'v' | b'c' | b'u' => true,
                b's' => before != b's',
                b'z' => !matches!(before, b'z' | b't'),
                b'g' if before == b'n' => self.0.ends_with(b"ing") && self.groups() > 1,
                b'g' => self.vowel(at),
                b'l' if !self.vowel(at) => !matches!(before, b'l' | b'r' | b'w'),
                b'r' if !self.vowel(at) => before != b'r',
                b'w' | b'x' | b'y' | b'h' => false,
                _ if single && self.groups() == 1 => !self.vowel(at + 1),
                _ => single && keeps_sound(before, last),
            }
    }
}

/// Whether a single consonant after a single vowel, in a word of several syllables, tells of a lost `e`.
fn keeps_sound(vowel: u8, last: u8) -> bool {
    match last {
        b'd' | b'k' => true,
        b'f' => matches!(vowel, b'a' | b'i'),
        b'l' => matches!(vowel, b'i' | b'o' | b'u' | b'y'),
        b't' => matches!(vowel, b'a' | b'u'),
        b'r' => matches!(vowel, b'a' | b'i' | b'u' | b'y'),
        b'n' => matches!(vowel, b'i' | b'u'),
        b'm' => matches!(vowel, b'u' | b'y'),
        b'p' => matches!(vowel, b'a' | b'y'),
        b'b' => matches!(vowel, b'i' | b'o'),
        _ => false,
    }
}
