#!/usr/bin/env bash
# Makes the virtual environment; on a Debian whose Python came without venv, its package is installed first.
set -euo pipefail
target=$1
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed"; exit 1; }
if "$python" -m venv "$target" 2>/dev/null; then exit 0; fi
rm -rf "$target"
version=$("$python" -c 'import sys; print(f"{sys.version_info[0]}.{sys.version_info[1]}")')
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
echo "installing python$version-venv"
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "python$version-venv" >/dev/null
"$python" -m venv "$target"
