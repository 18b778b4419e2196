"""Writes the golden images of the pixel operations.

Run with a Python that has PIL and torchvision (Debian: python3-pil 9.4, python3-torchvision 0.14.1) from
packages/training:
    /usr/bin/python3 scripts/golden-pixels.py

Images are base64 of uint8 pixels, NHWC. Parameters are those of our operations (src/operations); where PIL or torchvision
take others, they are turned into theirs here.
"""

import base64
import json
from pathlib import Path

import numpy
import PIL
import torch
import torchvision
import torchvision.transforms.functional as tensors
from PIL import Image, ImageEnhance, ImageOps

HEIGHT, WIDTH = 17, 18
TARGET = Path(__file__).resolve().parent.parent / "src" / "operations" / "golden.json"
PIL_ORIGIN = f"PIL {PIL.__version__}"
TORCHVISION_ORIGIN = f"torchvision {torchvision.__version__.split('+')[0]}, tensors"


def base64_of(pixels):
    return base64.b64encode(numpy.asarray(pixels, dtype=numpy.uint8).tobytes()).decode()


def picture(channels):
    """Slopes with noise and a dark range, so that no operation is trivial."""
    noise = numpy.random.default_rng(7).integers(0, 40, (HEIGHT, WIDTH, channels))
    rows, columns = numpy.mgrid[0:HEIGHT, 0:WIDTH]
    slopes = [10 * rows + 3 * columns, 200 - 9 * columns, 5 * (rows + columns)]
    return numpy.clip(numpy.stack(slopes[:channels], axis=-1) + noise, 0, 255).astype(numpy.uint8)


def affine(image, a, b, c, d, e, f, bilinear, fill):
    method = Image.Resampling.BILINEAR if bilinear else Image.Resampling.NEAREST
    color = fill if image.mode == "L" else (fill,) * 3
    return image.transform(image.size, Image.Transform.AFFINE, (a, b, c, d, e, f), method, fillcolor=color)


def resized_crop(image, a, _b, left, _d, e, top, *_):
    box = (left, top, left + a * WIDTH, top + e * HEIGHT)
    return image.resize(image.size, Image.Resampling.BILINEAR, box=box)


def hue(image, turn):
    return tensors.adjust_hue(image, turn)


def on_tensor(change):
    def run(image, *parameters):
        pixels = numpy.asarray(image).reshape(HEIGHT, WIDTH, -1)
        return change(torch.from_numpy(pixels.copy()).permute(2, 0, 1), *parameters).permute(1, 2, 0)
    return run


def weights(radius, sigma):
    bell = [numpy.exp(-(d / sigma) ** 2 / 2) if d <= radius else 0.0 for d in range(12)]
    total = bell[0] + 2 * sum(bell[1:])
    return [float(weight / total) for weight in bell]


def cases():
    turned = [0.9, 0.31, -0.7, -0.31, 0.9, 1.2]
    shrunk = [2.137, 0.213, -3.319, -0.117, 1.713, -2.231]
    yield from ((PIL_ORIGIN, kind, [], change) for kind, change in [
        ("autocontrast", ImageOps.autocontrast), ("equalize", ImageOps.equalize), ("invert", ImageOps.invert)])
    yield PIL_ORIGIN, "grayscale", [], lambda image: image.convert("L").convert(image.mode)
    for kind, enhance in [("brightness", ImageEnhance.Brightness), ("contrast", ImageEnhance.Contrast),
                          ("saturation", ImageEnhance.Color), ("sharpness", ImageEnhance.Sharpness)]:
        for factor in [0.0, 0.35, 1.9]:
            yield PIL_ORIGIN, kind, [factor], lambda image, f, enhance=enhance: enhance(image).enhance(f)
    for bits in [1, 4]:
        yield PIL_ORIGIN, "posterize", [bits], ImageOps.posterize
    for threshold in [0, 99.5, 256]:
        yield PIL_ORIGIN, "solarize", [threshold], ImageOps.solarize
    for matrix in [turned, shrunk]:
        for bilinear in [0, 1]:
            yield PIL_ORIGIN, "affine", [*matrix, bilinear, 13], affine
    for width, height, left, top in [(11, 7, 3, 5), (18, 4, 0, 0)]:
        matrix = [width / WIDTH, 0, left, 0, height / HEIGHT, top]
        yield f"{PIL_ORIGIN}, resize of a box", "affine", [*matrix, 1, 0], resized_crop
    for turn in [0.0, 0.1, -0.35, 0.5]:
        yield PIL_ORIGIN, "hue", [turn], hue
        yield TORCHVISION_ORIGIN, "hue", [turn], on_tensor(tensors.adjust_hue)
    for kernel, sigma in [(3, 0.4), (5, 1.3), (23, 4.0)]:
        def blurred(image, *_, kernel=kernel, sigma=sigma):
            return tensors.gaussian_blur(image, [kernel, kernel], [sigma, sigma])
        yield TORCHVISION_ORIGIN, "blur", weights((kernel - 1) // 2, sigma), on_tensor(blurred)


def main():
    images = {name: picture(channels) for name, channels in [("gray", 1), ("rgb", 3)]}
    written = []
    for origin, kind, parameters, change in cases():
        for name, pixels in images.items():
            image = Image.fromarray(pixels[:, :, 0] if name == "gray" else pixels)
            result = base64_of(change(image, *parameters))
            written.append({"origin": origin, "kind": kind, "parameters": parameters, "image": name, "result": result})
    content = {
        "generator": "scripts/golden-pixels.py",
        "height": HEIGHT,
        "width": WIDTH,
        "images": {name: base64_of(pixels) for name, pixels in images.items()},
        "cases": written,
    }
    TARGET.write_text(json.dumps(content, indent=1) + "\n")


main()
