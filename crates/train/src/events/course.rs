//! The course of a training: networks, then what weighs their mentions, then the file.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

use dateline::event::learned::file::{self, Learned, Parts};
use dateline::event::learned::gate::Gate;
use dateline::event::learned::network::Network;
use dateline::event::learned::shape::{INPUT, SHAPES};

use super::example::{Example, Inventory};
use super::net::{Drops, Net};
use super::news::Coded;
use super::{fit, same, score};
use crate::param::Rng;

/// Passes over the articles.
pub(crate) const EPOCHS: usize = 7;
/// Articles learned from between two steps.
const BATCH: usize = 8;
/// The highest rate; it rises over the first steps and then falls.
const RATE: f32 = 0.002;
const WARM_STEPS: f32 = 50.0;
const FALL: f32 = 0.8;
/// Parts that are left out in turn, to see what a network says of articles it never saw.
const FOLDS: usize = 3;
/// Of two beginnings that were tried the one whose coder is better on the articles for choosing.
const SEED: u64 = 20_261_202;
/// The longest memory of the mean of weights, in steps: a part of 200.
const LONGEST_MEAN: f32 = 0.995;

pub(crate) struct Course {
    pub epochs: usize,
    pub keep: Option<PathBuf>,
    pub threads: usize,
}

/// Weights as they are written.
#[derive(Clone)]
struct Weights {
    rows: Vec<f32>,
    dense: Vec<Vec<f32>>,
}

impl Course {
    /// The bytes of the file.
    pub(crate) fn run(
        &self,
        gate: Gate,
        train: &[Coded],
        dev: &[Coded],
    ) -> Result<Vec<u8>, Box<dyn Error>> {
        let mut err = std::io::stderr();
        let inventory = Inventory::new(train, &[train, dev]);
        let examples = train
            .iter()
            .map(|c| Example::new(c, &inventory))
            .collect::<Vec<_>>();
        let words = examples.iter().map(|e| e.ends.len()).sum::<usize>();
        writeln!(err, "{} features, {words} words", inventory.keys.len())?;
        let nets = self.nets(&examples, &inventory)?;
        let networks = nets
            .iter()
            .map(|weights| network(weights, &inventory).ok_or("a network cannot be read"))
            .collect::<Result<Vec<_>, _>>()?;
        let halves = [0, 1].map(|half| {
            fit::resolver(
                train
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| at % 2 != half)
                    .map(|(_, c)| c),
            )
        });
        let resolver = fit::resolver(train.iter());
        writeln!(
            err,
            "codes right on dev {:.3}",
            fit::resolved(dev, &resolver)
        )?;
        let unseen = train
            .iter()
            .enumerate()
            .map(|(at, coded)| {
                let heard = networks[1 + at % FOLDS].read(&coded.article);
                fit::heed(coded, heard, &halves[at % 2])
            })
            .collect::<Vec<_>>();
        let same = same::learn(unseen.iter().map(|heeded| (&*heeded.told, heeded.coded)));
        let group = |heeded| fit::groups(heeded, &same);
        let unseen = unseen.into_iter().map(group).collect::<Vec<_>>();
        let (mut event, sides) = fit::curves(&unseen);
        let chosen = dev
            .iter()
            .map(|c| group(fit::heed(c, networks[0].read(&c.article), &resolver)))
            .collect::<Vec<_>>();
        report(
            &mut err,
            "train, unseen, unmoved",
            &fit::said(&unseen, &event),
        )?;
        let shift = fit::measure_shift(&chosen, &event);
        writeln!(err, "odds of dev moved by {shift:.3}")?;
        event.bias += shift;
        for (name, groups) in [("train, unseen", &unseen), ("dev", &chosen)] {
            report(&mut err, name, &fit::said(groups, &event))?;
        }
        Ok(file::write(&Parts {
            gate,
            keys: inventory.keys,
            rows: nets[0].rows.clone(),
            dense: nets[0].dense.clone(),
            resolver,
            same,
            event,
            sides,
        }))
    }

    /// The network of all articles, then those that leave a part out.
    fn nets(
        &self,
        examples: &[Example],
        inventory: &Inventory,
    ) -> Result<Vec<Weights>, Box<dyn Error>> {
        let next = Mutex::new(0);
        let done = Mutex::new(vec![None; FOLDS + 1]);
        std::thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(|| {
                    loop {
                        let job = {
                            let mut next = next.lock().expect("no thread panics with it");
                            *next += 1;
                            *next - 1
                        };
                        if job > FOLDS {
                            break;
                        }
                        let weights = self.net(job, examples, inventory);
                        done.lock().expect("no thread panics with it")[job] = Some(weights);
                    }
                });
            }
        });
        let done = done.into_inner()?;
        Ok(done.into_iter().flatten().collect())
    }

    /// Trains a network, or takes it from where it is kept.
    fn net(&self, job: usize, examples: &[Example], inventory: &Inventory) -> Weights {
        let path = self
            .keep
            .as_ref()
            .map(|folder| folder.join(format!("{job}.net")));
        let sizes = || {
            let dense = SHAPES.iter().map(|(inputs, outputs)| inputs * outputs);
            std::iter::once(inventory.keys.len() * INPUT).chain(dense)
        };
        if let Some(bytes) = path.as_ref().and_then(|path| std::fs::read(path).ok())
            && bytes.len() == 4 * sizes().sum::<usize>()
        {
            let mut numbers = bytes
                .as_chunks::<4>()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b));
            let mut parts = sizes().map(|size| numbers.by_ref().take(size).collect());
            let rows = parts.next().unwrap_or_default();
            return Weights {
                rows,
                dense: parts.collect(),
            };
        }
        let part = |at: usize| job == 0 || at % FOLDS != job - 1;
        let chosen = (0..examples.len())
            .filter(|&at| part(at))
            .map(|at| &examples[at])
            .collect();
        let weights = train(job, chosen, inventory, self.epochs);
        if let Some(path) = path {
            let all = std::iter::once(&weights.rows)
                .chain(&weights.dense)
                .flatten();
            let bytes = all
                .flat_map(|value| value.to_le_bytes())
                .collect::<Vec<_>>();
            if std::fs::write(&path, bytes).is_err() {
                say(&format!("{} cannot be written", path.display()));
            }
        }
        weights
    }
}

