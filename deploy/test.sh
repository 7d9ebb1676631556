#!/usr/bin/env bash
# Runs every test. Those that need Apache Kafka bring up a real one by themselves (tests/support/kafka.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
export DATELINE_TEST_PYTHON=$PWD/target/tools/bin/python3
exec cargo test --release --locked --lib --bins --tests
