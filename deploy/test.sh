#!/usr/bin/env bash
# Runs every test. Those that need Apache Kafka bring up a real one by themselves (tests/support/kafka.sh). What lacks a
# tool says SKIPPED, and fails under CI=true; what lacks a folder beside the checkout says LEFT OUT, and never fails.
# DATELINE_SOAK=1 runs the long versions.
set -euo pipefail
cd "$(dirname "$0")/.."
export DATELINE_TEST_PYTHON=$PWD/target/tools/bin/python3
run() { cargo test --release --locked --no-fail-fast "$@"; }

run --lib --bins --tests --no-run
# Those that wait for sessions and outages of a broker run beside the others: all of them wait more than they work.
waiting=(kafka_faults:: kafka_fences:: kafka_grants:: kafka_secure::)
log=target/waiting-tests.log
echo "Beside these tests run ${waiting[*]}; what they say comes after the others, and goes to $log." >&2
run --test with_kafka -- "${waiting[@]}" >"$log" 2>&1 &
beside=$!
trap 'kill "$beside" 2>/dev/null || true' EXIT
status=0
run --lib --bins --test without_kafka --test treebank || status=$?
run --test with_kafka -- "${waiting[@]/#/--skip=}" || status=$?
wait "$beside" || status=$?
cat "$log"
[ "$status" = 0 ] || exit "$status"
seconds=20
[ -z "${DATELINE_SOAK:-}" ] || seconds=300
target/release/train fuzz --seconds "$seconds"
