#!/usr/bin/env bash
# Prepares a Python with the `kubernetes` client, for the tests that drive it, and prints its path. Made once, and kept.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=$PWD/node_modules/.cache/python-client
if ! "$venv/bin/python" -c 'import kubernetes' 2>/dev/null; then
  rm -rf "$venv"
  python3 -m venv "$venv" >&2
  "$venv/bin/pip" install --quiet --disable-pip-version-check 'kubernetes>=31,<38' >&2
fi
echo "$venv/bin/python"
