#!/usr/bin/env python3
"""What SentencePiece makes of nasty strings and of lines of real text, by unigram vocabularies and by
others with a character map.

    pip install tokenizers sentencepiece
    LINNET_ASSETS=<folder> python3 tests/golden/make_unigram_golden.py

Writes tests/golden/tokenizer/NAME.cases.json as make_tokenizer_golden.py does: with small models
that are trained here, and for models that lie with the assets.
"""
import pathlib
import sys
import tempfile

import sentencepiece
from make_tokenizer_golden import ASSETS, OUT, STRINGS, lines, write

# Some of what the usual maps do, which are a hundred times as large: "from<TAB>to" in code points.
RULES = """\
9\t20
A0\t20
3000\t20
FB01\t66 69
2026\t2E 2E 2E
BD\t31 2044 32
C4 301\t41
65 301\tE9
200B\t
A8\t20 308
2581\t20
FF21\t41
D\t
"""
MORE = ["ﬁre \u00a0\u3000 ﬁ\tre", "wait… what\u2026?", "½ cup", "Ä\u0301 A\u0301 cafe\u0301 e\u0301\u0301", "\u200b\u200b",
        " \u200b a\u200bb \u200b", "¨a ¨ b¨", "▁a▁▁b▁", "ＡＡ Ａ", "\r\n\r\n", "once upon<tool>…<tool>", "…<too…>"]


# Each vocabulary gets lines of its own, so that the files stay small.
def texts(part, count):
    found = []
    for file in sorted((ASSETS / "text").rglob("*")) + [ASSETS / "tokenizers/sentencepiece/botchan.txt"]:
        try:
            found += file.read_text(encoding="utf-8").split("\n") if file.is_file() else []
        except UnicodeDecodeError:
            continue
    short = sorted({line for line in found if 0 < len(line) < 300 and "\r" not in line})
    return short[part::len(short) // count]


# SentencePiece takes a blank from the front of what it decodes also where it has put one at the end;
# there we take that one.
def decoded(processor, ids, suffix):
    if not suffix:
        return processor.decode(ids)
    pieces = [processor.id_to_piece(id) for id in ids]
    return b"".join(bytes([int(piece[3:-1], 16)]) if processor.is_byte(id) else piece.replace("▁", " ").encode()
                    for piece, id in zip(pieces, ids)).decode().removesuffix(" ")


def run(name, model, strings, suffix=False):
    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    cases = []
    for text in strings:
        case = {"text": text, "ids": processor.encode(text)}
        back = decoded(processor, case["ids"], suffix)
        if back != text:
            case["decoded"] = back
        cases.append(case)
    write(name, cases)


def train(name, model_type, **options):
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        rules.write(RULES)
        rules.flush()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines(200_000)), model_prefix=str(OUT / name), num_threads=1,
            model_type=model_type, normalization_rule_tsv=rules.name, minloglevel=2, **options)
    (OUT / f"{name}.vocab").unlink()
    run(name, OUT / f"{name}.model", STRINGS + MORE, options.get("treat_whitespace_as_suffix", False))


def main():
    train("unigram_bytes", "unigram", vocab_size=700, byte_fallback=True,
          user_defined_symbols=["<tool>", "once upon", "of▁the", "…"])
    train("unigram_unknown", "unigram", vocab_size=400, remove_extra_whitespaces=False,
          add_dummy_prefix=False, split_by_whitespace=False, pad_id=3)
    train("bpe_mapped", "bpe", vocab_size=500, character_coverage=0.99,
          user_defined_symbols=["<tool>"])
    train("unigram_suffix", "unigram", vocab_size=500, treat_whitespace_as_suffix=True, byte_fallback=True,
          remove_extra_whitespaces=False)
    train("bpe_suffix", "bpe", vocab_size=500, treat_whitespace_as_suffix=True, user_defined_symbols=["<tool>"])
    tokenizers = ASSETS / "tokenizers"
    for part, (name, file) in enumerate({
            "t5": "t5/t5_tokenizer_base.model",
            "unigram_test": "sentencepiece/test_model.model",
            "unigram_torchtext": "sentencepiece/torchtext_spm_example.model",
            "firefox": "firefox-spm/vocab.spm",
            "firefox_zhen": "firefox-spm/vocab.zhen.spm"}.items()):
        run(name, tokenizers / file, STRINGS + MORE + texts(part, 100))
    return 0


if __name__ == "__main__":
    sys.exit(main())
