#!/usr/bin/env python3
"""Divide the Carnegie Mellon Pronouncing Dictionary into the parts that `g2p` is trained and judged on.

    python3 split.py CMUDICT FOLDER

CMUDICT holds cmudict.dict. FOLDER receives {train,valid,test}.words, the words of each part, one per line,
and {train,valid,test}.phonemes, their pronunciations, alternatives separated by tabs.

A word belongs to a part by the order of SHA-256(salt + word): the first tenth is the test set, the next
three hundredths are for validation, the rest is for training. All pronunciations of a word stay
together, and neither a library nor a random generator can change the parts.
"""

import hashlib
import re
import sys
from pathlib import Path

SALT = "linnet g2p 1 "


def read_dictionary(path):
    """Word -> its pronunciations, each a list of phonemes with stress marks, in the order of the file."""
    entries = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        word, *phonemes = line.split("#", 1)[0].split()
        word = re.sub(r"\(\d+\)$", "", word).lower()
        entries.setdefault(word, [])
        if phonemes not in entries[word]:
            entries[word].append(phonemes)
    return entries


def order_of(word):
    return hashlib.sha256((SALT + word).encode()).digest()


def split(entries):
    """The three parts, each a sorted list of words."""
    order = sorted(entries, key=order_of)
    test, valid = len(order) // 10, len(order) * 3 // 100
    return dict(test=sorted(order[:test]), valid=sorted(order[test:test + valid]),
                train=sorted(order[test + valid:]))


def write_split(data, out):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    entries = read_dictionary(Path(data) / "cmudict.dict")
    for name, words in split(entries).items():
        listed = "".join(word + "\n" for word in words).encode()
        (out / f"{name}.words").write_bytes(listed)
        (out / f"{name}.phonemes").write_text(
            "".join("\t".join(" ".join(p) for p in entries[word]) + "\n" for word in words))
        print(f"{name:5s}  {len(words):6d} words  {sum(len(entries[w]) for w in words):6d} pronunciations  "
              f"sha256 of {name}.words {hashlib.sha256(listed).hexdigest()}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write_split(*sys.argv[1:])
