"""A checkpoint of llama2.c with random weights, and a vocabulary for it, to convert for Linnet.

    random_llama2c.py FILE TOKENIZER width,layers,heads,kv_heads,hidden,vocabulary
"""

import array
import random
import struct
import sys

POSITIONS = 2048


def weights(file, count, columns, draw):
    """Of variance 1 / columns. A hundred thousand, over and over."""
    deviation = columns ** -0.5
    some = array.array("f", (draw.gauss(0, deviation) for _ in range(100_000))).tobytes()
    for _ in range(count // 100_000):
        file.write(some)
    file.write(some[:count % 100_000 * 4])


def write_checkpoint(path, width, layers, heads, kv_heads, hidden, vocabulary):
    draw = random.Random(1)
    keys = width // heads * kv_heads
    ones = struct.pack("<f", 1)
    with open(path, "wb") as file:
        # A negative vocabulary says that the head has weights of its own.
        file.write(struct.pack("<7i", width, hidden, layers, heads, kv_heads, -vocabulary, POSITIONS))
        weights(file, vocabulary * width, width, draw)
        file.write(ones * (layers * width))
        for rows in (width, keys, keys, width):
            weights(file, layers * rows * width, width, draw)
        file.write(ones * (layers * width))
        for columns in (width, hidden, width):
            weights(file, layers * width * hidden, columns, draw)
        file.write(ones * width)
        file.write(bytes(4 * POSITIONS * (width // heads)))  # cosines and sines, which nobody reads
        weights(file, vocabulary * width, width, draw)


def write_tokenizer(path, vocabulary):
    words = ["<unk>", "\n<s>\n", "\n</s>\n", *(f"<0x{i:02X}>" for i in range(256))]
    words += [f"t{i}" for i in range(vocabulary - len(words))]
    with open(path, "wb") as file:
        file.write(struct.pack("<i", max(map(len, words))))
        for word in words[:vocabulary]:
            file.write(struct.pack("<fi", 0, len(word)) + word.encode())


if __name__ == "__main__":
    shape = [int(number) for number in sys.argv[3].split(",")]
    write_checkpoint(sys.argv[1], *shape)
    write_tokenizer(sys.argv[2], shape[-1])
