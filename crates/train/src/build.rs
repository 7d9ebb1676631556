//! The course of a training: order of sentences, rate of learning, the file at the end.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use dateline::language::conllu::Block;
use dateline::language::form::AFFIX_ROWS;
use dateline::language::model::{self, Model, ModelParts, Sizes};

use crate::BuildArgs;
use crate::corpus::{self, Inventory};
use crate::matrix::Matrix;
use crate::net::{Example, Net, PROJECT, VECTOR};
use crate::param::Rng;
use crate::{given, score};

/// Passes over the training sentences.
pub(crate) const EPOCHS: usize = 20;
const SEED: u64 = 20_260_301;
/// Words learned from between two steps.
const BATCH_WORDS: usize = 250;
/// The highest rate; it rises over the first steps and falls evenly to almost nothing.
const RATE: f32 = 0.003;
const WARM_STEPS: f32 = 200.0;
const LAST_RATE: f32 = 0.02;
/// Pretrained vectors kept beside those of the treebanks' words.
const MOST_VECTORS: usize = 50_000;
/// Longer sentences are not learned from: the cost grows with the square.
const LONGEST: usize = 120;

/// Trains on the two train files; writes the model, or compares it with a file.
pub(crate) fn build(args: &BuildArgs) -> Result<(), Box<dyn Error>> {
    let blocks = corpus::training(&args.treebank)?;
    let dev = corpus::treebank(&args.treebank, "en_ewt-dev")?;
    let inventory = Inventory::new(&blocks, &args.vectors, MOST_VECTORS)?;
    let bytes = train(&blocks, &inventory, args.epochs)?;
    if let Some(path) = &args.model {
        std::fs::write(path, &bytes)?;
    }
    let differs = match &args.check {
        Some(path) => differs(&std::fs::read(path)?, &bytes),
        None => None,
    };
    let model = Box::leak(Box::new(Model::read(bytes.leak())?));
    let score = score::score(&dev, &given::from_words(model, &dev))?;
    writeln!(std::io::stderr(), "en_ewt-dev: {}", score.line())?;
    differs.map_or(Ok(()), |what| Err(what.into()))
}

/// Where what was built is not what a file holds, in words.
pub(crate) fn differs(file: &[u8], built: &[u8]) -> Option<String> {
    let at = file.iter().zip(built).position(|(a, b)| a != b);
    let at = at.or((file.len() != built.len()).then_some(file.len().min(built.len())))?;
    let (file, built) = (file.len(), built.len());
    Some(format!(
        "the model differs from the file at byte {at} (file {file} bytes, built {built})"
    ))
}

/// The bytes of a model learned from sentences.
fn train(
    blocks: &[Block],
    inventory: &Inventory,
    epochs: usize,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut examples: Vec<Example> = blocks
        .iter()
        .map(|block| inventory.example(block))
        .collect();
    examples.retain(|example| example.words.len() <= LONGEST);
    let mut rng = Rng(SEED);
    let mut net = Net::new(&mut rng, sizes(inventory), inventory.vectors.clone());
    let words: usize = examples.iter().map(|example| example.words.len()).sum();
    let mut course = Course {
        step: 0.0,
        steps: (epochs * words / BATCH_WORDS) as f32,
    };
    for epoch in 1..=epochs {
        let start = Instant::now();
        for last in (1..examples.len()).rev() {
            examples.swap(last, rng.next() as usize % (last + 1));
        }
        let loss = course.epoch(&mut net, &examples, &mut rng) / words as f32;
        let seconds = start.elapsed().as_secs();
        writeln!(
            std::io::stderr(),
            "epoch {epoch}: loss {loss:.4}, {seconds} s"
        )?;
    }
    Ok(export(&net, inventory))
}

/// Shapes: as large as 5,000 sentences a second on one core allow.
fn sizes(inventory: &Inventory) -> Sizes {
    Sizes {
        d: 96,
        h: 96,
        a: 96,
        l: 64,
        tags: inventory.names.tags.len(),
        relations: inventory.names.relations.len(),
        words: inventory.keys.len(),
        affixes: AFFIX_ROWS,
    }
}

/// How far the training has come, in steps.
struct Course {
    step: f32,
    steps: f32,
}

impl Course {
    fn epoch(&mut self, net: &mut Net, examples: &[Example], rng: &mut Rng) -> f32 {
        let mut loss = 0.0;
        let mut words = 0;
        for example in examples {
            loss += net.learn(example, rng);
            words += example.words.len();
            if words >= BATCH_WORDS {
                words = 0;
                self.step += 1.0;
                let left = (1.0 - self.step / self.steps).max(LAST_RATE);
                net.step(RATE * left * (self.step / WARM_STEPS).min(1.0));
            }
        }
        loss
    }
}

/// The model file: own and pretrained vectors folded into one row a word.
fn export(net: &Net, inventory: &Inventory) -> Vec<u8> {
    let mut words = net.words.w.clone();
    let project = &net.dense[PROJECT];
    Matrix::from_rows(&project.w, VECTOR, net.sizes.d).add_product(&net.vectors, &mut words);
    let dense: Vec<&[f32]> = net.dense[PROJECT + 1..]
        .iter()
        .map(|dense| dense.w.as_slice())
        .collect();
    model::write(&ModelParts {
        sizes: net.sizes,
        tags: &inventory.names.tags,
        relations: &inventory.names.relations,
        lemmas: &inventory.names.lemmas,
        keys: &inventory.keys,
        words: &words,
        affixes: &net.affix.w,
        dense: &dense,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dateline::language::conllu;

    /// Sentences of few words, each a chain.
    fn sentences() -> Vec<Block> {
        let words = [
            "police", "arrested", "two", "men", "in", "Lahore", "on", "Friday",
        ];
        let mut text = String::new();
        for number in 0..40 {
            for place in 0..6 {
                let word = words[(number * 5 + place * 3) % words.len()];
                let tag = ["NOUN\tNN", "VERB\tVBD", "ADP\tIN"][word.len() % 3];
                let relation = if place == 0 { "root" } else { "dep" };
                let line = format!(
                    "{}\t{word}\t{word}\t{tag}\t_\t{place}\t{relation}\t_\t_\n",
                    place + 1
                );
                text.push_str(&line);
            }
            text.push('\n');
        }
        conllu::read(&text).expect("the lines are well formed")
    }

    #[test]
    fn two_builds_from_the_same_input_give_the_same_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let vectors = folder.path().join("vectors");
        let numbers = |word: &str| {
            let part = |place: usize| format!(" {}.25", word.len() * place % 7);
            word.to_string() + &(0..crate::net::VECTOR).map(part).collect::<String>() + "\n"
        };
        let text: String = ["the", "of", "police", "arrested", "Friday"]
            .map(numbers)
            .concat();
        std::fs::write(&vectors, text).expect("the folder is writable");
        let built = || {
            let blocks = sentences();
            let inventory =
                Inventory::new(&blocks, &vectors, 3).expect("the vectors are well formed");
            train(&blocks, &inventory, 2).expect("nothing but memory is needed")
        };
        let (first, second) = (built(), built());
        assert_eq!(differs(&first, &second), None);
        let model = Model::read(first.clone().leak()).expect("what is written can be read");
        assert_eq!(model.version().len(), 8);
        let mut damaged = second;
        damaged[1000] ^= 1;
        assert!(differs(&first, &damaged).is_some_and(|what| what.contains("byte 1000")));
        assert!(differs(&first, &first[..500]).is_some_and(|what| what.contains("byte 500")));
    }
}
