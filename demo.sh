#!/usr/bin/env bash
# Builds Linnet and lets the models that come with it write a story, and say how words are pronounced.
#   ./demo.sh                                  a story, and how "once upon a time" is said
#   ./demo.sh "The fox looked at the moon"     one that begins so, and how that is said
# Story and phonemes go to standard output, everything else to standard error and build/demo.log.
set -euo pipefail
cd "$(dirname "$0")"

tales=models/tales/tales.int8.linnet
g2p=models/g2p/g2p.int8.linnet
log=build/demo.log

for model in "$tales" "$g2p"; do
  if [ ! -f "$model" ]; then
    echo "demo.sh: the model $model is missing from this folder." >&2
    exit 5
  fi
done

mkdir -p build
: >"$log"
quietly() {
  "$@" >>"$log" 2>&1 </dev/null && return
  echo "demo.sh: '$*' failed. The end of $log:" >&2
  tail -n 20 "$log" >&2
  exit 1
}

echo "Building (the first time takes a minute or two; details in $log) ..." >&2
quietly toolchains/install.sh build
if [ ! -f build/release/build.ninja ]; then  # otherwise as it was configured, perhaps with tests
  quietly cmake --preset release -DLINNET_TESTS=OFF
fi
quietly cmake --build --preset release --target linnet

prompt=${1-"Once upon a time"}
build/release/linnet generate -m "$tales" -p "$prompt" --echo -n 250 --temp 0.7 --top-p 0.9 \
  --repeat-penalty 1.15 --repeat-last-n 128 --seed 3

# Each word of the prompt, and our own name.
words=$(tr -cs "A-Za-z'" '\n' <<<"$prompt linnet" | grep .)
echo >&2
echo "How it is said, in ARPAbet (linnet translate -m $g2p):" >&2
printf '\n'
build/release/linnet translate -m "$g2p" --quiet <<<"$words" | paste <(echo "$words") -
