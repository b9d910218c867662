#!/usr/bin/env python3
"""WordPiece vocabularies and today's ways of cutting words, made and run by the reference library.

    pip install tokenizers==0.23.3 sentencepiece
    LINNET_ASSETS=<folder> python3 tests/golden/make_words_golden.py

Writes tests/golden/tokenizer/: a small tokenizer.json per tokenizer, trained on public-domain tales,
and NAME.cases.json as make_tokenizer_golden.py describes it; bert_uncased and bert_cased also have
NAME.pairs.json, a list of {"first", "second", "most", "ids", "types"} (second absent: one text;
most 0: no limit). bert_cased_vocab.cases.json is for BERT's own cased vocabulary, which lies with
the assets.
"""
import base64
import json
import pathlib
import sys
import tempfile

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers, processors, trainers

from make_tokenizer_golden import ASSETS, OUT, STRINGS, cases_of, lines, write

QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
         r"\s*[\r\n]+|\s+(?!\S)|\s+")
BLOOM = " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+"
MORE = [
    "Ünïcödé ÀÉÎÕÜ Straße ĲĳŉǅƁ", "e\u0301e\u0323\u0302 s\u0307\u0323 q\u0307\u0323 \u1e9b\u0323", "Å Ω K \u0344 \uf900",
    "각각 \u1100\u1161\u11a8 한국어 \uac00\u11a8", "ὈδυσσεύςΣ ἄνδρα ΜΟΙ", "İstanbul ISPARTA ıi", "ﬃ ½ ² ①",
    "a\u00adb a\u200bb a\ufeffb a\u0085b a\u2028b", "x\ue000y x\uf8ffy x\ue001y", "東京tokyo大阪", "𠀀a𪜀b𫝀", "々〇ㄅ",
    "don't can't 'quoted' \"quoted\"", "a-b_c/d\\e|f~g`h^i$j+k=l<m>n", "3.14 1,000 2³ 10¹² ¼ ¾", "ù¹ ³ ²ò ¼½¾",
    "end.\r\n\r\nNext\n\n\n  para", "中文，标点。测试！", "нет. Да? Нет!", "तेरा।  ہے۔ نعم،", "12 123 1234 12345 123456 1234567",
    "x=1;y==2;z!==3", "if (a[i]<b[j]) { return; }", "hello   world\t\ttabs", "ΑΒΓ123абв456あいう789", "\u0e01\u0e33 ก็",
    "unaffable " * 3, "``quoted'' ```three''' Ünïcödé", "w" * 99 + " " + "w" * 100 + " " + "w" * 101,
]
PAIRS = [
    ("it was once upon a time", None), ("the king", "the queen of the sea"), ("", "a"), ("a", ""), ("", ""),
    ("the king of the sea and the queen", "a house"), ("a house", "the king of the sea and the queen"),
    ("one two three four five", "six seven eight nine ten"),
]


def all_cases(tokenizer):
    STRINGS.extend(text for text in MORE if text not in STRINGS)
    return cases_of(tokenizer)


def save(tokenizer, name, wanted=lambda text: True):
    text = json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
    (OUT / f"{name}.json").write_text(text, encoding="utf-8")
    write(name, [case for case in all_cases(Tokenizer.from_str(text)) if wanted(case["text"])])


def bert(name, processor, **options):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(**options)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=900, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(lines(400_000) + STRINGS + MORE, trainer)
    cls, sep = ("[CLS]", tokenizer.token_to_id("[CLS]")), ("[SEP]", tokenizer.token_to_id("[SEP]"))
    if processor == "template":
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
            special_tokens=[cls, sep])
    else:
        tokenizer.post_processor = processors.BertProcessing(sep, cls)
    save(tokenizer, name)
    pairs = []
    for first, second in PAIRS:
        for most in (0, 3, 4, 7, 8, 11) if second is not None else (0, 2, 5):
            if most:
                tokenizer.enable_truncation(most, strategy="longest_first")
            else:
                tokenizer.no_truncation()
            found = tokenizer.encode(first, second)
            case = {"first": first, "most": most, "ids": found.ids, "types": found.type_ids}
            if second is not None:
                case["second"] = second
            pairs.append(case)
    with open(OUT / f"{name}.pairs.json", "w", encoding="ascii") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in pairs) + "\n]\n")


# The fields of a message of protocol buffers: numbers and bytes.
def fields(message):
    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value
    at = 0
    while at < len(message):
        tag = number()
        if tag & 7 == 0:
            yield tag >> 3, number()
        else:
            size = number() if tag & 7 == 2 else {1: 8, 5: 4}[tag & 7]
            yield tag >> 3, message[at:at + size]
            at += size


