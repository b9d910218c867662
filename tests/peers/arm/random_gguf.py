"""A GGUF file of a Llama with random Q8_0 weights and no vocabulary, for llama.cpp.

    random_gguf.py FILE width,layers,heads,kv_heads,hidden,vocabulary
"""

import random
import struct
import sys

STRING, U32, F32 = 8, 4, 6  # kinds of values
TENSOR_F32, TENSOR_Q8_0 = 0, 8
ALIGNMENT = 32


def string(text):
    return struct.pack("<Q", len(text)) + text.encode()


def setting(name, kind, value):
    coded = string(value) if kind == STRING else struct.pack("<I" if kind == U32 else "<f", value)
    return string(name) + struct.pack("<I", kind) + coded


def settings(width, layers, heads, kv_heads, hidden, vocabulary):
    llama = {"context_length": 2048, "embedding_length": width, "block_count": layers,
             "feed_forward_length": hidden, "attention.head_count": heads,
             "attention.head_count_kv": kv_heads, "rope.dimension_count": width // heads,
             "vocab_size": vocabulary}
    return [setting("general.architecture", STRING, "llama"),
            setting("tokenizer.ggml.model", STRING, "no_vocab"),
            setting("llama.attention.layer_norm_rms_epsilon", F32, 1e-5),
            *(setting("llama." + name, U32, value) for name, value in llama.items())]


def tensors(width, layers, heads, kv_heads, hidden, vocabulary):
    """Name, outputs (0: a vector) and inputs of each."""
    keys = width // heads * kv_heads
    yield "token_embd", vocabulary, width
    yield "output_norm", 0, width
    yield "output", vocabulary, width
    for layer in range(layers):
        for name, rows, columns in (("attn_norm", 0, width), ("ffn_norm", 0, width),
                                    ("attn_q", width, width), ("attn_k", keys, width),
                                    ("attn_v", keys, width), ("attn_output", width, width),
                                    ("ffn_gate", hidden, width), ("ffn_up", hidden, width),
                                    ("ffn_down", width, hidden)):
            yield f"blk.{layer}.{name}", rows, columns


def random_blocks(count, columns, draw):
    """Q8_0: float16 scale, 32 integers; rows of variance 1 / columns. A thousand, over and over."""
    scale = struct.pack("<e", 1 / (73 * columns ** 0.5))
    bounded = bytes(range(128)) + bytes([129]) + bytes(range(129, 256))  # no -128
    thousand = b"".join(scale + draw.randbytes(32).translate(bounded) for _ in range(1000))
    return (thousand * (count // 1000 + 1))[:34 * count]


def write(path, shape):
    draw = random.Random(1)
    head, contents, at = b"", [], 0
    for name, rows, columns in tensors(*shape):
        sizes = [columns, rows] if rows else [columns]
        kind = TENSOR_Q8_0 if rows else TENSOR_F32
        data = (random_blocks(rows * columns // 32, columns, draw) if rows
                else struct.pack("<f", 1) * columns)
        data += bytes(-len(data) % ALIGNMENT)
        head += string(name + ".weight") + struct.pack("<I", len(sizes))
        head += b"".join(struct.pack("<Q", size) for size in sizes) + struct.pack("<IQ", kind, at)
        contents.append(data)
        at += len(data)
    said = settings(*shape)
    start = struct.pack("<4sIQQ", b"GGUF", 3, len(contents), len(said)) + b"".join(said) + head
    with open(path, "wb") as file:
        file.write(start + bytes(-len(start) % ALIGNMENT))
        file.writelines(contents)


if __name__ == "__main__":
    write(sys.argv[1], [int(number) for number in sys.argv[2].split(",")])
