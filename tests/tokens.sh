#!/usr/bin/env bash
# Tokens of all the texts that the tests have, beside the sentencepiece program, and back to text.
# The preset release must have been built.
#   tests/tokens.sh
set -euo pipefail
cd "$(dirname "$0")/.."

if [ ! -d "${LINNET_ASSETS-}/tokenizers" ] || [ ! -d "$LINNET_ASSETS/text" ]; then
  echo "skipped: LINNET_ASSETS names no folder that has vocabularies and texts"
  [ -z "${LINNET_ASSETS_REQUIRED-}" ]
  exit
fi
vocabularies=$LINNET_ASSETS/tokenizers
linnet=build/release/linnet
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What is text, in a fixed order. The archive says more of its files than tar here understands.
tar -xzf "$LINNET_ASSETS/text/mozilla-flores-sample/flores101_sample.tar.gz" -C "$work" 2>/dev/null
mapfile -t texts < <(for folder in "$LINNET_ASSETS/text" "$work"; do
  find "$folder" -type f ! -name '.*' ! -name '*.tar.gz' | LC_ALL=C sort
done)
cat "${texts[@]}" >"$work/all"
lines=$(wc -l <"$work/all")
echo "${#texts[@]} texts, $lines lines"
passed=0
failed=0
judge() {
  if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  echo "$1: $3"
}

convert() { build/release/linnet-convert "$vocabularies/$1" -o "$work/model" --quiet; }

# Each line beside spm_encode. Debian's has floats whose rounding decides where two spellings have
# the same sum; since its version 0.2 sentencepiece decides otherwise. What it makes of those lines
# then is in tests/golden/tokenizer (make_equal_sums_golden.py).
for file in llama/llama2-tokenizer.model sentencepiece/test_model.model \
  sentencepiece/torchtext_spm_example.model t5/t5_tokenizer_base.model \
  firefox-spm/vocab.spm firefox-spm/vocab.zhen.spm; do
  convert "$file"
  "$linnet" tokenize -m "$work/model" -i "$work/all" --quiet >"$work/ours"
  spm_encode --model "$vocabularies/$file" --output_format=id <"$work/all" >"$work/theirs" 2>/dev/null
  paste -d '\t' "$work/ours" "$work/theirs" |
    awk -F '\t' 'NF != 2 || $1 != $2 { print NR "\t" $1 }' >"$work/differing"
  golden=tests/golden/tokenizer/equal_sums.$(basename "${file%.*}").tsv
  [ -f "$golden" ] || golden=/dev/null
  verdict=0
  diff "$golden" "$work/differing" >"$work/diff" || verdict=1
  head -c 1000 "$work/diff"
  judge "$file" $verdict "$(wc -l <"$work/ours") lines, $(wc -l <"$golden") of them by the golden file"
done

# Every text back to the byte, where the vocabulary keeps every byte.
for file in llama.cpp-vocabs/ggml-vocab-gpt-2.gguf onnxruntime-ext/roberta-base_tokenizer.json \
  llama/llama2-tokenizer.model; do
  convert "$file"
  verdict=0
  for text in "${texts[@]}"; do
    "$linnet" tokenize -m "$work/model" -f "$text" --quiet >"$work/ids"
    "$linnet" tokenize -m "$work/model" --decode -i "$work/ids" --quiet | head -c -1 |
      cmp - "$text" || verdict=1
  done
  judge "$file" $verdict "${#texts[@]} texts there and back"
done

# Where texts are changed on the way, what they became stays what it is.
convert firefox-spm/vocab.spm
verdict=0
"$linnet" tokenize -m "$work/model" -i "$work/all" --quiet |
  "$linnet" tokenize -m "$work/model" --decode --quiet >"$work/once"
"$linnet" tokenize -m "$work/model" -i "$work/once" --quiet |
  "$linnet" tokenize -m "$work/model" --decode --quiet >"$work/twice"
cmp "$work/once" "$work/twice" || verdict=1
judge firefox-spm/vocab.spm $verdict "$lines lines there and back twice"

echo "tokens: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