fn say(text: &str) {
    // A training goes on where nobody listens.
    writeln!(std::io::stderr(), "{text}").unwrap_or_default();
}

fn train(job: usize, mut examples: Vec<&Example>, inventory: &Inventory, epochs: usize) -> Weights {
    let mut rng = Rng(SEED + job as u64);
    let mut net = Net::new(&mut rng, inventory.keys.len());
    let mut mean = weights(&net);
    let steps = (epochs * examples.len().div_ceil(BATCH)) as f32;
    let mut step = 0.0f32;
    let start = Instant::now();
    for epoch in 1..=epochs {
        for last in (1..examples.len()).rev() {
            examples.swap(last, rng.next() as usize % (last + 1));
        }
        let mut losses = [0.0; 3];
        for batch in examples.chunks(BATCH) {
            let found = net.learn(batch, inventory, Drops::LEARNING, &mut rng);
            for (loss, found) in losses.iter_mut().zip(found) {
                *loss += found * batch.len() as f32 / examples.len() as f32;
            }
            step += 1.0;
            let fall = dateline::language::curves::exp(FALL * (1.0 - step / (steps + 1.0)).ln());
            net.step(RATE * (step / WARM_STEPS).min(1.0) * fall);
            remember(&mut mean, &net, LONGEST_MEAN.min(step / (step + 19.0)));
        }
        let [kind, status, party] = losses;
        say(&format!(
            "network {job}, pass {epoch}: type {kind:.3}, status {status:.3}, parties {party:.3}, {} s",
            start.elapsed().as_secs()
        ));
    }
    mean
}

fn weights(net: &Net) -> Weights {
    Weights {
        rows: net.table.w.clone(),
        dense: net.dense.iter().map(|dense| dense.w.clone()).collect(),
    }
}

/// Moves the mean of weights a little towards those of now.
fn remember(mean: &mut Weights, net: &Net, keep: f32) {
    let now = std::iter::once(&net.table.w).chain(net.dense.iter().map(|dense| &dense.w));
    let mean = std::iter::once(&mut mean.rows).chain(&mut mean.dense);
    for (mean, now) in mean.zip(now) {
        for (mean, now) in mean.iter_mut().zip(now) {
            *mean = keep * *mean + (1.0 - keep) * now;
        }
    }
}

/// The network as the coder has it.
fn network(weights: &Weights, inventory: &Inventory) -> Option<Network> {
    let parts = Parts {
        keys: inventory.keys.clone(),
        rows: weights.rows.clone(),
        dense: weights.dense.clone(),
        ..Parts::default()
    };
    Some(Learned::read(file::write(&parts).leak())?.network)
}

fn report(
    out: &mut impl Write,
    name: &str,
    said: &[(Vec<score::Said>, &Coded)],
) -> Result<(), Box<dyn Error>> {
    writeln!(out, "{name}: published from, precision / recall / F1")?;
    for gate in [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7] {
        writeln!(out, "  {}", score::line(said, gate))?;
    }
    let mut rows = Vec::new();
    for (said, coded) in said {
        for (said, truth) in said.iter().zip(score::judge(said, &coded.truth)) {
            if truth.is_none_or(|at| coded.truth[at].status == 0) {
                rows.push((said.odds, truth.is_some()));
            }
        }
    }
    writeln!(out, "  {}", score::calibration(&mut rows))?;
    Ok(())
}
