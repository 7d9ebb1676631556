//! The treebanks and the word vectors, read from where the caller keeps them.

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::io::{BufRead, Read};
use std::path::Path;

use dateline::language::conllu::{self, Block, Word};
use dateline::language::{form, lemma};

use crate::net::{Example, VECTOR};
use crate::plain;

/// Lines of the vectors' file that are read: the rest holds words too rare to matter. The shipped model was built so.
const VECTOR_LINES: usize = 120_000;

/// Reads a treebank of the folder.
pub(crate) fn treebank(folder: &Path, name: &str) -> Result<Vec<Block>, Box<dyn Error>> {
    read(&folder.join(format!("{name}.conllu.gz")))
}

/// The sentences that are learned from.
pub(crate) fn training(folder: &Path) -> Result<Vec<Block>, Box<dyn Error>> {
    let mut blocks = treebank(folder, "en_ewt-train")?;
    blocks.extend(treebank(folder, "en_gumfree-train")?);
    Ok(blocks)
}

/// Reads a CoNLL-U file, gzipped if its name ends in `.gz`.
pub(crate) fn read(path: &Path) -> Result<Vec<Block>, Box<dyn Error>> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut file = std::fs::File::open(path).map_err(|error| named(&error))?;
    let mut text = String::new();
    if path.extension().is_some_and(|end| end == "gz") {
        flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text)
    } else {
        file.read_to_string(&mut text)
    }
    .map_err(|error| named(&error))?;
    conllu::read(&text).map_err(|error| named(&error).into())
}

/// What the training sentences are counted into.
pub(crate) struct Inventory {
    /// Keys of words, ascending; the row of a word is its place here.
    pub keys: Vec<u32>,
    pub counts: Vec<u32>,
    pub vectors: Vec<f32>,
    pub names: Names,
}

/// What the model calls things.
pub(crate) struct Names {
    pub tags: Vec<String>,
    pub relations: Vec<String>,
    /// Class, form and lemma where the rules of spelling fail.
    pub lemmas: Vec<String>,
}

impl Names {
    fn new(blocks: &[Block]) -> Self {
        let words = || blocks.iter().flat_map(|block| &block.words);
        Self {
            tags: names(words().map(|(_, word)| tag(word)), 3),
            relations: names(words().map(|(_, word)| word.relation.clone()), 1),
            lemmas: exceptions(words().map(|(_, word)| word)),
        }
    }
}

impl Inventory {
    /// Words of the treebank seen twice and the first `most` of the vectors' file.
    pub(crate) fn new(
        blocks: &[Block],
        vectors: &Path,
        most: usize,
    ) -> Result<Self, Box<dyn Error>> {
        let words = || {
            blocks
                .iter()
                .flat_map(|block| &block.words)
                .map(|(_, word)| word)
        };
        let mut counts: HashMap<u32, u32> = HashMap::new();
        words().for_each(|word| *counts.entry(form::key(&word.form)).or_default() += 1);
        let known = read_vectors(vectors, most, &counts)?;
        let mut keys: Vec<u32> = counts
            .iter()
            .filter(|(_, count)| **count > 1)
            .map(|(key, _)| *key)
            .collect();
        keys.extend(known.keys());
        keys.sort_unstable();
        keys.dedup();
        let none = vec![0.0; VECTOR];
        Ok(Self {
            counts: keys
                .iter()
                .map(|key| counts.get(key).copied().unwrap_or(0))
                .collect(),
            vectors: keys
                .iter()
                .flat_map(|key| known.get(key).unwrap_or(&none))
                .copied()
                .collect(),
            keys,
            names: Names::new(blocks),
        })
    }

    /// A sentence as numbers.
    pub(crate) fn example(&self, block: &Block) -> Example {
        let words = || block.words.iter().map(|(_, word)| word);
        let row = |word: &Word| {
            let row = self.keys.binary_search(&form::key(&word.form)).ok()?;
            Some((row, self.counts[row]))
        };
        let relation = |word: &Word| {
            self.names
                .relations
                .binary_search(&word.relation)
                .unwrap_or(0)
        };
        Example {
            words: words().map(row).collect(),
            affixes: words().map(|word| form::affixes(&word.form)).collect(),
            tags: words()
                .map(|word| self.names.tags.binary_search(&tag(word)).ok())
                .collect(),
            heads: words().map(|word| word.head).collect(),
            relations: words().map(relation).collect(),
        }
    }
}

