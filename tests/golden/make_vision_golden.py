#!/usr/bin/env python3
"""Make the folders of tests/golden/vision: tiny random Vision Transformers and what Hugging Face transformers says.

    pip install torch transformers safetensors pillow
    python make_vision_golden.py [NAME ...]

Every folder holds a model as `save_pretrained` leaves it, its preprocessor_config.json and expected.safetensors
with, for pictures i of random numbers, of the model's own size and (with interpolated positions) of others,

    pixels.i    F32 [channels, height, width]
    hidden.i    F32 [1 + squares, d_model], behind the last norm
    pooler.i    F32 [d_model], of the bare model
    classes.i   F32 [classes], of the others

computed in float64, and for the file picture.png, where there is one, classes.picture of what the folder's own
image processor (the one with Pillow and NumPy) makes of it. A second run with the same versions of the libraries
gives the same bytes.
"""

import json
import shutil
from pathlib import Path

import torch
import transformers as t
from PIL import Image
from safetensors.torch import save_file

from make_hf_golden import fill, run, settled

HERE = Path(__file__).resolve().parent / "vision"
NAMES = dict(id2label={0: "cat", 1: "dog", 2: "bird"}, label2id={"cat": 0, "dog": 1, "bird": 2})


def vit(kind, **changes):
    fields = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, image_size=32,
                  patch_size=8)
    fields.update(changes)
    return kind, t.ViTConfig(**fields)


def rules(**changes):
    fields = dict(do_normalize=True, do_rescale=True, do_resize=True, image_mean=[0.5, 0.5, 0.5],
                  image_processor_type="ViTImageProcessor", image_std=[0.5, 0.5, 0.5], resample=2,
                  rescale_factor=0.00392156862745098, size={"height": 32, "width": 32})
    fields.update(changes)
    return fields


CASES = {
    # name: (class and config, preprocessor_config.json, sizes of pictures)
    "vit-classes": (vit(t.ViTForImageClassification, **NAMES), rules(), ((32, 32), (48, 48), (16, 40))),
    "vit-bare": (vit(t.ViTModel, image_size=24, qkv_bias=False, hidden_act="gelu_new"),
                 rules(size={"height": 24, "width": 24}), ((24, 24), (40, 40))),
    "vit-cropped": (vit(t.ViTForImageClassification, patch_size=4, image_size=20, layer_norm_eps=1e-6, **NAMES),
                    rules(size={"shortest_edge": 26}, do_center_crop=True, crop_size={"height": 20, "width": 20},
                          image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225], resample=3,
                          image_processor_type="CLIPImageProcessor"), ((20, 20),)),
}


def picture(seed):
    """Smooth colours with an edge, 45 x 37."""
    image = Image.new("RGB", (45, 37))
    image.putdata([((5 * x + seed * 40) % 256, (3 * y + 2 * x) % 256, 255 if x > 2 * y else 4 * y)
                   for y in range(37) for x in range(45)])
    return image


def make(name, case, seed):
    (kind, config), preprocessor, sizes = case
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model = kind(config)
    fill(model, seed)
    model.to(torch.float16).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor, indent=2) + "\n")
    model = kind.from_pretrained(folder, attn_implementation="eager", dtype=torch.float64).eval()
    base = getattr(model, "vit", model)
    expected = {}

    def add(pixels, end):
        other = tuple(pixels.shape[1:]) != (config.image_size, config.image_size)
        with torch.no_grad():
            hidden = base(pixels[None].double(), interpolate_pos_encoding=other)
            expected[f"hidden.{end}"] = hidden.last_hidden_state[0]
            if base is model:
                expected[f"pooler.{end}"] = hidden.pooler_output[0]
            else:
                expected[f"classes.{end}"] = model(pixels[None].double(), interpolate_pos_encoding=other).logits[0]

    for i, (height, width) in enumerate(sizes):
        pixels = torch.randn(3, height, width, generator=torch.Generator().manual_seed(seed * 10 + i))
        # A rectangle of other proportions is more than the library's interpolation of positions is made for, but it does it.
        expected[f"pixels.{i}"] = pixels
        add(pixels, i)
    picture(seed).save(folder / "picture.png")
    kinds = {"ViTImageProcessor": t.ViTImageProcessorPil, "CLIPImageProcessor": t.CLIPImageProcessorPil}
    processor = kinds[preprocessor["image_processor_type"]](**preprocessor)
    pixels = processor(Image.open(folder / "picture.png"), return_tensors="pt")["pixel_values"][0]
    expected["pixels.picture"] = pixels
    add(pixels, "picture")
    save_file({what: values.to(torch.float32).contiguous() for what, values in expected.items()},
              folder / "expected.safetensors")
    print(f"{name:16} {settled(folder):6.1f} kB  {', '.join(expected)}")


if __name__ == "__main__":
    run(CASES, make)
