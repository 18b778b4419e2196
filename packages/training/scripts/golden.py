"""Writes the golden vectors of optimizers and schedules.

Run with a Python that has PyTorch (Debian: python3-torch, 1.13.1) from packages/training:
    /usr/bin/python3 scripts/golden.py

`torch` cases come from torch.optim and torch.optim.lr_scheduler in float64. `plain` cases are rules and conventions
that PyTorch does not have, or had wrong (NAdam), worked out below and in golden_papers.py in plain Python from their
definitions; they share no code with the rules. `numpy` cases (golden_arrays.py) are the same for rules that look at whole arrays.
"""

import json
import math
from pathlib import Path

import torch

from golden_arrays import array_cases
from golden_groups import group_cases
from golden_papers import paper_cases
from golden_schedules import plateau_cases, schedule_cases

GRADIENTS = [0.5, -0.3, 2.0, 0.01]
LONG = [math.sin(3.0 * i) + 0.1 * math.cos(i) for i in range(20)]
SOURCE = Path(__file__).resolve().parent.parent / "src"


def run_torch(make, gradients, rates):
    theta = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
    optimizer = make([theta])
    path = []
    for gradient, rate in zip(gradients, rates):
        for group in optimizer.param_groups:
            group["lr"] = rate
        theta.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
        path.append(theta.item())
    return path


