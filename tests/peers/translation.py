"""The base model of Vaswani et al. (2017) with random weights, int8, in CTranslate2 and in Linnet.

Started by run.sh, from the root of the repository.
"""

import argparse
import json
import platform
import random
import re
import statistics
import subprocess
import time
from pathlib import Path

import ctranslate2
import numpy as np
from ctranslate2.specs import common_spec, transformer_spec

WORK = Path("build/peers")
LINNET = "build/release/linnet"
VOCABULARY, WIDTH, HIDDEN, HEADS, LAYERS = 32000, 512, 2048, 8, 6
SOURCE, TARGET = 32, 33
ROWS = [(batch, beam) for batch in (1, 16) for beam in (1, 4)]
THREADS = (1, 2)


def make_model(folder):
    rng = np.random.default_rng(1)
    spec = transformer_spec.TransformerSpec.from_config(
        (LAYERS, LAYERS), HEADS, pre_norm=False, activation=common_spec.Activation.RELU)

    def matrix(rows, columns):
        return (rng.standard_normal((rows, columns)) * columns ** -0.5).astype(np.float32)

    def fill(linear, rows, columns):
        linear.weight, linear.bias = matrix(rows, columns), np.zeros(rows, np.float32)

    def norm(layer_norm):
        layer_norm.gamma, layer_norm.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)

    def attention(layer, rows):
        for linear, count in zip(layer.linear, rows):
            fill(linear, count * WIDTH, WIDTH)
        norm(layer.layer_norm)

    def feed_forward(layer):
        fill(layer.linear_0, HIDDEN, WIDTH)
        fill(layer.linear_1, WIDTH, HIDDEN)
        norm(layer.layer_norm)

    shared = matrix(VOCABULARY, WIDTH)
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = shared
    spec.decoder.projection.weight = shared
    spec.decoder.projection.bias = np.zeros(VOCABULARY, np.float32)
    for layer in spec.encoder.layer:
        attention(layer.self_attention, (3, 1))
        feed_forward(layer.ffn)
    for layer in spec.decoder.layer:
        attention(layer.self_attention, (3, 1))
        attention(layer.attention, (1, 2, 1))
        feed_forward(layer.ffn)
    words = ["<unk>", "<s>", "</s>"] + [f"t{i}" for i in range(VOCABULARY - 3)]
    spec.register_source_vocabulary(words)
    spec.register_target_vocabulary(words)
    spec.config.add_source_eos = True
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


def of_ctranslate2(translator, batch, beam):
    draw = random.Random(1)
    lines = [[f"t{draw.randrange(VOCABULARY - 3)}" for _ in range(SOURCE - 1)] for _ in range(batch)]

    def run():
        start = time.perf_counter()
        results = translator.translate_batch(lines, beam_size=beam, max_batch_size=batch,
                                             min_decoding_length=TARGET, max_decoding_length=TARGET)
        seconds = time.perf_counter() - start
        assert all(len(result.hypotheses[0]) == TARGET for result in results)
        return batch * (SOURCE + TARGET) / seconds

    run()
    return run()


def of_linnet(model, batch, beam, threads):
    said = subprocess.run(
        [LINNET, "bench", "-m", str(model), "--source-tokens", str(SOURCE), "--target-tokens", str(TARGET),
         "--batch", str(batch), "-b", str(beam), "-t", str(threads), "--repeats", "1", "--json", "--quiet"],
        check=True, capture_output=True, text=True).stdout
    timing = json.loads(said.splitlines()[0])
    return timing["median"], timing["kernels"]


def measure(rounds):
    folder, model = WORK / "base", WORK / "base.linnet"
    make_model(folder)
    subprocess.run(["build/release/linnet-convert", str(folder), "-o", str(model), "--type", "int8"],
                   check=True, capture_output=True)
    translators = {threads: ctranslate2.Translator(str(folder), device="cpu", compute_type="int8",
                                                   inter_threads=1, intra_threads=threads)
                   for threads in THREADS}
    figures = {}
    for number in range(rounds):
        for batch, beam in ROWS:
            for threads in THREADS:
                theirs = of_ctranslate2(translators[threads], batch, beam)
                ours, kernels = of_linnet(model, batch, beam, threads)
                row = figures.setdefault((batch, beam, threads), ([], []))
                row[0].append(ours)
                row[1].append(theirs)
        print(f"round {number + 1} of {rounds}", flush=True)
    return {row: tuple(map(statistics.median, pair)) for row, pair in figures.items()}, kernels


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return re.sub(r"\s+", " ", line.split(":", 1)[1]).strip()
    return platform.machine()


def table(figures, kernels, rounds):
    lines = [f"{processor()}, kernels `{kernels}`, CTranslate2 {ctranslate2.__version__}, medians of {rounds} "
             "rounds, source and target tokens per second:", "",
             "| batch | beam | 1 thread | CTranslate2 | 2 threads | CTranslate2 | best to best |",
             "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for batch, beam in ROWS:
        ours, theirs = zip(*(figures[batch, beam, threads] for threads in THREADS))
        cells = [f"{figure:.0f}" for pair in zip(ours, theirs) for figure in pair]
        lines.append(f"| {batch} | {beam} | " + " | ".join(cells) + f" | {max(ours) / max(theirs):.2f} |")
    return "\n".join(lines) + "\n"


def write(text):
    readme = Path("README.md")
    begin, end = "<!-- translation: begin -->\n", "<!-- translation: end -->\n"
    before, rest = readme.read_text().split(begin)
    readme.write_text(before + begin + text + end + rest.split(end)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    args = parser.parse_args()
    text = table(*measure(args.rounds), args.rounds)
    print(text)
    if args.write:
        write(text)


if __name__ == "__main__":
    main()
