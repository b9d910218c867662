"""Decoders of several sizes beside llama.cpp and CTranslate2, and the encoder-decoder beside CTranslate2.

Started by run.sh, from the root of the repository.
"""

import argparse
import contextlib
import importlib.metadata
import re
import signal
import sys
import time
from pathlib import Path

import llama_cpp_build
import outputs
import pages
import pictures
from engines import CTranslate2, Linnet, LlamaCpp
from figures import Figures
from machine import LINNET_PROGRAM, WORK, processor, said
from measure import measure, plan
from rows import CTRANSLATE2, LLAMA, LLAMA_AVX2, chosen, rows
from tables import table

PAGE = Path("docs/benchmarks.md")
PICTURES = Path("docs/pictures")
TITLES = {"ratio.svg": "Speed of Linnet over that of others", "limit.svg": "Percent of what this machine could do",
          "batch.svg": "Tokens per second over sequences at a time"}


def arguments():
    parser = argparse.ArgumentParser(prog="tests/peers/run.sh decoder", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", metavar="PATTERN", default="", help="rows whose name this regular expression finds")
    parser.add_argument("--quick", action="store_true", help="one round without the large decoder")
    parser.add_argument("--from", dest="kept", type=Path, metavar="FILE", help="what a run has kept, instead of a run")
    parser.add_argument("--write", action="store_true", help=f"put table and pictures into {PAGE}")
    args = parser.parse_args()
    if args.write and (args.only or args.quick):
        parser.error("--write needs all rows: neither --only nor --quick")
    try:
        re.compile(args.only)
    except re.error as error:
        parser.error(f"--only: {error}")
    return args


def facts():
    return {"processor": processor(), "linnet": outputs.facts_of_linnet(said([LINNET_PROGRAM, "--version"])),
            "llama.cpp": f"llama.cpp of llama-cpp-python {llama_cpp_build.version()}",
            "ctranslate2": f"CTranslate2 {importlib.metadata.version('ctranslate2')}",
            "date": time.strftime("%Y-%m-%d")}


def run(args):
    engines = {LLAMA: LlamaCpp(LLAMA, "native"), LLAMA_AVX2: LlamaCpp(LLAMA_AVX2, "avx2"), CTRANSLATE2: CTranslate2()}
    figures = Figures(facts())
    path = WORK / "results" / time.strftime("decoder-%Y%m%d-%H%M%S.json")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        planned = plan(chosen(args.only, args.quick), Linnet(), engines)
        measure(planned, 1 if args.quick else args.rounds, figures, lambda: figures.save(path))
        return figures
    if not figures.measured:
        sys.exit("interrupted before anything was measured")
    figures.save(path)
    print(f"interrupted; --from {path} shows this again, and with --write puts it into the page")
    args.write = False
    return figures


def show(figures, write):
    text = table(figures, rows())
    print("\n" + text)
    drawn = pictures.pictures(figures, rows())
    folder = PICTURES if write else WORK / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    for name in TITLES:
        (folder / name).unlink(missing_ok=True)
    for name, picture in drawn.items():
        (folder / name).write_text(picture)
    print("pictures:", *(folder / name for name in drawn))
    if write:
        links = "".join(f"\n![{TITLES[name]}](pictures/{name})\n" for name in drawn)
        pages.write(PAGE, "decoder", text + links)


def main():
    args = arguments()
    figures = Figures.load(args.kept) if args.kept else run(args)
    if not figures.measured:
        sys.exit("nothing was measured")
    show(figures, args.write)


if __name__ == "__main__":
    main()
