#!/usr/bin/env bash
# Copies what is built below DESTDIR and PREFIX: binary, manual pages, completions.   PROFILE=shipped deploy/install.sh
set -euo pipefail
cd "$(dirname "$0")/.."
to=${DESTDIR:-}${PREFIX:-/usr/local}
binary=target/${PROFILE:-shipped}/dateline
share=$to/share
install -D -m 755 "$binary" "$to/bin/dateline"
install -d "$share"/{man/man1,bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}
"$binary" man "$share/man/man1"
"$binary" completions bash >"$share/bash-completion/completions/dateline"
"$binary" completions zsh >"$share/zsh/site-functions/_dateline"
"$binary" completions fish >"$share/fish/vendor_completions.d/dateline.fish"
