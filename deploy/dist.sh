#!/usr/bin/env bash
# Writes the release archive, the packages, and the image where buildah is there, to target/dist.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(awk -F'"' '/^version/ {print $2; exit}' Cargo.toml)
name=dateline-$version-$(uname -m)-linux
out=target/dist
rm -rf "$out" && mkdir -p "$out/$name/deploy"
cp "target/${PROFILE:-shipped}/dateline" README.md LICENSE CHANGELOG.md "$out/$name/"
cp -r config "$out/$name/"
binary=$out/$name/dateline
"$binary" man "$out/$name/man" >/dev/null
mkdir "$out/$name/completions"
for shell in bash zsh fish; do "$binary" completions $shell >"$out/$name/completions/dateline.$shell"; done
cp crates/english/english.NOTICE src/event/events.NOTICE "$out/$name/"
cp -r deploy/image.toml deploy/compose.yaml deploy/consumers deploy/dateline.service deploy/Dockerfile "$out/$name/deploy/"
tar -C "$out" -czf "$out/$name.tar.gz" "$name"
rm -r "${out:?}/$name"
(cd "$out" && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
echo "archive: $out/$name.tar.gz, $(du -h "$out/$name.tar.gz" | cut -f1)"
deploy/package.sh "$out"
if command -v buildah >/dev/null; then
  deploy/image.sh "$out/$name.image.tar"
else
  {
    echo
    echo "NO IMAGE WAS WRITTEN: buildah is missing. Run   apt-get install buildah && make dist"
    echo "or, in the checkout,   docker build -f deploy/Dockerfile -t dateline ."
  } >&2
  # Where nobody reads along, half of what was asked for is not enough.
  [ "${CI:-}" != true ] || exit 69
fi
