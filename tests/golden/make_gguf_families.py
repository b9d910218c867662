#!/usr/bin/env python3
"""Make the files of tests/golden/gguf_families: tiny random models of the architectures of GGUF files.

    pip install torch transformers safetensors gguf numpy
    python make_gguf_families.py LLAMA_CPP BUILD [NAME ...]

LLAMA_CPP and BUILD are those of make_gguf_golden.py. Every model is made by transformers, saved, and
turned into a GGUF file by llama.cpp's own converter (without a tokenizer):

    NAME.gguf          float16, norms and biases float32
    NAME.safetensors   tokens I32 [40]; for the last 12 of them the logits F32 [12, vocab], or for
                       encoders the pooled state F32 [1, width], twice:
        transformers   in float64
        llama.cpp      of a float32 file with the same numbers

Their largest difference over the largest number is printed. It is below 1e-6, but with a GELU, which
llama.cpp takes from a table of half precision, and with tanh even where a model was trained with the
other: up to 0.002 then. Where it is more, as in qwen2-yarn, llama.cpp's are not kept.
"""

import json
import logging
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
import transformers as t
from safetensors.torch import save_file

from make_gguf_golden import judge
from make_hf_golden import fill

OUT = Path(__file__).resolve().parent / "gguf_families"
POSITIONS, KEPT, VOCAB, WIDTH, INNER = 40, 12, 48, 16, 24


def small(kind, config, **changes):
    fields = dict(vocab_size=VOCAB, hidden_size=WIDTH, intermediate_size=INNER, num_hidden_layers=2, num_attention_heads=2,
                  max_position_embeddings=64)
    fields.update(changes)
    return kind, config(**fields)


def gemma(kind, config, **changes):
    return small(kind, config, **dict(dict(num_attention_heads=4, num_key_value_heads=2, head_dim=6), **changes))


def falcon(**changes):
    fields = dict(vocab_size=VOCAB, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=4,
                  max_position_embeddings=2048, ffn_hidden_size=4 * WIDTH)
    fields.update(changes)
    return t.FalconForCausalLM, t.FalconConfig(**fields)


# The first two of four pairs are kept, the others lie on the ramp.
YARN = {"rope_type": "yarn", "rope_theta": 1000.0, "factor": 4.0, "original_max_position_embeddings": 4096}
# llama.cpp takes the long factors if its own context, of 256, is longer than the original one.
LONGROPE = {"rope_type": "longrope", "rope_theta": 1000.0, "short_factor": [1.0, 1.25, 1.5, 3.0],
            "long_factor": [2.0, 4.0, 8.0, 16.0], "original_max_position_embeddings": 256}

# What its first config.json says.
NOMIC = {"n_positions": 8192, "activation_function": "swiglu", "causal": False, "qkv_proj_bias": False,
         "mlp_fc1_bias": False, "mlp_fc2_bias": False, "prenorm": False, "rotary_emb_fraction": 1.0,
         "rotary_emb_interleaved": False, "rotary_emb_scale_base": None}

