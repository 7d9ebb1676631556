#!/usr/bin/env bash
# Builds the image from the release binary with buildah, where no container engine runs, and runs the demo in it.
#   deploy/image.sh [ARCHIVE]     also writes the image for `docker load` and `podman load`
set -euo pipefail
cd "$(dirname "$0")/.."
binary=target/${PROFILE:-shipped}/dateline
root=$PWD/target/image
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
buildah() { command buildah --root "$root/storage" --runroot "$root/run" "$@"; }

mkdir -p "$root"
container=$(buildah from scratch)
trap 'buildah rm "$container" >/dev/null' EXIT

# The binary with the libraries it names, and the loader.
buildah copy -q "$container" "$binary" /usr/bin/dateline >/dev/null
ldd "$binary" | grep -o '/[^ ]*' | sort -u | while read -r library; do
  buildah copy -q "$container" "$(readlink -f "$library")" "$library" >/dev/null
done
buildah copy -q "$container" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt >/dev/null
buildah copy -q --chown 65532:65532 "$container" deploy/image.toml /etc/dateline/dateline.toml >/dev/null
buildah copy -q --chown 65532:65532 "$container" config/feeds.toml /etc/dateline/feeds.toml >/dev/null
for notice in LICENSE crates/english/english.NOTICE src/event/events.NOTICE config/lexicon/README.md; do
  buildah copy -q "$container" "$notice" "/usr/share/doc/dateline/$(basename "$notice")" >/dev/null
done
empty=$(mktemp -d)
buildah copy -q --chown 65532:65532 "$container" "$empty" /data >/dev/null
# A runtime that lays a file system of its own over /tmp gives it the rights that it finds here.
mkdir -m 1777 "$empty/tmp"
buildah copy -q "$container" "$empty" / >/dev/null
rm -r "$empty"
buildah config --user 65532:65532 --port 9464 --volume /data \
  --env DATELINE_CONFIG=/etc/dateline/dateline.toml --env DATELINE_LISTEN=0.0.0.0:9464 \
  --healthcheck "CMD /usr/bin/dateline health --live" \
  --entrypoint '["/usr/bin/dateline"]' --cmd run "$container"
buildah commit -q --format docker "$container" dateline:latest >/dev/null
if [ -n "${1:-}" ]; then
  rm -f "$1"
  buildah push -q dateline:latest "docker-archive:$1:dateline:latest"
  echo "image: $1, $(du -h "$1" | cut -f1)"
fi

echo "In the image, as uid 65532:"
buildah run --user 65532:65532 "$container" -- /usr/bin/dateline --version
if buildah run --user 65532:65532 "$container" -- /bin/sh -c true 2>/dev/null; then
  echo "there is a shell in the image" >&2
  exit 70
fi
if [ "$(stat -c %a "$(buildah mount "$container")/tmp")" != 1777 ]; then
  echo "/tmp in the image is not everybody's: with a file system of its own over it, it would be nobody's" >&2
  exit 70
fi
buildah run --user 65532:65532 "$container" -- /usr/bin/dateline demo
DATELINE_CONTACT=ops@example.org buildah run --user 65532:65532 --env DATELINE_CONTACT=ops@example.org "$container" -- /usr/bin/dateline check
echo "Not checked here: a real container runtime's seccomp profile, cgroup limits, read-only root and entry point handling."