def torch_cases():
    o = torch.optim
    table = [
        ({"kind": "sgd"}, 0.1, o.SGD, {}),
        ({"kind": "sgd", "momentum": 0.9}, 0.1, o.SGD, {"momentum": 0.9}),
        ({"kind": "sgd", "momentum": 0.9, "dampening": 0.3}, 0.1, o.SGD, {"momentum": 0.9, "dampening": 0.3}),
        ({"kind": "sgd", "momentum": 0.9, "nesterov": True}, 0.1, o.SGD, {"momentum": 0.9, "nesterov": True}),
        ({"kind": "adagrad"}, 0.01, o.Adagrad, {}),
        ({"kind": "adagrad", "initialAccumulator": 0.5, "epsilon": 1e-3}, 0.01, o.Adagrad,
         {"initial_accumulator_value": 0.5, "eps": 1e-3}),
        ({"kind": "rmsprop"}, 0.01, o.RMSprop, {}),
        ({"kind": "rmsprop", "centered": True}, 0.01, o.RMSprop, {"centered": True}),
        ({"kind": "rmsprop", "centered": True, "momentum": 0.9, "alpha": 0.8, "epsilon": 1e-3}, 0.01, o.RMSprop,
         {"centered": True, "momentum": 0.9, "alpha": 0.8, "eps": 1e-3}),
        ({"kind": "adam"}, 0.001, o.Adam, {}),
        ({"kind": "adam", "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}, 0.001, o.Adam,
         {"betas": (0.5, 0.9), "eps": 1e-3}),
        ({"kind": "radam"}, 0.001, o.RAdam, {}),
        ({"kind": "radam", "beta2": 0.9}, 0.001, o.RAdam, {"betas": (0.9, 0.9)}),
        ({"kind": "adadelta"}, 1.0, o.Adadelta, {}),
        ({"kind": "adadelta", "convention": "keras"}, 1.0, o.Adadelta, {"rho": 0.95, "eps": 1e-7}),
        ({"kind": "adamax"}, 0.002, o.Adamax, {}),
        ({"kind": "adamax", "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}, 0.002, o.Adamax,
         {"betas": (0.5, 0.9), "eps": 1e-3}),
        ({"kind": "adamw"}, 0.001, o.AdamW, {}),
        ({"kind": "adamw", "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}, 0.001, o.AdamW,
         {"betas": (0.5, 0.9), "eps": 1e-3}),
        ({"kind": "amsgrad"}, 0.001, o.Adam, {"amsgrad": True}),
        ({"kind": "amsgrad", "beta2": 0.9}, 0.001, o.Adam, {"amsgrad": True, "betas": (0.9, 0.9)}),
        ({"kind": "adagrad", "learningRateDecay": 0.3}, 0.01, o.Adagrad, {"lr_decay": 0.3}),
        ({"kind": "sgdw", "weightDecay": 0.0, "momentum": 0.9}, 0.1, o.SGD, {"momentum": 0.9}),
    ]
    for options, rate, optimizer, arguments in table:
        for decay in (0.0,) if "weightDecay" in options else (0.0, 0.1):
            extra = {"weight_decay": decay, **arguments}
            for gradients, falling in ((GRADIENTS, False), (LONG, True)):
                rates = [rate * (0.9**i if falling else 1.0) for i in range(len(gradients))]
                path = run_torch(lambda p: optimizer(p, lr=rate, **extra), gradients, rates)
                yield {"origin": f"torch {torch.__version__}", "options": {**options, "weightDecay": decay},
                       "gradients": gradients, "learningRates": rates, "path": path}


def steady_torch_cases():
    """Rates stay constant: PyTorch's Rprop does not follow when they change."""
    bounds = {"shrink": 0.3, "grow": 1.5, "smallestStep": 0.004, "largestStep": 0.05}
    for options, arguments in (({}, {}), (bounds, {"etas": (0.3, 1.5), "step_sizes": (0.004, 0.05)})):
        for gradients in (GRADIENTS, LONG):
            rates, options = [0.01] * len(gradients), {"kind": "rprop", **options}
            path = run_torch(lambda p: torch.optim.Rprop(p, lr=0.01, **arguments), gradients, rates)
            yield {"origin": f"torch {torch.__version__}", "options": options, "gradients": gradients,
                   "learningRates": rates, "path": path}


def plain_cases():
    rates = [0.1, 0.1, 0.05, 0.05]

    def walk(options, move):
        theta, state, path = 1.0, {}, []
        for t, (g, rate) in enumerate(zip(GRADIENTS, rates)):
            theta += move(t, g, rate, state)
            path.append(theta)
        return {"origin": "plain", "options": options, "gradients": GRADIENTS, "learningRates": rates, "path": path}

    def lecture_momentum(t, g, rate, s):
        s["m"] = 0.9 * s.get("m", 0.0) - rate * g
        return s["m"]

    def keras_nesterov(t, g, rate, s):
        s["m"] = 0.9 * s.get("m", 0.0) - rate * g
        return 0.9 * s["m"] - rate * g

    def lecture_adagrad(t, g, rate, s):
        s.setdefault("all", []).append(g)
        return -rate * g / math.sqrt(sum(x * x for x in s["all"]) / (t + 1))

    def keras_adagrad(t, g, rate, s):
        s["a"] = s.get("a", 0.1) + g * g
        return -rate * g / math.sqrt(s["a"] + 1e-7)

    def lecture_rmsprop(t, g, rate, s):
        s["sigma"] = abs(g) if t == 0 else math.sqrt(0.9 * s["sigma"] ** 2 + 0.1 * g * g)
        return -rate * g / s["sigma"]

    def lecture_rmsprop_momentum(t, g, rate, s):
        s["sigma"] = abs(g) if t == 0 else math.sqrt(0.9 * s["sigma"] ** 2 + 0.1 * g * g)
        s["m"] = 0.8 * s.get("m", 0.0) + g
        return -rate * s["m"] / s["sigma"]

    def keras_rmsprop(t, g, rate, s):
        s["v"] = 0.9 * s.get("v", 0.0) + 0.1 * g * g
        return -rate * g / math.sqrt(s["v"] + 1e-7)

    def keras_rmsprop_centered_momentum(t, g, rate, s):
        s["v"] = 0.9 * s.get("v", 0.0) + 0.1 * g * g
        s["a"] = 0.9 * s.get("a", 0.0) + 0.1 * g
        s["m"] = 0.8 * s.get("m", 0.0) + rate * g / math.sqrt(s["v"] - s["a"] ** 2 + 1e-7)
        return -s["m"]

    yield walk({"kind": "sgd", "convention": "lecture", "momentum": 0.9}, lecture_momentum)
    yield walk({"kind": "sgd", "convention": "lecture", "momentum": 0.9, "nesterov": True}, keras_nesterov)
    yield walk({"kind": "adagrad", "convention": "lecture"}, lecture_adagrad)
    yield walk({"kind": "adagrad", "convention": "keras"}, keras_adagrad)
    yield walk({"kind": "rmsprop", "convention": "lecture"}, lecture_rmsprop)
    yield walk({"kind": "rmsprop", "convention": "lecture", "momentum": 0.8}, lecture_rmsprop_momentum)
    yield walk({"kind": "rmsprop", "convention": "keras"}, keras_rmsprop)
    yield walk({"kind": "rmsprop", "convention": "keras", "centered": True, "momentum": 0.8},
               keras_rmsprop_centered_momentum)


def write(name, **cases):
    path = SOURCE / name
    lists = {key: list(value) for key, value in cases.items()}
    path.write_text(json.dumps({"generator": "scripts/golden.py", **lists}, indent=1) + "\n")
    print(path.name, path.parent.name)


write("optimizers/golden.json", cases=[*torch_cases(), *steady_torch_cases(), *plain_cases(), *paper_cases(GRADIENTS, LONG)])
write("optimizers/layerwise.golden.json", cases=array_cases())
write("parameter-groups.golden.json", cases=group_cases(LONG))
write("schedules/golden.json", cases=schedule_cases(), plateau=plateau_cases())
