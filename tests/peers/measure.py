"""Rounds: in each, every row is measured with every engine in turn, so that what else the machine does
meets all of them alike."""

import subprocess

from outputs import Unsupported
from rows import THREADS


def plan(rows, linnet, peers):
    """[(row, [(engine, what it prepared)])], Linnet first; says what is left out and why."""
    planned = []
    for row in rows:
        ready = []
        for engine in [linnet, *(peers[name] for name in row.targets)]:
            try:
                ready.append((engine, engine.prepare(row)))
            except (Unsupported, subprocess.CalledProcessError) as error:
                print(f"left out: {row.name}, {engine.name}: {error}", flush=True)
                if engine is linnet:
                    break
        if len(ready) > 1:
            planned.append((row, ready))
    return planned


def measure_once(row, threads, engine, prepared, figures):
    figure, percent = engine.measure(row, threads, prepared)
    figures.add(row.name, threads, engine.name, figure)
    if percent is not None:
        figures.add_limit(row.name, threads, percent)
    print(f"  {row.name}, {threads} {'thread' if threads == 1 else 'threads'}, {engine.name}: "
          f"{figure:.1f} {row.unit}", flush=True)


def measure_row(row, ready, threads, figures):
    """An engine that fails is not asked again for this row; without Linnet, or with it alone, nobody is."""
    for engine, prepared in list(ready):
        try:
            measure_once(row, threads, engine, prepared, figures)
        except (Unsupported, subprocess.CalledProcessError) as error:
            print(f"left out: {row.name}, {engine.name}: {error}", flush=True)
            if (engine, prepared) == ready[0] or len(ready) == 2:
                return ready.clear()
            ready.remove((engine, prepared))


def measure(planned, rounds, figures, keep):
    """`keep` is called whenever a row has been measured with one number of threads."""
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", flush=True)
        for row, ready in planned:
            for threads in THREADS:
                measure_row(row, ready, threads, figures)
                keep()
