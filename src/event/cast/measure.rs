//! How often the country of a party is read right, given the words that name it: run by hand on coded articles.

use std::collections::HashMap;

use super::{
    Cast,
    clue::{CLUES, Gathered, Situation},
    noun::NounPhrase,
};
use crate::event::{lexicon::Lexicon, table::LexiconSource, words::Words};
use crate::language;

type Row = (Situation, Vec<(String, Vec<(usize, f32)>)>, String, String);

fn fold(code: &str) -> &str {
    match code {
        "UNO" | "EUR" => "IGO",
        code => code,
    }
}

fn rows(path: &str, lexicon: &Lexicon) -> Vec<Row> {
    let text = std::fs::read_to_string(path).expect("a file of articles");
    let mut out = Vec::new();
    for line in text.lines() {
        let doc: serde_json::Value = serde_json::from_str(line).expect("a JSON object a line");
        let text = doc["text"].as_str().unwrap_or("");
        let day = doc["published"]
            .as_str()
            .and_then(|day| day.get(..10))
            .and_then(|day| day.parse().ok());
        let sentences = language::parse(text);
        let mut quoted = false;
        let words: Vec<Words> = sentences
            .iter()
            .map(|sentence| Words::new(text, sentence, &mut quoted))
            .collect();
        let cast = Cast::read(&words, doc["title"].as_str().unwrap_or(""), lexicon, day);
        let bytes: Vec<usize> = text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect();
        let mut seen = std::collections::HashSet::new();
        for event in doc["events"].as_array().into_iter().flatten() {
            for party in ["actors", "recipients"]
                .iter()
                .flat_map(|key| event[*key].as_array().into_iter().flatten())
            {
                let (Some(start), Some(end)) = (party["start"].as_u64(), party["end"].as_u64())
                else {
                    continue;
                };
                let code = party["code"].as_str().unwrap_or("").to_owned();
                if !seen.insert((start, end, code.clone())) {
                    continue;
                }
                let (start, end) = (bytes[start as usize], bytes[end as usize]);
                let Some(line) = sentences
                    .iter()
                    .position(|s| s.span.start <= start && start < s.span.end)
                else {
                    continue;
                };
                let tokens = &sentences[line].tokens;
                let inside: Vec<usize> = (0..tokens.len())
                    .filter(|&i| tokens[i].span.start < end && tokens[i].span.end > start)
                    .collect();
                let heads: Vec<usize> = inside
                    .iter()
                    .copied()
                    .filter(|&i| tokens[i].head.is_none_or(|head| !inside.contains(&head)))
                    .collect();
                let good = heads.iter().copied().find(|&i| {
                    !["PUNCT", "DET", "ADP", "AUX", "PART", "CCONJ", "SCONJ"]
                        .contains(&tokens[i].upos)
                });
                let Some(head) = good.or(heads.first().copied()) else {
                    continue;
                };
                let gathered = Gathered::new(&cast, line, head);
                let phrase = NounPhrase::of(tokens, &cast.lines[line].dependents, head);
                let said = cast
                    .sectors(line, head, &phrase)
                    .first()
                    .copied()
                    .unwrap_or("");
                let want = party["sector"].as_str().unwrap_or("");
                let want = match want {
                    "MED" => "JRN",
                    "HLH" => "MED",
                    "RAD" => "REB",
                    other => other,
                };
                if !want.is_empty() {
                    println!(
                        "SEC {} {want} {said} | {}",
                        if want == said { "ok" } else { "no" },
                        text[start..end].replace('\n', " ")
                    );
                }
                let candidates = gathered
                    .candidates()
                    .into_iter()
                    .map(|c| (c.code.to_owned(), c.clues))
                    .collect();
                out.push((
                    gathered.situation(),
                    candidates,
                    code,
                    format!(
                        "{} {} | {}",
                        doc["id"].as_str().unwrap_or(""),
                        &text[start..end],
                        &text[sentences[line].span.start..sentences[line].span.end]
                            .chars()
                            .take(230)
                            .collect::<String>()
                    ),
                ));
            }
        }
    }
    out
}

struct Weights {
    all: HashMap<(String, usize), f32>,
}

impl Weights {
    fn keys(s: Situation) -> [String; 4] {
        [
            "*".into(),
            format!("{}.*", s.head),
            format!("*.{}", s.evidence),
            format!("{}.{}", s.head, s.evidence),
        ]
    }
    fn score(&self, s: &[String; 4], clues: &[(usize, f32)]) -> f32 {
        let mut sum = 0.0;
        for key in s {
            for (clue, value) in clues {
                sum += value * self.all.get(&(key.clone(), *clue)).copied().unwrap_or(0.0);
            }
        }
        sum
    }
}