CASES = {
    # name: (class and config, fields that the converter wants otherwise, its options)
    "llama-yarn": (small(t.LlamaForCausalLM, t.LlamaConfig, max_position_embeddings=16384, rope_parameters=YARN), {}, {}),
    "qwen2": (small(t.Qwen2ForCausalLM, t.Qwen2Config, num_attention_heads=4, num_key_value_heads=2), {}, {}),
    "qwen2-fused": (small(t.Qwen2ForCausalLM, t.Qwen2Config, num_attention_heads=4, num_key_value_heads=2),
                    {}, {"fuse_qkv": True}),
    # What llama.cpp's converter writes and llama.cpp does not read.
    "qwen2-yarn": (small(t.Qwen2ForCausalLM, t.Qwen2Config, num_key_value_heads=1, max_position_embeddings=16384,
                         rope_parameters=dict(YARN, beta_fast=16.0, beta_slow=4.0, attention_factor=1.25)), {}, {}),
    "qwen3": (small(t.Qwen3ForCausalLM, t.Qwen3Config, num_attention_heads=4, num_key_value_heads=2, head_dim=6), {}, {}),
    "gemma": (gemma(t.GemmaForCausalLM, t.GemmaConfig), {}, {}),
    "gemma2": (gemma(t.Gemma2ForCausalLM, t.Gemma2Config, sliding_window=8, query_pre_attn_scalar=6,
                     attn_logit_softcapping=5.0, final_logit_softcapping=8.0), {}, {}),
    # Layer 5 sees all.
    "gemma3": (gemma(t.Gemma3ForCausalLM, t.Gemma3TextConfig, sliding_window=8, query_pre_attn_scalar=6,
                     num_hidden_layers=7), {}, {}),
    "phi2": (small(t.PhiForCausalLM, t.PhiConfig, intermediate_size=4 * WIDTH), {}, {}),
    "phi3": (small(t.Phi3ForCausalLM, t.Phi3Config, num_attention_heads=4, num_key_value_heads=2, pad_token_id=0),
             {"original_max_position_embeddings": 64}, {}),
    "phi3-longrope": (small(t.Phi3ForCausalLM, t.Phi3Config, pad_token_id=0, max_position_embeddings=2048,
                            original_max_position_embeddings=256, rope_parameters=LONGROPE), {}, {}),
    "gptneox": (small(t.GPTNeoXForCausalLM, t.GPTNeoXConfig), {"rotary_pct": 0.25}, {}),
    "gptneox-sequential": (small(t.GPTNeoXForCausalLM, t.GPTNeoXConfig, use_parallel_residual=False),
                           {"rotary_pct": 0.25}, {}),
    "falcon-grouped": (falcon(new_decoder_architecture=True, num_kv_heads=2), {}, {}),
    "falcon-one-key": (falcon(), {"num_kv_heads": 1}, {}),
    "stablelm": (small(t.StableLmForCausalLM, t.StableLmConfig, num_key_value_heads=1, use_qkv_bias=True), {}, {}),
    "stablelm-parallel": (small(t.StableLmForCausalLM, t.StableLmConfig, num_key_value_heads=2,
                                use_parallel_residual=True), {}, {}),
    # Three heads: their slopes are not those of a power of two.
    "bloom": ((t.BloomForCausalLM, t.BloomConfig(vocab_size=VOCAB, hidden_size=18, n_layer=2, n_head=3)),
              {"seq_length": 64}, {}),
    "mpt": ((t.MptForCausalLM, t.MptConfig(vocab_size=VOCAB, d_model=18, n_layers=2, n_heads=3, max_seq_len=64)), {}, {}),
    "starcoder": ((t.GPTBigCodeForCausalLM, t.GPTBigCodeConfig(vocab_size=VOCAB, n_positions=64, n_embd=WIDTH, n_layer=2,
                                                               n_head=2)), {}, {}),
    "starcoder2": (small(t.Starcoder2ForCausalLM, t.Starcoder2Config, num_attention_heads=4, num_key_value_heads=2), {}, {}),
    "bert-mean": (small(t.BertModel, t.BertConfig), {}, {"pooling": 1}),
    "bert-first": (small(t.BertModel, t.BertConfig, type_vocab_size=1), {}, {"pooling": 2}),
    "nomic-bert": (small(t.NomicBertModel, t.NomicBertConfig), NOMIC, {"pooling": 1}),
    "command-r": (small(t.CohereForCausalLM, t.CohereConfig, num_attention_heads=4, num_key_value_heads=2, logit_scale=0.25,
                        bos_token_id=1, eos_token_id=2), {}, {}),
}


