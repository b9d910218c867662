#!/usr/bin/env python3
"""Make the files of tests/golden/gguf: tiny random models, and what llama.cpp makes of them.

    pip install gguf numpy
    python make_gguf_golden.py LLAMA_CPP BUILD

LLAMA_CPP is a source tree of llama.cpp, BUILD a folder in which it was built with static libraries
(tests/peers/llama_cpp_build.py does both).

    llama-f32, -f16, -q8_0, -q4_0.gguf  one Llama with a SentencePiece vocabulary; all but the first are from
                                        llama.cpp's own quantizer
    llama-scaled.gguf                   float16, one layer, untied head, rope_freqs, linear scaling
    gpt2-f16.gguf                       a GPT-2 with byte-level BPE
    blocks.bin                          rows in every type with blocks, and back as floats (llama_cpp_judge.cpp)
    expected.json                       greedy tokens, their logits and the second best ones; ids of texts
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np

HERE = Path(__file__).resolve().parent
OUT = HERE / "gguf"
WIDTH, INNER, HEADS, KV_HEADS, CONTEXT = 32, 96, 4, 2, 64
PROMPT, STEPS = [1, 260, 262, 75, 266, 264, 120, 99], 24
EMBEDDING = 0.3  # small, or a tied head repeats its input
PIECES = ["\u2581t", "he", "\u2581the", "in", "er", "\u2581a", "an", "nd", "\u2581and", "\u2581s", "ou", "re", "on",
          "\u2581", "e", "a", "t", "o", "s", "h", "\u2581\u2581", "ing", "\u2581w", "as", "\u2581was", "or"]
MERGES = ["\u0120 t", "h e", "\u0120t he", "i n", "e r", "\u0120 a", "n d", "\u0120a nd", "o u", "r e", "\u0120 \u0120"]
TEXTS = ["the rain and the other hand", "", " two  blanks", "Gr\u00fc\u00dfe, \u4e16\u754c!", "was was<|x|>the",
         "12345 it's [end] done", "<|endoftext|> \u00a0x"]
LIBRARIES = ["src/libllama.a", "ggml/src/libggml.a", "ggml/src/libggml-cpu.a", "ggml/src/libggml-base.a"]


def judge(sources, build, folder):
    program = folder / "judge"
    libraries = [build / name for name in LIBRARIES]
    subprocess.run(["g++", "-std=c++20", "-O1", f"-I{sources}/include", f"-I{sources}/ggml/include",
                    HERE / "llama_cpp_judge.cpp", "-o", program, "-Wl,--start-group", *libraries, "-Wl,--end-group",
                    "-fopenmp", "-ldl", "-lpthread"], check=True)

    def run(*arguments, given=None):
        return subprocess.run([program, *map(str, arguments)], input=given, check=True, capture_output=True,
                              text=True).stdout

    return run


def random(generator, *shape, scale=1.0):
    """Numbers that float16 holds."""
    return (generator.standard_normal(shape) * scale).astype(np.float16).astype(np.float32)


def pieces(writer):
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)] + PIECES + ["<|x|>", "[end]", "[PAD]"]
    types = [2, 3, 3] + [6] * 256 + [1] * len(PIECES) + [4, 3, 5]
    scores = [0.0] * 259 + [-float(i) for i in range(len(PIECES))] + [-1000.0, -1000.0, -10000.0]
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    return len(tokens)


def byte_level(writer):
    own = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [i for i in range(256) if i not in own]
    letters = {byte: chr(byte) for byte in own} | {byte: chr(0x100 + i) for i, byte in enumerate(others)}
    tokens = [letters[i] for i in range(256)] + [merge.replace(" ", "") for merge in MERGES] + ["<|endoftext|>"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * (len(tokens) - 1) + [3])
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(len(tokens) - 1)
    writer.add_eos_token_id(len(tokens) - 1)
    return len(tokens)


def sizes(writer, layers, heads, kv_heads):
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(heads)
    if kv_heads:
        writer.add_head_count_kv(kv_heads)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def llama(path, seed, layers, scaled):
    generator = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "llama")
    sizes(writer, layers, HEADS, KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(500.0)
    writer.add_file_type(0)
    vocabulary = pieces(writer)
    writer.add_vocab_size(vocabulary)
    kv_width = WIDTH // HEADS * KV_HEADS
    kind = np.float16 if scaled else np.float32
    writer.add_tensor("token_embd.weight", random(generator, vocabulary, WIDTH, scale=EMBEDDING))
    if scaled:
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(2.0)
        writer.add_tensor("rope_freqs.weight", np.array([1.0, 1.5, 2.0, 4.0], np.float32))
        writer.add_tensor("output.weight", random(generator, vocabulary, WIDTH).astype(kind))
    for layer in range(layers):
        for name, rows, columns in (("attn_q", WIDTH, WIDTH), ("attn_k", kv_width, WIDTH), ("attn_v", kv_width, WIDTH),
                                    ("attn_output", WIDTH, WIDTH), ("ffn_gate", INNER, WIDTH),
                                    ("ffn_up", INNER, WIDTH), ("ffn_down", WIDTH, INNER)):
            writer.add_tensor(f"blk.{layer}.{name}.weight", random(generator, rows, columns, scale=0.25).astype(kind))
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", 1 + random(generator, WIDTH, scale=0.2))
    writer.add_tensor("output_norm.weight", 1 + random(generator, WIDTH, scale=0.2))
    finish(writer)


def gpt2(path, seed):
    generator = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "gpt2")
    sizes(writer, 1, 2, 0)
    writer.add_layer_norm_eps(1e-5)
    writer.add_file_type(1)
    vocabulary = byte_level(writer)

    def linear(name, rows, columns):
        writer.add_tensor(f"blk.0.{name}.weight", random(generator, rows, columns, scale=0.25).astype(np.float16))
        writer.add_tensor(f"blk.0.{name}.bias", random(generator, rows, scale=0.2))

    def norm(name):
        writer.add_tensor(f"{name}.weight", 1 + random(generator, WIDTH, scale=0.2))
        writer.add_tensor(f"{name}.bias", random(generator, WIDTH, scale=0.2))

    writer.add_tensor("token_embd.weight", random(generator, vocabulary, WIDTH, scale=EMBEDDING).astype(np.float16))
    writer.add_tensor("position_embd.weight", random(generator, CONTEXT, WIDTH, scale=0.3))
    norm("blk.0.attn_norm")
    linear("attn_qkv", 3 * WIDTH, WIDTH)
    linear("attn_output", WIDTH, WIDTH)
    norm("blk.0.ffn_norm")
    linear("ffn_up", INNER, WIDTH)
    linear("ffn_down", WIDTH, INNER)
    norm("output_norm")
    finish(writer)


def main():
    sources, build = map(Path, sys.argv[1:])
    OUT.mkdir(exist_ok=True)
    expected = {"prompt": PROMPT, "greedy": {}, "texts": TEXTS, "ids": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = judge(sources, build, folder)
        llama(OUT / "llama-f32.gguf", 1, 2, False)
        for kind in ("f16", "q8_0", "q4_0"):
            run("quantize", OUT / "llama-f32.gguf", OUT / f"llama-{kind}.gguf", kind)
        llama(OUT / "llama-scaled.gguf", 2, 1, True)
        gpt2(OUT / "gpt2-f16.gguf", 3)
        for path in sorted(OUT.glob("*.gguf")):
            lines = [line.split() for line in run("generate", path, STEPS, *PROMPT).splitlines()]
            expected["greedy"][path.stem] = {"tokens": [int(line[0]) for line in lines],
                                             "logits": [float(line[1]) for line in lines],
                                             "seconds": [float(line[2]) for line in lines]}
        for model in ("llama-f32", "gpt2-f16"):
            lines = run("tokens", OUT / f"{model}.gguf", given="".join(text + "\n" for text in TEXTS)).split("\n")
            expected["ids"][model] = [[int(number) for number in line.split()] for line in lines[:len(TEXTS)]]
        rows = folder / "rows"
        generator = np.random.default_rng(4)
        (generator.standard_normal((2, 256)) * np.array([[0.1], [3.0]])).astype(np.float32).tofile(rows)
        run("blocks", rows, OUT / "blocks.bin")
    (OUT / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
