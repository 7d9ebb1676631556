#!/usr/bin/env bash
# Prints the figures of the README that this machine can measure, but for those of a killed worker and of a new clone.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo bench --locked
cargo build --release --locked --bin dateline
target/release/dateline demo --quiet
cargo test --release --locked --test without_kafka memory:: -- --nocapture
treebank=${DATELINE_TREEBANK:-../shared/treebank}
if [ -d "$treebank" ]; then
  cargo run --release --locked -p train -- eval --treebank "$treebank"
else
  echo "SKIPPED: no treebanks at $treebank: the parser's accuracy and speed are not measured (set DATELINE_TREEBANK)" >&2
  cargo run --release --locked -p train -- size
fi
bench=${DATELINE_BENCH:-../shared/bench}
if [ -f "$bench/bench.py" ]; then
  python3 "$bench/bench.py" --binary target/release/dateline
else
  echo "no bench folder at $bench: quality is not measured (set DATELINE_BENCH)" >&2
fi
