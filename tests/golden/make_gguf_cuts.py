#!/usr/bin/env python3
"""Make tests/golden/gguf/cuts.json: how llama.cpp cuts words, by the name in `tokenizer.ggml.pre`.

    pip install gguf numpy
    python make_gguf_cuts.py LLAMA_CPP BUILD

LLAMA_CPP and BUILD are those of make_gguf_golden.py. One byte-level vocabulary, whose merges were found
in whole texts, so that they would go over every cut that is missing:

    tokens, merges   as a GGUF file has them
    texts
    cuts             names, and ids of the texts with any of these
"""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import gguf

from make_gguf_golden import OUT, finish, judge

NAMES = ["gpt-2", "a.x-4.0", "trillion", "llama-bpe", "dbrx", "midm-2.0", "qwen2", "deepseek-r1-qwen", "stablelm2",
         "deepseek-coder", "deepseek-llm", "starcoder", "minerva-7b", "falcon", "bloom", "gpt3-finnish", "poro-chat", "viking"]
TEXTS = ["the rain and the other hand, the rain and the rain.", "don't can't WE'LL I'M you're he'd she's it's IT'S o'clock",
         "a1 b22 c333 d4444 e55555 1 12 123 1234 12345 3.14 1,000", "x=1;y==2;z!==3 if(a[i]<b[j]){return;}//!!??",
         "  two   three    four ", "tab\tand\t\ttabs\t", "(the rain) [and] {the} <hand> \"quoted\" 'quoted'", "a-b_c/d\\e|f~g`h^i$j+k=l<m>n@o#p%q&r*s",
         "Gr\u00fc\u00dfe \u00c9t\u00e9 \u00ef\u00ef \u03b1\u03b2\u03b3 \u041f\u0440\u0438\u0432\u0435\u0442 \u0434\u0430",
         "\u4e16\u754c\u4f60\u597d\uff0c\u4e16\u754c\u3002 \u6771\u4eac tokyo\u6771\u4eac", "\ud55c\uad6d\uc5b4 \ud55c\uad6d \uac00\ub098",
         "...and so on... wait -- what?! no.", " 1 a 1a a1 1,a ,1 , .", "the,rain,and.the.hand;the:rain", "\u0967\u0968\u0969 \u0663\u0664 x\u00b2\u00b3 \u00bd\u00bc",
         "the \u2018rain\u2019 \u201cand\u201d \u2026 \u2014 the", "$100 +5 =7 <9> ^2 `x` |y| ~z"]


def letters():
    own = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [i for i in range(256) if i not in own]
    return {byte: chr(byte) for byte in own} | {byte: chr(0x100 + i) for i, byte in enumerate(others)}


def merges_of(texts, count):
    """The pairs that are next to each other most often, one after the other."""
    written = letters()
    words = [[written[byte] for byte in text.encode()] for text in texts * 2]
    merges = []
    for _ in range(count):
        pairs = Counter(pair for word in words for pair in zip(word, word[1:]))
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(" ".join(best))
        for place, word in enumerate(words):
            made = []
            for piece in word:
                if made and (made[-1], piece) == best:
                    made[-1] += piece
                else:
                    made.append(piece)
            words[place] = made
    return merges


def main():
    sources, build = map(Path, sys.argv[1:])
    merges = merges_of(TEXTS, 250)
    tokens = [letters()[byte] for byte in range(256)] + [merge.replace(" ", "") for merge in merges]
    tokens = list(dict.fromkeys(tokens)) + ["<|endoftext|>"]
    cuts = []
    with tempfile.TemporaryDirectory() as name:
        run = judge(sources, build, Path(name))
        for pre in NAMES:
            path = Path(name) / "v.gguf"
            writer = gguf.GGUFWriter(path, "llama")
            writer.add_tokenizer_model("gpt2")
            writer.add_tokenizer_pre(pre)
            writer.add_token_list(tokens)
            writer.add_token_types([1] * (len(tokens) - 1) + [3])
            writer.add_token_merges(merges)
            writer.add_bos_token_id(len(tokens) - 1)
            writer.add_eos_token_id(len(tokens) - 1)
            writer.add_add_bos_token(False)
            finish(writer)
            lines = run("tokens", path, given="".join(text + "\n" for text in TEXTS)).split("\n")
            ids = [[int(number) for number in line.split()] for line in lines[:len(TEXTS)]]
            same = next((cut for cut in cuts if cut["ids"] == ids), None)
            if same:
                same["names"].append(pre)
            else:
                cuts.append({"names": [pre], "ids": ids})
    found = {"tokens": tokens, "merges": merges, "texts": TEXTS, "cuts": cuts}
    (OUT / "cuts.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
