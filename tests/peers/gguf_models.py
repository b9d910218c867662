"""Random Llamas as GGUF files. The numbers of their blocks are drawn as they lie in the file, with one
scale for a matrix such that the sums over a row keep the size of their inputs."""

import gguf
import numpy as np

from machine import MODELS, made
from shapes import SHAPES

TYPES = {"q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
         "q4_0": (gguf.GGMLQuantizationType.Q4_0, gguf.LlamaFileType.MOSTLY_Q4_0)}
BESIDE = {"int8": "q8_0", "int4": "q4_0"}  # Linnet's type: the one that is compared with it
GROUP = 32
SPREAD = {"q8_0": 73.3, "q4_0": 4.6}  # the standard deviation of the integers


def blocks(rng, type_name, rows, columns):
    """A matrix [rows, bytes of a row]: each block is its scale and the integers of its group."""
    groups = rows * columns // GROUP
    if type_name == "q8_0":
        integers = rng.integers(-127, 128, (groups, GROUP), np.int8).view(np.uint8)
    else:
        integers = rng.integers(0, 256, (groups, GROUP // 2), np.uint8)
    scale = np.array([1 / (SPREAD[type_name] * columns ** 0.5)], np.float16).view(np.uint8)
    return np.hstack([np.broadcast_to(scale, (groups, 2)), integers]).reshape(rows, -1)


def matrices(shape):
    """(name, rows, columns) of every matrix."""
    yield "token_embd.weight", shape.vocabulary, shape.width
    for layer in range(shape.layers):
        for name, rows, columns in (("attn_q", shape.width, shape.width), ("attn_k", shape.kv_width, shape.width),
                                    ("attn_v", shape.kv_width, shape.width),
                                    ("attn_output", shape.width, shape.width),
                                    ("ffn_gate", shape.hidden, shape.width), ("ffn_up", shape.hidden, shape.width),
                                    ("ffn_down", shape.width, shape.hidden)):
            yield f"blk.{layer}.{name}.weight", rows, columns
    yield "output.weight", shape.vocabulary, shape.width


def norms(shape):
    yield "output_norm.weight"
    for layer in range(shape.layers):
        yield f"blk.{layer}.attn_norm.weight"
        yield f"blk.{layer}.ffn_norm.weight"


def settings(writer, shape, type_name):
    writer.add_context_length(4096)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(TYPES[type_name][1])
    writer.add_tokenizer_model("no_vocab")


def write(path, shape, type_name):
    """One matrix at a time: the largest file is bigger than some memories."""
    rng = np.random.default_rng(1)
    kind = TYPES[type_name][0]
    writer = gguf.GGUFWriter(path, "llama")
    settings(writer, shape, type_name)
    for name in norms(shape):
        writer.add_tensor_info(name, (shape.width,), np.dtype(np.float32), 4 * shape.width)
    for name, rows, columns in matrices(shape):
        row_bytes = gguf.quant_shape_to_byte_shape((columns,), kind)[0]
        writer.add_tensor_info(name, (rows, row_bytes), np.dtype(np.uint8), rows * row_bytes, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for _ in norms(shape):
        writer.write_tensor_data(np.ones(shape.width, np.float32))
    for _, rows, columns in matrices(shape):
        writer.write_tensor_data(blocks(rng, type_name, rows, columns))
    writer.close()


def model(shape_name, type_name):
    return made(MODELS / f"{shape_name}-{type_name}.gguf",
                lambda part: write(part, SHAPES[shape_name], type_name))
