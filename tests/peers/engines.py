"""The engines: each measures a row with a number of threads and says its figure, which is in row.unit."""

import functools
import statistics
import sys
from pathlib import Path

import ctranslate2_models
import figures
import gguf_models
import linnet_models
import llama_cpp_build
import outputs
import rows
from machine import LINNET_PROGRAM, milliseconds, said
from outputs import Unsupported
from shapes import SHAPES

PAGE = 256  # llama.cpp rounds the room of a sequence up to this
TINY = "32,1,2,2,32,32"


def median_milliseconds(command, repeats):
    milliseconds(command)
    return statistics.median(milliseconds(command) for _ in range(repeats))


class Linnet:
    name = figures.LINNET

    @functools.cached_property
    def flags(self):
        return said([LINNET_PROGRAM, "bench", "--help"])

    def prepare(self, row):
        if row.kind == "start":
            return linnet_models.decoder(row.shape)
        if row.kind == "translation":
            return linnet_models.base()
        self.try_flags(row)
        return None

    def try_flags(self, row):
        """Older programs know no depth, and take --batch without a word for what is not for a decoder."""
        if row.depth and "--depth" not in self.flags:
            raise Unsupported("this linnet bench has no --depth")
        if row.batch > 1:
            tiny = [LINNET_PROGRAM, "bench", "--shape", TINY, "-p", 0, "-n", 1, "-t", 1, "--batch", row.batch]
            outputs.of_linnet(said([*tiny, "--repeats", 1, "--json", "--quiet"]), row.batch)

    def measure(self, row, threads, model):
        """The figure, and the percent of the limit where it is told."""
        if row.kind == "start":
            command = [LINNET_PROGRAM, "generate", "-m", model, "--prompt-ids", 1, "-n", 1, "--temp", 0, "-t", threads]
            return median_milliseconds([*command, "--quiet"], row.repeats), None
        command = [LINNET_PROGRAM, "bench", "-t", threads, "--repeats", row.repeats, "--json", "--quiet"]
        command += self.translation(row, model) if row.kind == "translation" else self.decoder(row)
        environment = {"LINNET_ISA": row.isa} if row.isa else {}
        return outputs.of_linnet(said(command, **environment), row.batch)

    @staticmethod
    def translation(row, model):
        return ["-m", model, "--source-tokens", 32, "--target-tokens", 33, "--batch", row.batch, "-b", row.beam]

    @staticmethod
    def decoder(row):
        lengths = ["-p", row.tokens, "-n", 0] if row.kind == "prompt" else ["-p", 0, "-n", row.tokens]
        command = ["--shape", SHAPES[row.shape].numbers(), "--type", row.type, *lengths]
        if row.depth:
            command += ["--depth", row.depth]
        if row.batch > 1:
            command += ["--batch", row.batch]
        return command


class LlamaCpp:
    def __init__(self, name, instructions):
        self.name = name
        self.instructions = instructions

    def prepare(self, row):
        return (llama_cpp_build.programs(self.instructions),
                gguf_models.model(row.shape, gguf_models.BESIDE[row.type]))

    def measure(self, row, threads, prepared):
        programs, model = prepared
        if row.kind == "start":
            return median_milliseconds([programs / "llama-bench", "-m", model, "-p", 0, "-n", 1, "-r", 1,
                                        "--no-warmup", "-t", threads], row.repeats), None
        if row.batch > 1:
            return outputs.of_batched_bench(said(self.batched(row, threads, programs, model))), None
        lengths = ["-p", row.tokens, "-n", 0] if row.kind == "prompt" else ["-p", 0, "-n", row.tokens]
        depth = ["-d", row.depth, "-fa", 1] if row.depth else []
        return outputs.of_llama_bench(said([programs / "llama-bench", "-m", model, *lengths, *depth, "-t", threads,
                                            "-r", row.repeats, "-o", "jsonl"])), None

    @staticmethod
    def batched(row, threads, programs, model):
        room = row.batch * PAGE * -(-(1 + row.tokens) // PAGE)
        return [programs / "llama-batched-bench", "-m", model, "-npp", 1, "-ntg", row.tokens,
                "-npl", ",".join([str(row.batch)] * row.repeats), "-c", room, "-t", threads, "-tb", threads,
                "--output-format", "jsonl"]


class CTranslate2:
    name = rows.CTRANSLATE2

    def prepare(self, row):
        return ctranslate2_models.base() if row.kind == "translation" else ctranslate2_models.decoder(row.shape)

    def measure(self, row, threads, model):
        program = Path(__file__).parent / "ctranslate2_run.py"
        return float(said([sys.executable, program, row.kind, model, threads, row.tokens, row.batch, row.beam,
                           row.repeats])), None
