#!/usr/bin/env bash
# Prints every figure of the README.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo bench --locked
