#!/usr/bin/env python3
"""Make tests/golden/pictures: small pictures, what Pillow reads in them, and what it makes of others.

    pip install Pillow numpy transformers torch
    python make_picture_golden.py

expected.json holds, for each file, the pixels of Image.open(file).convert("RGB") in hexadecimal; for
pictures of invented pixels, the CRC-32 of Image.resize and of center_crop of transformers; the sizes of
get_resize_output_image_size; and the CRC-32 of the floats of ViTImageProcessorPil.
"""

import json
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL
import transformers
from PIL import Image
from transformers import image_transforms
from transformers.image_utils import ChannelDimension
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

HERE = Path(__file__).resolve().parent / "pictures"
FILTERS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3}  # Image.Resampling
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
VALUES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a pixel, by kind of colour


def noise(count):
    """Invented bytes: the same in tests/tools/linnet/pictures/golden_pictures.h."""
    state, out = 1, bytearray()
    for _ in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(state >> 24)
    return bytes(out)


def invented(width, height):
    return Image.frombytes("RGB", (width, height), noise(3 * width * height))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(row, depth):
    """The bytes of one row of numbers of `depth` bits."""
    if depth == 16:
        return row.astype(">u2").tobytes()
    if depth == 8:
        return row.astype(np.uint8).tobytes()
    bits = (row[:, None] >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.astype(np.uint8).ravel()).tobytes()


