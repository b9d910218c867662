#!/usr/bin/env bash
# Builds Linnet and lets the model that comes with it write a story.
#   ./demo.sh                                  a story
#   ./demo.sh "The fox looked at the moon"     one that begins so
# The story goes to standard output, everything else to standard error and build/demo.log.
set -euo pipefail
cd "$(dirname "$0")"

model=models/tales/tales.int8.linnet
log=build/demo.log

if [ ! -f "$model" ]; then
  echo "demo.sh: the story model $model is missing from this folder." >&2
  exit 5
fi

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
exec build/release/linnet generate -m "$model" -p "$prompt" --echo -n 250 --temp 0.7 --top-p 0.9 \
  --repeat-penalty 1.15 --repeat-last-n 128 --seed 3
