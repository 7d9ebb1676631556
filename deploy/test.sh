#!/usr/bin/env bash
# Runs every test. Those that need Apache Kafka bring up a real one by themselves (tests/support/kafka.sh); what cannot
# run here says SKIPPED, and fails under CI=true. DATELINE_SOAK=1 runs the long versions.
set -euo pipefail
cd "$(dirname "$0")/.."
export DATELINE_TEST_PYTHON=$PWD/target/tools/bin/python3
cargo test --release --locked --lib --bins --tests
seconds=20
[ -z "${DATELINE_SOAK:-}" ] || seconds=300
target/release/train fuzz --seconds "$seconds"
