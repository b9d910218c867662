#!/usr/bin/env bash
# One answer everywhere: the programs of the presets release, aarch64 and armv7, with every kernel
# table that each (emulated) processor runs, give the same numbers and texts, and the same converted
# files, to the bit. The presets must have been built.
#   tests/one_answer.sh
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Each machine: a name, the build, how to start its programs, its tables.
machines=(
  "x86-64|release||reference avx2 avxvnni avx512vnni"
  "cortex-a53|aarch64|qemu-aarch64 -cpu cortex-a53|reference neon"
  "cortex-a76|aarch64|qemu-aarch64 -cpu cortex-a76|neondot"
  "max|aarch64|qemu-aarch64 -cpu max|neoni8mm"
  "cortex-a7|armv7|qemu-arm -cpu cortex-a7|reference neon"
)
runs_here() {
  case $1 in
    avx2) grep -q avx2 /proc/cpuinfo ;;
    avxvnni) grep -qw avx_vnni /proc/cpuinfo ;;
    avx512vnni) grep -q avx512_vnni /proc/cpuinfo ;;
  esac
}

# The models: those that ship, and, where the test models are, trained ones from their checkpoints,
# converted by the program of each architecture.
models=(models/tales/tales.int8.linnet models/g2p/g2p.int8.linnet)
printf '%s\n' linnet "rock'n'roll" antidisestablishmentarianism qxz Ab >"$work/words"
stories=${LINNET_ASSETS-}/stories260K
names=${LINNET_ASSETS-}/aren-transliteration

# convert NAME FLAGS...: with the program of each architecture, to the same file.
convert() {
  local name=$1
  shift
  for machine in "${machines[@]}"; do
    IFS='|' read -r _ build emulator _ <<<"$machine"
    $emulator "build/$build/linnet-convert" "$@" -o "$work/$build.$name" 2>"$work/said" ||
      { cat "$work/said"; exit 1; }
    cmp "$work/release.$name" "$work/$build.$name"
  done
  models+=("$work/release.$name")
}

if [ -f "$stories/stories260K.bin" ]; then
  for type in f32 f16 int8 int4; do
    convert "$type" "$stories/stories260K.bin" --tokenizer "$stories/tok512.bin" --type "$type"
  done
  convert names.float "$names/v2/aren-transliteration" --type f32
  convert names.int8 "$names/v2/aren-transliteration-i8" --type int8
  grep -o '"src": "[^"]*"' "$names/golden.json" | cut -d'"' -f4 | LC_ALL=C.UTF-8 sed 's/./& /g' >"$work/names"
else
  echo "skipped: trained models, because LINNET_ASSETS names no folder that has them"
  if [ -n "${LINNET_ASSETS_REQUIRED-}" ]; then exit 1; fi
fi

# Random ones of families that compute what those above do not; without words, so only their numbers,
# and what becomes of a picture in a size that the model was not made for.
for family in hf/gemma3-windows hf/bloom-plain hf/gpt-neox-parallel readers/modernbert-words \
  readers/mpnet-sequence vision/vit-classes; do
  convert "tiny.${family#*/}" "tests/golden/$family" --type int8
done

# answer MODEL BUILD EMULATOR TABLE TOKENS FILE: what that program with that table says, into FILE.
answer() {
  local flags=(generate -p "" --temp 0 -n "$5")
  case $1 in
    *.names.*) flags=(translate -i "$work/names" --n-best 3) ;;
    */g2p.*) flags=(translate -i "$work/words" --n-best 3) ;;
    *.tiny.vit-*) flags=(embed -i tests/golden/vision/vit-classes/picture.png --side 48) ;;
  esac
  case $1 in
    *.tiny.[!v]*) : >"$6" ;;
    *) LINNET_ISA=$4 $3 "build/$2/linnet" "${flags[@]}" -m "$1" --quiet -t 1 >"$6" && [ -s "$6" ] ;;
  esac &&
    LINNET_ISA=$4 $3 "build/$2/linnet" selftest -m "$1" -t 1 | grep '^logits' >>"$6"
}
export -f answer
export work

# All of them, as many at once as there are cores.
for model in "${models[@]}"; do
  tokens=50
  case $model in *.f32) tokens=200 ;; esac  # as many as expected_greedy.txt has
  for machine in "${machines[@]}"; do
    IFS='|' read -r name build emulator tables <<<"$machine"
    for table in $tables; do
      [ "$build" != release ] || [ "$table" = reference ] || runs_here "$table" || continue
      printf '%s\0' "$model" "$build" "$emulator" "$table" "$tokens" \
        "$work/$(basename "$model"),$name,$table"
    done
  done
done >"$work/list"
xargs -0 -n 6 -P "$(nproc)" bash -c 'answer "$@"' answer <"$work/list"

for model in "${models[@]}"; do
  first=$work/$(basename "$model"),x86-64,reference
  for given in "$work/$(basename "$model"),"*; do
    echo "$(basename "$given"): $(sha256sum <"$given" | cut -c1-16)"
    cmp "$first" "$given"
  done
  case $model in
    *release.f32) cmp -n 464 "$stories/expected_greedy.txt" "$first" ;;
  esac
done
echo "$(($(tr -cd '\0' <"$work/list" | wc -c) / 6)) runs gave one answer for each of ${#models[@]} models"
