#!/bin/sh
# After the package was installed or updated: the user, the unit; a worker that runs is restarted, none is started.
set -e
if command -v systemd-sysusers >/dev/null; then systemd-sysusers dateline.conf; fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart dateline.service
fi
# Debian names the version that was there before, Red Hat counts the installed ones.
if [ "${1:-}" = 1 ] || { [ "${1:-}" = configure ] && [ -z "${2:-}" ]; }; then
  echo "dateline: set contact in /etc/dateline/dateline.toml, list feeds in feeds.toml, then"
  echo "  systemctl enable --now dateline"
fi
