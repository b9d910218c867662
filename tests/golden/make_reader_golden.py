#!/usr/bin/env python3
"""Make the folders of tests/golden/readers: tiny random encoders and what Hugging Face transformers says.

    pip install torch transformers safetensors
    python make_reader_golden.py [NAME ...]

Every folder holds a model as `save_pretrained` leaves it and expected.safetensors with, for the sequences
i = 0 and 1, which the library ran as one padded batch in float64,

    tokens.i, types.i   I32 [tokens]     (types only where the model has some)
    hidden.i            F32 [tokens, d_model], behind the last layer
    words.i             F32 [tokens, vocab], of a masked-word head
    classes.i           F32 [classes] of a sequence, or [tokens, classes] of its tokens (spans: start, end)
    pooler.i            F32 [d_model], of the bare model

A second run with the same versions of the libraries gives the same bytes.
"""

import shutil
from pathlib import Path

import torch
import transformers as t
from safetensors.torch import save_file

from make_hf_golden import fill, run, settled

HERE = Path(__file__).resolve().parent / "readers"
VOCAB = 80
LENGTHS = (40, 23)


def bert(kind, **changes):
    return sized(getattr(t, kind), t.BertConfig, **changes)


def sized(kind, config, **changes):
    fields = dict(vocab_size=VOCAB, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3,
                  max_position_embeddings=48)
    fields.update(changes)
    return kind, config(**fields)


def distil(kind, **changes):
    return kind, t.DistilBertConfig(vocab_size=VOCAB, dim=24, hidden_dim=40, n_layers=2, n_heads=3,
                                    max_position_embeddings=48, **changes)


def modern(kind, **changes):
    return sized(kind, t.ModernBertConfig, num_hidden_layers=4, num_attention_heads=2, local_attention=16,
                 max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1,
                 sep_token_id=2, **changes)


NAMES = dict(id2label={0: "good", 1: "bad", 2: "ugly"})
CASES = {
    "bert-bare": bert("BertModel"),
    "bert-words": bert("BertForMaskedLM"),
    "bert-trained": bert("BertForPreTraining", hidden_act="relu", type_vocab_size=3),
    "bert-next": bert("BertForNextSentencePrediction"),
    "bert-sequence": bert("BertForSequenceClassification", **NAMES),
    "bert-tokens": bert("BertForTokenClassification", **NAMES),
    "bert-spans": bert("BertForQuestionAnswering"),
    "roberta-words": sized(t.RobertaForMaskedLM, t.RobertaConfig),
    "roberta-sequence": sized(t.RobertaForSequenceClassification, t.RobertaConfig, type_vocab_size=1, **NAMES),
    "xlm-roberta-words": sized(t.XLMRobertaForMaskedLM, t.XLMRobertaConfig, type_vocab_size=1),
    "distilbert-words": distil(t.DistilBertForMaskedLM),
    "distilbert-sequence": distil(t.DistilBertForSequenceClassification, **NAMES),
    "albert-words": sized(t.AlbertForMaskedLM, t.AlbertConfig, embedding_size=12, num_hidden_layers=3),
    "albert-sequence": sized(t.AlbertForSequenceClassification, t.AlbertConfig, embedding_size=12, **NAMES),
    "electra-words": sized(t.ElectraForMaskedLM, t.ElectraConfig, embedding_size=16),
    "electra-replaced": sized(t.ElectraForPreTraining, t.ElectraConfig, embedding_size=24),
    "electra-sequence": sized(t.ElectraForSequenceClassification, t.ElectraConfig, embedding_size=16, **NAMES),
    "mpnet-words": sized(t.MPNetForMaskedLM, t.MPNetConfig),
    "mpnet-sequence": sized(t.MPNetForSequenceClassification, t.MPNetConfig, **NAMES),
    "modernbert-words": modern(t.ModernBertForMaskedLM),
    "modernbert-sequence": modern(t.ModernBertForSequenceClassification, classifier_pooling="mean", **NAMES),
    "modernbert-tokens": modern(t.ModernBertForTokenClassification, **NAMES),
}


def inputs(config, seed):
    """Random tokens, none of which is padding, and types; padded behind the shorter sequence."""
    generator = torch.Generator().manual_seed(seed)
    pad = config.pad_token_id or 0
    tokens = [torch.randint(5, VOCAB, (length,), generator=generator) for length in LENGTHS]
    kinds = getattr(config, "type_vocab_size", 0) if config.model_type not in ("mpnet", "modernbert") else 0
    types = [torch.arange(length) * kinds // length for length in LENGTHS]
    together = {"input_ids": torch.nn.utils.rnn.pad_sequence(tokens, True, pad),
                "attention_mask": torch.nn.utils.rnn.pad_sequence([torch.ones(n) for n in LENGTHS], True).long()}
    if kinds > 1:
        together["token_type_ids"] = torch.nn.utils.rnn.pad_sequence(types, True)
    return tokens, types if kinds > 1 else None, together


def answers(model, together):
    """Name to [sequences, ...]."""
    out = model(**together, output_hidden_states=True)
    found = {"hidden": getattr(model, model.base_model_prefix, model)(**together).last_hidden_state}
    for field, name in (("pooler_output", "pooler"), ("prediction_logits", "words"),
                        ("seq_relationship_logits", "classes")):
        if getattr(out, field, None) is not None:
            found[name] = getattr(out, field)
    if getattr(out, "start_logits", None) is not None:
        found["classes"] = torch.stack([out.start_logits, out.end_logits], -1)
    if getattr(out, "logits", None) is not None:
        logits = out.logits[..., None] if isinstance(model, t.ElectraForPreTraining) else out.logits
        found["words" if "MaskedLM" in type(model).__name__ else "classes"] = logits
    return found


def make(name, case, seed):
    kind, config = case
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model = kind(config)
    fill(model, seed)
    model.to(torch.float16).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    model = kind.from_pretrained(folder, attn_implementation="eager", dtype=torch.float64).eval()
    tokens, types, together = inputs(model.config, seed + 1000)
    expected = {}
    with torch.no_grad():
        found = answers(model, together)
    for i, length in enumerate(LENGTHS):
        expected[f"tokens.{i}"] = tokens[i].to(torch.int32)
        if types:
            expected[f"types.{i}"] = types[i].to(torch.int32)
        for what, values in found.items():
            own = values[i][:length] if values.dim() == 3 else values[i]
            expected[f"{what}.{i}"] = own.to(torch.float32).contiguous()
    save_file(expected, folder / "expected.safetensors")
    print(f"{name:20} {settled(folder):6.1f} kB  {', '.join(found)}")


if __name__ == "__main__":
    run(CASES, make)
