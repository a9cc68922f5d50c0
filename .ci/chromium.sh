#!/usr/bin/env bash
# Debian's Chromium for the browser tests, where it is missing and may be installed. Without it they are skipped.
set -u
for path in "${PEGBAR_CHROMIUM:-}" /usr/bin/chromium /usr/bin/chromium-browser; do
  [ -n "$path" ] && [ -x "$path" ] && exit 0
done
[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium >/dev/null