def without_vocabulary(kind):
    """Their converter of that class, for folders without a tokenizer."""

    class Converter(kind):
        model_arch = kind.model_arch
        pooling = None

        def set_vocab(self):
            self.gguf_writer.add_tokenizer_model("none")
            self.gguf_writer.add_vocab_size(VOCAB)
            self.vocab_size = VOCAB
            if self.pooling is not None:
                self.gguf_writer.add_token_type_count(self.hparams.get("type_vocab_size", 1))

        def _create_vocab_sentencepiece(self):
            return [b""] * VOCAB, [], []

        def _try_set_pooling_type(self):
            import gguf
            if self.pooling is not None:
                self.gguf_writer.add_pooling_type(gguf.PoolingType(self.pooling))

        def _is_tokenizer_xlmroberta(self):
            return False

    return Converter


def write_gguf(folder, path, ftype, changes, options):
    import conversion
    import gguf
    hparams = json.loads((folder / "config.json").read_text())
    hparams.update(changes)
    name = hparams["architectures"][0].replace("Mpt", "MPT")
    (folder / "tokenizer.model").touch()
    options = dict(options)
    kind = without_vocabulary(conversion.get_model_class(name))
    kind.pooling = options.pop("pooling", None)
    kind(folder, ftype, path, model_name="tiny", hparams=hparams, **options).write()


def make(name, case, seed, run, folder):
    import gguf
    (kind, config), changes, options = case
    model = kind(config)
    fill(model, seed)
    # Numbers of half precision in single, or the converter would round the sum of 1 and a gain of Gemma.
    model.to(torch.float16).to(torch.float32).save_pretrained(folder / name)
    float32 = folder / f"{name}.gguf"
    write_gguf(folder / name, float32, gguf.LlamaFileType.ALL_F32, changes, options)
    write_gguf(folder / name, OUT / f"{name}.gguf", gguf.LlamaFileType.MOSTLY_F16, changes, options)

    model = kind.from_pretrained(folder / name, attn_implementation="eager", dtype=torch.float64).eval()
    tokens = torch.randint(0, VOCAB, (POSITIONS,), generator=torch.Generator().manual_seed(seed + 1000))
    pooling = options.get("pooling")
    with torch.no_grad():
        given = model(tokens[None])
    if pooling is None:
        ours = given.logits[0]
    else:
        states = given.last_hidden_state[0]
        ours = (states.mean(0) if pooling == 1 else states[0])[None]
    lines = run("logits" if pooling is None else "embed", float32, *tokens.tolist()).strip().splitlines()
    theirs = torch.tensor(np.array([[float(number) for number in line.split()] for line in lines]))
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    distance = ((ours - theirs).abs().max() / ours.abs().max()).item()
    agree = (ours.argmax(-1) == theirs.argmax(-1)).double().mean().item()
    tensors = {"tokens": tokens.to(torch.int32), "transformers": ours[-KEPT:].float().contiguous()}
    if distance <= 2e-3:
        tensors["llama.cpp"] = theirs[-KEPT:].float().contiguous()
    save_file(tensors, OUT / f"{name}.safetensors")
    for path in (OUT / f"{name}.gguf", OUT / f"{name}.safetensors"):
        path.chmod(0o644)
    size = sum((OUT / f"{name}{end}").stat().st_size for end in (".gguf", ".safetensors")) / 1000
    print(f"{name:20} {size:6.1f} kB  logits to {ours.abs().max():.2f}, llama.cpp is {distance:.1e} away, "
          f"{100 * agree:.0f} % of best tokens agree", flush=True)


def main():
    sources, build = map(Path, sys.argv[1:3])
    sys.path[1:1] = [str(sources), str(sources / "gguf-py")]
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    t.utils.logging.disable_progress_bar()
    t.utils.logging.set_verbosity_error()
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = judge(sources, build, folder)
        for seed, (case, what) in enumerate(CASES.items(), start=1):
            if len(sys.argv) < 4 or case in sys.argv[3:]:
                make(case, what, seed, run, folder)


if __name__ == "__main__":
    main()
