"""The inner loops of the int8 matrix products, as llvm-mca sees them: cycles and products per cycle."""

import re
import shutil
import subprocess

OBJECTS = "build/aarch64/kernels/CMakeFiles/linnet_kernels.dir/isa"
TABLES = {"neon": "Neon", "neondot": "NeonDot", "neoni8mm": "NeonI8mm"}
PROCESSORS = {"neon": ["cortex-a53", "cortex-a72"],
              "neondot": ["cortex-a55", "neoverse-n1", "neoverse-n2"],
              "neoni8mm": ["neoverse-n2"]}
# Products of eight bits that one instruction forms.
PRODUCTS = {"sdot": 16, "smmla": 32, "smull": 8, "smull2": 8, "smlal": 8, "smlal2": 8}
VERSIONS = ["-22", "-21", "-20", "-19", "-18", "-17", "-16", "-15", "-14", ""]


def said_by(*command, given=None):
    return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout


def functions(table):
    """The functions of one token and of the largest tile of tokens: name in the object, which."""
    path = f"{OBJECTS}/{table}.cpp.o"
    of = rf"<linnet::kernels::generic::IntsOf<linnet::kernels::{TABLES[table]}, 8>, \(linnet::kernels::ScaleFormat\)0"
    names = said_by("aarch64-linux-gnu-nm", path).split()
    found = {}
    for name, plain in zip(names, said_by("c++filt", *names).splitlines()):
        if re.search(r"matmul_int_single" + of, plain):
            found["1 token"] = (0, name)
        if match := re.search(r"matmul_int_tile" + of + r", 1, \d+, (\d+), (\d+)>", plain):
            tokens = int(match[1]) * int(match[2])
            kind = "1 token" if tokens == 1 else "tile"
            if tokens in (1, 4, 8) and found.get(kind, (-1,))[0] < tokens:
                found[kind] = (tokens, name)
    return path, {f"{tokens} tokens" if kind == "tile" else kind: name
                  for kind, (tokens, name) in sorted(found.items())}


def loop_of(path, function):
    """The instructions of the loop that forms most products."""
    said = said_by("aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn",
                   f"--disassemble={function}", path)
    lines = [(int(match[1], 16), match[2].split("//")[0].strip())
             for match in re.finditer(r"^ *([0-9a-f]+):\t(.*)$", said, re.MULTILINE)]
    loops = []
    for end, (address, text) in enumerate(lines):
        jump = re.match(r"(?:b\.\w+|cbn?z\s+\w+,)\s*([0-9a-f]+) <", text)
        if jump and int(jump[1], 16) < address:
            start = next(i for i, line in enumerate(lines) if line[0] == int(jump[1], 16))
            loops.append([line for _, line in lines[start:end + 1]])
    return max(loops, key=products)


def products(loop):
    return sum(PRODUCTS.get(line.split()[0], 0) for line in loop)


def cycles(mca, loop, processor):
    """Of one iteration."""
    text = "\n".join(re.sub(r"[0-9a-f]+ <.*", "here", line) for line in loop)
    said = said_by(mca, "-mtriple=aarch64-linux-gnu", f"-mcpu={processor}",
                   "-mattr=+dotprod,+i8mm,+fullfp16", "-iterations=200", "-noalias",
                   given="here:\n" + text + "\n")
    return int(re.search(r"Total Cycles:\s+(\d+)", said)[1]) / 200


def table():
    mca = next((found for version in VERSIONS if (found := shutil.which("llvm-mca" + version))), None)
    if not mca:
        return ["There is no llvm-mca, so the inner loops are not shown."]
    version = re.search(r"LLVM version (\S+)", said_by(mca, "--version"))[1]
    rows = [f"Inner loops of the int8 matrix products by llvm-mca {version} (memory not counted):", "",
            "| kernels | tokens | processor | instructions per 512 products | cycles | products per cycle |",
            "| --- | --- | --- | ---: | ---: | ---: |"]
    for name, processors in PROCESSORS.items():
        path, found = functions(name)
        for tokens, function in found.items():
            loop = loop_of(path, function)
            units = products(loop) / 512
            for processor in processors:
                took = cycles(mca, loop, processor)
                rows.append(f"| `{name}` | {tokens} | {processor} | {len(loop) / units:.0f} | "
                            f"{took / units:.0f} | {products(loop) / took:.1f} |")
    return rows


if __name__ == "__main__":
    print("\n".join(table()))
