"""Runs CTranslate2 once and prints its tokens per second: a process of its own, like the other engines.

  ctranslate2_run.py translation|prompt|generation FOLDER THREADS TOKENS BATCH BEAM REPEATS
"""

import random
import statistics
import sys
import time

import ctranslate2

SOURCE, TARGET = 32, 33  # tokens of a line of a translation, the end included


def lines(batch, length):
    draw = random.Random(1)
    return [[f"t{draw.randrange(31997)}" for _ in range(length)] for _ in range(batch)]


def translation(folder, threads, _, batch, beam):
    translator = ctranslate2.Translator(folder, device="cpu", compute_type="int8", inter_threads=1,
                                        intra_threads=threads)
    sources = lines(batch, SOURCE - 1)

    def run():
        results = translator.translate_batch(sources, beam_size=beam, max_batch_size=batch,
                                             min_decoding_length=TARGET, max_decoding_length=TARGET)
        assert all(len(result.hypotheses[0]) == TARGET for result in results)

    return run, batch * (SOURCE + TARGET)


def decoder(folder, threads, batch, prompt, generated):
    generator = ctranslate2.Generator(folder, device="cpu", compute_type="int8", inter_threads=1,
                                      intra_threads=threads)
    begins = lines(batch, prompt)

    def run():
        results = generator.generate_batch(begins, max_batch_size=batch, min_length=generated, max_length=generated,
                                           include_prompt_in_result=False)
        assert all(len(result.sequences_ids[0]) == generated for result in results)

    return run


def prompt(folder, threads, tokens, batch, _):
    """Up to the first token behind it, so that only one row of logits is asked for."""
    return decoder(folder, threads, batch, tokens, 1), batch * tokens


def generation(folder, threads, tokens, batch, _):
    return decoder(folder, threads, batch, 1, tokens), batch * tokens


def seconds(run):
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def main():
    kind, folder, *numbers, repeats = sys.argv[1:]
    make = {"translation": translation, "prompt": prompt, "generation": generation}[kind]
    run, amount = make(folder, *map(int, numbers))
    run()
    print(amount / statistics.median(seconds(run) for _ in range(int(repeats))))


if __name__ == "__main__":
    main()
