#!/usr/bin/env python3
"""Writes tokenizer/equal_sums.*.tsv: lines of the texts that tests/tokens.sh goes through (their number and
ids) of which today's sentencepiece makes something else than version 0.1.97.

    pip install sentencepiece==0.2.3
    python make_equal_sums_golden.py TEXT MODEL...

TEXT is all texts one after the other as that script puts them ($work/all); the program spm_encode must be
that of 0.1.97 (Debian 12).
"""

import subprocess
import sys
from pathlib import Path

import sentencepiece

HERE = Path(__file__).parent / "tokenizer"


def main():
    text, *models = sys.argv[1:]
    lines = Path(text).read_bytes().removesuffix(b"\n").split(b"\n")
    for model in models:
        before = subprocess.run(["spm_encode", "--model", model, "--output_format=id"], input=b"\n".join(lines) + b"\n",
                                capture_output=True, check=True).stdout.decode().split("\n")
        now = sentencepiece.SentencePieceProcessor(model_file=model)
        differing = []
        for number, line in enumerate(lines):
            ids = " ".join(map(str, now.encode(line.decode().removesuffix("\r"))))
            if ids != before[number]:
                differing.append(f"{number + 1}\t{ids}\n")
        path = HERE / f"equal_sums.{Path(model).stem}.tsv"
        print(Path(model).name, len(lines), "lines,", len(differing), "differ")
        if differing:
            path.write_text("".join(differing))


if __name__ == "__main__":
    main()
