"""Executed instructions per token under QEMU, of Linnet and of llama.cpp. Started by run.sh, from the
root of the repository, when everything is built.
"""

import argparse
import os
import re
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import loops

WORK = Path("build/peers/arm")
PAGE = Path("docs/benchmarks.md")
# Kernels, processor, emulator, build of Linnet.
TIERS = [("neon", "cortex-a53", "aarch64", "aarch64"), ("neondot", "cortex-a76", "aarch64", "aarch64"),
         ("neoni8mm", "max", "aarch64", "aarch64"), ("armv7", "cortex-a7", "arm", "armv7")]
GENERATED, PROMPTS = (1, 3), (8, 24)
# What costs the same in both runs of a pair cancels; bench runs everything twice.
BENCH_RUNS = 2


def count(tier, command, where=None):
    name, processor, emulator, _ = tier
    counts = WORK / f"counts.{os.getpid()}.{hash((name, *command)) & 0xFFFFFFFF:x}"
    library = "/usr/aarch64-linux-gnu" if emulator == "aarch64" else "/usr/arm-linux-gnueabihf"
    plugin = f"{WORK}/count.so,to={counts}" + (",blocks=on" if where else "")
    environment = dict(os.environ, LINNET_ISA="neon" if name == "armv7" else name)
    done = subprocess.run([f"qemu-{emulator}", "-cpu", processor, "-L", library, "-plugin", plugin, *command],
                          env=environment, capture_output=True, text=True)
    if done.returncode != 0 or not counts.exists():
        raise SystemExit(f"table.py: {' '.join(command)} failed: {done.stderr.strip()[-500:]}")
    lines = counts.read_text().splitlines()
    counts.unlink()
    if not where:
        return int(lines[0])
    functions = Counter()
    for line in lines[1:]:
        instructions, _, function = line.split()
        functions[function] += int(instructions)
    return functions


def linnet(tier, prompt, generated, where=None):
    program = where or f"build/{tier[3]}/linnet"
    return count(tier, [program, "bench", "-m", f"{WORK}/model.linnet", "-t", "1", "--repeats", "1",
                        "-p", str(prompt), "-n", str(generated), "--quiet"], where)


def llama(tier, prompt, generated):
    return count(tier, [f"{WORK}/llama_steps.{tier[0]}", f"{WORK}/model.gguf", str(prompt), str(generated)])


def per_token(run, tier, runs):
    """Instructions for a generated token and for a token of a prompt."""
    (first, last), (short, long) = GENERATED, PROMPTS
    return ((run(tier, 0, last) - run(tier, 0, first)) / (last - first) / runs,
            (run(tier, long, 0) - run(tier, short, 0)) / (long - short) / runs)


def measure(tier):
    ours = per_token(linnet, tier, BENCH_RUNS) if Path(f"build/{tier[3]}/linnet").exists() else None
    built = Path(f"{WORK}/llama_steps.{tier[0]}").exists()
    return ours, per_token(llama, tier, 1) if built else None


def table(shape, tiers):
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        measured = list(pool.map(measure, tiers))
    rows = [f"Millions of executed instructions per token, one thread, under QEMU: a random model of shape {shape}, "
            "int8 for Linnet and Q8_0 for llama.cpp.", "",
            "| kernels | processor | token | Linnet | llama.cpp | ratio |",
            "| --- | --- | --- | ---: | ---: | ---: |"]
    for (name, processor, _, _), (ours, theirs) in zip(tiers, measured):
        for i, what in enumerate(("generated", "prompt")):
            left = f"{ours[i] / 1e6:.1f}" if ours else "not built"
            right = f"{theirs[i] / 1e6:.1f}" if theirs else "does not build"
            ratio = f"{ours[i] / theirs[i]:.2f}" if ours and theirs else ""
            rows.append(f"| `{name}` | {processor} | {what} | {left} | {right} | {ratio} |")
    return rows


def where(tier):
    """By function, for a generated token; needs a program that is not stripped."""
    program = f"{WORK}/linnet.{tier[3]}.symbols"
    counts = linnet(tier, 0, GENERATED[1], program)
    counts.subtract(linnet(tier, 0, GENERATED[0], program))
    each = (GENERATED[1] - GENERATED[0]) * BENCH_RUNS
    whole = sum(counts.values())
    for function, instructions in counts.most_common(15):
        plain = subprocess.run(["c++filt", function], capture_output=True, text=True).stdout.strip()
        print(f"{instructions / each / 1e3:10.1f} thousand {instructions / whole:6.1%}  {plain[:150]}")


def write(rows):
    marked = "<!-- arm -->\n" + "\n".join(rows) + "\n<!-- /arm -->"
    page = PAGE.read_text() if PAGE.exists() else "# Benchmarks\n"
    if "<!-- arm -->" in page:
        page = re.sub(r"<!-- arm -->.*<!-- /arm -->", lambda _: marked, page, flags=re.DOTALL)
    else:
        page += f"\n## ARM without a board\n\n{marked}\n"
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", required=True)
    parser.add_argument("--tiers", default=",".join(tier[0] for tier in TIERS))
    parser.add_argument("--where", metavar="TIER")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    tiers = [tier for tier in TIERS if tier[0] in (given.where or given.tiers).split(",")]
    if given.where:
        return where(tiers[0])
    rows = [*table(given.shape, tiers), "", *loops.table()]
    print("\n".join(rows))
    if given.write:
        write(rows)


main()
