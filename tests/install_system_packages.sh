#!/usr/bin/env bash
# Installs the Debian packages that only the tests need, when they are missing: chromium, a Java compiler, a clock to turn back.
set -euo pipefail
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v javac >/dev/null || missing+=(openjdk-17-jdk-headless)
command -v faketime >/dev/null || missing+=(faketime)
[ ${#missing[@]} -eq 0 ] && exit 0
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
echo "installing ${missing[*]} for the tests"
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