def filtered(kind, row, above, step):
    """One row of bytes as PNG's filter `kind` sends it."""
    out = bytearray([kind])
    for i, value in enumerate(row):
        left = row[i - step] if i >= step else 0
        up = above[i] if above else 0
        corner = above[i - step] if above and i >= step else 0
        guess = left + up - corner
        paeth = min((left, up, corner), key=lambda near: abs(guess - near))
        out.append((value - (0, left, up, (left + up) // 2, paeth)[kind]) & 255)
    return bytes(out)


def rows_of(samples, depth):
    """The filtered rows of samples [height, width, values], each with another filter."""
    if 0 in samples.shape:
        return b""
    step = max(1, depth * samples.shape[2] // 8)
    out, above = b"", None
    for y, row in enumerate(samples):
        row = packed(row.ravel(), depth)
        out += filtered(y % 5, row, above, step)
        above = row
    return out


def png(samples, color, depth, interlaced, extra=b""):
    height, width, _ = samples.shape
    if interlaced:
        data = b"".join(rows_of(samples[y::dy, x::dx], depth) for x, y, dx, dy in ADAM7)
    else:
        data = rows_of(samples, depth)
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    half = len(data) // 2
    compressor = zlib.compressobj(9)
    parts = compressor.compress(data[:half]) + compressor.flush(zlib.Z_SYNC_FLUSH), \
        compressor.compress(data[half:]) + compressor.flush()
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"tEXt", b"Comment\0made for a test") + extra +
            b"".join(chunk(b"IDAT", part) for part in parts) + chunk(b"IEND", b""))


def make_pngs():
    width, height = 9, 7
    palette = noise(3 * 200)
    for color, depths in ((0, (1, 2, 4, 8)), (2, (8, 16)), (3, (1, 2, 4, 8)), (4, (8, 16)), (6, (8, 16))):
        for depth in depths:
            numbers = np.frombuffer(noise(2 * width * height * VALUES[color]), ">u2") >> (16 - depth)
            if color == 3:
                numbers = np.minimum(numbers, 210)
            samples = numbers.reshape(height, width, VALUES[color])
            extra = b""
            if color == 3:  # a palette that lacks the last colours, some of them transparent
                colors = 3 if depth == 2 else min(200, 1 << depth)
                extra = chunk(b"PLTE", palette[:3 * colors]) + chunk(b"tRNS", bytes(range(colors))[:2])
            elif color != 4 and color != 6 and depth == 8:  # one colour is transparent
                extra = chunk(b"tRNS", samples[0, 0].astype(">u2").tobytes())
            for interlaced in (False, True):
                name = f"color{color}-{depth}{'-interlaced' if interlaced else ''}.png"
                (HERE / name).write_bytes(png(samples, color, depth, interlaced, extra))
    single = np.array([[[10, 20, 30]]])
    (HERE / "single.png").write_bytes(png(single, 2, 8, False))
    (HERE / "single-interlaced.png").write_bytes(png(single, 2, 8, True) + b"what follows")


def make_jpegs():
    y, x = np.mgrid[0:21, 0:27]
    smooth = np.stack([128 + 100 * np.sin(x / 9 + y / 7), 255 * x / 26, 255 * (y * x % 64) / 63], -1)
    picture = Image.fromarray(smooth.astype(np.uint8))
    for name, options in (("444", {"subsampling": 0}), ("422", {"subsampling": 1}), ("420", {"subsampling": 2}),
                          ("420-progressive", {"subsampling": 2, "progressive": True}),
                          ("444-progressive", {"subsampling": 0, "progressive": True}),
                          ("restarts", {"subsampling": 2, "restart_marker_blocks": 2}),
                          ("rgb", {"keep_rgb": True})):
        picture.save(HERE / f"jpeg-{name}.jpg", quality=85, **options)
    picture.convert("L").save(HERE / "jpeg-grey.jpg", quality=85)


def make_netpbms():
    (HERE / "p6.ppm").write_bytes(b"P6\n# a comment\n5 4\n255\n" + noise(60))
    (HERE / "p5.pgm").write_bytes(b"P5 5\t4\r255 " + noise(20))


def resized():
    sizes = [((1, 1), (5, 4)), ((5, 4), (1, 1)), ((1, 9), (6, 3)), ((9, 1), (4, 7)), ((7, 5), (7, 11)),
             ((7, 5), (12, 5)), ((7, 5), (3, 5)), ((7, 5), (7, 2)), ((7, 5), (7, 5)), ((13, 11), (30, 27)),
             ((30, 27), (13, 11)), ((31, 17), (8, 40)), ((100, 75), (32, 24)), ((32, 24), (100, 75)),
             ((257, 131), (224, 224)), ((300, 200), (33, 22)), ((2, 500), (3, 7)), ((640, 480), (224, 224)),
             ((3, 3), (1000, 2)), ((49, 49), (1000, 17)), ((1000, 17), (49, 49))]
    for before, after in sizes:
        picture = invented(*before)
        for name, number in FILTERS.items():
            pixels = picture.resize(after, resample=number).tobytes()
            yield {"from": before, "to": after, "filter": name, "crc32": zlib.crc32(pixels)}


def cropped():
    for before, after in (((9, 7), (4, 4)), ((9, 7), (5, 3)), ((9, 7), (9, 7)), ((4, 4), (9, 7)), ((4, 4), (7, 8)),
                          ((9, 4), (4, 9)), ((4, 9), (7, 2)), ((1, 1), (2, 2)), ((8, 8), (1, 1)), ((5, 6), (5, 9))):
        pixels = np.asarray(invented(*before))
        crop = image_transforms.center_crop(pixels, (after[1], after[0]), input_data_format=ChannelDimension.LAST)
        yield {"from": before, "to": after, "crc32": zlib.crc32(np.ascontiguousarray(crop).tobytes())}


def sized():
    for before, edge in (((640, 480), 256), ((480, 640), 256), ((333, 500), 224), ((500, 333), 224), ((1, 3), 7),
                         ((7, 7), 5), ((16384, 3), 2), ((1000, 999), 384), ((49, 147), 50)):
        pixels = np.zeros((before[1], before[0], 3), np.uint8)
        height, width = image_transforms.get_resize_output_image_size(
            pixels, edge, default_to_square=False, input_data_format=ChannelDimension.LAST)
        yield {"from": before, "edge": edge, "to": [width, height]}


def floats():
    for mean, deviation, rescale in (([0.5, 0.5, 0.5], [0.5, 0.5, 0.5], 1 / 255),
                                     ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225], 1 / 255),
                                     ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711],
                                      0.00392156862745098),
                                     ([0.0, 0.1, 0.2], [1.0, 0.9, 0.7], 1 / 127.5)):
        processor = ViTImageProcessorPil(size={"height": 19, "width": 23}, image_mean=mean, image_std=deviation,
                                         rescale_factor=rescale)
        pixels = processor(invented(61, 47), return_tensors="np")["pixel_values"][0]
        assert pixels.shape == (3, 19, 23) and pixels.dtype == np.float32
        yield {"mean": mean, "deviation": deviation, "rescale": rescale,
               "crc32": zlib.crc32(np.ascontiguousarray(pixels).astype("<f4").tobytes())}


def lines(cases):
    return ",\n  ".join(json.dumps(case) for case in cases)


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir(parents=True)
    make_pngs()
    make_jpegs()
    make_netpbms()
    files = []
    for path in sorted(HERE.iterdir()):
        picture = Image.open(path).convert("RGB")
        files.append({"file": path.name, "size": picture.size, "rgb": picture.tobytes().hex()})
    (HERE / "expected.json").write_text(
        f'{{"pillow": "{PIL.__version__}", "transformers": "{transformers.__version__}",\n "files": [\n  '
        f'{lines(files)}],\n "resized": [\n  {lines(resized())}],\n "cropped": [\n  {lines(cropped())}],\n '
        f'"sized": [\n  {lines(sized())}],\n "floats": [\n  {lines(floats())}]}}\n')


if __name__ == "__main__":
    main()
