#!/usr/bin/env bash
# Runs every test, on a real Apache Kafka that it brings up by itself and stops again.
set -euo pipefail
cd "$(dirname "$0")/.."
export DATELINE_TEST_PYTHON=$PWD/target/tools/bin/python3
status=0
if [ -n "${DATELINE_TEST_KAFKA:-}" ]; then
  echo "Kafka: $DATELINE_TEST_KAFKA"
elif address=$(tests/support/kafka.sh start); then
  export DATELINE_TEST_KAFKA=$address
  trap 'tests/support/kafka.sh stop' EXIT
  echo "Kafka: $address"
else
  echo "NO KAFKA: the tests that need a broker are left out." >&2
  status=1
fi
cargo test --release --locked || status=$?
if [ "$status" != 0 ] && [ -z "${DATELINE_TEST_KAFKA:-}" ] && [ "${CI:-}" != true ]; then
  echo "Everything but Kafka was tested; install Java and Maven, or set DATELINE_TEST_KAFKA=host:port." >&2
fi
exit "$status"
