#!/usr/bin/env python3
"""Make the folders of tests/golden/hf: tiny random models and what Hugging Face transformers says.

    pip install torch transformers safetensors
    python make_hf_golden.py [NAME ...]

Every folder holds a model as `save_pretrained` leaves it (config.json, safetensors) and
expected.safetensors with

    tokens   I32 [64]            random ids
    logits   F32 [64, vocab]     of a forward pass in float64 over all of them

The weights are larger than those of a model that is about to be trained, gains are not 1 and biases
not 0, so that every tensor and every field of the config matters to the logits. The logits are those
of the folder read back, after any change that a case makes to its config.json. A second run with the
same versions of the libraries gives the same bytes.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
import transformers
import transformers as t
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

HERE = Path(__file__).resolve().parent / "hf"
POSITIONS = 64
VOCAB = 96


def llama(**changes):
    fields = dict(
        vocab_size=VOCAB, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=POSITIONS, rms_norm_eps=1e-5, hidden_act="silu",
        tie_word_embeddings=False, rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    fields.update(changes)
    return LlamaForCausalLM, LlamaConfig(**fields)


def gpt2(**changes):
    fields = dict(vocab_size=VOCAB, n_positions=POSITIONS, n_embd=24, n_layer=2, n_head=3, bos_token_id=0, eos_token_id=0)
    fields.update(changes)
    return GPT2LMHeadModel, GPT2Config(**fields)


def gptj(**changes):
    fields = dict(vocab_size=VOCAB, n_positions=POSITIONS, n_embd=32, n_layer=2, n_head=2, rotary_dim=8,
                  bos_token_id=0, eos_token_id=0)
    fields.update(changes)
    return t.GPTJForCausalLM, t.GPTJConfig(**fields)


def small(kind, config, **changes):
    fields = dict(
        vocab_size=VOCAB, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=POSITIONS)
    fields.update(changes)
    return kind, config(**fields)


def gemma(kind, config, **changes):
    return small(kind, config, **dict(dict(num_key_value_heads=2, head_dim=12), **changes))


def opt(**changes):
    fields = dict(vocab_size=VOCAB, hidden_size=24, ffn_dim=40, num_hidden_layers=2, num_attention_heads=3,
                  max_position_embeddings=POSITIONS, word_embed_proj_dim=24)
    fields.update(changes)
    return t.OPTForCausalLM, t.OPTConfig(**fields)


def falcon(**changes):
    fields = dict(vocab_size=VOCAB, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                  max_position_embeddings=POSITIONS, ffn_hidden_size=48)
    fields.update(changes)
    return t.FalconForCausalLM, t.FalconConfig(**fields)


def big_code(**changes):
    fields = dict(vocab_size=VOCAB, n_positions=POSITIONS, n_embd=24, n_layer=2, n_head=3, bos_token_id=0, eos_token_id=0)
    fields.update(changes)
    return t.GPTBigCodeForCausalLM, t.GPTBigCodeConfig(**fields)


def old_rope(scaling, theta):
    """The config as it was written before `rope_parameters`."""

    def change(config):
        del config["rope_parameters"]
        config["rope_theta"] = theta
        config["rope_scaling"] = scaling
        config["torch_dtype"] = config.pop("dtype")

    return change


def old_longrope(config):
    old_rope({"type": "longrope", "short_factor": [1.0, 1.25, 1.5, 3.0], "long_factor": [2.0, 4.0, 8.0, 16.0]},
             1000.0)(config)
    config["original_max_position_embeddings"] = POSITIONS
    config["auto_map"] = {"AutoConfig": "configuration_phi3.Phi3Config", "AutoModelForCausalLM": "modeling_phi3.Phi3ForCausalLM"}


CASES = {
    # name: (class and config, stored type, shard size, change of config.json)
    "llama-grouped": (llama(), torch.float32, None, None),
    "llama-tied": (llama(tie_word_embeddings=True, head_dim=12, num_key_value_heads=1), torch.float16, None, None),
    "llama-linear": (llama(), torch.float16, None, old_rope({"type": "linear", "factor": 2.0}, 10000.0)),
    "llama-dynamic": (llama(), torch.float16, None, old_rope({"rope_type": "dynamic", "factor": 4.0}, 500.0)),
    # Wavelengths are 2 pi 10000^(i/8) = 6.3, 20, 63, 199, ...: the first frequency is kept, the second
    # and third are smoothed, the others are divided by the factor.
    "llama-llama3": (
        llama(num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=512,
              rope_parameters={"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0,
                               "high_freq_factor": 4.0, "original_max_position_embeddings": 64}),
        torch.float16, None, None),
    "llama-bf16": (llama(num_key_value_heads=4), torch.bfloat16, None, None),
    "llama-sharded": (llama(num_key_value_heads=1), torch.float16, "16KB", None),
    "llama-biased": (llama(attention_bias=True, mlp_bias=True, hidden_act="gelu"), torch.float16, None, None),
    "gpt2-plain": (gpt2(), torch.float32, None, None),
    "gpt2-unscaled": (gpt2(scale_attn_weights=False, n_inner=40, activation_function="relu"), torch.float16, None, None),
    "mistral-window": (small(t.MistralForCausalLM, t.MistralConfig, num_key_value_heads=2, sliding_window=16),
                       torch.float16, None, None),
    "qwen2-plain": (small(t.Qwen2ForCausalLM, t.Qwen2Config, num_key_value_heads=2), torch.float16, None, None),
    "qwen3-normed": (small(t.Qwen3ForCausalLM, t.Qwen3Config, num_key_value_heads=2, head_dim=12),
                     torch.float16, None, None),
    "gemma-plain": (gemma(t.GemmaForCausalLM, t.GemmaConfig), torch.float16, None, None),
    "gemma2-capped": (gemma(t.Gemma2ForCausalLM, t.Gemma2Config, sliding_window=16, query_pre_attn_scalar=20,
                            attn_logit_softcapping=5.0, final_logit_softcapping=8.0), torch.float16, None, None),
    # Layers 0, 1 and 3 see a window.
    "gemma3-windows": (gemma(t.Gemma3ForCausalLM, t.Gemma3TextConfig, sliding_window=16, query_pre_attn_scalar=20,
                             num_hidden_layers=4, layer_types=[
                                 "sliding_attention", "sliding_attention", "full_attention", "sliding_attention"]),
                       torch.float16, None, None),
    "phi-parallel": (small(t.PhiForCausalLM, t.PhiConfig), torch.float16, None, None),
    "phi3-fused": (small(t.Phi3ForCausalLM, t.Phi3Config, num_key_value_heads=2, sliding_window=16, pad_token_id=0),
                   torch.float16, None, None),
    "gpt-neox-parallel": (small(t.GPTNeoXForCausalLM, t.GPTNeoXConfig, num_attention_heads=2), torch.float16, None, None),
    "gpt-neox-sequential": (small(t.GPTNeoXForCausalLM, t.GPTNeoXConfig, num_attention_heads=2,
                                  use_parallel_residual=False),
                            torch.float16, None, None),
    "opt-before": (opt(), torch.float16, None, None),
    "opt-after": (opt(do_layer_norm_before=False), torch.float16, None, None),
    "falcon-grouped": (falcon(new_decoder_architecture=True, num_kv_heads=2), torch.float16, None, None),
    "falcon-one-key": (falcon(), torch.float16, None, None),
    # With four heads the library's bfloat16 holds its biases exactly.
    "falcon-biased": (falcon(alibi=True, multi_query=False, parallel_attn=False, bias=True), torch.float16, None, None),
    "stablelm-plain": (small(t.StableLmForCausalLM, t.StableLmConfig, num_key_value_heads=2), torch.float16, None, None),
    "stablelm-parallel": (small(t.StableLmForCausalLM, t.StableLmConfig, num_key_value_heads=4,
                                use_parallel_residual=True, use_qkv_bias=True), torch.float16, None, None),
    # Three heads: their slopes are not those of a power of two.
    "bloom-plain": ((t.BloomForCausalLM, t.BloomConfig(vocab_size=VOCAB, hidden_size=24, n_layer=2, n_head=3)),
                    torch.float16, None, None),
    "mpt-plain": ((t.MptForCausalLM, t.MptConfig(vocab_size=VOCAB, d_model=24, n_layers=2, n_heads=3,
                                                 max_seq_len=POSITIONS)), torch.float16, None, None),
    "openai-gpt-plain": ((t.OpenAIGPTLMHeadModel, t.OpenAIGPTConfig(
        vocab_size=VOCAB, n_positions=POSITIONS, n_embd=24, n_layer=2, n_head=3)), torch.float16, None, None),
    # The first two of four pairs are kept, the others lie on the ramp.
    "llama-yarn": (llama(max_position_embeddings=16384, rope_parameters={
        "rope_type": "yarn", "rope_theta": 1000.0, "factor": 4.0, "original_max_position_embeddings": 4096}),
        torch.float16, None, None),
    "qwen2-yarn": (small(t.Qwen2ForCausalLM, t.Qwen2Config, num_key_value_heads=2, max_position_embeddings=8192),
                   torch.float16, None, old_rope({
                       "type": "yarn", "factor": 8.0, "original_max_position_embeddings": 1024, "beta_fast": 20,
                       "beta_slow": 2, "mscale": 1.0, "mscale_all_dim": 0.7, "truncate": False}, 500.0)),
    # Not longer than its first context, so that its short factors count.
    "phi3-longrope": (small(t.Phi3ForCausalLM, t.Phi3Config, num_key_value_heads=2, pad_token_id=0,
                            max_position_embeddings=1024),
                      torch.float16, None, old_longrope),
    "starcoder2-window": (small(t.Starcoder2ForCausalLM, t.Starcoder2Config, num_key_value_heads=2, sliding_window=16),
                          torch.float16, None, None),
    "gpt-bigcode-one-key": (big_code(), torch.float16, None, None),
    "gpt-bigcode-all-keys": (big_code(multi_query=False, n_inner=40), torch.float16, None, None),
    "cohere-parallel": (small(t.CohereForCausalLM, t.CohereConfig, num_key_value_heads=2, logit_scale=0.25, bos_token_id=1,
                              eos_token_id=2), torch.float16, None, None),
    "gptj-plain": (gptj(), torch.float16, None, None),
    "gptj-tied": (gptj(tie_word_embeddings=True, rotary_dim=16, n_inner=40, activation_function="relu"),
                  torch.float16, None, None),
}


def fill(model, seed):
    """Random weights in a fixed order, by name."""
    generator = torch.Generator().manual_seed(seed)

    def normal(tensor, mean, deviation):
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * deviation + mean)

    with torch.no_grad():
        for name, tensor in sorted(model.named_parameters()):
            norm = "norm" in name or ".ln_" in name
            if norm and name.endswith("weight"):
                normal(tensor, 1.0, 0.3)
            elif name.endswith("bias"):
                normal(tensor, 0.0, 0.2)
            elif "embed" in name or "wte" in name or "wpe" in name:
                normal(tensor, 0.0, 0.5)
            else:
                normal(tensor, 0.0, 0.2)
    model.tie_weights()


def make(name, case, seed):
    (kind, config), dtype, shards, change = case
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model = kind(config)
    fill(model, seed)
    model.to(dtype).save_pretrained(folder, **({"max_shard_size": shards} if shards else {}))
    (folder / "generation_config.json").unlink(missing_ok=True)
    if change:
        path = folder / "config.json"
        fields = json.loads(path.read_text())
        change(fields)
        path.write_text(json.dumps(fields, indent=2) + "\n")

    # The eager attention of Falcon adds its biases twice (transformers 5.23).
    attention = "sdpa" if name == "falcon-biased" else "eager"
    model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation=attention, dtype=torch.float64).eval()
    tokens = torch.randint(0, VOCAB, (POSITIONS,), generator=torch.Generator().manual_seed(seed + 1000))
    with torch.no_grad():
        logits = model(tokens[None]).logits[0]
    save_file({"tokens": tokens.to(torch.int32), "logits": logits.to(torch.float32).contiguous()},
              folder / "expected.safetensors")
    print(f"{name:16} {settled(folder):6.1f} kB  logits {logits.min():.2f} .. {logits.max():.2f}, deviation {logits.std():.2f}")


def settled(folder):
    """Its files for everybody to read; their size in kB."""
    for file in folder.iterdir():
        file.chmod(0o644)
    return sum(file.stat().st_size for file in folder.iterdir()) / 1000


def run(cases, make):
    """Makes the cases that the command line names, or all; a case keeps its seed whichever are made."""
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    print("transformers", transformers.__version__, "torch", torch.__version__)
    for seed, (name, case) in enumerate(cases.items(), start=1):
        if len(sys.argv) < 2 or name in sys.argv[1:]:
            make(name, case, seed)


if __name__ == "__main__":
    run(CASES, make)
