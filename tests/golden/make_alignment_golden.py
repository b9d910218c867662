#!/usr/bin/env python3
"""Make tests/golden/alignment: what CTranslate2's decoders look at, and targets ranked by coverage.

    pip install ctranslate2 numpy
    python make_alignment_golden.py FOLDER

FOLDER is the version 2 f32 model of aren-transliteration, whose cases go into aren.json. The model of
make_ctranslate2_golden.py with other alignment attributes is written beside it: its first decoder layer,
all heads. Each case has a source, the beam, the coverage penalty, and the n best: tokens, score, and for
each token the weight of each source token. Scores are sums of log-probabilities plus the penalty.
"""

import json
import shutil
import sys
from pathlib import Path

import ctranslate2
import numpy as np

import make_ctranslate2_golden as models

HERE = Path(__file__).resolve().parent / "alignment"
# Beam, n best, penalty; further targets depend on when a search ends, which is not the same everywhere.
BEAMS = ((1, 1, 0), (1, 1, 0.7), (4, 2, 0), (4, 2, 0.7))


def write(path, folder, sources):
    translator = ctranslate2.Translator(str(folder), compute_type="float32", inter_threads=1, intra_threads=1)
    cases = []
    for source in sources:
        for beam, count, penalty in BEAMS:
            result = translator.translate_batch(
                [source], beam_size=beam, num_hypotheses=count, return_scores=True, return_attention=True,
                length_penalty=0, coverage_penalty=penalty, min_decoding_length=0, max_decoding_length=7)[0]
            best = [{"tokens": tokens, "score": round(score, 5), "attention": np.round(weights, 5).tolist()}
                    for tokens, score, weights in zip(result.hypotheses, result.scores, result.attention)]
            cases.append({"source": source, "beam": beam, "penalty": penalty, "best": best})
    lines = ",\n ".join(json.dumps(case, ensure_ascii=False) for case in cases)
    path.write_text(f'{{"ctranslate2": "{ctranslate2.__version__}", "cases": [\n {lines}]}}\n')


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir(parents=True)
    aren = json.loads((Path(sys.argv[1]).parents[1] / "upstream_expectations.json").read_text())
    write(HERE / "aren.json", sys.argv[1], [aren["cases"][0]["source"], list("جورج")])
    spec = models.model(1, False)
    spec.decoder.alignment_layer = np.dtype("int16").type(0)
    spec.decoder.alignment_heads = np.dtype("int16").type(0)
    spec.validate()
    spec.optimize("float32")
    folder = HERE / "first-layer"
    folder.mkdir()
    spec.save(str(folder))
    write(folder / "expected.json", folder, [list("abc"), list("gtrsqponm")])
    for file in folder.iterdir():
        file.chmod(0o644)


if __name__ == "__main__":
    main()
