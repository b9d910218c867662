#!/usr/bin/env bash
# Runs the comparisons with other engines (README.md beside this file).
#   tests/peers/run.sh all [--write]
#   tests/peers/run.sh decoder [--write] [--rounds N] [--only PATTERN] [--quick] [--from FILE]
#   tests/peers/run.sh translation [--write] [--rounds N]
#   tests/peers/run.sh arm [--write] [--tiers LIST] [--types LIST] [--shape NAME] [--where]
set -euo pipefail
cd "$(dirname "$0")/../.."

name=${1-}
case $name in
  decoder | translation) programs=(linnet linnet-convert) ;;
  arm) programs=(linnet-convert) ;;
  all)
    for each in decoder translation arm; do tests/peers/run.sh "$each" "${@:2}"; done
    exit 0
    ;;
  *)
    echo "tests/peers/run.sh: name one of: all, decoder, translation, arm" >&2
    exit 2
    ;;
esac
for program in "${programs[@]}"; do
  if [ ! -x "build/release/$program" ]; then
    echo "tests/peers/run.sh: build/release/$program is not built; see tests/peers/README.md" >&2
    exit 5
  fi
done
environment=build/peers/environment
if [ ! -x "$environment/bin/python" ]; then
  python3 -m venv "$environment"
fi
if ! cmp -s tests/peers/requirements.txt "$environment/installed.txt"; then
  "$environment/bin/pip" install --quiet --disable-pip-version-check -r tests/peers/requirements.txt
  cp tests/peers/requirements.txt "$environment/installed.txt"
fi
export PYTHONDONTWRITEBYTECODE=1
exec "$environment/bin/python" "tests/peers/$name.py" "${@:2}"
