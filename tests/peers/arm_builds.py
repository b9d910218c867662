"""What is counted: Linnet and llama.cpp, cross-compiled, and the plugin that counts."""

import shutil
import subprocess
from pathlib import Path

import llama_cpp_build
from machine import JOBS, WORK, made, said

SOURCES = Path(__file__).parent / "arm"
FOLDER = WORK / "arm"


def plugin():
    FOLDER.mkdir(parents=True, exist_ok=True)
    library = FOLDER / "count.so"
    said(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-fvisibility=hidden", "-o", library,
          SOURCES / "count.c"])
    return library


def linnet(architecture):
    said(["cmake", "--preset", architecture.preset])
    said(["cmake", "--build", "--preset", architecture.preset, "-j", JOBS, "--target", "linnet"])
    return architecture.linnet


def linnet_with_symbols(architecture):
    """The same objects linked once more, but not stripped."""
    folder = linnet(architecture).parent
    path = FOLDER.absolute() / f"linnet.{architecture.preset}"
    link = said(["ninja", "-C", folder, "-t", "commands", "linnet"]).splitlines()[-1]
    link = link.replace(" -s ", " ").replace(" -o linnet ", f" -o '{path}' ")
    subprocess.run(["sh", "-c", link], cwd=folder, check=True)
    return path


def llama_steps(tier):
    """Tiers of one architecture share a folder, because they share most of llama.cpp."""
    folder = FOLDER / f"llama-{tier.architecture.preset}"
    flags = ["-GNinja", f"-DCMAKE_TOOLCHAIN_FILE={Path('toolchains').absolute()}/{tier.architecture.triple}.cmake",
             f"-DLLAMA_CPP={llama_cpp_build.source().absolute()}", "-DGGML_NATIVE=OFF", "-DGGML_OPENMP=OFF",
             *tier.llama_flags]

    def build(part):
        llama_cpp_build.build(folder, SOURCES, flags, ["llama_steps"])
        shutil.copy(folder / "llama_steps", part)

    return made(FOLDER / f"llama_steps.{tier.name}", build)
