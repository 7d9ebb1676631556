//! The dictionary form of a word, from its form and tag: a table of irregular forms, then rules of spelling.

mod spelling;

use std::collections::HashMap;
use std::sync::LazyLock;

/// A form of a later table goes before one of an earlier.
const TABLES: [&str; 2] = [
    include_str!("../../config/language/lemmas.tsv"),
    include_str!("../../config/language/spelling.tsv"),
];
/// A longer form is in no table.
const LONGEST_BYTES: usize = 32;

static IRREGULAR: LazyLock<HashMap<(&str, &str), &str>> = LazyLock::new(|| {
    let mut table = HashMap::new();
    let lines = TABLES.iter().flat_map(|table| table.lines());
    for line in lines.filter(|line| !line.starts_with('#')) {
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

/// Forms whose lemma the rules get wrong, as a model lists them: class and form, then the lemma.
pub(super) type Exceptions = HashMap<(&'static str, &'static str), &'static str>;

/// The class of a universal part of speech in the tables; words of other classes are their own lemma.
pub fn class(upos: &str) -> Option<&'static str> {
    Some(match upos {
        "VERB" | "AUX" => "verb",
        "NOUN" => "noun",
        "PROPN" => "name",
        "ADJ" => "adjective",
        "ADV" => "adverb",
        "PRON" => "pronoun",
        "DET" => "determiner",
        "PART" => "particle",
        _ => return None,
    })
}

/// The lemma of a form with these tags.
pub(super) fn lemma(form: &str, upos: &str, xpos: &str, exceptions: &Exceptions) -> String {
    let Some(class) = class(upos) else {
        return form.to_lowercase();
    };
    if class == "name" {
        return if xpos == "NNPS" {
            plural(form)
        } else {
            form.to_string()
        };
    }
    let lower = form.to_lowercase();
    if lower == "i" && class == "pronoun" {
        return "I".to_string();
    }
    // Our own table first where words are many: there the exceptions were learned from the treebanks' mistakes too.
    if matches!(upos, "VERB" | "NOUN")
        && let Some(lemma) = irregular(&lower, upos, xpos)
    {
        return lemma.to_string();
    }
    if lower.len() <= LONGEST_BYTES
        && let Some(lemma) = exceptions.get(&(class, lower.as_str()))
    {
        return (*lemma).to_string();
    }
    regular(&lower, upos, xpos)
}

/// The lemma by our own table and rules, of a form in lower case.
pub fn regular(lower: &str, upos: &str, xpos: &str) -> String {
    irregular(lower, upos, xpos).map_or_else(|| by_rule(lower, xpos), str::to_string)
}

fn irregular(lower: &str, upos: &str, xpos: &str) -> Option<&'static str> {
    let inflected = !matches!(xpos, "NN" | "JJ" | "RB" | "VB" | "VBP") || upos == "AUX";
    let table = inflected.then_some(&*IRREGULAR)?;
    table
        .get(&(class(upos).unwrap_or_default(), lower))
        .copied()
}

fn by_rule(lower: &str, xpos: &str) -> String {
    if lower.len() > LONGEST_BYTES {
        return lower.to_string();
    }
    match xpos {
        "NNS" => plural(lower),
        "VBZ" => third_person(lower),
        "VBG" => lower
            .strip_suffix("ing")
            .map_or_else(|| lower.to_string(), spelling::base),
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
    if let Some(base) = form.strip_suffix("ied") {
        let end = if base.len() > 1 { "y" } else { "ie" };
        return [base, end].concat();
    }
    match form.strip_suffix("ed") {
        Some(base) if base.ends_with('e') => [base, "e"].concat(),
        Some(base) => spelling::base(base),
        None => form.to_string(),
    }
}

fn compared(form: &str, end: &str) -> String {
    let Some(base) = form.strip_suffix(end).filter(|base| base.len() > 2) else {
        return form.to_string();
    };
    match base.strip_suffix('i') {
        Some(base) => [base, "y"].concat(),
        None => spelling::undoubled(base).unwrap_or(base).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_nouns_and_adjectives_return_to_their_base() {
        let cases = [
            ("was", "AUX", "VBD", "be"),
            ("killed", "VERB", "VBN", "kill"),
            ("stopped", "VERB", "VBD", "stop"),
            ("making", "VERB", "VBG", "make"),
            ("urged", "VERB", "VBD", "urge"),
            ("denied", "VERB", "VBD", "deny"),
            ("clashes", "VERB", "VBZ", "clash"),
            ("countries", "NOUN", "NNS", "country"),
            ("gunmen", "NOUN", "NNS", "gunman"),
            ("bigger", "ADJ", "JJR", "big"),
            ("attacking", "VERB", "VBG", "attack"),
            ("accused", "VERB", "VBD", "accuse"),
            ("provided", "VERB", "VBN", "provide"),
            ("condemned", "VERB", "VBD", "condemn"),
            ("arrested", "VERB", "VBN", "arrest"),
        ];
        for (form, upos, xpos, lemma) in cases {
            assert_eq!(regular(form, upos, xpos), lemma, "{form}");
        }
    }

    #[test]
    fn forms_that_are_no_english_words_are_no_fault() {
        let long = ["y".repeat(1_000_000), "ing".to_string()].concat();
        assert_eq!(regular(&long, "VERB", "VBG"), long);
        for (form, xpos) in [
            ("ai\u{ff}ed", "VBD"),
            ("\u{ff}ing", "VBG"),
            ("\u{ff}\u{ff}er", "JJR"),
        ] {
            assert!(!regular(form, "VERB", xpos).is_empty(), "{form}");
        }
    }

    #[test]
    fn letters_tell_of_a_lost_e_and_a_doubled_consonant() {
        let cases = "freed free, agreed agree, hanged hang, boycotted boycott, revoked revoke, deplored deplore, \
            expelled expel, installed install, controlled control, trafficked traffic, alleging allege, \
            conceding concede, intervened intervene, postponing postpone, welcoming welcome, died die, tied tie, \
            acquired acquire, invited invite, visited visit, created create, treated treat, bringing bring, \
            infringing infringe, united unite, preceded precede, leaned lean, putting put";
        for (form, lemma) in cases.split(", ").filter_map(|case| case.split_once(' ')) {
            let tag = if form.ends_with("ing") { "VBG" } else { "VBN" };
            assert_eq!(regular(form, "VERB", tag), lemma, "{form}");
        }
    }

    #[test]
    fn our_table_comes_before_what_a_model_learned_from_mistakes() {
        let learned = Exceptions::from([(("verb", "fled"), "flead"), (("verb", "bred"), "bre")]);
        assert_eq!(lemma("fled", "VERB", "VBD", &learned), "flee");
        assert_eq!(lemma("Bred", "VERB", "VBN", &learned), "breed");
        let parser = crate::language::parser("en").expect("English is built in");
        for (form, class, tag, lemma) in [
            ("fled", "VERB", "VBD", "flee"),
            ("lent", "VERB", "VBN", "lend"),
            ("rang", "VERB", "VBD", "ring"),
            ("leaned", "VERB", "VBD", "lean"),
            ("united", "VERB", "VBN", "unite"),
            ("collages", "NOUN", "NNS", "collage"),
        ] {
            assert_eq!(parser.lemma(form, class, tag), lemma);
        }
    }

    const VERBS: &str = include_str!("../../config/lexicon/verbs.tsv");

    /// Verbs of several syllables that the table has no forms of, stressed on the last.
    const DOUBLED: [&str; 1] = ["extol"];
    /// Listed among verbs, but itself a form, or another spelling of one that is listed too.
    const FORMS: [&str; 2] = ["according", "lambast"];

    /// The forms of a verb with their tags: those of the lexicon's table, else by the spelling rules of English (a
    /// consonant doubled in a verb of one syllable, an `e` dropped).
    fn forms(base: &str) -> Vec<(String, &'static str)> {
        let row = VERBS
            .lines()
            .find(|line| line.split('\t').next() == Some(base));
        let given = |column: usize| {
            let cell = row.and_then(|row| row.split('\t').nth(column));
            cell.filter(|cell| !cell.is_empty())
        };
        let vowel = |letter: char| "aeiou".contains(letter);
        let letters: Vec<char> = base.chars().collect();
        let ends = letters.windows(2);
        let syllables = ends
            .filter(|pair| vowel(pair[0]) && !vowel(pair[1]))
            .count();
        let one = syllables == 1
            && matches!(letters.as_slice(), [.., a, b, c]
                if !vowel(*a) && vowel(*b) && !vowel(*c) && !"wxy".contains(*c));
        let doubled = one || DOUBLED.contains(&base);
        let long = [base, if doubled { &base[base.len() - 1..] } else { "" }].concat();
        let y = base.strip_suffix('y').filter(|stem| !stem.ends_with(vowel));
        let sibilant = ["s", "x", "z", "ch", "sh", "o"]
            .iter()
            .any(|end| base.ends_with(end));
        let third = match y {
            Some(stem) => [stem, "ies"].concat(),
            None => [base, if sibilant { "es" } else { "s" }].concat(),
        };
        let past = match (y, base.strip_suffix('e')) {
            (Some(stem), _) => [stem, "ied"].concat(),
            (None, Some(stem)) => [stem, "ed"].concat(),
            (None, None) => [&long, "ed"].concat(),
        };
        let ing = match base
            .strip_suffix('e')
            .filter(|stem| !stem.ends_with(['e', 'y', 'o']))
        {
            Some(stem) => stem
                .strip_suffix('i')
                .map_or([stem, "ing"].concat(), |i| [i, "ying"].concat()),
            None => [&long, "ing"].concat(),
        };
        let participle = given(3).or(given(2));
        [
            (given(1), third, "VBZ"),
            (given(2), past.clone(), "VBD"),
            (participle, past, "VBN"),
            (given(4), ing, "VBG"),
        ]
        .into_iter()
        .flat_map(|(given, rule, tag)| {
            let forms = given.map_or(rule, str::to_string);
            forms
                .split('|')
                .map(|form| (form.to_string(), tag))
                .collect::<Vec<_>>()
        })
        .collect()
    }

    #[test]
    fn every_form_of_every_verb_of_the_lexicon_comes_back_to_the_verb() {
        let tables = [
            include_str!("../../config/lexicon/frames.tsv"),
            include_str!("../../config/lexicon/light.tsv"),
            include_str!("../../config/lexicon/reporting.tsv"),
            VERBS,
        ];
        let mut verbs = std::collections::BTreeSet::new();
        for table in tables {
            for line in table.lines().filter(|line| !line.starts_with('#')).skip(1) {
                let mut fields = line.split('\t');
                let words = fields.next().unwrap_or_default().split('|');
                if !fields.next().is_some_and(|pos| matches!(pos, "n" | "a")) {
                    verbs.extend(words.filter(|word| {
                        word.bytes().all(|b| b.is_ascii_lowercase()) && !FORMS.contains(word)
                    }));
                }
            }
        }
        assert!(verbs.len() > 200, "{}", verbs.len());
        let parser = crate::language::parser("en").expect("English is built in");
        let mut wrong = Vec::new();
        for verb in verbs {
            for (form, tag) in forms(verb) {
                for lemma in [
                    regular(&form, "VERB", tag),
                    parser.lemma(&form, "VERB", tag),
                ] {
                    if lemma != verb {
                        wrong.push(format!("{form} {tag}: {lemma}, not {verb}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn names_keep_their_case() {
        assert_eq!(lemma("Kabul", "PROPN", "NNP", &Exceptions::new()), "Kabul");
    }
}
