"""
What the convolutions and linear layers of a network alone need here: for each the best time of the bare primitive
(oneDNN, through torch.ops.aten) for the result, for the gradient of the input and for that of the weight.
One line in: {"precision", "batch", "layers"}; one line out: {"ms"}.
"""
import json
import os
import sys
import time

import torch

REPEATS = 7


def best_ms(work):
    work()
    best = float("inf")
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best * 1000


def convolution_ms(layer, batch, dtype):
    def tensor(*shape):
        return torch.randn(*shape).to(dtype).to(memory_format=torch.channels_last)

    channels, height, width = layer["input"]
    kernel, groups = layer["kernel"], layer["groups"]
    images = tensor(batch, channels, height, width)
    weight = tensor(layer["outChannels"], channels // groups, kernel, kernel)
    stride, padding = [layer["stride"]] * 2, [layer["padding"]] * 2
    shape = (stride, padding, [1, 1], False, [0, 0], groups)
    forward = lambda: torch.ops.aten.convolution(images, weight, None, *shape)
    gradient = torch.randn_like(forward())

    def backward(of_input, of_weight):
        mask = [of_input, of_weight, False]
        return lambda: torch.ops.aten.convolution_backward(gradient, images, weight, [0], *shape, mask)

    total = best_ms(forward) + best_ms(backward(False, True))
    return total if layer["first"] else total + best_ms(backward(True, False))


def linear_ms(layer, batch, dtype):
    features = torch.randn(batch, layer["input"][0]).to(dtype)
    weight = torch.randn(layer["outFeatures"], layer["input"][0]).to(dtype)
    gradient = torch.randn(batch, layer["outFeatures"]).to(dtype)
    total = best_ms(lambda: features @ weight.t()) + best_ms(lambda: gradient.t() @ features)
    return total if layer["first"] else total + best_ms(lambda: gradient @ weight)


def main():
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    request = json.loads(sys.stdin.readline())
    dtype = {"bf16": torch.bfloat16, "fp32": torch.float32}[request["precision"]]
    kinds = {"conv2d": convolution_ms, "linear": linear_ms}
    known = {}
    total = 0
    for layer in request["layers"]:
        key = json.dumps(layer, sort_keys=True)
        if key not in known:
            known[key] = kinds[layer["kind"]](layer, request["batch"], dtype)
        total += known[key]
    print(json.dumps({"ms": total}), flush=True)


main()
