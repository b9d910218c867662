#!/usr/bin/env python3
"""Make the folders of tests/golden/seq2seq: tiny random encoder-decoders and what they do elsewhere.

    pip install torch transformers safetensors
    python make_seq2seq_golden.py [NAME ...]

Every folder holds a model as Hugging Face transformers leaves it (config.json, safetensors of float16,
generation_config.json) and

    expected.safetensors   of a forward pass in float64 over a batch of padded sources:
        source    I32 [3, 8]          ids, padded behind
        lengths   I32 [3]             of the sources
        target    I32 [3, 7]          inputs of the decoder
        logits    F32 [3, 7, vocab]
    generated.json         what `generate` makes of each source by itself, in float64: a list of
        source, num_beams, length_penalty, no_repeat_ngram_size, max_new_tokens, early_stopping,
        tokens (without the first inputs of the decoder, with the end if there is one) and
        score (sum of the log-probabilities of the model, whatever is suppressed, a forced first token
        counting 0; with beams, over (number of tokens) ** length_penalty)

Weights are large enough for beams to differ and for every tensor and field to matter. A second run with
the same versions of the libraries gives the same bytes.
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    AutoModelForSeq2SeqLM, BartConfig, BartForConditionalGeneration, M2M100Config, M2M100ForConditionalGeneration,
    MarianConfig, MarianMTModel, MBartConfig, MBartForConditionalGeneration, T5Config, T5ForConditionalGeneration)

from make_hf_golden import run, settled

HERE = Path(__file__).resolve().parent / "seq2seq"
VOCAB, LENGTHS, STEPS, NEW_TOKENS = 40, (8, 5, 3), 7, 20


def sizes(**changes):
    fields = dict(
        vocab_size=VOCAB, d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=4, encoder_ffn_dim=20, decoder_ffn_dim=24, max_position_embeddings=32,
        pad_token_id=1, bos_token_id=0, eos_token_id=2, decoder_start_token_id=2, forced_eos_token_id=None)
    fields.update(changes)
    return fields


def t5(**changes):
    fields = dict(
        vocab_size=VOCAB, d_model=16, d_kv=6, d_ff=24, num_layers=2, num_decoder_layers=2, num_heads=2,
        relative_attention_num_buckets=8, relative_attention_max_distance=6, pad_token_id=0, eos_token_id=1,
        decoder_start_token_id=0)
    fields.update(changes)
    return T5ForConditionalGeneration, T5Config(**fields)


CASES = {
    # name: class, config, changes of the generation config
    "marian": (MarianMTModel, MarianConfig(**sizes(
        pad_token_id=39, eos_token_id=0, bos_token_id=None, decoder_start_token_id=39, scale_embedding=True,
        activation_function="swish")), {"bad_words_ids": [[39]]}),
    "bart": (BartForConditionalGeneration, BartConfig(**sizes(encoder_layers=2, decoder_layers=1)), {"forced_bos_token_id": 0}),
    "mbart": (MBartForConditionalGeneration, MBartConfig(**sizes(scale_embedding=True)), {"forced_bos_token_id": 7}),
    "m2m100": (M2M100ForConditionalGeneration, M2M100Config(**sizes()), {"forced_bos_token_id": 5}),
    "t5-relu": (*t5(), {}),
    "t5-gated": (*t5(num_layers=1, num_decoder_layers=1, feed_forward_proj="gated-gelu", tie_word_embeddings=False), {}),
}

# num_beams, length_penalty, no_repeat_ngram_size
WAYS = [(1, 1.0, 0), (1, 1.0, 3), (4, 1.0, 0), (5, 0.6, 0), (5, 1.0, 3)]


def fill(model, name, seed):
    """Random weights in a fixed order, by name."""
    generator = torch.Generator().manual_seed(seed)

    def normal(tensor, mean, deviation):
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * deviation + mean)

    with torch.no_grad():
        for key, tensor in sorted([*model.named_parameters(), *model.named_buffers()]):
            if key.endswith("embed_positions.weights") or (name == "marian" and "embed_positions" in key):
                continue
            if "norm" in key and key.endswith("weight"):
                normal(tensor, 1.0, 0.3)
            elif key.endswith("bias") and "relative" not in key:
                normal(tensor, 0.0, 0.3)
            elif "relative" in key:
                normal(tensor, 0.0, 1.0)
            elif "shared" in key or "embed" in key or "lm_head" in key:
                normal(tensor, 0.0, 2.0 if name == "t5-relu" else 0.6)
            else:
                normal(tensor, 0.0, 0.35)
        # Targets should end now and then.
        model.get_input_embeddings().weight[model.config.eos_token_id] *= 2.5 if "t5" in name else 1.8
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias[0, model.config.eos_token_id] += 2.5 if name == "mbart" else 5.0
    model.tie_weights()


def expected(model, generator):
    config = model.config
    source = torch.full((len(LENGTHS), max(LENGTHS)), config.pad_token_id)
    mask = torch.zeros_like(source)
    for row, length in enumerate(LENGTHS):
        source[row, :length - 1] = torch.randint(8, VOCAB - 1, (length - 1,), generator=generator)
        source[row, length - 1] = config.eos_token_id
        mask[row, :length] = 1
    target = torch.randint(8, VOCAB - 1, (len(LENGTHS), STEPS), generator=generator)
    target[:, 0] = config.decoder_start_token_id
    with torch.no_grad():
        logits = model(input_ids=source, attention_mask=mask, decoder_input_ids=target).logits
    return source, target, logits


def generated(model, source, way):
    num_beams, length_penalty, ngram = way
    fields = dict(num_beams=num_beams, length_penalty=length_penalty, no_repeat_ngram_size=ngram,
                  max_new_tokens=NEW_TOKENS, early_stopping=False)
    with torch.no_grad():
        out = model.generate(source[None], attention_mask=torch.ones_like(source)[None], do_sample=False,
                             return_dict_in_generate=True, output_scores=True, output_logits=True, **fields)
    tokens = out.sequences[0, 1:]
    if num_beams == 1:
        forced = model.generation_config.forced_bos_token_id is not None
        score = sum(torch.log_softmax(step[0], -1)[token].item()
                    for step, token in list(zip(out.logits, tokens))[forced:])
    else:
        score = out.sequences_scores[0].item()
    ended = (tokens == model.config.eos_token_id).nonzero()
    if len(ended):
        tokens = tokens[:ended[0, 0] + 1]
    return {"source": source.tolist(), **fields, "tokens": tokens.tolist(), "score": score}


def make(name, case, seed):
    kind, config, generation = case
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model = kind(config)
    fill(model, name, seed)
    if name == "t5-gated":  # its head is one of its own; the library ties all that are made anew
        model.lm_head.weight = torch.nn.Parameter(
            torch.randn(VOCAB, 16, generator=torch.Generator().manual_seed(seed + 500)) * 0.8)
        with torch.no_grad():
            model.lm_head.weight[1] *= 2.5
    for key, value in generation.items():
        setattr(model.generation_config, key, value)
    model.to(torch.float16).save_pretrained(folder)
    config_file = folder / "config.json"
    if name == "t5-gated":  # as the library wrote it before version 5, and as the real ones are
        fields = json.loads(config_file.read_text())
        del fields["scale_decoder_outputs"]
        fields["tie_word_embeddings"] = False
        config_file.write_text(json.dumps(fields, indent=2) + "\n")

    # The model itself, for a library that ties heads would not read it back.
    model = model.to(torch.float64).eval()
    model.set_attn_implementation("eager")
    if name == "marian":
        for stack in (model.model.encoder, model.model.decoder):
            stack.embed_positions.weight.data = stack.embed_positions.create_weight()
    if name == "m2m100":
        for stack in (model.model.encoder, model.model.decoder):
            stack.embed_positions.make_weights(34, 16, 1)
            stack.embed_positions.double()
    source, target, logits = expected(model, torch.Generator().manual_seed(seed + 1000))
    save_file({"source": source.to(torch.int32), "lengths": torch.tensor(LENGTHS, dtype=torch.int32),
               "target": target.to(torch.int32), "logits": logits.to(torch.float32).contiguous()},
              folder / "expected.safetensors")
    results = [generated(model, source[row, :length], way) for row, length in enumerate(LENGTHS) for way in WAYS]
    lines = ",\n ".join(json.dumps(result) for result in results)
    (folder / "generated.json").write_text(f"[{lines}]\n")
    different = sum(tuple(a["tokens"]) != tuple(b["tokens"]) for a, b in zip(results[::len(WAYS)], results[2::len(WAYS)]))
    print(f"{name:9} {settled(folder):5.1f} kB  logits {logits.min():.2f} .. {logits.max():.2f}, deviation "
          f"{logits.std():.2f}; {different} of {len(LENGTHS)} beams differ from greedy; lengths "
          f"{[len(result['tokens']) for result in results]}")


if __name__ == "__main__":
    run(CASES, make)
