#!/usr/bin/env python3
"""Small tokenizers, made and run by the reference libraries, with what they make of nasty strings.

    pip install tokenizers sentencepiece
    LINNET_ASSETS=<folder> python3 tests/golden/make_tokenizer_golden.py

Writes tests/golden/tokenizer/: a tokenizer.json or tokenizer.model per tokenizer and NAME.cases.json,
a list of {"text", "ids", "special"}: ids without begin and end, for plain text and (where they
differ) with special tokens parsed. The vocabularies are trained on public-domain tales.
llama2.cases.json is for Meta's tokenizer.model, which lies with the assets.
"""
import json
import os
import pathlib
import sys

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers import processors, trainers

ASSETS = pathlib.Path(os.environ["LINNET_ASSETS"])
OUT = pathlib.Path(__file__).parent / "tokenizer"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
          r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")

STRINGS = [
    "", " ", "  ", "\t", "\n", "\r\n", "\n \n", " \n  \n   ", "a", " a", "a ", "  a  b  ",
    "Hello, world!", "  Once upon a time,\nthere  was a  king.  \n\n", "x\u00a0y\u00a0 z", "\u3000全角　空白",
    "it's IT'S It'S 're'VE'll'LL'd'D'm'M't'T 's", "'\u017ft\u017f '\u017f", "don''t 'tis '", "O'Reilly's",
    "1 12 123 1234 12345678 3.14159 1,000,000", "٣٤٥٦ ௧௨௩ Ⅷ ½ ² 一二三", "x1y22z333w4444",
    "!!!???...---===", " ?!\n\n x", "a\r\nb\rc\n\rd", "tab\tand\x0bvt\x0cff\x85nel\u2028ls\u2029ps",
    "naïve café e\u0301 İıſß ﬁ", "Zażółć gęślą jaźń", "нещо на Български", "日本語のテキスト", "ภาษาไทย",
    "नमस्ते दुनिया", "עברית عربي", "😀😶‍🌫️👩🏽‍🚀🇨🇭", "\u200b\u200d\ufeff\u00ad", "▁ ▁▁ a▁b", "�\ufffd",
    "\x00nul\x00", "\x7f\x80\x9f", "<0x0A><unk>", "</s><s>text</s>", " </s> ", "<|end_of_text|>!",
    "a<|begin_of_text|>b", "see<tool>this <tool> <tool", "some <mask> here <mask>,  <mask>",
    "a" * 70, " " * 70, "ab" * 40, "\n" * 9, "'" * 9, "the " * 12, "it was once upon a time", "of the", "king of the sea", "\U0010ffff\ue000", "ᄀᆞᆨ 한국어",
]


def lines(limit):
    text = (ASSETS / "text/tales/tales.txt").read_text(encoding="utf-8")
    return [line for line in text[:limit].split("\n") if line]


def write(name, cases):
    with open(OUT / f"{name}.cases.json", "w", encoding="ascii") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


def cases_of(tokenizer):
    cases = []
    for text in STRINGS:
        tokenizer.encode_special_tokens = True
        case = {"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids}
        tokenizer.encode_special_tokens = False
        special = tokenizer.encode(text, add_special_tokens=False).ids
        if special != case["ids"]:
            case["special"] = special
        # What comes back is kept too where it is not simply the text.
        back = tokenizer.decode(case["ids"], skip_special_tokens=False)
        if back != text:
            case["decoded"] = back
        cases.append(case)
    return cases


def train(tokenizer, size, special, **options):
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False,
                                  min_frequency=2, **options)
    tokenizer.train_from_iterator(lines(400_000), trainer)


def save(tokenizer, name, **changes):
    model = json.loads(tokenizer.to_str())
    for path, value in changes.items():
        model["model"][path] = value
    text = json.dumps(model, ensure_ascii=False, separators=(",", ":"))
    (OUT / f"{name}.json").write_text(text, encoding="utf-8")
    tokenizer = Tokenizer.from_str(text)
    write(name, cases_of(tokenizer))


def byte_level(name, pattern, ignore_merges, prefix):
    tokenizer = Tokenizer(models.BPE())
    if pattern:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer, 700, [], initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>",
                                  AddedToken("<mask>", lstrip=True, rstrip=True)])
    tokenizer.add_tokens([AddedToken("<tool>", normalized=False)])
    begin = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|begin_of_text|> $A",
                                      special_tokens=[("<|begin_of_text|>", begin)])])
    save(tokenizer, name, ignore_merges=ignore_merges)


def character_level(name, byte_fallback, metaspace):
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256 if byte_fallback else 0)]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=byte_fallback))
    if metaspace:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(**metaspace)
    else:
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"),
                                                     normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " ")] + ([decoders.ByteFallback()] if byte_fallback else []) +
        [decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    # Pieces that span words come up by themselves only if nothing splits the text.
    train(tokenizer, 300 + len(special), special, limit_alphabet=60)
    model = json.loads(tokenizer.to_str())
    model["added_tokens"] = [t for t in model["added_tokens"] if t["id"] < 3]
    for token in model["added_tokens"]:
        token["normalized"] = False
    tokenizer = Tokenizer.from_str(json.dumps(model))
    save(tokenizer, name)


def sentencepiece_model(name, **options):
    model = OUT / f"{name}.model"
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines(400_000)), model_prefix=str(OUT / name), model_type="bpe",
        normalization_rule_name="identity", minloglevel=2, num_threads=1, **options)
    (OUT / f"{name}.vocab").unlink()
    run_sentencepiece(name, model)


def run_sentencepiece(name, model):
    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    cases = []
    for text in STRINGS:
        case = {"text": text, "ids": processor.encode(text)}
        back = processor.decode(case["ids"])
        if back != text:
            case["decoded"] = back
        cases.append(case)
    write(name, cases)


def main():
    OUT.mkdir(exist_ok=True)
    byte_level("llama3_words", LLAMA3, True, False)
    byte_level("gpt2_words_prefix", "", False, True)
    character_level("prepend", True, None)
    character_level("metaspace_first", False, dict(prepend_scheme="first", split=False))
    character_level("metaspace_split", False, dict(prepend_scheme="always", split=True))
    sentencepiece_model("spm_bytes", vocab_size=700, byte_fallback=True, character_coverage=0.995,
                        remove_extra_whitespaces=False, user_defined_symbols=["<tool>", "once upon", "of▁the", "the"])
    sentencepiece_model("spm_unknown", vocab_size=400, character_coverage=0.99,
                        remove_extra_whitespaces=True, pad_id=3)
    sentencepiece_model("spm_no_prefix", vocab_size=600, byte_fallback=True,
                        remove_extra_whitespaces=False, add_dummy_prefix=False,
                        split_by_whitespace=False)
    run_sentencepiece("llama2", ASSETS / "tokenizers/llama/llama2-tokenizer.model")
    return 0


if __name__ == "__main__":
    sys.exit(main())
