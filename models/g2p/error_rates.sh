#!/usr/bin/env bash
# The error rates of pronunciation models on the test words, as rows of the table in CARD.md.
#   models/g2p/error_rates.sh CMUDICT [MODEL...]
# CMUDICT holds cmudict.dict; a MODEL is a file for linnet, by default the one beside this script. The
# program is $LINNET, by default that of the preset release. With --check in front, rows that are not in
# CARD.md fail.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

check=
if [ "${1-}" = --check ]; then
  check=1
  shift
fi
if [ $# -eq 0 ]; then
  sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
dictionary=$1
shift
models=("$@")
if [ $# -eq 0 ]; then models=("$here/g2p.int8.linnet"); fi
linnet=${LINNET:-$here/../../build/release/linnet}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$here/split.py" "$dictionary" "$work" >&2

# rates FLAGS...: word error and phoneme error of $work/said, as two cells.
rates() {
  "$linnet" eval -i "$work/said" -r "$work/test.phonemes" --tabs --metric line-error,token-error "$@" |
    awk '/^line error/ { word = $4 } /^token error/ { phoneme = $4 }
         END { printf " %s %% | %s %% |", word, phoneme }'
}

for model in "${models[@]}"; do
  for beam in 1 4; do
    "$linnet" translate -m "$model" -i "$work/test.words" -b "$beam" -o "$work/said" --quiet
    plain=$(rates --strip-digits)
    stressed=$(rates)
    row="| \`$(basename "$model")\` | $beam |$plain$stressed"
    echo "$row"
    if [ -n "$check" ] && ! grep -qF "$row" "$here/CARD.md"; then
      echo "error_rates.sh: CARD.md has no such row" >&2
      exit 1
    fi
  done
done
