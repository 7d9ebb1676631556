#!/usr/bin/env bash
# Runs every test. Those that need Apache Kafka bring up a real one by themselves (tests/support/kafka.sh). What lacks a
# tool says SKIPPED, and fails under CI=true; what lacks a folder beside the checkout says LEFT OUT, and never fails.
# DATELINE_SOAK=1 runs the long versions.
set -euo pipefail
cd "$(dirname "$0")/.."
export DATELINE_TEST_PYTHON=$PWD/target/tools/bin/python3
run() { cargo test --release --locked --no-fail-fast "$@"; }

run --lib --bins --tests --no-run
# The tests with Kafka run beside the others: they wait for sessions and outages of a broker more than they work. On each
# broker they go one after another, since they measure times; a second broker halves the wait, and a third takes the time
# from under the tests that count milliseconds on two cores. The long versions take one, for the sake of their figures.
if [ -z "${DATELINE_SOAK:-}" ]; then brokers=2 seconds=20; else brokers=1 seconds=300; fi
export DATELINE_TEST_BROKERS=${DATELINE_TEST_BROKERS:-$brokers}
log=target/kafka-tests.log
echo "The tests with Kafka run beside these; what they say comes after the others, and goes to $log." >&2
# Of four tests at once two wait for their turn or have a broker of their own.
run --test with_kafka -- --test-threads=$((DATELINE_TEST_BROKERS + 2)) >"$log" 2>&1 &
beside=$!
trap 'kill "$beside" 2>/dev/null || true' EXIT
status=0
others=target/other-tests.log
run --lib --bins --test without_kafka --test treebank 2>&1 | tee "$others" || status=$?
fuzz=0
target/release/train fuzz --seconds "$seconds" || fuzz=$?
wait "$beside" || status=$?
cat "$log"
if [ "$fuzz" != 0 ]; then exit "$fuzz"; fi
if [ "$status" == 0 ]; then exit 0; fi
if grep -q 'exit successfully.*(signal' "$others" "$log"; then exit "$status"; fi
# Tests that kill brokers and count seconds can lose to the machine they share with all others. At most three of them are
# asked once more, alone; who fails alone as well has failed. What was asked twice is named: it is a fault to look into.
mapfile -t failed < <(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p' "$others" "$log" | sort -u)
if [ "${#failed[@]}" == 0 ] || [ "${#failed[@]}" -gt 3 ]; then exit "$status"; fi
for name in "${failed[@]}"; do
  echo "ASKED AGAIN, alone: $name" >&2
  run --lib --bins --tests -- --exact "$name" --test-threads=1 2>&1 | tee target/asked-again.log
  grep -qxF "test $name ... ok" target/asked-again.log
done
