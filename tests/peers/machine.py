"""The machine, the folders and the processes of a comparison."""

import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

WORK = Path("build/peers")
MODELS = WORK / "models"
LINNET_PROGRAM = "build/release/linnet"
CONVERT_PROGRAM = "build/release/linnet-convert"
JOBS = os.environ.get("JOBS", str(os.cpu_count()))  # compilers at once


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return re.sub(r"\s+", " ", line.split(":", 1)[1]).strip()
    return platform.machine()


def said(command, given=None, **environment):
    """Standard output of a program that is given a text; its standard error is shown where it fails."""
    done = subprocess.run(list(map(str, command)), input=given, capture_output=True, text=True,
                          env=os.environ | environment)
    if done.returncode != 0:
        print(done.stderr[-2000:], file=sys.stderr)
        done.check_returncode()
    return done.stdout


def milliseconds(command):
    """From the start of a program to its end."""
    begin = time.perf_counter()
    said(command)
    return (time.perf_counter() - begin) * 1e3


def made(path, make):
    """A file or folder that is made once: it has its name only when it is whole."""
    if not path.exists():
        print(f"makes {path}", flush=True)
        part = path.with_name("part-" + path.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        make(part)
        part.rename(path)
    return path
