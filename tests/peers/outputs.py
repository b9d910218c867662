"""Reads what the engines' own measuring programs print."""

import json
import re
import statistics


class Unsupported(Exception):
    """This engine, or this build of it, has no such row."""


def events(text):
    """The JSON objects among the lines of a text."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def of_linnet(text, batch=1):
    """The figure, and the percent of the limit where it is told, of the one row of `linnet bench --json`."""
    timings = [event for event in events(text) if event.get("event") == "timing"]
    if len(timings) != 1:
        raise Unsupported(f"linnet bench told {len(timings)} rows instead of one")
    if batch > 1 and f"batch {batch}" not in timings[0]["test"]:
        raise Unsupported("this linnet bench has no batches of a decoder alone")
    return timings[0]["median"], timings[0].get("percent_of_limit")


def of_llama_bench(text):
    """Tokens per second of the one row of `llama-bench -o jsonl`."""
    tests = events(text)
    if len(tests) != 1:
        raise Unsupported(f"llama-bench told {len(tests)} rows instead of one")
    return statistics.median(tests[0]["samples_ts"])


def of_batched_bench(text):
    """Generated tokens per second: the median of the rows of llama-batched-bench."""
    speeds = [test["speed_tg"] for test in events(text) if "speed_tg" in test]
    if not speeds:
        raise Unsupported("llama-batched-bench told no row")
    return statistics.median(speeds)


def facts_of_linnet(text):
    """What `linnet --version` says: "Linnet 0.1.0, kernels `avx2`"."""
    version = re.search(r"^linnet (\S+)", text, re.MULTILINE).group(1)
    kernels = re.search(r"(\S+) \(in use\)", text)
    return f"Linnet {version}" + (f", kernels `{kernels.group(1)}`" if kernels else "")
