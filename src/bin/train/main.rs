//! Trains the English model from its treebanks and word vectors.

mod corpus;
mod net;
mod param;
mod score;

use std::error::Error;
use std::io::Write;
use std::path::Path;

use dateline::language::form::AFFIX_ROWS;
use dateline::language::matrix::Matrix;
use dateline::language::model::{self, Model, Parts, Sizes};

use corpus::Inventory;
use net::{Example, Net, PROJECT, VECTOR};
use param::Rng;

const SEED: u64 = 20_260_301;
const BATCH_WORDS: usize = 250;
const RATE: f32 = 0.003;
const WARM_STEPS: f32 = 200.0;
const MOST_VECTORS: usize = 50_000;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, treebank, vectors, out, epochs, limit] = args.as_slice() else {
        return Err("usage: train TREEBANK_FOLDER VECTORS_FILE MODEL_FILE EPOCHS LIMIT".into());
    };
    let epochs: usize = epochs.parse()?;
    let limit: usize = limit.parse()?;
    let folder = Path::new(treebank);
    let mut train = corpus::treebank(folder, "en_ewt-train")?;
    train.extend(corpus::treebank(folder, "en_gumfree-train")?);
    let dev = corpus::treebank(folder, "en_ewt-dev")?;
    let news = corpus::treebank(folder, "gum_news-devtest")?;
    let test = corpus::treebank(folder, "en_ewt-test")?;
    let inventory = Inventory::new(&train, Path::new(vectors), MOST_VECTORS)?;
    let mut examples: Vec<Example> = train.iter().map(|block| inventory.example(block)).collect();
    let mut rng = Rng(SEED);
    if limit > 0 {
        examples.truncate(limit);
    }
    let env = |name: &str, default: usize| {
        std::env::var(name)
            .ok()
            .and_then(|v| v.parse().ok())
            .unwrap_or(default)
    };
    let sizes = Sizes {
        d: env("DIM", 96),
        h: env("HID", 64),
        a: env("ARC", 64),
        l: env("LAB", 48),
        tags: inventory.tags.len(),
        relations: inventory.relations.len(),
        words: inventory.keys.len(),
        affixes: AFFIX_ROWS,
    };
    let mut log = std::io::stderr().lock();
    writeln!(log, "{sizes:?} {} sentences", examples.len())?;
    let mut net = Net::new(&mut rng, sizes, inventory.vectors.clone());
    let total: usize = examples.iter().map(|example| example.words.len()).sum();
    let steps = (epochs * total / BATCH_WORDS) as f32;
    let mut step = 0.0f32;
    for epoch in 1..=epochs {
        let start = std::time::Instant::now();
        for last in (1..examples.len()).rev() {
            examples.swap(last, rng.next() as usize % (last + 1));
        }
        let mut loss = 0.0;
        let mut words = 0;
        for example in examples.iter().filter(|example| example.words.len() <= 120) {
            loss += net.learn(example, &mut rng);
            words += example.words.len();
            if words >= BATCH_WORDS {
                words = 0;
                step += 1.0;
                let rate = RATE * (step / WARM_STEPS).min(1.0) * (1.0 - step / steps).max(0.02);
                net.step(rate);
            }
        }
        let seconds = start.elapsed().as_secs_f32();
        writeln!(
            log,
            "epoch {epoch} loss {:.4} {seconds:.0}s",
            loss / total as f32
        )?;
        if epoch % 3 == 0 || epoch == epochs {
            let bytes = export(&net, &inventory);
            std::fs::write(out, &bytes)?;
            let model: &'static Model =
                Box::leak(Box::new(Model::read(Box::leak(bytes.into_boxed_slice()))?));
            for (name, blocks) in [("dev", &dev), ("news", &news), ("test", &test)] {
                let start = std::time::Instant::now();
                let score = score::gold_tokens(model, blocks);
                let seconds = start.elapsed().as_secs_f64();
                let [uas, las, upos, xpos, lemma] =
                    [score.uas, score.las, score.upos, score.xpos, score.lemma]
                        .map(|count| score.percent(count));
                writeln!(
                    log,
                    "  {name}: UAS {uas:.2} LAS {las:.2} UPOS {upos:.2} XPOS {xpos:.2} lemma {lemma:.2} {:.0} sentences/s",
                    blocks.len() as f64 / seconds
                )?;
            }
        }
    }
    Ok(())
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