/// Class, form and most frequent lemma of the forms whose lemma the rules get wrong more often than right. A lemma seen
/// once counts only for words that change (verbs, nouns), so that typing errors are not learned.
fn exceptions<'a>(words: impl Iterator<Item = &'a Word>) -> Vec<String> {
    let mut counts: BTreeMap<(&str, String), BTreeMap<(&str, bool), u32>> = BTreeMap::new();
    for word in words {
        let Some(class) = lemma::class(&word.upos).filter(|class| *class != "name") else {
            continue;
        };
        let lower = word.form.to_lowercase();
        let right = plain::regular(&lower, &word.upos, &word.xpos) == word.lemma;
        if word.lemma != "_" && lower.len() <= 32 && !lower.contains(char::is_whitespace) {
            *counts
                .entry((class, lower))
                .or_default()
                .entry((&word.lemma, right))
                .or_default() += 1;
        }
    }
    let mut lines = Vec::new();
    for ((class, lower), lemmas) in counts {
        let Some(((lemma, right), count)) = lemmas.into_iter().max_by_key(|(_, count)| *count)
        else {
            continue;
        };
        let open =
            matches!(class, "verb" | "noun") && lower.ends_with(['s', 'd', 'g', 'n', 't', 'e']);
        if !right && (count > 1 || open) {
            lines.push(format!("{class}\t{lower}\t{lemma}"));
        }
    }
    lines
}

fn tag(word: &Word) -> String {
    format!("{}|{}", word.upos, word.xpos)
}

/// The names that occur at least `least` times, sorted.
fn names(all: impl Iterator<Item = String>, least: u32) -> Vec<String> {
    let mut counts: HashMap<String, u32> = HashMap::new();
    all.for_each(|name| *counts.entry(name).or_default() += 1);
    let mut names: Vec<String> = counts
        .into_iter()
        .filter(|(_, count)| *count >= least)
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    names
}

/// The vectors of the first `most` words, and those of the treebank's words after them, from the first
/// [`VECTOR_LINES`] lines: a word and its numbers a line, the most frequent first. Words with digits are left out: the
/// network sees digits as equal.
fn read_vectors(
    path: &Path,
    most: usize,
    wanted: &HashMap<u32, u32>,
) -> Result<HashMap<u32, Vec<f32>>, Box<dyn Error>> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = std::fs::File::open(path).map_err(|error| named(&error))?;
    let mut vectors = HashMap::new();
    for line in std::io::BufReader::new(file).lines().take(VECTOR_LINES) {
        let line = line.map_err(|error| named(&error))?;
        let mut fields = line.split(' ');
        let Some(word) = fields.next() else { continue };
        let key = form::key(word);
        let listed = vectors.len() < most || wanted.contains_key(&key);
        if !listed || word.bytes().any(|byte| byte.is_ascii_digit()) || vectors.contains_key(&key) {
            continue;
        }
        let vector = fields.map(str::parse).collect::<Result<Vec<f32>, _>>()?;
        if vector.len() != VECTOR {
            return Err(named(&format!("{word} has {} numbers", vector.len())).into());
        }
        vectors.insert(key, vector.iter().map(|value| value * 0.5).collect());
    }
    Ok(vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_vectors_beyond_those_that_are_read_change_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("vectors");
        let line = |number: usize| {
            let letters: String = number
                .to_string()
                .bytes()
                .map(|b| char::from(b + 49))
                .collect();
            letters + &" 0.5".repeat(VECTOR) + "\n"
        };
        let wanted = HashMap::from([(form::key("rare"), 1)]);
        let mut text: String = (0..VECTOR_LINES).map(line).collect();
        std::fs::write(&path, &text).expect("the folder is writable");
        let first = read_vectors(&path, 100, &wanted).expect("the file is well formed");
        text += &("rare".to_string() + &" 0.5".repeat(VECTOR) + "\nnot a vector\n");
        std::fs::write(&path, &text).expect("the folder is writable");
        let whole = read_vectors(&path, 100, &wanted).expect("the file is well formed");
        assert_eq!(first.len(), 100);
        assert_eq!(first, whole);
    }

    /// The lists of names in a model file stand after its mark, its checksum and eight sizes.
    fn lists(mut bytes: &[u8]) -> [Vec<String>; 3] {
        bytes = &bytes[8 + 8 + 8 * 4..];
        [(); 3].map(|()| {
            let (length, rest) = bytes.split_at(4);
            let length = u32::from_le_bytes(length.try_into().expect("four bytes")) as usize;
            let (names, rest) = rest.split_at(length);
            bytes = rest;
            let names = std::str::from_utf8(names).expect("names are UTF-8");
            names.lines().map(str::to_string).collect()
        })
    }

    #[test]
    fn the_names_and_exceptions_of_the_shipped_model_are_those_of_the_treebanks() {
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/treebank");
        let folder = std::env::var_os("DATELINE_TREEBANK").map_or_else(beside, Into::into);
        if !folder.is_dir() {
            eprintln!(
                "SKIPPED: no treebanks at {} (set DATELINE_TREEBANK)",
                folder.display()
            );
            return;
        }
        let blocks = training(&folder).expect("the treebanks can be read");
        let Names {
            tags,
            relations,
            lemmas,
        } = Names::new(&blocks);
        let shipped = lists(dateline_english::MODEL);
        assert!([tags, relations, lemmas] == shipped);
    }
}
