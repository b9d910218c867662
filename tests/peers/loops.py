"""The inner loops of the integer matrix products, as llvm-mca sees them: instructions and cycles."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from arm_tiers import AARCH64, TIERS
from machine import said

CLASSES = {"neon": "Neon", "neondot": "NeonDot", "neoni8mm": "NeonI8mm"}
# Those that llvm-mca models. Of ARMv7 it has no Cortex-A7, and its Cortex-A9 has been given VFPv4.
PROCESSORS = {"neon": ("cortex-a53", "cortex-a72"), "neondot": ("cortex-a55", "neoverse-n1", "neoverse-n2"),
              "neoni8mm": ("neoverse-n2",), "armv7": ("cortex-a9", "cortex-a57")}
ATTRIBUTES = {"aarch64": "+dotprod,+i8mm,+fullfp16", "armv7": "+neon,+vfp4"}
# Products of eight bits that one instruction forms.
PRODUCTS = ((r"[su]dot\s+v", 16), (r"smmla\s+v", 32), (r"sm(?:ul|la)l2?\s+v\d+\.8h", 8), (r"vm(?:ul|la)l\.s8\s", 8))
UNIT = 512  # products of one token, a panel of 16 rows and a group of 32
CONDITIONS = "eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le"
VERSIONS = ("-22", "-21", "-20", "-19")


@dataclass(frozen=True)
class Product:
    tier: str
    bits: int    # of the weights
    tokens: int  # at once
    loop: tuple  # its instructions

    @property
    def products(self):
        return products(self.loop)


def products(loop):
    return sum(count for line in loop for pattern, count in PRODUCTS if re.match(pattern, line))


def functions(names, kernels, bits):
    """{tokens at once: name in the object} for one token and for the largest tile of tokens; `names` is
    {name in the object: name in C++}."""
    ints = rf"IntsOf<linnet::kernels::{CLASSES[kernels]}, {bits}>, \(linnet::kernels::ScaleFormat\)0"
    found = {}
    for name, plain in names.items():
        if re.search(rf"matmul_int_single<[\w:]*{ints}>", plain):
            found[1] = name
        elif match := re.search(rf"matmul_int_tile<[\w:]*{ints}, 1, \d+, (\d+), (\d+)>", plain):
            found[int(match[1]) * int(match[2])] = name
    return {tokens: found[tokens] for tokens in sorted({1, max(found)})}


def loop_of(disassembly):
    """The instructions of the loop that forms most products."""
    lines = [(int(match[1], 16), re.split(r"//|@|;", match[2])[0].strip())
             for match in re.finditer(r"^ *([0-9a-f]+):\t(.*)$", disassembly, re.MULTILINE)]
    places = {address: place for place, (address, _) in enumerate(lines)}
    loops = []
    for end, (address, text) in enumerate(lines):
        jump = re.match(rf"(?:b(?:\.?(?:{CONDITIONS}))?(?:\.[nw])?|cbn?z\s+\w+,)\s*([0-9a-f]+) <", text)
        if jump and int(jump[1], 16) < address:
            loops.append(tuple(line for _, line in lines[places[int(jump[1], 16)]:end + 1]))
    return max(loops, key=products)


def found_in(tier):
    machine = tier.architecture
    path = Path("build") / machine.preset / f"kernels/CMakeFiles/linnet_kernels.dir/isa/{tier.kernels}.cpp.o"
    mangled = re.findall(r" W (\S+)$", said([f"{machine.triple}-nm", path]), re.MULTILINE)
    names = dict(zip(mangled, said(["c++filt"], given="\n".join(mangled)).splitlines()))
    for bits in (8, 4):
        for tokens, name in functions(names, tier.kernels, bits).items():
            text = said([f"{machine.triple}-objdump", "-d", "--no-show-raw-insn", f"--disassemble={name}", path])
            yield Product(tier.name, bits, tokens, loop_of(text))


def assembly(loop):
    """With a label instead of addresses, and without the widths of Thumb, which LLVM does not take everywhere."""
    lines = (re.sub(r"^(\w+)\.[nw]\b", r"\1", line) for line in loop)
    return "here:\n" + "".join(re.sub(r"[0-9a-f]+ <.*", "here", line) + "\n" for line in lines)


def cycles(mca, product, processor):
    """Of one turn of the loop."""
    machine = TIERS[product.tier].architecture
    triple = machine.triple if machine is AARCH64 else "thumbv7-linux-gnueabihf"
    told = said([mca, f"-mtriple={triple}", f"-mcpu={processor}", f"-mattr={ATTRIBUTES[machine.preset]}",
                 "-iterations=200", "-noalias"], given=assembly(product.loop))
    return int(re.search(r"Total Cycles:\s+(\d+)", told)[1]) / 200


def row(product, processor, took):
    units = product.products / UNIT
    return (f"| `{product.tier}` | int{product.bits} | {product.tokens} | {processor} | "
            f"{len(product.loop) / units:.0f} | {took / units:.0f} | {product.products / took:.1f} |")


def table(tiers):
    """Lines of Markdown."""
    mca = next((found for version in VERSIONS if (found := shutil.which("llvm-mca" + version))), None)
    if not mca:
        return ["There was no llvm-mca of LLVM 19 or later, so the inner loops are not shown."]
    version = re.search(r"LLVM version (\S+)", said([mca, "--version"]))[1]
    lines = [f"Inner loops of our matrix products by llvm-mca {version}, for {UNIT} products: one token, 16 rows and "
             "32 columns. Memory is not counted.", "",
             "| tier | weights | tokens at once | processor | instructions | cycles | products per cycle |",
             "| --- | --- | ---: | --- | ---: | ---: | ---: |"]
    for name in tiers:
        for product in found_in(TIERS[name]):
            lines += [row(product, processor, cycles(mca, product, processor)) for processor in PROCESSORS[name]]
    return lines
