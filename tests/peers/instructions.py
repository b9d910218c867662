"""Instructions that a program executes under QEMU, by function, and what of them one token costs."""

import tempfile
from collections import Counter
from pathlib import Path

from machine import said

# Tokens of a prompt, which is one piece in both engines, and generated tokens behind it.
PROMPTS, GENERATED = (32, 128), (2, 10)
GENERATION, PROMPT = "generated", "prompt"


def read(lines):
    """Of lines of count.c: {function: instructions}."""
    counts = Counter()
    for line in lines:
        instructions, function = line.split(" ", 1)
        counts[function] += int(instructions)
    return counts


def counted(plugin, tier, command):
    """({function: instructions}, what the program said)."""
    machine = tier.architecture
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "counts"
        text = said([machine.emulator, "-cpu", tier.processor, "-L", f"/usr/{machine.triple}",
                     "-plugin", f"{plugin},to={file}", *command], LINNET_ISA=tier.kernels)
        return read(file.read_text().splitlines()), text


def linnet(plugin, tier, program, model, vocabulary):
    """A function that counts a prompt of that many tokens and the generation of so many."""
    def run(prompt, generated):
        ids = ",".join(str(i * 7919 % vocabulary) for i in range(1, prompt + 1))
        counts, text = counted(plugin, tier, [program, "generate", "-m", model, "--prompt-ids", ids, "-n", generated,
                                              "--temp", 0, "-t", 1, "--ids", "--quiet"])
        if len(text.split()) != generated:
            raise ValueError(f"linnet generated {len(text.split())} tokens instead of {generated}")
        return counts

    return run


def llama(plugin, tier, program, model):
    return lambda prompt, generated: counted(plugin, tier, [program, model, prompt, generated])[0]


def difference(more, less, tokens):
    return Counter({function: (more[function] - less[function]) / tokens for function in more | less})


def per_token(run):
    """{kind of token: {function: instructions}}. Whatever two runs have in common, such as loading, cancels."""
    (short, long), (few, many) = PROMPTS, GENERATED
    least = run(short, few)
    return {GENERATION: difference(run(short, many), least, many - few),
            PROMPT: difference(run(long, few), least, long - short)}


def by_function(counts, most=12):
    """Lines of the functions with most instructions, in thousands."""
    whole = counts.total()
    return [f"{instructions / 1e3:10.1f} {instructions / whole:6.1%}  {function}"
            for function, instructions in counts.most_common(most)]


def row(tier, weights, kind, ours, theirs, target):
    """A line of the table; `theirs` is None where llama.cpp does not build."""
    mine = ours[kind].total() / 1e6
    other = theirs and theirs[kind].total() / 1e6
    reached = "–" if not other or target is None else "yes" if mine / other <= target else "no"
    cells = [f"`{tier.name}`", tier.processor, weights, kind, f"{mine:.1f}",
             f"{other:.1f}" if other else "does not build", f"{mine / other:.2f}" if other else "–",
             "–" if target is None else f"{target:g}", reached]
    return "| " + " | ".join(cells) + " |"


HEAD = ["| tier | processor | weights | token | Linnet | llama.cpp | ratio | target | reached |",
        "| --- | --- | --- | --- | ---: | ---: | ---: | ---: | --- |"]
