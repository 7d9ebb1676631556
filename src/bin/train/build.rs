//! The course of a training: order of sentences, rate of learning, the file at the end.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

use dateline::language::form::AFFIX_ROWS;
use dateline::language::matrix::Matrix;
use dateline::language::model::{self, Model, Parts, Sizes};

use crate::BuildArgs;
use crate::corpus::{self, Inventory};
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

/// Trains on the two train files and writes the model.
pub(crate) fn build(args: &BuildArgs) -> Result<(), Box<dyn Error>> {
    let mut blocks = corpus::treebank(&args.treebank, "en_ewt-train")?;
    blocks.extend(corpus::treebank(&args.treebank, "en_gumfree-train")?);
    let dev = corpus::treebank(&args.treebank, "en_ewt-dev")?;
    let inventory = Inventory::new(&blocks, &args.vectors, MOST_VECTORS)?;
    let mut examples: Vec<Example> = blocks
        .iter()
        .map(|block| inventory.example(block))
        .collect();
    examples.retain(|example| example.words.len() <= LONGEST);
    let mut rng = Rng(SEED);
    let mut net = Net::new(&mut rng, sizes(&inventory), inventory.vectors.clone());
    let words: usize = examples.iter().map(|example| example.words.len()).sum();
    let mut course = Course {
        step: 0.0,
        steps: (args.epochs * words / BATCH_WORDS) as f32,
    };
    for epoch in 1..=args.epochs {
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
    let bytes = export(&net, &inventory);
    std::fs::write(&args.model, &bytes)?;
    let model = Box::leak(Box::new(Model::read(bytes.leak())?));
    let score = score::score(&dev, &given::from_words(model, &dev))?;
    writeln!(std::io::stderr(), "en_ewt-dev: {}", score.line())?;
    Ok(())
}

/// Shapes: as large as 5,000 sentences a second on one core allow.
fn sizes(inventory: &Inventory) -> Sizes {
    Sizes {
        d: 96,
        h: 96,
        a: 96,
        l: 64,
        tags: inventory.tags.len(),
        relations: inventory.relations.len(),
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
    model::write(&Parts {
        sizes: net.sizes,
        tags: &inventory.tags,
        relations: &inventory.relations,
        lemmas: &inventory.lemmas,
        keys: &inventory.keys,
        words: &words,
        affixes: &net.affix.w,
        dense: &dense,
    })
}
