//! The bodies of the fuzz targets, played on what people write and on what becomes of it when bytes are lost, doubled and
//! changed. `cargo +nightly fuzz run TARGET` goes on where this ends.

use std::{fs, path::Path};

use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};

#[path = "../fuzz/bodies.rs"]
mod bodies;

/// A target: its name, its body, what it is played on, and the most bytes of a file.
type Target = (&'static str, fn(&[u8]), &'static [&'static str], usize);

/// A target with what it reads, files or folders of them, and the most bytes that are taken of one file.
// A story of a few sentences costs as much as a page of 100 KB; together the six take some seconds.
const TARGETS: [Target; 6] = [
    ("feed", bodies::read_feed, &["tests/fixtures/feeds"], 50_000),
    (
        "tree",
        bodies::read_tree,
        &["tests/fixtures/articles"],
        50_000,
    ),
    (
        "body",
        bodies::read_body,
        &["tests/fixtures/articles"],
        50_000,
    ),
    (
        "meta",
        bodies::read_meta,
        &["tests/fixtures/articles"],
        10_000,
    ),
    ("event", bodies::code_event, &["config/demo/stories"], 1_500),
    (
        "config",
        bodies::read_config,
        &["config/dateline.toml", "config/feeds.toml"],
        10_000,
    ),
];

/// Rounds of each target; a hundred times as many in a soak.
const ROUNDS: usize = 60;

/// A file, or all files below a folder, each as its first bytes.
fn read_seeds(path: &Path, most: usize, into: &mut Vec<Vec<u8>>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder").flatten() {
            read_seeds(&entry.path(), most, into);
        }
    } else {
        let mut bytes = fs::read(path).expect("a file");
        bytes.truncate(most);
        into.push(bytes);
    }
}

/// A seed with a few of its bytes lost, doubled, or replaced by any others.
fn changed(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let edit = (
        any::<prop::sample::Index>(),
        0..200_usize,
        prop::collection::vec(any::<u8>(), 0..12),
        any::<bool>(),
    );
    let edits = prop::collection::vec(edit, 0..8);
    (prop::sample::select(seeds), edits).prop_map(|(mut bytes, edits)| {
        for (at, length, new, is_doubled) in edits {
            let start = at.index(bytes.len() + 1);
            let end = (start + length).min(bytes.len());
            let mut piece = new;
            if is_doubled {
                piece.extend_from_slice(&bytes[start..end]);
                piece.extend_from_slice(&bytes[start..end]);
            }
            bytes.splice(start..end, piece);
        }
        bytes
    })
}

#[test]
fn no_fuzz_target_panics_on_what_becomes_of_real_files() {
    let rounds = if std::env::var_os("DATELINE_SOAK").is_some() {
        100 * ROUNDS
    } else {
        ROUNDS
    };
    for (name, play, paths, most) in TARGETS {
        let mut seeds = Vec::new();
        for path in paths {
            read_seeds(
                &Path::new(env!("CARGO_MANIFEST_DIR")).join(path),
                most,
                &mut seeds,
            );
        }
        seeds.sort();
        let strategy = changed(seeds);
        let mut runner = TestRunner::deterministic();
        for round in 0..rounds {
            let bytes = strategy.new_tree(&mut runner).expect("bytes").current();
            let played = std::panic::catch_unwind(|| play(&bytes));
            assert!(
                played.is_ok(),
                "{name}, round {round}: {}",
                String::from_utf8_lossy(&bytes)
            );
        }
    }
}

#[test]
fn each_fuzz_target_plays_the_body_of_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let manifest = fs::read_to_string(folder.join("../Cargo.toml")).expect("a manifest");
    let bodies = fs::read_to_string(folder.join("../bodies.rs")).expect("the bodies");
    for (name, ..) in TARGETS {
        let target = fs::read_to_string(folder.join(format!("{name}.rs"))).expect("a target");
        let body = target
            .split("bodies::")
            .nth(1)
            .and_then(|rest| rest.split('(').next());
        let body = body.expect("it calls a body");
        assert!(body.ends_with(&format!("_{name}")), "{name} plays {body}");
        assert!(
            bodies.contains(&format!("fn {body}(bytes: &[u8])")),
            "{body}"
        );
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
    }
    assert_eq!(
        fs::read_dir(&folder).expect("a folder").count(),
        TARGETS.len()
    );
}
