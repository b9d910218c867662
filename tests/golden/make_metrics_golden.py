#!/usr/bin/env python3
"""What sacreBLEU says of a real text with mistakes in it, and of nasty little ones.

    pip install sacrebleu
    LINNET_ASSETS=<folder> python3 tests/golden/make_metrics_golden.py

Writes tests/golden/metrics/: hypotheses.txt and two references, made of public-domain tales by
mistakes that a seed fixes, and cases.json:

    {"sacrebleu": its version,
     "tokens": [[line, its tokens 13a with a space between them, its words, it in lower case], ...],
     "corpora": [{"hypotheses": [...], "references": [[...] for each line], "scores": scores}, ...],
     "files": [{"references": [names], "lowercase": bool, "scores": scores}, ...]}

where scores are {"bleu": {"score", "precisions", "brevity", "lengths", "line"}, "chrf0".."chrf2":
{"score", "line"}}; `line` is what sacreBLEU prints, with VERSION for its version.
"""
import json
import os
import pathlib
import random

import sacrebleu
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

ASSETS = pathlib.Path(os.environ["LINNET_ASSETS"])
OUT = pathlib.Path(__file__).parent / "metrics"

LINES = [
    "", " ", "a", ".", "..", "...", ",.,.", " . ", "1.", ".1", "1.2", "1,2.3,4", "1.a", "a.1", "1..2", "a,b", "a.b.c",
    "3.14,15", "1-2", "a-1", "1-a", "-1", "--", "1--2", "well-known", "2-3-4", "don't 'tis ''", "rock'n'roll's",
    "(a) [b] {c} <d> |e| ~f~ `g` \"h\"", "a/b\\c:d;e=f?g@h!i#j$k%l&m*n+o^p_q", "5% $4.50 #1", "e.g., i.e. etc.",
    "&quot;x&quot; &amp; &lt;y&gt;", "&amp;lt; &amp;quot; &amp;amp;", "&quot &apos; &#39;", "a<skipped>b <skip<skipped>ped>",
    "Hello, world! How are you?", "http://www.example.org/a?b=c&d=e", "No. 7, p. 8-9, 10.000,5", "end.\r", "\ttab\ttab\t",
    "a\u00a0b\u2003c\u3000d\u2028e\x85f", "x\x1cy\x1dz\x1e\x1fw", "a\u200bb\ufeffc", "caf\u00e9. na\u00efve, \u00fc.", "\u00bfQu\u00e9? \u00a1S\u00ed!",
    "\u201cquoted\u201d \u2013 dash\u2014dash\u2026", "\u4f60\u597d\uff0c\u4e16\u754c\u3002 1\u30012", "\u0663.\u0664 \u0967,\u0968 \u00b2.\u00b3", "\U0001f426. \U0001f426, x",
    "\u0391\u03a3 \u03a3\u0391\u03a3\u03a3 \u03a3 \u0391\u03a3. \u0391\u03a3.\u0391 \u0391\u03a3'\u0391 1\u03a3 \u0391\u0301\u03a3\u0301", "\u0130STANBUL \u0049\u0131",
    "STRASSE Stra\u00dfe \u1e9e \u01c4\u01c5\u01c6 \u2126\u212a\u212b \u0410\u0411\u0412\u042f \u10a0\u13a0 \uff21\uff3a \U00010400 \u2160\u24b6",
    "-\u00e9.\u00e9-.\u00e9,", "x.\u4f60,\u4f60", "''", "a'.b", ".'.", "1'.2",
]

CORPORA = [
    ([""], [["a b"]]), (["a b"], [[""]]), ([""], [[""]]), (["a"], [["a"]]), (["a b"], [["b a"]]),
    (["a b c"], [["a b c"]]), (["a b c d"], [["a b c d"]]), (["a a a a a"], [["a a b"]]), (["x y z w"], [["a b c d"]]),
    (["the cat sat on the mat"], [["the cat is on the mat", "there is a cat on the mat"]]),
    (["a b c d e f"], [["a b c d", "a b c d e f g h"]]), (["a b c", "d e f g h"], [["a b", "a b c d"], ["d e", "d e f g h i j"]]),
    (["abcdefg"], [["abcdeg", "gfedcba"]]), (["ab"], [["abcdefgh"]]), (["(hi) hi, 'hi' !"], [["( hi ) hi,, hi!"]]),
    (["\u00fcber. \u4f60\u597d\u3002"], [["\u00fcber \u4f60 \u597d\u3002"]]), (["! ? ."], [["!?."]]), (["a", "", "b c d e"], [["a"], ["x"], ["b c d f"]]),
    (["A cat. The CAT"], [["a Cat. the cat"]]), (["a\u00e9 \u00e9."], [["a\u00e9 \u00e9 ."]]),
]


def scores(hypotheses, references, lowercase):
    """`references`: a list for each line."""
    streams = [list(stream) for stream in zip(*references)]
    out = {}
    metric = BLEU(lowercase=lowercase)
    result = metric.corpus_score(hypotheses, streams)
    line = result.format(signature=metric.get_signature().format())
    out["bleu"] = dict(score=result.score, precisions=result.precisions, brevity=result.bp,
                       lengths=[result.sys_len, result.ref_len], line=line)
    for order in (0, 1, 2):
        metric = CHRF(word_order=order, lowercase=lowercase)
        result = metric.corpus_score(hypotheses, streams)
        out[f"chrf{order}"] = dict(score=result.score, line=result.format(signature=metric.get_signature().format()))
    for one in out.values():
        one["line"] = one["line"].replace("version:" + sacrebleu.__version__, "version:VERSION")
    return out


def sentences():
    text = (ASSETS / "text/tales/tales.valid.txt").read_text(encoding="utf-8")
    all_lines = [line for line in text.split("\n") if 30 <= len(line) <= 220]
    return all_lines[::len(all_lines) // 120][:120]


def with_mistakes(line, rng, rate):
    words = []
    for word in line.split():
        what = rng.random() / rate
        if what < 0.2:
            continue
        words.append({
            2: word[::-1], 3: word.upper(), 4: word.strip(".,;:!?\"'"), 5: word[:-1] + "\u00e9" + word[-1], 6: word + " " + word,
            7: word + ",", 8: "&quot;" + word, 9: word.replace("e", "3."),
        }.get(int(what * 10), word))
    if rng.random() < rate:
        rng.shuffle(words)
    return " ".join(words)


def main():
    OUT.mkdir(exist_ok=True)
    rng = random.Random(7)
    wanted = sentences()
    files = {
        "hypotheses.txt": [with_mistakes(line, rng, 0.35) for line in wanted],
        "reference.txt": wanted,
        "reference2.txt": [with_mistakes(line, rng, 0.15) for line in wanted],
    }
    files["hypotheses.txt"][5] = ""
    for name, lines in files.items():
        (OUT / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    tokenize = Tokenizer13a()
    cases = dict(sacrebleu=sacrebleu.__version__)
    cases["tokens"] = [[line, tokenize(line.rstrip()), line.split(), line.lower()] for line in LINES]
    cases["corpora"] = [dict(hypotheses=h, references=r, scores=scores(h, r, False)) for h, r in CORPORA]
    cases["files"] = [
        dict(references=names, lowercase=lowercase,
             scores=scores(files["hypotheses.txt"], list(zip(*(files[n] for n in names))), lowercase))
        for names in (["reference.txt"], ["reference2.txt"], ["reference.txt", "reference2.txt"])
        for lowercase in (False, True)]
    (OUT / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
