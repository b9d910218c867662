#!/usr/bin/env python3
"""Make tests/golden/vectors/bert-tiny-sst2.safetensors: what Hugging Face transformers makes of hidden states.

    pip install torch transformers safetensors numpy
    python make_vectors_golden.py FOLDER

FOLDER holds bert_tiny_sst2_encoder.npz: a BERT of two layers without its tables of embeddings. The file has

    inputs   F32 [9, 128]    random, what stands behind the embeddings
    hidden   F32 [9, 128]    behind the last layer
    pooler   F32 [128]
    classes  F32 [2]

computed in float64.
"""

import sys
from pathlib import Path

import numpy
import torch
import transformers as t
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parent / "vectors"


def main(folder):
    config = t.BertConfig(hidden_size=128, intermediate_size=512, num_hidden_layers=2, num_attention_heads=2, vocab_size=2,
                          attn_implementation="eager", dtype="float64")
    model = t.BertForSequenceClassification(config).double().eval()
    stored = numpy.load(Path(folder) / "bert_tiny_sst2_encoder.npz")
    known = {name: torch.from_numpy(numpy.ascontiguousarray(stored[name])).double() for name in stored.files}
    missing, unknown = model.load_state_dict(known, strict=False)
    assert not unknown and all("embeddings" in name for name in missing), (missing, unknown)
    inputs = torch.randn(1, 9, 128, generator=torch.Generator().manual_seed(1)).float()
    with torch.no_grad():
        hidden = model.bert.encoder(inputs.double()).last_hidden_state
        pooler = model.bert.pooler(hidden)
        found = {"inputs": inputs[0], "hidden": hidden[0], "pooler": pooler[0], "classes": model.classifier(pooler)[0]}
    HERE.mkdir(exist_ok=True)
    save_file({name: values.float().contiguous() for name, values in found.items()}, HERE / "bert-tiny-sst2.safetensors")
    print(found["classes"])


if __name__ == "__main__":
    main(sys.argv[1])
