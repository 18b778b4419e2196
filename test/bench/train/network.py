"""A PyTorch module of the nodes of a Program: the peer trains the very network that the engine trains."""
from collections import Counter

from torch import nn


def _features(shape):
    return shape[0]


def _conv2d(node, shape):
    return nn.Conv2d(
        _features(shape), node["outChannels"], node["kernel"], node["stride"], node["padding"],
        groups=node["groups"], bias=node["bias"],
    )


def _batch_norm(node, shape):
    norm = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
    return norm(_features(shape), eps=node["epsilon"], momentum=node["momentum"])


MODULES = {
    "conv2d": _conv2d,
    "batch-norm": _batch_norm,
    "relu": lambda node, shape: nn.ReLU(),
    "max-pool": lambda node, shape: nn.MaxPool2d(node["kernel"], node["stride"], node["padding"]),
    "avg-pool": lambda node, shape: nn.AvgPool2d(node["kernel"], node["stride"]),
    "global-average-pool": lambda node, shape: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    "flatten": lambda node, shape: nn.Flatten(),
    "linear": lambda node, shape: nn.Linear(_features(shape), node["outFeatures"], node["bias"]),
    "dropout": lambda node, shape: nn.Dropout(node["rate"]),
}


class Network(nn.Module):
    """Runs the nodes in their order; a value is let go after its last use, as in a module written by hand."""

    def __init__(self, program):
        super().__init__()
        size = program["input"]
        shapes = {"input": [size["channels"], size["height"], size["width"]]}
        last_use = {}
        uses = Counter(name for node in program["nodes"] for name in node["inputs"])
        self.layers = nn.ModuleList()
        self.steps = []
        for index, node in enumerate(program["nodes"]):
            shapes[node["name"]] = node["shape"]
            for name in node["inputs"]:
                last_use[name] = index
            made = MODULES.get(node["kind"])
            if made is None and node["kind"] != "add":
                raise ValueError(f"the peer knows no layer of kind {node['kind']}")
            module = made(node, shapes[node["inputs"][0]]) if made else None
            if node["kind"] == "relu":
                # In place, which is a little faster, where nothing else reads what comes in.
                module.inplace = uses[node["inputs"][0]] == 1 and node["inputs"][0] != "input"
            self.layers.append(module if module else nn.Identity())
            self.steps.append((node["name"], node["inputs"], module))
        self.let_go = [
            [name for name in set(inputs) if last_use[name] == index]
            for index, (_, inputs, _) in enumerate(self.steps)
        ]
        self.result = program["output"]

    def forward(self, image):
        values = {"input": image}
        del image
        for (name, inputs, module), let_go in zip(self.steps, self.let_go):
            if module is None:
                value = sum((values[other] for other in inputs[1:]), values[inputs[0]])
            else:
                value = module(values[inputs[0]])
            for other in let_go:
                del values[other]
            values[name] = value
            del value
        return values[self.result]
