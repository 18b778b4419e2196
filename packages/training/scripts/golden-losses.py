"""Writes the golden values of losses: value and gradient of one sample by PyTorch and its autograd, in float64.

Run with a Python that has PyTorch (Debian: python3-torch, 1.13.1) from packages/training:
    /usr/bin/python3 scripts/golden-losses.py
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

OUTPUTS = [0.5, -1.0, 2.0, 0.25]
LABEL = [0.0, 1.0, 0.0, 0.0]
MIXED = [0.1, 0.2, 0.3, 0.4]
WEIGHTS = [1.0, 0.5, 7.0, 2.0]


def tensor(values):
    return torch.tensor(values, dtype=torch.float64)


def case(options, loss, outputs, target):
    z = tensor(outputs).requires_grad_()
    value = loss(z, tensor(target))
    value.backward()
    return {"options": options, "outputs": outputs, "target": target, "value": value.item(), "gradient": z.grad.tolist()}


def cross_entropy(smoothing, weights):
    def loss(z, t):
        weight = None if weights is None else tensor(weights)
        return F.cross_entropy(z[None], t[None], weight=weight, label_smoothing=smoothing, reduction="sum")

    return loss


def focal(gamma, smoothing, weights):
    def loss(z, t):
        p = F.softmax(z, 0)
        smooth = (1 - smoothing) * t + smoothing / len(t)
        return -((1 - p) ** gamma * p.log() * smooth * tensor(weights)).sum()

    return loss


def binary(weights):
    """pos_weight is the weight of the second class; that of the first scales the whole."""

    def loss(z, t):
        ratio = tensor([weights[1] / weights[0]])
        return weights[0] * F.binary_cross_entropy_with_logits(z, t[1:], pos_weight=ratio, reduction="sum")

    return loss


def cases():
    for target in (LABEL, MIXED):
        for smoothing in (0.0, 0.2):
            for weights in (None, WEIGHTS):
                options = {"kind": "cross-entropy", "labelSmoothing": smoothing, "classWeights": weights}
                yield case(options, cross_entropy(smoothing, weights), OUTPUTS, target)
        for gamma in (0.5, 2.0):
            options = {"kind": "focal", "gamma": gamma, "labelSmoothing": 0.1, "classWeights": WEIGHTS}
            yield case(options, focal(gamma, 0.1, WEIGHTS), OUTPUTS, target)
        yield case({"kind": "mse"}, lambda z, t: ((F.softmax(z, 0) - t) ** 2).sum(), OUTPUTS, target)
        yield case({"kind": "mse-outputs"}, lambda z, t: F.mse_loss(z, t, reduction="sum"), OUTPUTS, target)
    for target in ([1.0, 0.0], [0.3, 0.7]):
        options = {"kind": "binary-cross-entropy", "classWeights": [0.5, 3.0]}
        yield case(options, binary([0.5, 3.0]), [1.5], target)


path = Path(__file__).resolve().parent.parent / "src" / "losses" / "golden.json"
content = {"generator": "scripts/golden-losses.py", "torch": torch.__version__, "cases": list(cases())}
path.write_text(json.dumps(content, indent=1) + "\n")
