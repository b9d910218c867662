"""The base model of Vaswani et al. (2017) with random weights, int8, in CTranslate2 and in Linnet.

Started by run.sh, from the root of the repository.
"""

import argparse
import importlib.metadata
import time
from pathlib import Path

import outputs
import pages
from engines import CTranslate2, Linnet
from figures import LINNET, Figures
from machine import LINNET_PROGRAM, WORK, processor, said
from measure import measure, plan
from rows import CTRANSLATE2, THREADS, Row

ROWS = [Row(f"batch {batch}, beam {beam}", "translation", "base", batch=batch, beam=beam, targets={CTRANSLATE2: None})
        for batch in (1, 16) for beam in (1, 4)]


def run(rounds):
    figures = Figures({"processor": processor(), "linnet": outputs.facts_of_linnet(said([LINNET_PROGRAM, "--version"])),
                       "ctranslate2": f"CTranslate2 {importlib.metadata.version('ctranslate2')}"})
    path = WORK / "results" / time.strftime("translation-%Y%m%d-%H%M%S.json")
    planned = plan(ROWS, Linnet(), {CTRANSLATE2: CTranslate2()})
    measure(planned, rounds, figures, lambda: figures.save(path))
    return figures


def table(figures):
    lines = [", ".join(figures.facts.values()) + f", medians of {figures.rounds()} rounds, source and target tokens "
             "per second:", "",
             "| batch | beam | 1 thread | CTranslate2 | 2 threads | CTranslate2 | best to best |",
             "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for row in ROWS:
        ours, theirs = ([figures.median(row.name, threads, engine) for threads in THREADS]
                        for engine in (LINNET, CTRANSLATE2))
        cells = [f"{figure:.0f}" for pair in zip(ours, theirs) for figure in pair]
        lines.append(f"| {row.batch} | {row.beam} | " + " | ".join(cells) + f" | {max(ours) / max(theirs):.2f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(prog="tests/peers/run.sh translation", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    args = parser.parse_args()
    text = table(run(args.rounds))
    print(text)
    if args.write:
        pages.write(Path("README.md"), "translation", text)


if __name__ == "__main__":
    main()
