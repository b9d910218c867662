"""Executed instructions per token on ARM, under QEMU, beside llama.cpp, and the inner loops by llvm-mca.

Started by run.sh, from the root of the repository.
"""

import argparse
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import arm_builds
import gguf_models
import instructions
import linnet_models
import llama_cpp_build
import loops
import pages
from arm_tiers import TIERS
from machine import JOBS, said
from shapes import SHAPES

PAGE = Path("docs/benchmarks.md")
TYPES = ("int8", "int4")
TARGETS = {("neon", "int8", instructions.GENERATION): 0.7, ("neondot", "int8", instructions.GENERATION): 0.7}


def chosen(names, known):
    """A flag's list of names, in the order in which they are known."""
    given = names.split(",")
    if unknown := set(given) - set(known):
        raise argparse.ArgumentTypeError(f"what is {', '.join(sorted(unknown))}? There are {', '.join(known)}")
    return [name for name in known if name in given]


def arguments():
    parser = argparse.ArgumentParser(prog="tests/peers/run.sh arm", description=__doc__)
    parser.add_argument("--tiers", type=lambda names: chosen(names, TIERS), default=list(TIERS), metavar="LIST",
                        help=", ".join(TIERS))
    parser.add_argument("--types", type=lambda names: chosen(names, TYPES), default=list(TYPES), metavar="LIST",
                        help=", ".join(TYPES))
    parser.add_argument("--shape", choices=SHAPES, default="110M")
    parser.add_argument("--where", action="store_true", help="also the functions in which the instructions are")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE}")
    args = parser.parse_args()
    if args.write and (args.tiers, args.types, args.shape) != (list(TIERS), list(TYPES), "110M"):
        parser.error("--write needs everything: neither --tiers, --types nor --shape")
    return args


def built_llama(tier):
    try:
        return arm_builds.llama_steps(tier)
    except subprocess.CalledProcessError as error:
        print(f"llama.cpp does not build for {tier.name}: {error}", flush=True)
        return None


def told(name, run):
    tokens = instructions.per_token(run)
    print(f"  {name}: " + ", ".join(f"{counts.total() / 1e6:.1f} million for a {kind} token"
                                     for kind, counts in tokens.items()), flush=True)
    return tokens


def measure(args):
    """{(tier, type): (per token of Linnet, of llama.cpp or None)}."""
    plugin = arm_builds.plugin()
    tiers = [TIERS[name] for name in args.tiers]
    build = arm_builds.linnet_with_symbols if args.where else arm_builds.linnet
    ours = {machine: build(machine) for machine in {tier.architecture for tier in tiers}}
    theirs = {tier: built_llama(tier) for tier in tiers}
    models = {kind: (linnet_models.decoder(args.shape, kind),
                     gguf_models.model(args.shape, gguf_models.BESIDE[kind])) for kind in args.types}
    vocabulary = SHAPES[args.shape].vocabulary
    with ThreadPoolExecutor(int(JOBS)) as pool:
        started = {}
        for tier in tiers:
            for kind, (model, gguf) in models.items():
                name, program = f"{tier.name}, {kind}", ours[tier.architecture]
                mine = pool.submit(told, f"{name}, Linnet",
                                   instructions.linnet(plugin, tier, program, model, vocabulary))
                other = theirs[tier] and pool.submit(told, f"{name}, llama.cpp",
                                                     instructions.llama(plugin, tier, theirs[tier], gguf))
                started[tier, kind] = mine, other
        return {key: (mine.result(), other and other.result()) for key, (mine, other) in started.items()}


def versions(tiers):
    """Of what was compiled, and of what compiled it."""
    linnet = said([tiers[0].architecture.emulator, tiers[0].architecture.linnet, "--version"]).splitlines()[0]
    compilers = {said([f"{tier.architecture.triple}-g++", "-dumpfullversion"]).strip() for tier in tiers}
    return (f"{linnet.capitalize()} and llama.cpp of llama-cpp-python {llama_cpp_build.version()}, both compiled by "
            f"GCC {', '.join(sorted(compilers))}")


def table(shape, measured):
    """Lines of Markdown."""
    lines = [f"{versions([tier for tier, _ in measured])}, a random {shape}: millions of executed instructions per "
             "token on one thread; a ratio below 1 is in Linnet's favour.", "", *instructions.HEAD]
    for (tier, weights), (ours, theirs) in measured.items():
        for kind in (instructions.GENERATION, instructions.PROMPT):
            target = TARGETS.get((tier.name, weights, kind))
            lines.append(instructions.row(tier, weights, kind, ours, theirs, target))
    return lines


def show_functions(measured):
    for (tier, weights), both in measured.items():
        for engine, counts in zip(("Linnet", "llama.cpp"), both):
            for kind, functions in (counts or {}).items():
                print(f"\n{tier.name}, {weights}, {engine}, a {kind} token: "
                      f"{functions.total() / 1e3:.1f} thousand instructions")
                print(said(["c++filt"], given="\n".join(instructions.by_function(functions))), end="")


def main():
    args = arguments()
    measured = measure(args)
    text = "\n".join([*table(args.shape, measured), "", *loops.table(args.tiers)]) + "\n"
    print("\n" + text)
    if args.where:
        show_functions(measured)
    if args.write:
        pages.write(PAGE, "arm", text)


if __name__ == "__main__":
    main()
