#!/usr/bin/env python3
"""Make the folders of tests/golden/ctranslate2: tiny random models that CTranslate2 wrote and ran.

    pip install ctranslate2 numpy
    python make_ctranslate2_golden.py

Every folder is a model as CTranslate2 leaves it (model.bin of version 6, config.json, vocabularies) and
expected.json: its version and, for each source, the tokens of the best of a beam and the sum of their
log-probabilities, the end included.

    float32     norms before the branches, own vocabularies, sinusoids
    int8        the same weights in int8 with a scale for each row
    post-int16  norms behind the branches, one vocabulary and one table for everything, learned positions,
                a norm behind the embeddings
"""

import json
import shutil
from pathlib import Path

import ctranslate2
import numpy as np
from ctranslate2.specs import common_spec, transformer_spec

HERE = Path(__file__).resolve().parent / "ctranslate2"
WIDTH, INNER, HEADS, LAYERS = 16, 24, 2, (1, 2)
SPECIAL = ["<blank>", "<s>", "</s>", "<unk>"]
LETTERS = [chr(ord("a") + i) for i in range(20)]


def linear(generator, spec, out, inputs):
    spec.weight = (generator.standard_normal((out, inputs)) * 0.35).astype(np.float32)
    spec.bias = (generator.standard_normal(out) * 0.2).astype(np.float32)


def norm(generator, spec):
    spec.gamma = (1 + generator.standard_normal(WIDTH) * 0.3).astype(np.float32)
    spec.beta = (generator.standard_normal(WIDTH) * 0.2).astype(np.float32)


def layer(generator, spec):
    linear(generator, spec.self_attention.linear[0], 3 * WIDTH, WIDTH)
    linear(generator, spec.self_attention.linear[1], WIDTH, WIDTH)
    norm(generator, spec.self_attention.layer_norm)
    if hasattr(spec, "attention"):
        for part, out in zip(spec.attention.linear, (WIDTH, 2 * WIDTH, WIDTH)):
            linear(generator, part, out, WIDTH)
        norm(generator, spec.attention.layer_norm)
    linear(generator, spec.ffn.linear_0, INNER, WIDTH)
    linear(generator, spec.ffn.linear_1, WIDTH, INNER)
    norm(generator, spec.ffn.layer_norm)


def model(seed, post):
    generator = np.random.default_rng(seed)
    spec = transformer_spec.TransformerSpec.from_config(
        LAYERS, HEADS, pre_norm=not post, layernorm_embedding=post,
        activation=common_spec.Activation.SWISH if post else common_spec.Activation.RELU)
    source, target = SPECIAL + LETTERS, SPECIAL + (LETTERS if post else LETTERS[::-1][:15])
    table = (generator.standard_normal((len(source), WIDTH)) * 0.5).astype(np.float32)
    for stack, embeddings, size in ((spec.encoder, spec.encoder.embeddings[0], len(source)),
                                    (spec.decoder, spec.decoder.embeddings, len(target))):
        embeddings.weight = table if post else (generator.standard_normal((size, WIDTH)) * 0.5).astype(np.float32)
        if post:
            norm(generator, stack.layernorm_embedding)
            stack.position_encodings.encodings = (generator.standard_normal((32, WIDTH)) * 0.5).astype(np.float32)
            stack.scale_embeddings = 3.0
        else:
            norm(generator, stack.layer_norm)
        for part in stack.layer:
            layer(generator, part)
    linear(generator, spec.decoder.projection, len(target), WIDTH)
    if post:
        spec.decoder.projection.weight = table
    spec.decoder.projection.bias[2] += 0 if post else 2  # targets should end now and then
    spec.register_source_vocabulary(source)
    spec.register_target_vocabulary(target)
    spec.config.add_source_eos = post
    return spec


def make(name, seed, post, quantization):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    spec = model(seed, post)
    spec.validate()
    spec.optimize(quantization)
    spec.save(str(folder))
    translator = ctranslate2.Translator(str(folder), compute_type="float32", inter_threads=1, intra_threads=1)
    sources = [list("abc"), list("hello"), list("gtrsqponm"), ["a"]]
    cases = []
    for beam in (1, 4):
        for source, result in zip(sources, translator.translate_batch(
                sources, beam_size=beam, return_scores=True, length_penalty=0, min_decoding_length=0,
                max_decoding_length=20)):
            cases.append({"source": source, "beam": beam, "tokens": result.hypotheses[0], "score": result.scores[0]})
    lines = ",\n ".join(json.dumps(case) for case in cases)
    (folder / "expected.json").write_text(
        f'{{"ctranslate2": "{ctranslate2.__version__}", "max_tokens": 20, "cases": [\n {lines}]}}\n')
    for file in folder.iterdir():
        file.chmod(0o644)
    print(name, sum(file.stat().st_size for file in folder.iterdir()), [len(case["tokens"]) for case in cases])


def main():
    make("float32", 1, False, "float32")
    make("int8", 1, False, "int8")
    make("post-int16", 2, True, "int16")


if __name__ == "__main__":
    main()
