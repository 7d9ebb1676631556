#!/bin/sh
# Before the package goes for good, not before an update: the worker ends. Configuration and ledger stay.
set -e
case "${1:-}" in
  remove | 0) if [ -d /run/systemd/system ]; then systemctl disable --now dateline.service; fi ;;
esac
