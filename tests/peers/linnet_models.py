"""Models that only Linnet reads: files, where the others measure files."""

import struct

import numpy as np

import ctranslate2_models
from machine import CONVERT_PROGRAM, MODELS, made, said
from shapes import SHAPES

CONTEXT = 256


def spelling(token):
    special = ("<unk>", "\n<s>\n", "\n</s>\n")
    if token < 3:
        return special[token]
    return f"<0x{token - 3:02X}>" if token < 259 else f"t{token}"


def write_llama2c(path, shape):
    """A random checkpoint of llama2.c (version 0; a negative vocabulary: with its own head)."""
    rng = np.random.default_rng(1)
    matrices = [(shape.width, shape.width), (shape.kv_width, shape.width), (shape.kv_width, shape.width),
                (shape.width, shape.width), None,
                (shape.hidden, shape.width), (shape.width, shape.hidden), (shape.hidden, shape.width)]
    with open(path, "wb") as out:
        def matrix(rows, columns):
            out.write((rng.standard_normal((rows, columns), np.float32) * np.float32(columns ** -0.5)).tobytes())

        def norm(rows):
            out.write(np.ones((rows, shape.width), np.float32).tobytes())

        out.write(struct.pack("<7i", shape.width, shape.hidden, shape.layers, shape.heads, shape.kv_heads,
                              -shape.vocabulary, CONTEXT))
        matrix(shape.vocabulary, shape.width)
        norm(shape.layers)
        for size in matrices:
            if size is None:
                norm(shape.layers)
            else:
                matrix(shape.layers * size[0], size[1])
        norm(1)
        out.write(bytes(4 * CONTEXT * (shape.width // shape.heads)))  # cosines and sines, which nobody reads
        matrix(shape.vocabulary, shape.width)


def write_words(path, vocabulary):
    words = [spelling(token).encode() for token in range(vocabulary)]
    with open(path, "wb") as out:
        out.write(struct.pack("<i", max(map(len, words))))
        for word in words:
            out.write(struct.pack("<fi", 0.0, len(word)) + word)


def decoder(shape_name, type_name="int8"):
    shape = SHAPES[shape_name]
    weights = made(MODELS / f"{shape_name}.bin", lambda part: write_llama2c(part, shape))
    words = made(MODELS / f"{shape_name}.words.bin", lambda part: write_words(part, shape.vocabulary))
    return made(MODELS / f"{shape_name}.{type_name}.linnet",
                lambda part: said([CONVERT_PROGRAM, weights, "-o", part, "--tokenizer", words, "--type", type_name]))


def base():
    """A conversion of CTranslate2's model, which keeps its integers."""
    return made(MODELS / "base.int8.linnet",
                lambda part: said([CONVERT_PROGRAM, ctranslate2_models.base(), "-o", part, "--type", "int8"]))
