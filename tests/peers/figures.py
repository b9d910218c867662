"""What was measured: figures per row, threads and engine, kept in a JSON file after each of them."""

import json
import statistics

LINNET = "Linnet"


class Figures:
    def __init__(self, facts):
        self.facts = facts   # of the machine and the engines: name -> text
        self.measured = {}   # (row, threads, engine) -> a figure for each round
        self.limits = {}     # (row, threads) -> percent of what this machine could do, for each round

    def add(self, row, threads, engine, figure):
        self.measured.setdefault((row, threads, engine), []).append(figure)

    def add_limit(self, row, threads, percent):
        self.limits.setdefault((row, threads), []).append(percent)

    def of(self, row, threads, engine):
        return self.measured.get((row, threads, engine), [])

    def median(self, row, threads, engine):
        return median(self.of(row, threads, engine))

    def limit(self, row, threads):
        return median(self.limits.get((row, threads), []))

    def ratios(self, row, threads, peer):
        """How many times the peer's speed Linnet has, in each round in which both ran."""
        pairs = zip(self.of(row.name, threads, LINNET), self.of(row.name, threads, peer))
        return [theirs / ours if row.unit == "ms" else ours / theirs for ours, theirs in pairs]

    def rounds(self):
        return max(map(len, self.measured.values()), default=0)

    def save(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"facts": self.facts,
                           "measured": [[*key, values] for key, values in self.measured.items()],
                           "limits": [[*key, values] for key, values in self.limits.items()]}, indent=1)
        part = path.with_suffix(".tmp")
        part.write_text(text + "\n")
        part.replace(path)

    @staticmethod
    def load(path):
        kept = json.loads(path.read_text())
        figures = Figures(kept["facts"])
        figures.measured = {tuple(key): values for *key, values in kept["measured"]}
        figures.limits = {tuple(key): values for *key, values in kept["limits"]}
        return figures


def median(values):
    return statistics.median(values) if values else None