# A compiled map that makes every blank U+0020.
def map_of_blanks():
    with tempfile.TemporaryDirectory() as folder:
        rules = pathlib.Path(folder) / "rules.tsv"
        rules.write_text("".join(f"{c:X}\t20\n" for c in range(0x3001) if chr(c).isspace()
                                 and c not in (0x1C, 0x1D, 0x1E, 0x1F, 0x20)))
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines(20_000)), model_prefix=f"{folder}/x", vocab_size=100,
            model_type="char", normalization_rule_tsv=str(rules), minloglevel=2, num_threads=1,
            hard_vocab_limit=False)
        model = pathlib.Path(f"{folder}/x.model").read_bytes()
    normalizer = dict(fields(model))[3]
    return base64.b64encode(dict(fields(normalizer))[2]).decode()


# The library finds "<unk>" in a text and gives several "▁" back as several blanks; SentencePiece,
# which the engine follows, does not. Of the ways to spell a long row of "w" many are equally good.
def albert(name):
    tokenizer = Tokenizer(models.Unigram())
    steps = [normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(),
             normalizers.StripAccents(), normalizers.Lowercase(),
             normalizers.Replace(Regex(" {2,}"), " ")]
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(),
        pre_tokenizers.Metaspace(prepend_scheme="always", split=True)])
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always", split=True)
    special = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.UnigramTrainer(vocab_size=500, special_tokens=special, unk_token="<unk>",
                                      show_progress=False)
    tokenizer.train_from_iterator(lines(100_000) + STRINGS + MORE, trainer)
    model = json.loads(tokenizer.to_str())
    model["normalizer"]["normalizers"].insert(
        5, {"type": "Precompiled", "precompiled_charsmap": map_of_blanks()})
    tokenizer = Tokenizer.from_str(json.dumps(model))
    cls, sep = ("[CLS]", 2), ("[SEP]", 3)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[cls, sep])
    save(tokenizer, name, lambda text: not any(part in text for part in ("<unk>", "▁", "www")))


def bert_cased_vocabulary():
    path = ASSETS / "tokenizers/bert/bert-base-cased-vocab.txt"
    tokens = path.read_text(encoding="utf-8").split("\n")
    tokenizer = Tokenizer(models.WordPiece({t: i for i, t in enumerate(tokens) if t}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    write("bert_cased_vocab", all_cases(tokenizer))


def byte_level(name, steps, normalizer=None, added=()):
    tokenizer = Tokenizer(models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps) if len(steps) > 1 else steps[0]
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=420, show_progress=False, min_frequency=2,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(lines(200_000) + STRINGS + MORE, trainer)
    tokenizer.add_special_tokens(["<|end_of_text|>"])
    tokenizer.add_tokens(list(added))
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    save(tokenizer, name)


def words():
    split = lambda pattern: pre_tokenizers.Split(Regex(pattern), "isolated")
    plain = lambda regex: pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=regex)
    digits = pre_tokenizers.Digits
    nfc = normalizers.NFC()
    blanks = [AddedToken(" " * n, normalized=True) for n in (2, 4, 8)]
    byte_level("qwen2_words", [split(QWEN2), plain(False)], nfc)
    byte_level("neox_words", [plain(True)], nfc, blanks)
    byte_level("codegen_words", [plain(True)], None, blanks + [AddedToken("\t\t", normalized=True)])
    byte_level("starcoder_words", [digits(individual_digits=True), plain(True)])
    byte_level("falcon_words", [pre_tokenizers.Punctuation("contiguous"), plain(True),
                                digits(individual_digits=False), split("[0-9][0-9][0-9]")])
    byte_level("deepseek_coder_words", [split("[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"),
                                        split("[一-龥ࠀ-一가-퟿]+"),
                                        digits(individual_digits=True), plain(False)])
    byte_level("deepseek_words", [
        split("[\r\n]"), split(r"\s?[A-Za-zµÀ-ÖØ-öø-ƺǄ-ʓͰ-ͳͶͷΆΈ-ΊΌΎ-ΡΣ-ϵҊ-ԯＡ-Ｚａ-ｚ]+"),
        split(r"\s?[!-/:-~！-／：-～‘-‟　-。]+"), split(r"\s+$"), split("[一-龥ࠀ-一가-퟿]+"),
        digits(individual_digits=True), plain(False)])
    byte_level("bloom_words", [split(BLOOM), plain(False)])


def main():
    OUT.mkdir(exist_ok=True)
    bert("bert_uncased", "template")
    bert("bert_cased", "bert", lowercase=False)
    bert_cased_vocabulary()
    albert("albert")
    words()
    return 0


if __name__ == "__main__":
    sys.exit(main())
