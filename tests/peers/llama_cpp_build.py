"""llama.cpp from the source of llama-cpp-python: for this CPU, for AVX2 only, and for others (arm_builds.py)."""

import re
import subprocess
import sys
import tarfile
from pathlib import Path

from machine import JOBS, WORK, made

PINS = Path(__file__).parent / "source-requirements.txt"
PROGRAMS = ("llama-bench", "llama-batched-bench")
PLAIN = ["-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=OFF", "-DLLAMA_OPENSSL=OFF", "-DLLAMA_BUILD_TESTS=OFF",
         "-DLLAMA_BUILD_EXAMPLES=OFF", "-DLLAMA_BUILD_SERVER=OFF", "-DLLAMA_BUILD_UI=OFF", "-DLLAMA_BUILD_MTMD=OFF"]
INSTRUCTIONS = {
    "native": ["-DGGML_NATIVE=ON"],
    "avx2": ["-DGGML_NATIVE=OFF", "-DGGML_SSE42=ON", "-DGGML_AVX=ON", "-DGGML_AVX2=ON", "-DGGML_FMA=ON",
             "-DGGML_F16C=ON", "-DGGML_BMI2=ON", "-DGGML_AVX_VNNI=OFF", "-DGGML_AVX512=OFF"]}


def version():
    return re.search(r"^llama-cpp-python==(\S+)", PINS.read_text(), re.MULTILINE).group(1)


def source():
    def fetch(part):
        archive = WORK / f"llama_cpp_python-{version()}.tar.gz"
        if not archive.exists():
            subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
                            "--no-deps", "--no-binary", "llama-cpp-python", "--dest", str(WORK), "-r", str(PINS)],
                           check=True)
        with tarfile.open(archive) as files:
            files.extractall(part, filter="data")

    folder = made(WORK / f"llama-cpp-{version()}", fetch)
    return folder / f"llama_cpp_python-{version()}" / "vendor" / "llama.cpp"


def build(folder, sources, flags, programs):
    """What the compilers say is in a file beside the folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.log", "w") as log:
        def run(*command):
            subprocess.run(["nice", "-n", "19", "cmake", *map(str, command)], check=True, stdout=log, stderr=log)

        run("-S", sources, "-B", folder, *PLAIN, *flags)
        run("--build", folder, f"-j{JOBS}", "--target", *programs)


def programs(instructions):
    """The folder of the programs, which are built where they are not there yet: half an hour or so."""
    folder = WORK / f"llama-{instructions}"
    if not all((folder / "bin" / program).exists() for program in PROGRAMS):
        print(f"builds llama.cpp in {folder}; its words are in {folder}.log", flush=True)
        try:
            build(folder, source(), INSTRUCTIONS[instructions], PROGRAMS)
        except subprocess.CalledProcessError as error:
            sys.exit(f"llama.cpp could not be fetched or built: {error}")
    return folder / "bin"
