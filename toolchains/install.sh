#!/usr/bin/env bash
# Installs the Debian packages that are missing from the given groups of toolchains/packages.txt.
#   toolchains/install.sh build test
# Does nothing, and needs neither rights nor a network, if they are all there.
set -euo pipefail
list=$(dirname "$0")/packages.txt

missing=()
for group in "$@"; do
  packages=$(awk -v group="$group" '$1 == group { print $2 }' "$list")
  if [ -z "$packages" ]; then
    echo "install.sh: there is no group '$group' in $list" >&2
    exit 2
  fi
  for package in $packages; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
  done
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "This system has no apt-get, so nothing was installed. Linnet needs what Debian calls:" \
       "${missing[*]}" >&2
  exit 0  # They may be there under other names; CMake says by name what it does not find.
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Please install these packages as root first: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "Installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -q --no-install-recommends "${missing[@]}"
