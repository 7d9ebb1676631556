//! The rules of spelling that the exceptions of a model are counted against.
//!
//! They are those of the parser as they were when the model was built, and stay: a better rule in the parser needs no
//! new model, and a build with the same input still gives the same file.

use std::collections::HashMap;
use std::sync::LazyLock;

use dateline::language::lemma::class;

const TABLE: &str = include_str!("../../../config/language/lemmas.tsv");

static IRREGULAR: LazyLock<HashMap<(&str, &str), &str>> = LazyLock::new(|| {
    let mut table = HashMap::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let Some((class, entries)) = line.split_once('\t') else {
            continue;
        };
        for (lemma, forms) in entries
            .split(", ")
            .filter_map(|entry| entry.split_once(": "))
        {
            table.extend(forms.split(' ').map(|form| ((class, form), lemma)));
        }
    }
    table
});

/// The lemma of a form in lower case.
pub(crate) fn regular(lower: &str, upos: &str, xpos: &str) -> String {
    let class = class(upos).unwrap_or_default();
    let inflected = !matches!(xpos, "NN" | "JJ" | "RB" | "VB" | "VBP") || upos == "AUX";
    if inflected && let Some(lemma) = IRREGULAR.get(&(class, lower)) {
        return (*lemma).to_string();
    }
    match xpos {
        "NNS" => plural(lower),
        "VBZ" => third_person(lower),
        "VBG" => lower
            .strip_suffix("ing")
            .map_or_else(|| lower.to_string(), stem),
        "VBD" | "VBN" => past(lower),
        "JJR" | "RBR" => compared(lower, "er"),
        "JJS" | "RBS" => compared(lower, "est"),
        _ => lower.to_string(),
    }
}

fn plural(form: &str) -> String {
    if let Some(stem) = form.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return [stem, "y"].concat();
    }
    let sibilant = ["sses", "shes", "ches", "xes", "zzes"];
    if sibilant.iter().any(|end| form.ends_with(end)) {
        return form[..form.len() - 2].to_string();
    }
    let whole = form.ends_with("ss") || form.ends_with("us") || form.ends_with("is");
    match form
        .strip_suffix('s')
        .filter(|stem| stem.len() > 1 && !whole)
    {
        Some(stem) => stem.trim_end_matches(['\'', '’']).to_string(),
        None => form.to_string(),
    }
}

fn third_person(form: &str) -> String {
    if let Some(stem) = form.strip_suffix("oes") {
        return [stem, "o"].concat();
    }
    plural(form)
}

fn past(form: &str) -> String {
    if let Some(base) = form.strip_suffix("ied").filter(|base| base.len() > 1) {
        return [base, "y"].concat();
    }
    form.strip_suffix("ed")
        .map_or_else(|| form.to_string(), stem)
}

fn compared(form: &str, end: &str) -> String {
    let Some(base) = form.strip_suffix(end).filter(|base| base.len() > 2) else {
        return form.to_string();
    };
    match base.strip_suffix('i') {
        Some(base) => [base, "y"].concat(),
        None => undoubled(base).unwrap_or(base).to_string(),
    }
}

/// The base of a verb from what stands before `-ing` or `-ed`: a doubled consonant is halved, a silent `e` put back.
fn stem(base: &str) -> String {
    let letters = base.as_bytes();
    if letters.len() < 2 || !letters.iter().any(|b| is_vowel(*b) || *b == b'y') {
        return if letters.len() < 2 {
            base.to_string()
        } else {
            [base, "ing"].concat()
        };
    }
    if let Some(half) = undoubled(base) {
        return half.to_string();
    }
    if lost_e(letters) {
        [base, "e"].concat()
    } else {
        base.to_string()
    }
}

/// Without the second of two equal consonants, but for those that are double in the base (`call`, `pass`, `add`).
fn undoubled(base: &str) -> Option<&str> {
    let letters = base.as_bytes();
    let [.., a, b] = letters else { return None };
    let doubled = a == b && matches!(b, b'b' | b'd' | b'g' | b'm' | b'n' | b'p' | b'r' | b't');
    let short = letters.len() <= 3 && matches!(b, b'd' | b'r');
    (doubled && !short).then(|| &base[..base.len() - 1])
}

/// Whether a base has lost a final `e`, by its last letters.
fn lost_e(letters: &[u8]) -> bool {
    let [.., last] = letters else { return false };
    let before = letters.len().checked_sub(2).map_or(0, |at| letters[at]);
    let third = letters.len().checked_sub(3).map_or(0, |at| letters[at]);
    let single = is_vowel(before) && !is_vowel(third);
    let vowels = letters
        .iter()
        .filter(|b| is_vowel(**b) || **b == b'y')
        .count();
    match last {
        b'v' | b'c' | b'u' => true,
        b'g' => {
            matches!(before, b'd' | b'a' | b'r')
                || (before == b'n' && matches!(third, b'a' | b'e') && vowels < 3)
        }
        b's' => before != b's',
        b'z' => before != b'z',
        b'l' => {
            !is_vowel(before) && !matches!(before, b'l' | b'r' | b'w') || (single && vowels == 1)
        }
        b't' => {
            (before == b'a' && third != b'e' && third != b'o')
                || (single && vowels == 1)
                || letters.ends_with(b"ut") && single && vowels > 1
        }
        b'r' => single && (vowels == 1 || matches!(before, b'i' | b'u' | b'a')),
        b'd' => single && (vowels == 1 || matches!(before, b'i' | b'u' | b'a')),
        b'n' => single && (vowels == 1 || before == b'i' && vowels > 2),
        b'k' | b'm' | b'p' | b'b' => single && vowels == 1 || letters.ends_with(b"um"),
        b'h' => letters.ends_with(b"ath"),
        _ => false,
    }
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u')
}