fn fit(rows: &[Row]) -> Weights {
    let mut ids: HashMap<(String, usize), usize> = HashMap::new();
    let mut data: Vec<(Vec<Vec<(usize, f32)>>, Vec<bool>)> = Vec::new();
    for (situation, candidates, code, _) in rows {
        let right: Vec<bool> = candidates
            .iter()
            .map(|(c, _)| fold(c) == fold(code))
            .collect();
        if !right.contains(&true) {
            continue;
        }
        let keys = Weights::keys(*situation);
        let list = candidates
            .iter()
            .map(|(_, clues)| {
                keys.iter()
                    .flat_map(|key| {
                        clues
                            .iter()
                            .map(|(clue, value)| {
                                let next = ids.len();
                                (*ids.entry((key.clone(), *clue)).or_insert(next), *value)
                            })
                            .collect::<Vec<_>>()
                    })
                    .collect()
            })
            .collect();
        data.push((list, right));
    }
    let mut w = vec![0.0f32; ids.len()];
    let mut g2 = vec![1e-6f32; ids.len()];
    let (rate, decay) = (0.15, 2e-5);
    let mut order: Vec<usize> = (0..data.len()).collect();
    let mut state = 7u64;
    for epoch in 0..12 {
        for i in (1..order.len()).rev() {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            order.swap(i, (state >> 33) as usize % (i + 1));
        }
        let step = rate * (1.0 - epoch as f32 / 12.0);
        for &at in &order {
            let (list, right) = &data[at];
            let scores: Vec<f32> = list
                .iter()
                .map(|f| f.iter().map(|(id, v)| w[*id] * v).sum())
                .collect();
            let top = scores.iter().copied().fold(f32::MIN, f32::max);
            let e: Vec<f32> = scores.iter().map(|s| (s - top).exp()).collect();
            let z: f32 = e.iter().sum();
            let zr: f32 = e
                .iter()
                .zip(right)
                .filter(|(_, r)| **r)
                .map(|(e, _)| *e)
                .sum();
            for ((f, e), r) in list.iter().zip(&e).zip(right) {
                let grad = e / z - if *r { e / zr } else { 0.0 };
                for (id, v) in f {
                    let g = grad * v + decay * w[*id];
                    g2[*id] += g * g;
                    w[*id] -= step * g / g2[*id].sqrt();
                }
            }
        }
    }
    Weights {
        all: ids.into_iter().map(|(key, id)| (key, w[id])).collect(),
    }
}

fn judge(rows: &[Row], weights: &Weights, show: bool) {
    let mut right = 0;
    let mut none = 0;
    let mut by: HashMap<String, (usize, usize)> = HashMap::new();
    for (situation, candidates, code, words) in rows {
        let keys = Weights::keys(*situation);
        let best = candidates
            .iter()
            .max_by(|a, b| {
                weights
                    .score(&keys, &a.1)
                    .total_cmp(&weights.score(&keys, &b.1))
            })
            .expect("nobody is always there");
        let hit = fold(&best.0) == fold(code);
        let absent = !candidates.iter().any(|(c, _)| fold(c) == fold(code));
        right += usize::from(hit);
        none += usize::from(absent);
        for key in [
            format!("{}.*", situation.head),
            format!("*.{}", situation.evidence),
        ] {
            let slot = by.entry(key).or_default();
            slot.0 += 1;
            slot.1 += usize::from(hit);
        }
        if !hit && show {
            println!(
                "{}{} got {:4} {}.{} {}",
                if absent { "NOCAND " } else { "" },
                code,
                best.0,
                situation.head,
                situation.evidence,
                words.replace('\n', " ")
            );
        }
    }
    println!(
        "{right} of {} right ({:.3}), {none} without the right candidate",
        rows.len(),
        right as f64 / rows.len() as f64
    );
    let mut by: Vec<_> = by.into_iter().collect();
    by.sort();
    for (key, (all, hit)) in by {
        println!("{key:14} {all:5} {:.3}", hit as f64 / all as f64);
    }
}

#[test]
#[ignore = "needs coded articles: TRAIN and DEV name the files"]
fn countries_of_parties() {
    let lexicon = Lexicon::compile(&LexiconSource::embedded(), &[]).expect("the built-in tables");
    let train = rows(&std::env::var("TRAIN").expect("TRAIN"), &lexicon);
    let dev = rows(&std::env::var("DEV").expect("DEV"), &lexicon);
    println!("{} clues", CLUES.len());
    let weights = fit(&train);
    if let Ok(path) = std::env::var("OUT") {
        let mut lines: Vec<String> = weights
            .all
            .iter()
            .filter(|(_, w)| w.abs() >= 0.05)
            .map(|((key, clue), w)| {
                format!(
                    "{}\t{}\t{w:.2}\n",
                    if key == "*" { "*.*" } else { key },
                    CLUES[*clue]
                )
            })
            .collect();
        lines.sort();
        std::fs::write(path, format!("# written by the trainer: how much a clue weighs when a party\u{2019}s country is read\nsituation\tclue\tweight\n{}", lines.concat())).expect("a place to write");
    }
    judge(&train, &weights, std::env::var("ALL").is_ok());
    judge(&dev, &weights, true);
}
