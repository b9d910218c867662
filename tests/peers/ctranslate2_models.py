"""Random models with int8 weights, as CTranslate2 keeps them."""

import numpy as np
from ctranslate2.specs import common_spec, transformer_spec

from machine import MODELS, made
from shapes import SHAPES

# The base model of Vaswani et al. (2017).
VOCABULARY, WIDTH, HIDDEN, HEADS, LAYERS = 32000, 512, 2048, 8, 6


def words(vocabulary):
    return ["<unk>", "<s>", "</s>"] + [f"t{i}" for i in range(vocabulary - 3)]


class Weights:
    """Draws matrices that keep the size of what they are multiplied with."""

    def __init__(self):
        self.rng = np.random.default_rng(1)

    def matrix(self, rows, columns):
        return self.rng.standard_normal((rows, columns), np.float32) * np.float32(columns ** -0.5)

    def linear(self, linear, rows, columns, bias=True):
        linear.weight = self.matrix(rows, columns)
        if bias:
            linear.bias = np.zeros(rows, np.float32)


def layer_norm(norm):
    norm.gamma, norm.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)


def attention(weights, layer, rows):
    for linear, count in zip(layer.linear, rows):
        weights.linear(linear, count * WIDTH, WIDTH)
    layer_norm(layer.layer_norm)


def feed_forward(weights, layer):
    weights.linear(layer.linear_0, HIDDEN, WIDTH)
    weights.linear(layer.linear_1, WIDTH, HIDDEN)
    layer_norm(layer.layer_norm)


def save(spec, folder):
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


def make_base(folder):
    weights = Weights()
    spec = transformer_spec.TransformerSpec.from_config(
        (LAYERS, LAYERS), HEADS, pre_norm=False, activation=common_spec.Activation.RELU)
    shared = weights.matrix(VOCABULARY, WIDTH)
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = shared
    spec.decoder.projection.weight = shared
    spec.decoder.projection.bias = np.zeros(VOCABULARY, np.float32)
    for layer in spec.encoder.layer:
        attention(weights, layer.self_attention, (3, 1))
        feed_forward(weights, layer.ffn)
    for layer in spec.decoder.layer:
        attention(weights, layer.self_attention, (3, 1))
        attention(weights, layer.attention, (1, 2, 1))
        feed_forward(weights, layer.ffn)
    spec.register_source_vocabulary(words(VOCABULARY))
    spec.register_target_vocabulary(words(VOCABULARY))
    spec.config.add_source_eos = True
    save(spec, folder)


def make_decoder(folder, shape):
    weights = Weights()
    spec = transformer_spec.TransformerDecoderModelSpec.from_config(
        shape.layers, shape.heads, activation=common_spec.Activation.SWISH, pre_norm=True, ffn_glu=True,
        rms_norm=True, rotary_dim=0, rotary_interleave=False, rotary_base=10000,
        num_heads_kv=None if shape.kv_heads == shape.heads else shape.kv_heads)
    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.embeddings.weight = weights.matrix(shape.vocabulary, shape.width)
    weights.linear(decoder.projection, shape.vocabulary, shape.width, bias=False)
    decoder.layer_norm.gamma = np.ones(shape.width, np.float32)
    for layer in decoder.layer:
        joined, out = layer.self_attention.linear
        weights.linear(joined, shape.width + 2 * shape.kv_width, shape.width, bias=False)
        weights.linear(out, shape.width, shape.width, bias=False)
        weights.linear(layer.ffn.linear_0, shape.hidden, shape.width, bias=False)
        weights.linear(layer.ffn.linear_0_noact, shape.hidden, shape.width, bias=False)
        weights.linear(layer.ffn.linear_1, shape.width, shape.hidden, bias=False)
        for norm in (layer.self_attention.layer_norm, layer.ffn.layer_norm):
            norm.gamma = np.ones(shape.width, np.float32)
    spec.register_vocabulary(words(shape.vocabulary))
    spec.config.bos_token, spec.config.eos_token, spec.config.unk_token = "<s>", "</s>", "<unk>"
    spec.config.layer_norm_epsilon = 1e-5
    save(spec, folder)


def base():
    return made(MODELS / "base", make_base)


def decoder(shape_name):
    return made(MODELS / f"{shape_name}-ctranslate2", lambda part: make_decoder(part, SHAPES[shape_name]))
